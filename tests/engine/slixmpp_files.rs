//! Files, pictures of people and the block list, to and from slixmpp.

use std::{fs, io::Cursor};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use stonechat::engine::api::{AttachmentKind, Command, Event, Jid, Message, NewFile, TextFormat};

use super::{
    person::{Person, befriend, jid},
    support::{Options, Prosody, Slix, server::free_ports},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";

fn server() -> Prosody {
    let (port, _) = free_ports();
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob"]).with_files(port, port, 200_000));
    befriend(&prosody, "alice", "bob");
    prosody
}

fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(width, height, image::Rgb([200, 80, 120]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Waits until the file of the newest message is here.
async fn fetched(who: &mut Person, message: &Message) -> (Message, Vec<u8>) {
    who.tell(Command::FetchFile { message: message.cursor.id, is_asked: true });
    let of = |all: &[Message]| all.iter().find(|known| known.cursor.id == message.cursor.id).cloned();
    let path = |all: &[Message]| of(all).and_then(|known| known.attachment?.path);
    let all = who.until_history(BOB, "the file", |all| path(all).is_some()).await;
    (of(&all).unwrap(), fs::read(path(&all).unwrap()).unwrap())
}

#[tokio::test]
async fn slixmpp_reads_and_fetches_the_file_that_we_send() {
    let prosody = server();
    let (alice, mut bob) = (Person::new(&prosody, "alice").await, Slix::sign_in(&prosody, "bob").await);
    let bytes = picture(300, 200);
    let file = NewFile::Bytes { name: "hölidäy & 'sun'.png".to_owned(), bytes: bytes.clone() };
    let (conversation, files, caption) = (alice.open(BOB).await.id, vec![file], "Look".to_owned());
    alice
        .request(|reply| Command::SendFiles {
            conversation,
            files,
            caption,
            format: TextFormat::default(),
            answers: None,
            reply,
        })
        .await
        .unwrap();
    let heard = bob.heard("message", |line| !line["file"].is_null()).await;
    let file = &heard["file"];
    let url = heard["body"].as_str().unwrap();
    assert_eq!((&file["oob"], &file["sources"], &file["rest"]), (&json!(url), &json!([url]), &json!("")), "{heard}");
    let facts =
        ["disposition", "name", "media_type", "size", "width", "height", "length"].map(|name| file[name].clone());
    let size = json!(bytes.len());
    let expected =
        [json!("inline"), json!("hölidäy & 'sun'.png"), json!("image/png"), size, json!(300), json!(200), Value::Null];
    assert_eq!(facts, expected);
    assert_eq!(file["hash"], json!(["sha-256", STANDARD.encode(Sha256::digest(&bytes))]));
    assert_eq!(STANDARD.decode(bob.text("download", json!([url])).await).unwrap(), bytes);
    bob.heard("message", |line| line["body"] == "Look").await;
}

#[tokio::test]
async fn the_file_that_slixmpp_sends_is_shown_and_fetched() {
    let prosody = server();
    let (mut alice, mut bob) = (Person::new(&prosody, "alice").await, Slix::sign_in(&prosody, "bob").await);
    let bytes = picture(30, 20);
    let path = alice.dir.path().join("sün.png");
    fs::write(&path, &bytes).unwrap();
    let url = bob.text("upload", json!([path, "image/png"])).await;

    bob.ask("share_out_of_band", json!([ALICE, url])).await;
    let plain = alice.news().await;
    let file = plain.attachment.as_ref().unwrap();
    assert_eq!((file.kind, plain.body.as_str()), (AttachmentKind::Picture, ""));
    assert_eq!(fetched(&mut alice, &plain).await.1, bytes);

    let question = alice.say(BOB, "What does it look like?").await;
    let asked = bob.heard("message", |line| line["body"] == "What does it look like?").await["id"].clone();
    bob.ask("share_out_of_band", json!([ALICE, url, asked, "What does it look like?"])).await;
    let answer = alice.news().await;
    let quote = answer.annotations.quote.and_then(|quote| quote.message);
    assert_eq!((quote, answer.body.as_str(), answer.attachment.is_some()), (Some(question.cursor.id), "", true));

    bob.ask("share", json!([ALICE, path, url, "image/png"])).await;
    let shared = alice.news().await;
    let file = shared.attachment.as_ref().unwrap();
    assert_eq!(
        (file.name.as_str(), file.media_type.as_str(), file.size),
        ("sün.png", "image/png", Some(bytes.len() as u64))
    );
    assert_eq!((file.kind, shared.body.as_str()), (AttachmentKind::Picture, ""));
    assert_eq!(fetched(&mut alice, &shared).await.1, bytes);

    bob.ask("share", json!([ALICE, path, url, "image/png", "Süß 🌞 "])).await;
    let with_caption = alice.news().await;
    assert_eq!((with_caption.body.as_str(), with_caption.attachment.is_some()), ("Süß 🌞", true));
}

#[tokio::test]
async fn pictures_of_people_go_both_ways_with_slixmpp() {
    let prosody = server();
    let (mut alice, mut bob) = (Person::new(&prosody, "alice").await, Slix::sign_in(&prosody, "bob").await);
    let theirs = picture(64, 64);
    let identity = bob.text("set_avatar", json!([STANDARD.encode(&theirs), 64])).await;
    let shown = alice.avatar(BOB).await.unwrap();
    let [is, was] = [fs::read(&shown.path).unwrap(), theirs].map(|png| image::load_from_memory(&png).unwrap());
    assert_eq!((shown.hash.as_str(), is), (identity.as_str(), was));

    alice.set_avatar(Some(picture(100, 100))).await.unwrap();
    let heard = bob.heard("avatar", |line| line["from"] == ALICE).await;
    let [info] = heard["infos"].as_array().unwrap().as_slice() else { panic!("{heard}") };
    let own = alice.until("our picture", |all| all.accounts[0].avatar.clone()).await;
    let identity = info["id"].as_str().unwrap();
    assert_eq!((identity, &info["type"]), (own.hash.as_str(), &json!("image/png")));
    let got = STANDARD.decode(bob.text("avatar", json!([ALICE, identity])).await).unwrap();
    assert_eq!((&info["bytes"], format!("{:x}", Sha1::digest(&got))), (&json!(got.len()), identity.to_owned()));
    let decoded = image::load_from_memory(&got).unwrap();
    assert_eq!((&info["width"], &info["height"]), (&json!(decoded.width()), &json!(decoded.height())));

    alice.set_avatar(None).await.unwrap();
    bob.heard("avatar", |line| line["from"] == ALICE && line["infos"] == json!([])).await;
    bob.ask("no_avatar", json!([])).await;
    assert_eq!(alice.avatar(BOB).await, None);
}

#[tokio::test]
async fn who_is_blocked_is_known_to_slixmpp_on_the_same_account_and_to_us() {
    let prosody = server();
    let (mut alice, mut phone) = (Person::new(&prosody, "alice").await, Slix::sign_in(&prosody, "alice").await);
    assert_eq!(phone.ask("block_list", json!([])).await, json!([]));
    alice.wait("the block list", |event| matches!(event, Event::BlockListChanged(_)).then_some(())).await;
    let account = alice.account;
    alice.request(|reply| Command::Block { account, address: jid(BOB), report: None, reply }).await.unwrap();
    phone.heard("blocked", |line| line["who"] == json!([BOB])).await;
    phone.ask("block", json!(["spam.test"])).await;
    let blocked = |wanted: &'static [&'static str]| {
        move |all: &stonechat::engine::api::Snapshot| {
            all.block_lists[0].addresses.iter().map(Jid::as_str).eq(wanted.iter().copied()).then_some(())
        }
    };
    alice.until("two blocked", blocked(&[BOB, "spam.test"])).await;
    assert_eq!(phone.ask("block_list", json!([])).await, json!([BOB, "spam.test"]));
    phone.ask("unblock", json!([BOB])).await;
    alice.until("one blocked", blocked(&["spam.test"])).await;
    let address = Jid::new("spam.test").unwrap();
    alice.request(|reply| Command::Unblock { account, address, reply }).await.unwrap();
    phone.heard("unblocked", |line| line["who"] == json!(["spam.test"])).await;
}
