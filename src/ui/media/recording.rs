//! Files of recordings until they are sent: one folder for each conversation, so that what was left there is found again.
//!
//! Only their owner can read them. Knows nothing of sound.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use gtk::{gio, glib, prelude::*};

use crate::engine::api::{AccountId, BareJid};

/// Speech is clear at this rate, and a minute has about 210 kB.
pub const BITS_A_SECOND: i32 = 28_000;
/// Longer ones stop by themselves, and nothing of them is lost.
const LONGEST: Duration = Duration::from_hours(1);
/// What is shorter was pressed by mistake.
pub const SHORTEST: Duration = Duration::from_millis(500);
/// After so long in silence it is said that nothing is heard.
const SILENCE: Duration = Duration::from_secs(3);
/// A height (see `waveform::height`) that is more than a microphone's own noise.
const HEARD: f32 = 0.1;
/// What is found again of a conversation.
const MOST_LEFT: usize = 10;
/// So many files are tried in one second.
const TRIES: u32 = 100;

/// Where recordings wait, of this profile.
#[must_use]
pub fn usual_folder() -> PathBuf {
    let profile = gio::Application::default().and_then(|application| application.application_id());
    let profile = profile.as_deref().unwrap_or(crate::config::APP_ID);
    glib::user_cache_dir().join("stonechat/voice").join(profile)
}

/// The folder of one conversation. Its name says nothing about with whom it is.
#[must_use]
pub fn folder(all: &Path, account: AccountId, peer: &BareJid) -> PathBuf {
    let whose = format!("{}\n{peer}", account.0);
    let hash = glib::compute_checksum_for_string(glib::ChecksumType::Sha256, &whose);
    all.join(hash.as_deref().unwrap_or("other"))
}

/// A new, empty file; it is sent under its name, which tells no more than the message does.
pub fn create(folder: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let now = glib::DateTime::now_utc().and_then(|now| now.format("%Y-%m-%d-%H%M%S")).map_err(io::Error::other)?;
    for n in 1..=TRIES {
        let another = if n == 1 { String::new() } else { format!("-{n}") };
        let path = folder.join(format!("voice-{now}{another}.ogg"));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// What was recorded and neither sent nor thrown away, oldest first.
#[must_use]
pub fn left(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let (full, empty): (Vec<_>, Vec<_>) = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "ogg"))
        .partition(|path| fs::symlink_metadata(path).is_ok_and(|data| data.is_file() && data.len() > 0));
    for path in empty {
        remove(&path);
    }
    let mut left = full;
    left.sort();
    left.truncate(MOST_LEFT);
    left
}

/// Removes a recording, and its folder with the last one.
pub fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    if let Some(folder) = path.parent() {
        let _ = fs::remove_dir(folder);
    }
}

/// A recording that was thrown away: gone when nobody can take it back any more.
#[derive(Debug)]
pub struct ThrownAway(Option<PathBuf>);

impl ThrownAway {
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(Some(path))
    }

    pub fn take_back(&mut self) {
        self.0 = None;
    }
}

impl Drop for ThrownAway {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            remove(&path);
        }
    }
}

/// How long a recording may be where files may have so many bytes.
#[must_use]
pub fn longest(limit: Option<u64>) -> Duration {
    // With room for what Ogg adds, and for a moment that is louder.
    let bytes_a_second = u64::from(BITS_A_SECOND.unsigned_abs()) / 8 * 6 / 5;
    limit.map_or(LONGEST, |bytes| Duration::from_secs(bytes / bytes_a_second).min(LONGEST))
}

/// Whether anything was heard so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hearing {
    has_heard: bool,
}

impl Hearing {
    /// Takes in how loud it is at a time; true while nothing has been heard for too long.
    pub fn is_deaf(&mut self, at: Duration, height: f32) -> bool {
        self.has_heard |= height > HEARD;
        !self.has_heard && at >= SILENCE
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn peer(text: &str) -> BareJid {
        BareJid::new(text).unwrap()
    }

    #[test]
    fn only_its_owner_can_read_a_recording() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(dir.path(), AccountId(1), &peer("bob@example.org"));
        let path = create(&folder).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&folder)), (0o600, 0o700));
        let other = create(&folder).unwrap();
        assert_ne!(path, other);
        remove(&path);
        remove(&other);
        assert!(!folder.exists());
    }

    #[test]
    fn what_was_left_is_found_in_its_conversation_alone() {
        let dir = tempfile::tempdir().unwrap();
        let here = folder(dir.path(), AccountId(1), &peer("bob@example.org"));
        let there = folder(dir.path(), AccountId(2), &peer("bob@example.org"));
        assert_ne!(here, there);
        let (path, empty) = (create(&here).unwrap(), create(&here).unwrap());
        fs::write(&path, b"OggS").unwrap();
        assert_eq!(left(&here), [path]);
        assert!(!empty.exists() && left(&there).is_empty());
    }

    #[test]
    fn what_is_thrown_away_can_be_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (create(dir.path()).unwrap(), create(dir.path()).unwrap());
        ThrownAway::new(one.clone()).take_back();
        drop(ThrownAway::new(two.clone()));
        assert!(one.exists() && !two.exists());
    }

    #[test]
    fn a_recording_is_no_longer_than_the_server_takes() {
        assert_eq!(longest(None), LONGEST);
        assert_eq!(longest(Some(u64::MAX)), LONGEST);
        let ten_megabytes = longest(Some(10_000_000));
        assert!(ten_megabytes > Duration::from_mins(35) && ten_megabytes < Duration::from_mins(47));
        assert_eq!(longest(Some(0)), Duration::ZERO);
    }

    #[test]
    fn silence_from_the_beginning_is_noticed() {
        let mut hearing = Hearing::default();
        assert!(!hearing.is_deaf(Duration::from_secs(1), 0.0));
        assert!(hearing.is_deaf(Duration::from_secs(4), 0.0));
        assert!(!hearing.is_deaf(Duration::from_secs(5), 0.5));
        assert!(!hearing.is_deaf(Duration::from_mins(1), 0.0));
    }
}
