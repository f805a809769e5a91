//! The folder beside an export with the files that were shared: whole or not there at all, as the export itself.
//!
//! Blocks. A name that somebody has given to a file names nothing outside the folder, and no file takes another's place.

use std::{
    collections::HashMap,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::engine::file::name;

/// A copy can be given up after so many bytes.
const STEP: u64 = 4 << 20;
/// More folders of one name nobody has made.
const MOST_FOLDERS: u32 = 1_000;

/// Filled beside its place; dropping it before its end leaves nothing.
#[derive(Debug)]
pub(super) struct NewFolder {
    beside: PathBuf,
    place: PathBuf,
    /// What the folder is going to be called.
    name: String,
    /// Where it is by now, if anywhere.
    made: Option<PathBuf>,
    /// What each file that was copied is called here.
    copied: HashMap<PathBuf, String>,
    /// The names that are taken, as systems without capital letters have them, and how many have wanted each.
    taken: HashMap<String, u32>,
}

/// What comes of a copy.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Copied {
    /// What it is called in the folder.
    As(String),
    /// Nobody wants it any more.
    GivenUp,
}

impl NewFolder {
    /// For the export that comes to be at `export`. Nothing is made before there is something to put in it.
    pub fn beside(export: &Path, id: Uuid) -> Self {
        let folder = export.parent().unwrap_or(Path::new(""));
        let stem = export.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let names = (1..MOST_FOLDERS).map(|n| match n {
            1 => format!("{stem}_files"),
            n => format!("{stem}_files {n}"),
        });
        // What is there of an earlier export stays as it is.
        let mut free = names.filter(|name| folder.join(name).symlink_metadata().is_err());
        let name = free.next().unwrap_or_else(|| format!("{stem}_files {id}"));
        Self {
            beside: folder.join(format!(".{id}.files.part")),
            place: folder.join(&name),
            name,
            made: None,
            copied: HashMap::new(),
            taken: HashMap::new(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Copies a file, under a name as near to `name` as can be. What was copied before is not copied again.
    pub fn copy(&mut self, from: &Path, name: &str, is_wanted: impl Fn() -> bool) -> io::Result<Copied> {
        if let Some(known) = self.copied.get(from) {
            return Ok(Copied::As(known.clone()));
        }
        let mut source = File::open(from)?;
        if !source.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if self.made.is_none() {
            DirBuilder::new().mode(0o700).create(&self.beside)?;
            self.made = Some(self.beside.clone());
        }
        let name = self.free_name(name);
        let place = self.beside.join(&name);
        let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&place)?;
        let result = loop {
            if !is_wanted() {
                break Ok(Copied::GivenUp);
            }
            match io::copy(&mut (&mut source).take(STEP), &mut target) {
                Ok(0) => break target.sync_all().map(|()| Copied::As(name.clone())),
                Ok(_) => {}
                Err(error) => break Err(error),
            }
        };
        match &result {
            Ok(Copied::As(_)) => {
                self.copied.insert(from.to_owned(), name);
            }
            // Half a file is none.
            Ok(Copied::GivenUp) | Err(_) => fs::remove_file(&place)?,
        }
        result
    }

    /// Puts it in its place, if there is anything in it.
    pub fn finish(&mut self) -> io::Result<()> {
        if !self.copied.is_empty() {
            fs::rename(&self.beside, &self.place)?;
            self.made = Some(self.place.clone());
        }
        Ok(())
    }

    /// What it was made for is there as well: it stays.
    pub fn keep(mut self) {
        if !self.copied.is_empty() {
            self.made = None;
        }
    }

    fn free_name(&mut self, wanted: &str) -> String {
        let wanted = name::sanitise(wanted);
        let mut candidate = wanted.clone();
        loop {
            let is_free = !self.taken.contains_key(&candidate.to_lowercase());
            if is_free {
                self.taken.insert(candidate.to_lowercase(), 1);
                return candidate;
            }
            let count = self.taken.entry(wanted.to_lowercase()).or_insert(1);
            *count += 1;
            candidate = match wanted.rsplit_once('.') {
                Some((stem, extension)) if !stem.is_empty() => format!("{stem} {count}.{extension}"),
                _ => format!("{wanted} {count}"),
            };
        }
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if let Some(made) = &self.made {
            let _ = fs::remove_dir_all(made);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(dir: &Path) -> NewFolder {
        NewFolder::beside(&dir.join("out.html"), Uuid::from_u128(1))
    }

    fn listed(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn names_lead_nowhere_and_take_nobodys_place() {
        let (dir, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut folder = folder(dir.path());
        let mut names = Vec::new();
        let wanted = [
            "a.png",
            "A.png",
            "a.png",
            "../../etc/passwd",
            "/etc/passwd",
            "..",
            ".bashrc",
            "a 2.png",
            "x\u{202e}\n.sh",
        ];
        for (n, name) in wanted.iter().enumerate() {
            let path = from.path().join(n.to_string());
            fs::write(&path, name).unwrap();
            let Copied::As(name) = folder.copy(&path, name, || true).unwrap() else { panic!("{name}") };
            names.push(name);
        }
        let expected = ["a.png", "A 2.png", "a 3.png", "passwd", "passwd 2", "file", "bashrc", "a 2 2.png", "x.sh"];
        assert_eq!(names, expected);
        let again = folder.copy(&from.path().join("0"), "other.png", || true).unwrap();
        assert_eq!(again, Copied::As("a.png".to_owned()), "the same file is there once");
        folder.finish().unwrap();
        folder.keep();
        assert_eq!(listed(dir.path()), ["out_files"]);
        let copies = dir.path().join("out_files");
        assert_eq!(listed(&copies).len(), expected.len());
        assert_eq!(fs::read_to_string(copies.join("a 2 2.png")).unwrap(), "a 2.png");
    }

    #[test]
    fn it_is_there_whole_or_not_at_all() {
        let (dir, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = from.path().join("a");
        fs::write(&path, "x").unwrap();
        let mut given_up = folder(dir.path());
        given_up.copy(&path, "a", || true).unwrap();
        drop(given_up);
        assert!(listed(dir.path()).is_empty());
        let mut unlucky = folder(dir.path());
        unlucky.copy(&path, "a", || true).unwrap();
        unlucky.finish().unwrap();
        drop(unlucky);
        assert!(listed(dir.path()).is_empty(), "neither when only what it was made for fails");
        let mut empty = folder(dir.path());
        assert_eq!(empty.copy(&path, "a", || false).unwrap(), Copied::GivenUp);
        empty.copy(&from.path().join("nowhere"), "a", || true).unwrap_err();
        empty.copy(from.path(), "a", || true).unwrap_err();
        empty.finish().unwrap();
        empty.keep();
        assert!(listed(dir.path()).is_empty(), "and not without anything in it");
    }

    #[test]
    fn what_was_there_stays_as_it_is() {
        let (dir, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(dir.path().join("out_files")).unwrap();
        std::os::unix::fs::symlink("/nowhere", dir.path().join("out_files 2")).unwrap();
        let path = from.path().join("a");
        fs::write(&path, "x").unwrap();
        let mut folder = folder(dir.path());
        assert_eq!(folder.name(), "out_files 3");
        folder.copy(&path, "a", || true).unwrap();
        folder.finish().unwrap();
        folder.keep();
        assert_eq!(listed(&dir.path().join("out_files 3")), ["a"]);
        assert!(listed(&dir.path().join("out_files")).is_empty());
    }
}
