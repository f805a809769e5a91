//! A file that is there whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use uuid::Uuid;

/// Written beside its place; dropping it before its end leaves nothing.
#[derive(Debug)]
pub(super) struct NewFile {
    out: Option<BufWriter<File>>,
    beside: PathBuf,
    place: PathBuf,
}

impl NewFile {
    /// What was said is for the eyes of whoever exports it.
    pub fn create(place: PathBuf, id: Uuid) -> io::Result<Self> {
        let beside = place.parent().unwrap_or(Path::new("")).join(format!(".{id}.part"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        Ok(Self { out: Some(BufWriter::new(file)), beside, place })
    }

    /// Puts it in its place, once all of it is on disk.
    pub fn finish(mut self) -> io::Result<()> {
        if let Some(out) = self.out.take() {
            let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
        }
        fs::rename(&self.beside, &self.place)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or(Ok(0), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Nothing is there any more once it has its name.
        let _ = fs::remove_file(&self.beside);
    }
}
