//! Takes out of a file what it says beside what is seen and heard: where and when it was made, by whom and with what. The copy
//! that is sent is cleaned, never the person's own file, and nothing is coded anew.
//!
//! The bytes decide what a file is. What is no kind that is known here is left alone; what is one, and can't be taken apart, is
//! refused rather than sent as it is.
//!
//! | file | duty |
//! |---|---|
//! | `picture` | JPEG, PNG, WebP: written anew without it |
//! | `edit` | a file that is read by parts and changed where it lies |
//! | `boxes` | boxes in boxes |
//! | `movie` | MP4, M4A, 3GP and QuickTime: made of boxes |
//! | `samples` | where the samples of a track lie |
//! | `item` | HEIF and AVIF, which are boxes too |
//! | `matroska` | Matroska and WebM |
//! | `ogg`, `flac` | what carries Vorbis comments |
//! | `mp3` | ID3 and APE tags |
//! | `riff` | WAV and AVI |
//! | `said` | what may be said of a piece of music |
//! | `fixture`, `fuzzing` | files that tell where they were made, and what must hold of any |

mod boxes;
mod edit;
#[cfg(any(test, fuzzing))]
mod fixture;
mod flac;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod item;
mod matroska;
mod movie;
mod mp3;
mod ogg;
mod picture;
#[cfg(test)]
mod played;
mod riff;
mod said;
mod samples;

use std::{fs, path::Path};

pub use edit::Unclean;
use edit::{Edits, Source};

/// Pictures larger than this as files are not sent: nobody could take them apart in memory.
const MAX_PICTURE: u64 = 64 * 1024 * 1024;

/// Cleans a copy. Blocks; of films and sound only the parts that matter are read.
pub fn clean(path: &Path) -> Result<(), Unclean> {
    let mut source = Source::new(fs::File::open(path)?)?;
    if picture::is_one(&source.start()?) {
        if source.len() > MAX_PICTURE {
            return Err(Unclean::Picture);
        }
        let bytes = fs::read(path)?;
        if let Some(clean) = picture::clean(&bytes).map_err(|_| Unclean::Picture)?.filter(|clean| *clean != bytes) {
            fs::write(path, clean)?;
        }
        return Ok(());
    }
    edits(&mut source)?.apply(path)?;
    Ok(())
}

/// What has to be changed in a film or in sound; nothing in what is neither.
fn edits(source: &mut Source) -> Result<Edits, Unclean> {
    let start = source.start()?;
    let mut edits = Edits::default();
    if movie::is_one(&start, source.len()) {
        movie::clean(source, &mut edits)?;
    } else if start.starts_with(&matroska::HEADER) {
        matroska::clean(source, &mut edits)?;
    } else if start.starts_with(b"OggS\0") {
        ogg::clean(source, &mut edits)?;
    } else if start.starts_with(flac::HEADER) {
        flac::clean(source, 0, &mut edits)?;
    } else if mp3::is_one(&start) {
        mp3::clean(source, &mut edits)?;
    } else if riff::is_one(&start) {
        riff::clean(source, &mut edits)?;
    }
    // Tables that lead to the same place over and over are no film's.
    if edits.blanked() > source.len().saturating_mul(2) { Err(Unclean::Media) } else { Ok(edits) }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, SeekFrom, Write as _};

    use super::{
        fixture::{SECRET, boxes::boxed, contains},
        *,
    };

    #[test]
    fn what_is_known_of_no_kind_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        for bytes in [&b"SECRETPLACE"[..], b"", b"%PDF", b"PK\x03\x04", b"ID3 tags are", b"fLaC is", b"OggS is"] {
            fs::write(&path, bytes).unwrap();
            clean(&path).unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }

    #[test]
    fn a_film_may_be_larger_than_memory() {
        const LENGTH: u64 = 20_000_000_000;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(&boxed(b"ftyp", &[b"isom\0\0\0\0"])).unwrap();
        file.write_all(&[b"\0\0\0\x01mdat".to_vec(), (LENGTH + 16).to_be_bytes().to_vec()].concat()).unwrap();
        // Without room on the disk for what is nothing.
        let end = file.seek(SeekFrom::Current(20_000_000_000)).unwrap();
        let movie = boxed(b"moov", &[&boxed(b"udta", &[&boxed(b"\xa9xyz", &[SECRET])])]);
        file.write_all(&movie).unwrap();
        clean(&path).unwrap();
        let mut source = Source::new(fs::File::open(&path).unwrap()).unwrap();
        let after = source.part(end..source.len()).unwrap();
        assert!(after.len() == movie.len() && !contains(&after, SECRET));
    }
}
