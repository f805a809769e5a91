//! Sound and films: what plays, what it looks like, and what is recorded. Nothing else in the program knows `GStreamer`.
//!
//! | file | duty |
//! |---|---|
//! | `allowed` | which parts of GStreamer may see a file |
//! | `bars`, `sound_player` | sound in the window |
//! | `film`, `frames`, `film_controls` | what a film looks like, its pictures, its controls |
//! | `controls` | what sound and films are controlled by alike |
//! | `clock` | times and speeds in words |
//! | `waveform` | sound as bars |
//! | `listen` | reads a file's bars |
//! | `playback` | what plays, one at a time |
//! | `recorder` | from the microphone into a file |
//! | `recording` | such files until they are sent |

mod allowed;
pub mod bars;
pub mod clock;
mod controls;
pub mod film;
pub mod film_controls;
mod frames;
pub mod listen;
pub mod playback;
pub mod recorder;
pub mod recording;
pub mod sound_player;
pub mod waveform;

use std::sync::OnceLock;

use gtk::gio;

/// What keeps sound from being played or recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    #[error("GStreamer is not usable: {0}")]
    Missing(String),
    #[error("the sound stopped: {0}")]
    Broken(String),
    #[error("the sound can't be kept: {0}")]
    Disk(String),
    #[error("no microphone can be opened")]
    NoMicrophone,
}

/// Makes `GStreamer` ready, once; what it finds is then the same for as long as the program runs.
///
/// Slow the first time, when it looks what there is: to be called where one may wait.
fn start() -> Result<(), MediaError> {
    static STARTED: OnceLock<Result<(), MediaError>> = OnceLock::new();
    STARTED
        .get_or_init(|| {
            gstreamer::init().map_err(|error| MediaError::Missing(error.to_string()))?;
            allowed::restrict();
            Ok(())
        })
        .clone()
}

/// The same without holding up the window.
async fn ready() -> Result<(), MediaError> {
    gio::spawn_blocking(start).await.unwrap_or_else(|_| Err(MediaError::Missing("it panicked".to_owned())))
}
