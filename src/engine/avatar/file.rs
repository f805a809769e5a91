//! Avatars as files: `avatars/<hash>.png` beside the database, complete or not there at all.
//!
//! Blocks. Knows nothing of pictures.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use sha1::{Digest, Sha1};

use crate::ids::AvatarHash;

/// Two accounts, or we and an announcement of ours, may be at the same picture at the same time.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// SHA-1, which is what avatars are known by. It guards against mistakes, not against malice.
pub fn hash_of(bytes: &[u8]) -> Option<AvatarHash> {
    AvatarHash::parse(&format!("{:x}", Sha1::digest(bytes)))
}

/// Where the picture of this hash lies, if it does.
#[must_use]
pub fn path(data_dir: &Path, hash: &AvatarHash) -> PathBuf {
    // A hash consists of 40 hexadecimal digits, so it can't lead elsewhere.
    data_dir.join("avatars").join(format!("{}.png", hash.as_str()))
}

/// Writes a picture under its hash. Whoever reads that path sees all of it or nothing, even after a crash.
pub fn write(data_dir: &Path, hash: &AvatarHash, png: &[u8]) -> io::Result<PathBuf> {
    let path = path(data_dir, hash);
    let temporary = path.with_extension(format!("{}.part", WRITES.fetch_add(1, Relaxed)));
    fs::create_dir_all(data_dir.join("avatars"))?;
    let written = fs::File::create(&temporary)
        .and_then(|mut file| {
            file.write_all(png)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // A disk that is full should not stay so because of us.
        let _ = fs::remove_file(&temporary);
    }
    written.map(|()| path)
}

/// Removes a picture that nobody has any more.
pub fn remove(data_dir: &Path, hash: &AvatarHash) {
    if let Err(error) = fs::remove_file(path(data_dir, hash))
        && error.kind() != io::ErrorKind::NotFound
    {
        log::warn!("can't remove an avatar: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash() -> AvatarHash {
        AvatarHash::parse("da39a3ee5e6b4b0d3255bfef95601890afd80709").unwrap()
    }

    #[test]
    fn a_picture_is_found_under_its_hash_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = write(dir.path(), &hash(), b"png").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"png");
        write(dir.path(), &hash(), b"again").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"again");
        assert_eq!(fs::read_dir(dir.path().join("avatars")).unwrap().count(), 1);
        remove(dir.path(), &hash());
        remove(dir.path(), &hash());
        assert!(!path.exists());
    }

    #[test]
    fn one_picture_can_be_written_by_many_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let many: Vec<_> = (0..8)
            .map(|_| {
                let dir = dir.path().to_owned();
                std::thread::spawn(move || (0..50).all(|_| write(&dir, &hash(), b"png").is_ok()))
            })
            .collect();
        assert!(many.into_iter().all(|one| one.join().unwrap()));
        assert_eq!(fs::read_dir(dir.path().join("avatars")).unwrap().count(), 1);
    }

    #[test]
    fn a_picture_that_can_not_be_written_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        // The place is taken by a directory, so the last step fails.
        fs::create_dir_all(path(dir.path(), &hash()).join("taken")).unwrap();
        assert!(write(dir.path(), &hash(), b"png").is_err());
        assert_eq!(fs::read_dir(dir.path().join("avatars")).unwrap().count(), 1);
    }

    #[test]
    fn a_hash_is_that_of_the_bytes() {
        // FIPS 180-1, appendix A.
        assert_eq!(hash_of(b"abc").unwrap().as_str(), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
