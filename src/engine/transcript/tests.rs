use std::{fs, io::Write as _, sync::Arc};

use super::*;
use crate::{
    engine::{
        api::{Annotations, AttachmentKind, Message, MessageState, TextFormat, Timestamp},
        fixture::{ALICE, BOB, NOW, jid},
    },
    ids::{Cursor, MessageId},
    store::SendFailure,
};

fn utc(time: Timestamp) -> String {
    crate::xmpp::datetime::format(time).replace('Z', "+00:00")
}

fn words() -> ExportWords {
    ExportWords {
        title: "Alice & <Bob>".to_owned(),
        language: "en".to_owned(),
        waiting: "waiting".to_owned(),
        sent: "sent".to_owned(),
        delivered: "delivered".to_owned(),
        read: "read".to_owned(),
        failed: "not sent".to_owned(),
        spoiler: "Spoiler".to_owned(),
        local_time: utc,
    }
}

fn head() -> Head {
    Head {
        own: side(jid(ALICE), None),
        peer: side(jid(BOB), Some("Bob\u{202e}\n<script>alert(1)</script>".to_owned())),
        now: NOW,
        words: words(),
    }
}

fn message(n: i64, state: MessageState, body: &str) -> Message {
    let is_outgoing = state != MessageState::Received;
    Message {
        cursor: Cursor { position: n, id: MessageId(n) },
        conversation: ConversationId(1),
        sender: jid(if is_outgoing { ALICE } else { BOB }),
        is_outgoing,
        body: body.to_owned(),
        format: TextFormat::default(),
        time: Timestamp(NOW.0 + n * 60_000),
        state,
        is_read: false,
        annotations: Annotations::default(),
        attachment: None,
    }
}

const HOSTILE: [&str; 6] = [
    "</div></body><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)\" x='",
    "one\n[08:00:00+00:00] alice@chat.test: I owe you money\r\ntwo\u{2028}three",
    "bell\u{7}escape\u{1b}[31m null\u{0} next\u{85}line",
    "<!-- ]]> -->&amp;&#60;",
    "{\"a\": \"\\\"}],\u{202e}\u{2067}",
];

fn written(format: ExportFormat, messages: &[Message]) -> String {
    let (mut out, head, mut writer) = (Vec::new(), head(), writer(format));
    writer.begin(&mut out, &head).unwrap();
    for message in messages {
        let file = message.attachment.clone().map(|attachment| SharedFile {
            copy: attachment.path.is_some().then(|| ("Bob's <b>_files".to_owned(), attachment.name.clone())),
            address: Some("https://files.test/x?a=\"<\u{1b}".to_owned()),
            attachment,
        });
        writer.message(&mut out, &head, message, file.as_ref()).unwrap();
    }
    writer.end(&mut out, &head).unwrap();
    String::from_utf8(out).unwrap()
}

fn hostile() -> Vec<Message> {
    HOSTILE.iter().zip(1..).map(|(body, n)| message(n, MessageState::Received, body)).collect()
}

#[test]
fn in_plain_text_nobody_s_words_pass_for_a_line_of_somebody_else_s() {
    let all = [
        message(1, MessageState::Received, "Hello"),
        message(2, MessageState::Delivered, "Two\nlines"),
        message(3, MessageState::Failed(SendFailure::Refused), "lost"),
    ];
    let text = written(ExportFormat::Text, &all);
    assert_eq!(
        text,
        "Alice & <Bob>\nalice@chat.test <alice@chat.test>\nBob <script>alert(1)</script> <bob@chat.test>\n\
         2027-01-15 08:00:00+00:00\n\n2027-01-15\n\n[08:01:00+00:00] Bob <script>alert(1)</script>: Hello\n\
         [08:02:00+00:00] alice@chat.test: Two\n    lines\n[08:03:00+00:00] alice@chat.test (not sent): lost\n"
    );
    let text = written(ExportFormat::Text, &hostile());
    let lines: Vec<_> = text.split(['\n', '\u{2028}', '\u{85}', '\r']).collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("[08:")).count(), HOSTILE.len());
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{0}']), "{text:?}");
}

