//! What is fetched unasked: who fetches tells the other side that, when and from where somebody looks.
//!
//! Pure.

use crate::{
    engine::api::AttachmentKind,
    store::contact::{ContactRow, Subscription},
};

/// Pictures up to this size come by themselves.
pub const UNASKED_BYTES: u64 = 5 * 1024 * 1024;
/// Nothing larger is fetched at all.
pub const MOST_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Whether a file is fetched when it comes into sight. Strangers ask.
#[must_use]
pub fn comes_unasked(kind: AttachmentKind, size: Option<u64>, is_own: bool, contact: Option<&ContactRow>) -> bool {
    let is_known = is_own
        || contact.is_some_and(|contact| {
            contact.in_roster && matches!(contact.subscription, Subscription::To | Subscription::Both)
        });
    is_known && kind == AttachmentKind::Picture && size.is_none_or(|size| size <= UNASKED_BYTES)
}

/// How many bytes are taken at most.
#[must_use]
pub fn limit(announced: Option<u64>, is_asked: bool) -> u64 {
    announced.unwrap_or(if is_asked { MOST_BYTES } else { UNASKED_BYTES })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::fixture::{BOB, Fixture, jid},
        store::contact,
    };

    #[test]
    fn only_small_pictures_of_friends_come_by_themselves() {
        let fixture = Fixture::new();
        let contact = |subscription| {
            fixture.befriend(BOB, subscription);
            contact::find(&fixture.store, fixture.scope.account, &jid(BOB)).unwrap()
        };
        let friend = contact(Subscription::Both);
        let (picture, small) = (AttachmentKind::Picture, Some(1_000));
        assert!(comes_unasked(picture, small, false, friend.as_ref()));
        assert!(comes_unasked(picture, None, false, friend.as_ref()));
        assert!(comes_unasked(picture, small, true, None));
        assert!(!comes_unasked(picture, Some(UNASKED_BYTES + 1), false, friend.as_ref()));
        assert!(!comes_unasked(AttachmentKind::Video, small, false, friend.as_ref()));
        assert!(!comes_unasked(AttachmentKind::Other, small, true, None));
        assert!(!comes_unasked(picture, small, false, None));
        for subscription in [Subscription::None, Subscription::From] {
            assert!(!comes_unasked(picture, small, false, contact(subscription).as_ref()), "{subscription:?}");
        }
    }

    #[test]
    fn no_more_is_taken_than_was_announced() {
        assert_eq!(limit(Some(7), true), 7);
        assert_eq!((limit(None, true), limit(None, false)), (MOST_BYTES, UNASKED_BYTES));
    }
}
