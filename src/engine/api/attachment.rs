//! Files in messages, as the window gets them.

use std::{path::PathBuf, time::Duration};

pub use crate::store::attachment::{AttachmentKind, AttachmentProblem};

/// The file that a message shares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attachment {
    pub kind: AttachmentKind,
    /// Safe as the name of a file.
    pub name: String,
    pub media_type: String,
    /// In bytes.
    pub size: Option<u64>,
    /// Width and height in pixels.
    pub dimensions: Option<(u32, u32)>,
    pub thumbhash: Option<Vec<u8>>,
    /// How long sound or a film lasts, as whoever sent it says.
    pub length: Option<Duration>,
    /// Where it lies, when it is here.
    pub path: Option<PathBuf>,
    /// False for one of ours that has still to be uploaded.
    pub is_uploaded: bool,
    pub problem: Option<AttachmentProblem>,
}

/// A file on its way, in either direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transfer {
    pub done: u64,
    pub total: Option<u64>,
}

/// A file that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewFile {
    Path(PathBuf),
    /// A picture that was pasted.
    Bytes {
        name: String,
        bytes: Vec<u8>,
    },
    /// Sound or a film, with what only the window can find out about it.
    Media {
        path: PathBuf,
        about: MediaFacts,
    },
}

/// What is known of sound or a film by whoever has recorded or looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MediaFacts {
    pub length: Option<Duration>,
    /// Width and height in pixels.
    pub dimensions: Option<(u32, u32)>,
    pub thumbhash: Option<Vec<u8>>,
}