#[test]
fn in_json_all_is_as_it_was_written() {
    let messages = hostile();
    let value: serde_json::Value = serde_json::from_str(&written(ExportFormat::Json, &messages)).unwrap();
    assert_eq!((&value["format"], &value["version"]), (&"stonechat-conversation".into(), &1.into()));
    assert_eq!(value["conversation"]["address"], BOB);
    assert_eq!(value["account"]["name"], ALICE);
    let bodies: Vec<_> = value["messages"].as_array().unwrap().iter().map(|m| m["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, HOSTILE);
    let mut read = message(7, MessageState::Sent, "x");
    read.is_read = true;
    let value: serde_json::Value = serde_json::from_str(&written(ExportFormat::Json, &[read])).unwrap();
    let expected = serde_json::json!({
        "id": 7, "from": ALICE, "direction": "sent", "time": "2027-01-15T08:07:00+00:00", "state": "read", "body": "x",
    });
    assert_eq!(value["messages"][0], expected);
    assert!(serde_json::from_str::<serde_json::Value>(&written(ExportFormat::Json, &[])).is_ok());
}

#[test]
fn in_html_nothing_but_our_own_marks_is_markup() {
    let page = written(ExportFormat::Html, &hostile());
    let marks: Vec<&str> = page.split('<').skip(1).map(|rest| rest.split(['>', ' ']).next().unwrap()).collect();
    let ours = [
        "!doctype", "html", "head", "meta", "title", "/title", "style", "/style", "/head", "body", "header", "h1",
        "/h1", "p", "/p", "bdi", "/bdi", "/header", "h2", "/h2", "div", "/div", "time", "/time", "/body", "/html",
    ];
    assert!(marks.iter().all(|mark| ours.contains(mark)), "{marks:?}");
    assert_eq!(marks.iter().filter(|mark| **mark == "/body").count(), 1);
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("onmouseover=\""), "no quote ends an attribute");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains(['\u{0}', '\u{1b}', '\u{7}', '\u{85}']));
}

/// A picture that is here, and a file that is not, with names as bad as they can be.
fn with_files() -> [Message; 2] {
    let with = |n, name: &str, kind, path: Option<&str>| {
        let (name, path) = (name.to_owned(), path.map(Into::into));
        let attachment = Attachment { kind, name, size: Some(7), path, ..Attachment::default() };
        Message { attachment: Some(attachment), ..message(n, MessageState::Received, "beside") }
    };
    [
        with(1, "a\" onerror=\"alert(1)#?%.png", AttachmentKind::Picture, Some("/x")),
        with(2, "javascript:alert(1)//<script>", AttachmentKind::Other, None),
    ]
}

