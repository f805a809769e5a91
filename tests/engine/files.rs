//! Files: from one to another by way of the server, whatever breaks off in between, and what only claims to be something.

use std::{fs, io::Cursor, path::PathBuf, time::Duration};

use stonechat::engine::api::{
    Attachment, AttachmentKind, AttachmentProblem, Command, CommandError, ConversationId, Event, MediaFacts, Message,
    MessageState, NewFile, TextFormat,
};

use super::{
    person::{Person, befriend},
    plain::Plain,
    support::{Options, Prosody, Relay, server::free_ports},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";
const MOST: u64 = 200_000;

/// A server that takes files, where Alice and Bob are friends and Carol is nobody's.
fn server() -> Prosody {
    let (port, _) = free_ports();
    start(&Options::with_users(&["alice", "bob", "carol"]).with_files(port, port, MOST))
}

fn start(options: &Options) -> Prosody {
    let prosody = Prosody::start(options);
    befriend(&prosody, "alice", "bob");
    prosody
}

fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([x * 7, y * 5, 120].map(|colour| colour.to_le_bytes()[0]))
    })
    .write_to(&mut bytes, image::ImageFormat::Png)
    .unwrap();
    bytes.into_inner()
}

fn bytes(name: &str, bytes: Vec<u8>) -> NewFile {
    NewFile::Bytes { name: name.to_owned(), bytes }
}

async fn send(from: &Person, to: &str, files: Vec<NewFile>, caption: &str) -> Result<Vec<Message>, CommandError> {
    let (conversation, caption) = (from.open(to).await.id, caption.to_owned());
    from.request(|reply| Command::SendFiles {
        conversation,
        files,
        caption,
        format: TextFormat::default(),
        answers: None,
        reply,
    })
    .await
}

fn file_of(message: &Message) -> &Attachment {
    message.attachment.as_ref().unwrap_or_else(|| panic!("no file: {message:?}"))
}

/// Waits until a message's file is as wanted.
async fn until_file<T>(
    who: &mut Person,
    conversation: ConversationId,
    message: &Message,
    what: &str,
    wanted: impl Fn(&Attachment) -> Option<T>,
) -> T {
    loop {
        let all = who.history(conversation).await;
        let now = all.iter().find(|known| known.cursor.id == message.cursor.id).unwrap();
        if let Some(value) = wanted(file_of(now)) {
            return value;
        }
        who.wait(what, |event| matches!(event, Event::MessagesChanged { .. }).then_some(())).await;
    }
}

async fn path(who: &mut Person, message: &Message) -> PathBuf {
    until_file(who, message.conversation, message, "a file", |file| file.path.clone()).await
}

fn parts(who: &Person) -> usize {
    fs::read_dir(who.dir.path().join("media/part")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_picture_comes_as_it_was_sent_and_its_caption_after_it() {
    let prosody = server();
    let (alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    let picture = picture(300, 200);
    let sent = send(&alice, BOB, vec![bytes("../holiday.png", picture.clone())], "Look").await.unwrap();
    assert_eq!((sent.len(), sent[0].body.as_str(), sent[0].state), (1, "Look", MessageState::Waiting));
    assert!(file_of(&sent[0]).path.is_some() && !file_of(&sent[0]).is_uploaded);
    let got = bob.news().await;
    let file = file_of(&got).clone();
    assert_eq!((file.kind, file.name.as_str(), got.body.as_str()), (AttachmentKind::Picture, "holiday.png", ""));
    assert_eq!((file.size, file.dimensions), (Some(picture.len() as u64), Some((300, 200))));
    assert!(file.thumbhash.is_some() && file.path.is_none());
    assert_eq!(bob.news().await.body, "Look");
    // It has come into sight, and it is a friend's.
    bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: false });
    let path = path(&mut bob, &got).await;
    assert_eq!(fs::read(path).unwrap(), picture);
    let own = alice.history_with(BOB).await;
    assert_eq!(own.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), ["", "Look"]);
    assert!(file_of(&own[0]).is_uploaded);
    assert_eq!((parts(&alice), parts(&bob)), (0, 0));
}

/// Boxes that say where a film was made, as cameras do.
const FILM: &[u8] = b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x21moov\0\0\0\x19udta\0\0\0\x11\xa9xyz+48.85+2.";

