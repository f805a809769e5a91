//! Whether a device shows its account's messages in the order of their archive.
//!
//! The archive is what all devices of an account have in common, so its order is the one that they can agree on; a message that
//! was sent twice counts where the archive has it first. What a device has written itself stands there where it was written. That
//! may be long before the server had it, above what the archive had before that, and other devices can't know it. So:
//!
//! - What a device did not write stands in the archive's order.
//! - What it wrote stands below nothing that the archive had only afterwards: nobody reads a reply above what it replies to.
//!
//! A new device has written nothing. It shows the archive's order itself.
//!
//! Prosody does one thing after the other, so that what it delivers comes in the order of its archive. ejabberd has a process for
//! each session: what two devices write at the same moment it delivers in another order than it has it in the archive, a few
//! milliseconds apart. There, what comes live is only compared with what the archive has from some time before or after.

use std::{collections::HashMap, time::Duration};

/// A text in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    pub text: String,
    /// By the archive's clock, where that is asked for.
    pub micros: u64,
}

/// What a device shows out of that order: each such message, and the one above it that the archive has below it, and no less than
/// `apart` later. What the archive does not know says nothing.
pub fn misplaced<'s>(
    archive: &[Archived],
    shown: &'s [String],
    is_own: impl Fn(&str) -> bool,
    apart: Duration,
) -> Vec<(&'s str, &'s str)> {
    let mut places = HashMap::new();
    for (place, Archived { text, micros }) in archive.iter().enumerate() {
        places.entry(text.as_str()).or_insert((place, *micros));
    }
    let mut furthest: Option<((usize, u64), &str)> = None;
    let mut misplaced = Vec::new();
    for text in shown {
        let Some(place) = places.get(text.as_str()) else { continue };
        match furthest {
            Some((furthest, above)) if furthest.0 > place.0 => {
                if Duration::from_micros(furthest.1.saturating_sub(place.1)) >= apart {
                    misplaced.push((text.as_str(), above));
                }
            }
            _ if is_own(text) => {}
            _ => furthest = Some((*place, text)),
        }
    }
    misplaced
}