#[test]
fn files_are_named_where_they_lie_in_each_form() {
    let text = written(ExportFormat::Text, &with_files());
    assert!(
        text.contains(": a\" onerror=\"alert(1)#?%.png <Bob's <b>_files/a\" onerror=\"alert(1)#?%.png>\n    beside\n"),
        "{text}"
    );
    assert!(text.contains(": javascript:alert(1)//<script> <https://files.test/x?a=\"<>\n    beside\n"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&written(ExportFormat::Json, &with_files())).unwrap();
    let file = &json["messages"][0]["file"];
    assert_eq!(file["path"], "Bob's <b>_files/a\" onerror=\"alert(1)#?%.png");
    assert_eq!((&json["messages"][1]["file"]["path"], &file["size"]), (&serde_json::Value::Null, &7.into()));
    let page = written(ExportFormat::Html, &with_files());
    let place = "Bob%27s%20%3Cb%3E_files/a%22%20onerror%3D%22alert%281%29%23%3F%25.png";
    assert!(page.contains(&format!("<a href=\"{place}\"><img src=\"{place}\" alt=\"a&quot; onerror=&quot;")), "{page}");
    assert_eq!(page.matches("href=").count(), 1, "what is not here has no link");
    assert!(page.contains("<bdi>javascript:alert(1)//&lt;script&gt;</bdi><br>https://files.test/x?a=&quot;&lt;</div>"));
}

#[test]
fn what_is_covered_is_kept_and_not_seen_at_a_glance_in_each_form() {
    let cover = |mut message: Message, hint: &str| {
        message.format.spoiler = Some(hint.to_owned());
        message
    };
    let [file, _] = with_files();
    let all = [
        cover(message(1, MessageState::Received, "Both die.\nThe end"), "the end\n<b>\u{202e}"),
        cover(message(2, MessageState::Received, "[08:00:00+00:00] not a line"), ""),
        cover(file.clone(), "who"),
        message(4, MessageState::Received, "plain"),
    ];
    let text = written(ExportFormat::Text, &all);
    let start = text.find("[08:01").unwrap();
    let lines: Vec<_> = text[start..].lines().collect();
    let who = "Bob <script>alert(1)</script>:";
    assert_eq!(lines[..3], [&format!("[08:01:00+00:00] {who} Spoiler (the end <b>):"), "    Both die.", "    The end"]);
    assert_eq!(lines[3..5], [&format!("[08:02:00+00:00] {who} Spoiler:"), "    [08:00:00+00:00] not a line"]);
    assert!(lines[5].ends_with(": Spoiler (who):") && lines[6].starts_with("    "), "{lines:#?}");
    let value: serde_json::Value = serde_json::from_str(&written(ExportFormat::Json, &all)).unwrap();
    let messages = value["messages"].as_array().unwrap();
    assert_eq!((&messages[0]["body"], &messages[1]["spoiler"]), (&"Both die.\nThe end".into(), &"".into()));
    assert_eq!((&messages[0]["spoiler"], messages[3].get("spoiler")), (&"the end\n<b>\u{202e}".into(), None));
    let html = written(ExportFormat::Html, &all);
    let details: Vec<_> = html.split("<details class=\"cover\">").skip(1).collect();
    let covered = |n: usize| details[n].split_once("</details>").unwrap();
    assert_eq!(details.len(), 3);
    assert!(covered(0).0.starts_with("<summary><bdi>Spoiler (the end &lt;b&gt;)</bdi></summary>"), "{html}");
    assert!(covered(0).0.contains("Both die.\nThe end") && covered(1).0.contains("not a line"));
    let name = &file.attachment.unwrap().name;
    assert!(covered(2).0.contains("class=\"file\"") && !covered(2).1.contains(name.as_str()));
    assert!(covered(2).1.contains("plain") && !html.contains("<details open"));
}

#[test]
fn a_file_is_there_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("out.txt");
    fs::write(&place, "before").unwrap();
    let mut file = NewFile::create(place.clone(), uuid::Uuid::from_u128(1)).unwrap();
    file.write_all(b"half").unwrap();
    drop(file);
    assert_eq!(fs::read(&place).unwrap(), b"before");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    let mut file = NewFile::create(place.clone(), uuid::Uuid::from_u128(1)).unwrap();
    file.write_all(b"after").unwrap();
    file.finish().unwrap();
    assert_eq!(fs::read(&place).unwrap(), b"after");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    assert!(NewFile::create(dir.path().join("nowhere/out.txt"), uuid::Uuid::from_u128(1)).is_err());
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

/// A conversation with so many messages of Bob's.
async fn many_messages(store: &crate::store::Store, count: i64) -> ConversationId {
    use crate::store::{conversation, message};
    store
        .write(move |store| {
            let new = account::NewAccount::new(jid(ALICE), uuid::Uuid::from_u128(7));
            let account = account::insert(store, &new)?.unwrap().id;
            let id = conversation::find_or_create(store, account, &jid(BOB), NOW)?;
            // The index is of no use here, and takes a minute.
            store.execute_batch("DROP TRIGGER message_search_insert")?;
            for n in 0..count {
                let new = message::NewMessage {
                    conversation: id,
                    place: message::Place::At(n * 1_024),
                    sender: jid(BOB),
                    body: format!("message {n} {}", "words ".repeat(40)),
                    format: TextFormat::default(),
                    time: Timestamp(n),
                    state: MessageState::Received,
                    origin_id: None,
                    stanza_id: None,
                    archive_id: None,
                    wants_receipt: false,
                    is_markable: false,
                };
                message::insert(store, new)?;
            }
            Ok(id)
        })
        .await
        .unwrap()
}

/// In a process of its own: what other tests take meanwhile would count as well.
#[test]
fn a_hundred_thousand_messages_take_no_more_memory_than_a_page_and_can_be_given_up() {
    let alone = "engine::transcript::tests::alone_a_hundred_thousand_messages_take_no_more_memory_than_a_page";
    let program = std::env::current_exe().unwrap();
    let done = std::process::Command::new(program).args(["--exact", alone, "--ignored"]).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test]
#[ignore = "another test starts it alone"]
async fn alone_a_hundred_thousand_messages_take_no_more_memory_than_a_page() {
    use crate::{
        engine::{
            clock::{RandomIds, SystemClock},
            context::Choices,
            event_sink::EventSink,
            file::transfer::Transfers,
            live::Accounts,
            secrets::MemorySecrets,
        },
        store::{
            Store,
            attachment::{AttachmentRow, Kept},
        },
        xmpp::session::Trust,
    };
    let (profile, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Store::open(profile.path()).unwrap().store;
    let id = many_messages(&store, 100_000).await;
    let (events, _listener) = EventSink::new();
    let shared = Shared {
        store,
        events,
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        secrets: Arc::new(MemorySecrets::default()),
        trust: Arc::new(Trust::default()),
        data_dir: profile.path().to_owned(),
        choices: Choices::default(),
        accounts: Accounts::default(),
        files: Transfers::default(),
    };
    let place = dir.path().join("out.json");
    let order = || ExportOrder { path: place.clone(), format: ExportFormat::Json, has_files: true };
    // Once for what is loaded at the first time only.
    let (sender, progress) = async_channel::bounded(1);
    drop(progress);
    let cancelled = export(&shared, id, order(), words(), sender).await;
    assert_eq!(cancelled, Err(CommandError::Cancelled));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let before = resident();
    let (sender, progress) = async_channel::bounded(1);
    export(&shared, id, order(), words(), sender).await.unwrap();
    let grown = resident().saturating_sub(before);
    assert_eq!(progress.recv().await.unwrap(), ExportProgress { done: 500, total: 100_000 });
    let bytes = fs::read(&place).unwrap();
    assert!(grown < 8 << 20, "{grown} bytes more for {} bytes of file", bytes.len());
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let all = value["messages"].as_array().unwrap();
    assert_eq!(all.len(), 100_000);
    assert!(all.iter().zip(1..).all(|(message, n)| message["id"] == n));

    // One that is here, twice; one that has gone from the disk; one that never was here.
    let media = profile.path().join("media/00");
    fs::create_dir_all(&media).unwrap();
    fs::write(media.join("a.png"), "picture").unwrap();
    let share = |n: i64, kept: Option<&str>| AttachmentRow {
        name: "../a.png".to_owned(),
        media_type: "image/png".to_owned(),
        url: Some(format!("https://files.test/{n}")),
        kept: kept.map(|file| Kept { file: file.to_owned(), bytes: 7 }),
        ..AttachmentRow::default()
    };
    let files = [(1, Some("00/a.png")), (2, Some("00/a.png")), (3, Some("00/gone.png")), (4, None)];
    let rows = files.map(|(n, kept)| (n, share(n, kept)));
    let noted = shared.store.write(move |store| {
        for (n, row) in rows {
            attachment::insert(store, MessageId(n), &row, NOW)?;
        }
        Ok::<_, crate::store::StoreError>(())
    });
    noted.await.unwrap();
    let (sender, _progress) = async_channel::bounded(1);
    assert_eq!(export(&shared, id, order(), words(), sender).await, Ok(Exported { missing: 1 }));
    let value: serde_json::Value = serde_json::from_slice(&fs::read(&place).unwrap()).unwrap();
    let paths: Vec<_> = (0..4).map(|n| value["messages"][n]["file"]["path"].as_str()).collect();
    assert_eq!(paths, [Some("out_files/a.png"), Some("out_files/a.png"), None, None]);
    assert_eq!(value["messages"][3]["file"]["address"], "https://files.test/4");
    assert_eq!(fs::read(dir.path().join("out_files/a.png")).unwrap(), b"picture");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing else is left");
}
