use super::*;
use crate::store::attachment::{self, AttachmentProblem, AttachmentRow, Kept};

fn put(connection: &Connection, chat: ConversationId, row: &AttachmentRow, at: i64) -> message::MessageRow {
    let stored = message::insert(connection, incoming(chat, NOW.0 + at, &format!("https://a/{at}"))).unwrap().unwrap();
    attachment::insert(connection, stored.cursor.id, row, Timestamp(NOW.0 + at)).unwrap();
    stored
}

fn row(file: Option<&str>, bytes: u64) -> AttachmentRow {
    AttachmentRow {
        name: "a.png".to_owned(),
        media_type: "image/png".to_owned(),
        size: Some(bytes),
        dimensions: Some((4, 3)),
        sha256: Some([7; 32]),
        thumbhash: Some(vec![1, 2, 3]),
        length: Some(61_000),
        url: Some("https://a/a.png".to_owned()),
        kept: file.map(|file| Kept { file: file.to_owned(), bytes }),
        problem: None,
        caption: "Look".to_owned(),
    }
}

#[test]
fn what_was_stored_of_a_file_is_read_for_a_whole_page_at_once() {
    let (connection, _, chat) = chat();
    let one = put(&connection, chat, &row(None, 9), 1);
    let bare = AttachmentRow { url: Some("https://b".to_owned()), ..AttachmentRow::default() };
    let two = put(&connection, chat, &bare, 2);
    let ids = [one.cursor.id, MessageId(99), two.cursor.id];
    let mut read = attachment::of_messages(&connection, ids.into_iter()).unwrap();
    read.sort_by_key(|(id, _)| *id);
    assert_eq!(read, [(one.cursor.id, row(None, 9)), (two.cursor.id, bare)]);
    assert_eq!(attachment::find(&connection, MessageId(99)).unwrap(), None);
    attachment::set_problem(&connection, one.cursor.id, Some(AttachmentProblem::Lost)).unwrap();
    let found = attachment::find(&connection, one.cursor.id).unwrap().unwrap();
    assert_eq!(found.problem, Some(AttachmentProblem::Lost));
}

#[test]
fn what_has_not_been_uploaded_is_not_sent_and_never_evicted() {
    let (connection, account, chat) = chat();
    let new = message::NewMessage { body: String::new(), ..outgoing(chat, "o-1") };
    let ours = message::insert(&connection, new).unwrap().unwrap();
    let local = AttachmentRow { url: None, ..row(Some("aa/a.png"), 9) };
    attachment::insert(&connection, ours.cursor.id, &local, NOW).unwrap();
    let text = message::insert(&connection, outgoing(chat, "o-2")).unwrap().unwrap();
    let waiting = |c: &Connection| -> Vec<MessageId> {
        pending::of_account(c, account).unwrap().into_iter().map(|p| p.message.cursor.id).collect()
    };
    assert_eq!(waiting(&connection), [text.cursor.id]);
    assert_eq!(attachment::to_upload(&connection, account).unwrap(), [ours.cursor.id]);
    assert_eq!(attachment::kept_bytes(&connection).unwrap(), 0);
    assert_eq!(attachment::evict(&connection, 0).unwrap(), (vec![], vec![]));
    attachment::set_uploaded(&connection, ours.cursor.id, "https://up/a.png").unwrap();
    assert_eq!(waiting(&connection), [ours.cursor.id, text.cursor.id]);
    assert_eq!(message::by_id(&connection, ours.cursor.id).unwrap().body, "https://up/a.png");
    assert_eq!(attachment::to_upload(&connection, account).unwrap(), []);
    assert_eq!(attachment::evict(&connection, 0).unwrap(), (vec![ours.cursor.id], vec!["aa/a.png".to_owned()]));
}

#[test]
fn the_files_that_were_wanted_last_stay() {
    let (connection, _, chat) = chat();
    let old = put(&connection, chat, &row(Some("aa/a.png"), 10), 1).cursor.id;
    let newer = put(&connection, chat, &row(Some("bb/b.png"), 10), 2).cursor.id;
    // The same file as the oldest, in a message that stays.
    let same = put(&connection, chat, &row(Some("aa/a.png"), 10), 3).cursor.id;
    assert_eq!(attachment::kept_bytes(&connection).unwrap(), 20);
    assert_eq!(attachment::evict(&connection, 20).unwrap().0, []);
    attachment::touch(&connection, newer, Timestamp(NOW.0 + 9)).unwrap();
    assert_eq!(attachment::evict(&connection, 10).unwrap(), (vec![same, old], vec!["aa/a.png".to_owned()]));
    assert_eq!(attachment::kept_bytes(&connection).unwrap(), 10);
}

#[test]
fn a_message_that_goes_takes_its_attachment_along() {
    let (connection, _, chat) = chat();
    let stored = put(&connection, chat, &row(Some("aa/a.png"), 10), 1);
    connection.execute("DELETE FROM message WHERE id = ?1", [stored.cursor.id]).unwrap();
    assert_eq!(attachment::find(&connection, stored.cursor.id).unwrap(), None);
    assert!(!attachment::is_kept(&connection, "aa/a.png").unwrap());
}
