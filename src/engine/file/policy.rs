//! What is fetched unasked, and how much stays. Who fetches tells the other side that, when and from where somebody looks.
//!
//! Pure.

use crate::{
    engine::api::AttachmentKind,
    store::contact::{ContactRow, Subscription},
};

/// Files up to this size come by themselves where nothing else was chosen.
pub const UNASKED_BYTES: u64 = 5_000_000;
/// How many bytes of files are kept here where nothing else was chosen; what was not wanted for the longest time goes first.
pub const KEPT_BYTES: u64 = 2_000_000_000;
/// Nothing larger is fetched at all.
pub const MOST_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Whether a file is fetched when it comes into sight, where `most` bytes may come so. Strangers ask; and what would be handed
/// to another program waits until somebody wants it.
#[must_use]
pub fn comes_unasked(
    kind: AttachmentKind,
    size: Option<u64>,
    is_own: bool,
    contact: Option<&ContactRow>,
    most: u64,
) -> bool {
    let is_known = is_own
        || contact.is_some_and(|contact| {
            contact.in_roster && matches!(contact.subscription, Subscription::To | Subscription::Both)
        });
    is_known && kind != AttachmentKind::Other && most > 0 && size.is_none_or(|size| size <= most)
}

/// How many bytes are taken at most; `unasked` are those that may come where nobody has asked.
#[must_use]
pub fn limit(announced: Option<u64>, unasked: Option<u64>) -> u64 {
    announced.or(unasked).unwrap_or(MOST_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::fixture::{BOB, Fixture, jid},
        store::contact,
    };

    #[test]
    fn only_small_files_of_friends_come_by_themselves() {
        let fixture = Fixture::new();
        let contact = |subscription| {
            fixture.befriend(BOB, subscription);
            contact::find(&fixture.store, fixture.scope.account, &jid(BOB)).unwrap()
        };
        let friend = contact(Subscription::Both);
        let (picture, small, most) = (AttachmentKind::Picture, Some(1_000), 5_000);
        assert!(comes_unasked(picture, None, false, friend.as_ref(), most));
        assert!(comes_unasked(picture, small, true, None, most));
        for kind in [picture, AttachmentKind::Audio, AttachmentKind::Video] {
            assert!(comes_unasked(kind, small, false, friend.as_ref(), most), "{kind:?}");
            assert!(comes_unasked(kind, Some(most), false, friend.as_ref(), most), "{kind:?}");
            assert!(!comes_unasked(kind, Some(most + 1), false, friend.as_ref(), most), "{kind:?}");
            assert!(!comes_unasked(kind, small, false, None, most), "{kind:?}");
        }
        for size in [None, Some(0), small] {
            assert!(!comes_unasked(picture, size, true, friend.as_ref(), 0), "nothing is to come by itself");
        }
        assert!(!comes_unasked(AttachmentKind::Other, small, true, friend.as_ref(), most));
        for subscription in [Subscription::None, Subscription::From] {
            assert!(!comes_unasked(picture, small, false, contact(subscription).as_ref(), most), "{subscription:?}");
        }
    }

    #[test]
    fn no_more_is_taken_than_was_announced() {
        assert_eq!((limit(Some(7), None), limit(Some(7), Some(5))), (7, 7));
        assert_eq!((limit(None, None), limit(None, Some(5))), (MOST_BYTES, 5));
    }
}
