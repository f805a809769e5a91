//! Files under their hash: `media/<sha-256>/<name>` beside the database, complete or not there at all; what is not complete lies
//! in `media/part/`.
//!
//! Blocks. The names have been made safe before.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

use sha2::{Digest, Sha256};

use crate::ids::MessageId;

const PARTS: &str = "part";
/// What is left of an attempt that nobody goes on with.
const STALE: Duration = Duration::from_hours(7 * 24);

/// Where a kept file lies.
#[must_use]
pub fn path(data_dir: &Path, file: &str) -> PathBuf {
    media(data_dir).join(file)
}

/// Where the beginning of a message's file lies while the rest is on its way.
pub fn part(data_dir: &Path, message: MessageId) -> io::Result<PathBuf> {
    temporary(data_dir, &message.0.to_string())
}

/// A place for a file in the making.
pub fn temporary(data_dir: &Path, name: &str) -> io::Result<PathBuf> {
    let parts = media(data_dir).join(PARTS);
    fs::create_dir_all(&parts)?;
    Ok(parts.join(name))
}

/// A file's hash and size.
pub fn hash(path: &Path) -> io::Result<([u8; 32], u64)> {
    let mut file = fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok((hash.finalize().into(), size));
        }
        hash.update(&buffer[..length]);
        size += length as u64;
    }
}

/// Puts a complete file in its place; returns what it is called from then on.
pub fn keep(data_dir: &Path, from: &Path, hash: &[u8; 32], name: &str) -> io::Result<String> {
    let mut file = String::with_capacity(65 + name.len());
    for byte in hash {
        let _ = write!(file, "{byte:02x}");
    }
    fs::create_dir_all(media(data_dir).join(&file))?;
    file.push('/');
    file.push_str(name);
    // On disk before its name is, so that a crash leaves no half a file.
    fs::File::open(from)?.sync_all()?;
    fs::rename(from, path(data_dir, &file))?;
    Ok(file)
}

/// Removes a file, and its folder when nothing else is in it.
pub fn remove(data_dir: &Path, file: &str) {
    let path = path(data_dir, file);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => log::warn!("can't remove a file: {error}"),
        _ => {
            if let Some(folder) = path.parent() {
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// All kept files that were written so long ago: what is younger may be about to be noted in the store. Parts that were left long
/// ago are removed.
#[must_use]
pub fn all(data_dir: &Path, least_age: Duration) -> Vec<String> {
    let mut files = Vec::new();
    let Ok(folders) = fs::read_dir(media(data_dir)) else { return files };
    for folder in folders.flatten() {
        let Ok(folder_name) = folder.file_name().into_string() else { continue };
        for entry in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
            if folder_name != PARTS {
                let is_old = age.unwrap_or_default() >= least_age;
                files.extend(
                    entry.file_name().into_string().ok().filter(|_| is_old).map(|name| format!("{folder_name}/{name}")),
                );
                continue;
            }
            if age.is_some_and(|age| age > STALE) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
    files
}

fn media(data_dir: &Path) -> PathBuf {
    data_dir.join("media")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_lies_under_its_hash_and_name() {
        let dir = tempfile::tempdir().unwrap();
        let place = |bytes: &[u8], name: &str| {
            let part = part(dir.path(), MessageId(7)).unwrap();
            fs::write(&part, bytes).unwrap();
            let (hash, size) = hash(&part).unwrap();
            assert_eq!(size, bytes.len() as u64);
            keep(dir.path(), &part, &hash, name).unwrap()
        };
        let one = place(b"", "a.txt");
        assert_eq!(one, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/a.txt");
        let other = place(b"", "b.txt");
        assert_eq!(place(b"", "a.txt"), one);
        let mut files = all(dir.path(), Duration::ZERO);
        files.sort();
        assert_eq!(files, [one.clone(), other.clone()]);
        assert_eq!(all(dir.path(), Duration::from_hours(1)), Vec::<String>::new());
        remove(dir.path(), &one);
        remove(dir.path(), &one);
        assert!(path(dir.path(), &other).exists());
        remove(dir.path(), &other);
        assert_eq!(all(dir.path(), Duration::ZERO), Vec::<String>::new());
    }
}
