//! Avatars: what others announce is fetched, checked, scaled and kept; one's own is published.
//!
//! | file | duty |
//! |---|---|
//! | `picture` | decode under limits, scale, encode |
//! | `file` | `avatars/<hash>.png` |
//! | `record` | what is known of a hash, in the store |
//! | `fetch` | the queue of what is to be fetched, one picture at a time |
//! | `publish` | our own |

mod fetch;
pub mod file;
pub mod picture;
mod publish;
mod record;

pub use fetch::Avatars;
pub use publish::publish;

use super::{
    context::Shared,
    effect::{AvatarNotice, AvatarSource},
};
use crate::{
    ids::AccountId,
    store::avatar as stored,
    xmpp::incoming::{IncomingPresence, PresenceKind},
};

/// What a presence says of its sender's picture (XEP-0153 §4).
#[must_use]
pub fn in_presence(account: AccountId, presence: &IncomingPresence) -> Option<AvatarNotice> {
    // An occupant of a room is not the account behind it.
    let is_there = matches!(presence.kind, PresenceKind::Available(_)) && !presence.muc;
    let hash = presence.vcard_photo.clone().filter(|_| is_there)?;
    let address = presence.from.as_ref()?.to_bare();
    Some(AvatarNotice { account, address, source: AvatarSource::Vcard, hash })
}

/// Removes the pictures that nobody has any more; once in a while is enough.
pub async fn tidy(shared: &Shared) {
    let data_dir = shared.data_dir.clone();
    match shared.store.write(|store| stored::remove_unused(store)).await {
        Ok(unused) => {
            let _ =
                tokio::task::spawn_blocking(move || unused.iter().for_each(|hash| file::remove(&data_dir, hash))).await;
        }
        Err(error) => log::warn!("avatars are not tidied: {error}"),
    }
}