#[tokio::test]
async fn where_a_film_was_made_stays_with_whoever_made_it() {
    let prosody = server();
    let (alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    let path = alice.dir.path().join("walk.mp4");
    fs::write(&path, FILM).unwrap();
    send(&alice, BOB, vec![NewFile::Path(path.clone())], "").await.unwrap();
    let got = bob.news().await;
    bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: true });
    let came = fs::read(self::path(&mut bob, &got).await).unwrap();
    assert_eq!(came.len(), FILM.len());
    assert!(came.starts_with(&FILM[..24]) && !came.windows(3).any(|window| window == b"+48"), "{came:?}");
    assert_eq!(fs::read(path).unwrap(), FILM);
}

/// The first page of Opus in Ogg (RFC 7845 §5.1), which says that it is mono.
const OPUS: &[u8] = b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x5e\x2c\x9d\x37\x01\x13\
    OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";

#[tokio::test]
async fn a_voice_message_says_what_it_is_and_how_long_before_it_is_fetched() {
    let prosody = server();
    let (alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    let path = alice.dir.path().join("voice-2026-11-27-174303.ogg");
    fs::write(&path, OPUS).unwrap();
    let length = Some(Duration::from_millis(3_450));
    let about = MediaFacts { length, ..MediaFacts::default() };
    send(&alice, BOB, vec![NewFile::Media { path: path.clone(), about }], "").await.unwrap();
    // The window removes a recording as soon as it is sent.
    fs::remove_file(&path).unwrap();
    let got = bob.news().await;
    let file = file_of(&got).clone();
    assert_eq!((file.kind, file.media_type.as_str(), file.length), (AttachmentKind::Audio, "audio/ogg", length));
    assert_eq!((file.name.as_str(), file.size), ("voice-2026-11-27-174303.ogg", Some(OPUS.len() as u64)));
    bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: true });
    let path = self::path(&mut bob, &got).await;
    assert_eq!(fs::read(path).unwrap(), OPUS);
    let own = alice.history_with(BOB).await;
    assert_eq!((file_of(&own[0]).length, file_of(&own[0]).is_uploaded), (length, true));
}

#[tokio::test]
async fn a_file_can_answer() {
    let prosody = server();
    let (alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    bob.say(ALICE, "Which one?").await;
    let mut alice = alice;
    let asked = alice.news().await;
    let (conversation, files) = (alice.open(BOB).await.id, vec![bytes("a.txt", b"this".to_vec())]);
    let (caption, format, answers) = ("This one".to_owned(), TextFormat::default(), Some(asked.cursor.id));
    let command = |reply| Command::SendFiles { conversation, files, caption, format, answers, reply };
    let sent = alice.request(command).await.unwrap();
    let quoted = |message: &Message| message.annotations.quote.clone().map(|quote| quote.text);
    assert_eq!(quoted(&sent[0]).as_deref(), Some("Which one?"));
    let got = bob.news().await;
    assert_eq!((file_of(&got).name.as_str(), quoted(&got).as_deref()), ("a.txt", Some("Which one?")));
    let caption = bob.news().await;
    assert_eq!((caption.body.as_str(), quoted(&caption)), ("This one", None));
}

#[tokio::test]
async fn a_strangers_file_waits_until_somebody_asks_for_it() {
    let prosody = server();
    let (carol, mut bob) = (Person::new(&prosody, "carol").await, Person::new(&prosody, "bob").await);
    let picture = picture(40, 30);
    send(&carol, BOB, vec![bytes("a.png", picture.clone())], "").await.unwrap();
    let got = bob.news().await;
    bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: false });
    bob.say("carol@chat.test", "What is it?").await;
    assert_eq!(bob.history(got.conversation).await[0].attachment.as_ref().unwrap().path, None);
    bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: true });
    assert_eq!(fs::read(path(&mut bob, &got).await).unwrap(), picture);
}

#[tokio::test]
async fn what_comes_unasked_and_what_stays_is_the_persons_choice() {
    let prosody = server();
    let (alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    bob.tell(Command::SetFileLimits { unasked: 0, kept: None });
    let picture = picture(40, 30);
    send(&alice, BOB, vec![bytes("a.png", picture.clone())], "").await.unwrap();
    let got = bob.news().await;
    bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: false });
    bob.say(ALICE, "I take nothing").await;
    assert_eq!(file_of(&bob.history(got.conversation).await[0]).path, None);
    bob.tell(Command::SetFileLimits { unasked: 1_000_000, kept: None });
    bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: false });
    let first = path(&mut bob, &got).await;
    let kept = async |bob: &Person| bob.request(|reply| Command::LoadFilesKept { reply }).await.unwrap();
    assert_eq!(kept(&bob).await, picture.len() as u64);
    bob.request(|reply| Command::DropFilesKept { reply }).await.unwrap();
    assert!(!first.exists());
    assert_eq!((kept(&bob).await, file_of(&bob.history(got.conversation).await[0]).path.clone()), (0, None));
    // It can be had again, and stays although it is more than what is to stay.
    bob.tell(Command::SetFileLimits { unasked: 1_000_000, kept: Some(1) });
    bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: true });
    assert_eq!(fs::read(path(&mut bob, &got).await).unwrap(), picture);
    // A smaller limit holds at once.
    bob.tell(Command::SetFileLimits { unasked: 1_000_000, kept: Some(1) });
    until_file(&mut bob, got.conversation, &got, "no file", |file| file.path.is_none().then_some(())).await;
    assert!(!first.exists());
}

