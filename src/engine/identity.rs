//! Whether two messages are the same one, however each of them came: live, as a carbon, out of an archive, after it was
//! stored for us while we were away, or by our own hand.
//!
//! Pure: the rule stands here and nowhere else, with the table of its cases.

use crate::store::message::{ArchiveId, MessageRow, NewMessage};

/// How far two clocks, and the way between them, may lie apart where nothing but sender and text tells.
pub const SLACK_MS: i64 = 60_000;

/// Whether `new` is the message that is `known` already. Both are of the same conversation.
#[must_use]
pub fn is_same(known: &MessageRow, new: &NewMessage) -> bool {
    if known.sender != new.sender {
        return false;
    }
    // An id that the archive gave is never given twice (XEP-0359 §3.1).
    if let (Some(known), Some(new)) = (&known.archive_id, &new.archive_id)
        && known == new
    {
        return true;
    }
    // Sent twice by the same client, which did not know whether it had arrived: two ids in the archive, one message.
    if let (Some(known), Some(new)) = (&known.origin_id, &new.origin_id) {
        return known == new;
    }
    if is_given_by_same(known.archive_id.as_ref(), new.archive_id.as_ref()) {
        return false;
    }
    // Left are clients without unique ids, whose message came once with the archive's id and once without it.
    let has_either = known.archive_id.is_some() != new.archive_id.is_some();
    let is_near = known.time.0.abs_diff(new.time.0) <= SLACK_MS.unsigned_abs();
    has_either && known.body == new.body && known.stanza_id == new.stanza_id && is_near
}

fn is_given_by_same(known: Option<&ArchiveId>, new: Option<&ArchiveId>) -> bool {
    matches!((known, new), (Some(known), Some(new)) if known.by == new.by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::fixture::{ALICE, BOB, NOW, jid},
        ids::{ConversationId, Cursor, MessageId, OriginId, Timestamp},
        store::{MessageState, message::Place},
        text_format::TextFormat,
    };

    /// Sender, archive's id, origin id, the stanza's id, text, seconds.
    type Short<'s> = (&'s str, Option<&'s str>, Option<&'s str>, Option<&'s str>, &'s str, i64);

    fn same(known: Short<'_>, new: Short<'_>) -> bool {
        let archive = |id: Option<&str>| id.map(|id| ArchiveId { by: jid(ALICE), id: id.to_owned() });
        let origin = |id: Option<&str>| id.map(|id| OriginId(id.to_owned()));
        let time = |seconds: i64| Timestamp(NOW.0 + seconds * 1_000);
        let row = MessageRow {
            cursor: Cursor { position: 1, id: MessageId(1) },
            conversation: ConversationId(1),
            sender: jid(known.0),
            body: known.4.to_owned(),
            format: TextFormat::default(),
            time: time(known.5),
            state: MessageState::Received,
            origin_id: origin(known.2),
            stanza_id: known.3.map(str::to_owned),
            archive_id: archive(known.1),
            wants_receipt: false,
        };
        let new = NewMessage {
            conversation: ConversationId(1),
            place: Place::Last,
            sender: jid(new.0),
            body: new.4.to_owned(),
            format: TextFormat::default(),
            time: time(new.5),
            state: MessageState::Received,
            origin_id: origin(new.2),
            stanza_id: new.3.map(str::to_owned),
            archive_id: archive(new.1),
            wants_receipt: false,
            is_markable: false,
        };
        is_same(&row, &new)
    }

    #[test]
    fn one_message_is_known_again_and_two_are_not_taken_for_one() {
        let (a, b) = (Some("a"), Some("b"));
        let (o, p) = (Some("o"), Some("p"));
        let id = Some("s");
        for (known, new, expected, why) in [
            ((BOB, a, o, id, "x", 0), (BOB, a, o, id, "x", 0), true, "live and archive"),
            ((BOB, a, None, None, "x", 0), (BOB, a, None, None, "x", 9_999), true, "the archive's id alone"),
            ((BOB, a, None, id, "x", 0), (BOB, b, None, id, "x", 0), false, "another of the same words"),
            ((BOB, None, o, id, "x", 0), (BOB, a, o, id, "x", 0), true, "no archive id on the live one"),
            ((ALICE, None, o, id, "x", 0), (ALICE, a, o, id, "x", 9_999), true, "our own, found in the archive"),
            ((BOB, a, o, id, "x", 0), (BOB, b, o, id, "x", 5), true, "sent twice under one id"),
            ((BOB, None, o, id, "x", 0), (BOB, a, p, id, "x", 0), false, "another origin id"),
            ((BOB, None, o, id, "x", 0), (ALICE, a, o, id, "x", 0), false, "somebody else's id"),
            ((BOB, a, None, id, "x", 0), (ALICE, a, None, id, "x", 0), false, "somebody else, the same archive id"),
            ((BOB, None, None, id, "x", 0), (BOB, a, None, id, "x", 30), true, "no unique ids, but the stanza's"),
            ((BOB, None, None, None, "x", 0), (BOB, a, None, None, "x", 30), true, "no ids at all"),
            ((BOB, None, None, None, "x", 0), (BOB, a, None, None, "x", 61), false, "no ids, too far apart"),
            ((BOB, None, None, None, "x", 0), (BOB, a, None, None, "y", 0), false, "no ids, other words"),
            ((BOB, None, None, id, "x", 0), (BOB, a, None, Some("t"), "x", 0), false, "another stanza's id"),
            ((BOB, None, None, None, "x", 0), (BOB, None, None, None, "x", 0), false, "said twice, live"),
        ] {
            assert_eq!(same(known, new), expected, "{why}");
        }
    }
}