#[tokio::test]
async fn an_upload_that_breaks_off_goes_on_after_a_restart() {
    let (port, _) = free_ports();
    let relay = Relay::start(port);
    let prosody = start(&Options::with_users(&["alice", "bob"]).with_files(port, relay.port(), MOST));
    let (mut alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    relay.throttle(Some(20_000));
    let whole: Vec<u8> = (0..150_000_u32).map(|n| (n.wrapping_mul(n) % 251).to_le_bytes()[0]).collect();
    let source = alice.dir.path().join("notes.txt");
    fs::write(&source, &whole).unwrap();
    let sent = send(&alice, BOB, vec![NewFile::Path(source.clone())], "").await.unwrap().remove(0);
    // What was chosen may vanish at once.
    fs::remove_file(&source).unwrap();
    alice
        .wait("progress", |event| match event {
            Event::TransferChanged { transfer: Some(transfer), .. } if transfer.done > 0 => Some(()),
            _ => None,
        })
        .await;
    alice.stop().await;
    relay.cut();
    relay.throttle(None);
    alice.start();
    alice.until_state(sent.conversation, sent.cursor.id, MessageState::Sent).await;
    let got = bob.news().await;
    assert_eq!((file_of(&got).name.as_str(), file_of(&got).kind), ("notes.txt", AttachmentKind::Other));
    bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: true });
    assert_eq!(fs::read(path(&mut bob, &got).await).unwrap(), whole);
}

#[tokio::test]
async fn a_download_that_breaks_off_goes_on_where_it_was() {
    let (port, _) = free_ports();
    let relay = Relay::start(port);
    let prosody = start(&Options::with_users(&["alice", "bob"]).with_files(port, relay.port(), MOST));
    let (alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    let whole: Vec<u8> = (0..150_000_u32).map(|n| (n.wrapping_mul(n) % 251).to_le_bytes()[0]).collect();
    send(&alice, BOB, vec![bytes("notes.txt", whole.clone())], "").await.unwrap();
    let got = bob.news().await;
    relay.throttle(Some(100_000));
    bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: true });
    bob.wait("progress", |event| match event {
        Event::TransferChanged { transfer: Some(transfer), .. } if transfer.done > 0 => Some(()),
        _ => None,
    })
    .await;
    relay.cut();
    relay.throttle(None);
    assert_eq!(fs::read(path(&mut bob, &got).await).unwrap(), whole);
    assert_eq!(parts(&bob), 0);
}

#[tokio::test]
async fn what_the_server_does_not_take_is_said_before_it_is_sent() {
    let prosody = server();
    let alice = Person::new(&prosody, "alice").await;
    let account = alice.account;
    let limit = alice.request(|reply| Command::LoadUploadLimit { account, reply }).await;
    assert_eq!(limit, Ok(Some(MOST)));
    let large = bytes("a.bin", vec![7; usize::try_from(MOST).unwrap() + 1]);
    assert_eq!(send(&alice, BOB, vec![large], "").await.unwrap_err(), CommandError::FileTooLarge { limit: MOST });
    assert!(alice.history_with(BOB).await.is_empty());
    assert_eq!(parts(&alice), 0);
}

#[tokio::test]
async fn without_a_service_a_file_fails_and_can_be_deleted() {
    let prosody = start(&Options::with_users(&["alice", "bob"]));
    let mut alice = Person::new(&prosody, "alice").await;
    let sent = send(&alice, BOB, vec![bytes("a.txt", b"text".to_vec())], "").await.unwrap().remove(0);
    let problem = until_file(&mut alice, sent.conversation, &sent, "a problem", |file| file.problem).await;
    assert_eq!(problem, AttachmentProblem::NoService);
    let account = alice.account;
    let limit = alice.request(|reply| Command::LoadUploadLimit { account, reply }).await;
    assert_eq!(limit, Err(CommandError::NoUploadService));
    let message = sent.cursor.id;
    alice.request(|reply| Command::DiscardMessage { message, reply }).await.unwrap();
    assert!(alice.history_with(BOB).await.is_empty());
}

#[tokio::test]
async fn what_is_not_what_was_announced_is_not_kept() {
    let prosody = server();
    let (alice, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    let mut carol = Plain::sign_in(&prosody, "carol").await;
    let content = b"<html>no picture</html>".to_vec();
    send(&alice, "carol@chat.test", vec![bytes("a.html", content.clone())], "").await.unwrap();
    let real = carol.message(|message| message.file.is_some()).await.file.unwrap();
    let announce = |url: &str, metadata: &str| {
        carol.send(&format!(
            "<message xmlns='jabber:client' type='chat' to='{BOB}'><body>{url}</body>
             <file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'>{metadata}</file><sources>
             <url-data xmlns='http://jabber.org/protocol/url-data' target='{url}'/></sources></file-sharing></message>"
        ));
    };
    let wrong_hash = format!("<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>{}=</hash>", "A".repeat(43));
    for (url, metadata, expected) in [
        (real.url.as_str(), "<size>4</size>", AttachmentProblem::Different),
        (&real.url, "<size>4000</size>", AttachmentProblem::Different),
        (&real.url, &wrong_hash, AttachmentProblem::Different),
        (&real.url.replace("/file_share/", "/file_share/0"), "", AttachmentProblem::Gone),
        // Nobody's server but a machine in our own house.
        ("https://localhost/a.png", "", AttachmentProblem::Forbidden),
        ("https://10.0.0.1/a.png", "", AttachmentProblem::Forbidden),
    ] {
        announce(url, metadata);
        let got = bob.news().await;
        bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: true });
        let problem = until_file(&mut bob, got.conversation, &got, metadata, |file| file.problem).await;
        assert_eq!(problem, expected, "{url} {metadata}");
    }
    assert_eq!(parts(&bob), 0);
    // A picture by its name alone is none.
    announce(&real.url, "<media-type>image/png</media-type><name>a.png</name><width>9000</width><height>9000</height>");
    let got = bob.news().await;
    assert_eq!((file_of(&got).kind, file_of(&got).dimensions), (AttachmentKind::Picture, Some((9_000, 9_000))));
    bob.tell(Command::FetchFile { message: got.cursor.id, is_asked: true });
    let path = path(&mut bob, &got).await;
    assert_eq!(fs::read(path).unwrap(), content);
    let kind = until_file(&mut bob, got.conversation, &got, "the truth", |file| Some(file.kind)).await;
    assert_eq!(kind, AttachmentKind::Other);
}

#[tokio::test]
async fn an_upload_that_is_given_up_takes_its_message_along() {
    let (port, _) = free_ports();
    let relay = Relay::start(port);
    let prosody = start(&Options::with_users(&["alice", "bob"]).with_files(port, relay.port(), MOST));
    let mut alice = Person::new(&prosody, "alice").await;
    relay.stall(true);
    let sent = send(&alice, BOB, vec![bytes("a.txt", vec![b'x'; 100_000])], "").await.unwrap().remove(0);
    let id = sent.cursor.id;
    alice
        .wait("a transfer", |event| {
            matches!(event, Event::TransferChanged { message, transfer: Some(_), .. } if *message == id).then_some(())
        })
        .await;
    alice.tell(Command::CancelTransfer { message: id });
    alice
        .wait("its end", |event| matches!(event, Event::MessageRemoved { message, .. } if *message == id).then_some(()))
        .await;
    // Nothing of it comes later.
    tokio::time::timeout(Duration::from_secs(10), alice.say(BOB, "Never mind")).await.unwrap();
    assert_eq!(alice.texts(sent.conversation).await, ["Never mind"]);
}

#[tokio::test]
async fn ones_other_device_shows_what_was_sent() {
    let prosody = server();
    let alice = Person::new(&prosody, "alice").await;
    let mut other = Person::new(&prosody, "alice").await;
    send(&alice, BOB, vec![bytes("a.png", picture(9, 9))], "").await.unwrap();
    let copy = other
        .wait("the copy", |event| match event {
            Event::MessagesStored { messages, .. } => messages.iter().find(|m| m.attachment.is_some()).cloned(),
            _ => None,
        })
        .await;
    assert!(copy.is_outgoing && copy.sender.as_str() == ALICE);
    other.tell(Command::FetchFile { message: copy.cursor.id, is_asked: false });
    path(&mut other, &copy).await;
}
