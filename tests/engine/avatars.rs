//! Pictures of others and of oneself, and what only claims to be one.

use std::{fs, io::Cursor};

use sha1::{Digest, Sha1};
use stonechat::{
    engine::api::{CommandError, Event},
    ids::AvatarHash,
    xmpp::{
        avatar::{self, Metadata},
        xml::Element,
    },
};

use super::{
    person::{Person, befriend, friendly_server, jid},
    plain::Plain,
    support::{Options, Prosody},
};

const BOB: &str = "bob@chat.test";
const ALICE: &str = "alice@chat.test";

/// A picture of one colour.
fn picture(side: u32, red: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::from_pixel(side, side, image::Rgb([red, 80, 120]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

fn hash(bytes: &[u8]) -> AvatarHash {
    AvatarHash::parse(&format!("{:x}", Sha1::digest(bytes))).unwrap()
}

/// Publishes bytes as an avatar, whatever they are.
async fn publish(who: &Plain, bytes: &[u8], announced: &AvatarHash) {
    let metadata = Metadata {
        hash: announced.clone(),
        mime: "image/png".into(),
        size: bytes.len() as u64,
        width: None,
        height: None,
        is_remote: false,
    };
    who.publish(avatar::DATA, announced.as_str(), avatar::build_data(bytes)).await;
    who.publish(avatar::METADATA, announced.as_str(), avatar::build_metadata(Some(&metadata))).await;
}

fn side_of(path: &std::path::Path) -> u32 {
    image::load_from_memory(&fs::read(path).unwrap()).unwrap().width()
}

#[tokio::test]
async fn friends_see_each_others_pictures_also_after_a_restart() {
    let prosody = friendly_server();
    let mut alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let mut bob = Person::sign_in(&prosody, "bob", prosody.port()).await;
    alice.set_avatar(Some(picture(500, 200))).await.unwrap();
    let shown = bob.avatar(ALICE).await.unwrap();
    assert_eq!(side_of(&shown.path), 192);
    bob.set_avatar(Some(picture(100, 10))).await.unwrap();
    let theirs = alice.avatar(BOB).await.unwrap();
    assert_eq!(side_of(&theirs.path), 100);
    let own = alice.snapshot().await.accounts[0].avatar.clone().unwrap();
    assert_eq!(own.hash, shown.hash);
    alice.stop().await;
    alice.start();
    let kept = alice.snapshot().await;
    assert_eq!(kept.accounts[0].avatar.as_ref(), Some(&own));
    let contact = kept.contacts.iter().find(|contact| contact.address == jid(BOB)).unwrap();
    assert_eq!(contact.avatar.as_ref(), Some(&theirs));
    alice.online().await;
    alice.set_avatar(None).await.unwrap();
    assert_eq!(bob.avatar(ALICE).await, None);
    // The server's word of the old one may still have been on its way.
    while alice.snapshot().await.accounts[0].avatar.is_some() {
        alice.wait("word of our account", |event| matches!(event, Event::AccountChanged(_)).then_some(())).await;
    }
}

#[tokio::test]
async fn ones_own_picture_comes_from_ones_other_device() {
    let prosody = friendly_server();
    let desk = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let mut laptop = Person::sign_in(&prosody, "alice", prosody.port()).await;
    desk.set_avatar(Some(picture(64, 3))).await.unwrap();
    let avatar = laptop
        .wait("our picture", |event| match event {
            Event::AccountChanged(account) => account.avatar.clone(),
            _ => None,
        })
        .await;
    let published = desk.snapshot().await.accounts[0].avatar.clone().unwrap();
    assert_eq!((side_of(&avatar.path), avatar.hash), (64, published.hash));
}

#[tokio::test]
async fn what_is_no_picture_is_not_published() {
    let prosody = friendly_server();
    let alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    for image in [b"no picture".to_vec(), Vec::new(), claiming(30_000)] {
        assert_eq!(alice.set_avatar(Some(image)).await, Err(CommandError::BadImage));
    }
    assert_eq!(alice.snapshot().await.accounts[0].avatar, None);
}

#[tokio::test]
async fn bad_pictures_are_left_out_and_the_next_good_one_is_shown() {
    let prosody = friendly_server();
    let mut alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let bob = Plain::sign_in(&prosody, "bob").await;
    let good = picture(50, 99);
    let another = hash(b"another");
    for (bytes, announced) in [
        (b"<html>no picture</html>".to_vec(), None),
        (claiming(30_000), None),
        (picture(20, 1), Some(&another)), // not what was announced
    ] {
        publish(&bob, &bytes, &announced.cloned().unwrap_or_else(|| hash(&bytes))).await;
    }
    publish(&bob, &good, &hash(&good)).await;
    let shown = loop {
        if let Some(avatar) = alice.avatar(BOB).await {
            break avatar;
        }
    };
    assert_eq!(shown.hash, hash(&good));
    let files: Vec<_> = fs::read_dir(alice.dir.path().join("avatars")).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(files, [shown.path], "only the good one was kept");
}

#[tokio::test]
async fn a_picture_in_a_vcard_is_shown_where_there_is_no_other() {
    let options = Options {
        modules: vec!["vcard".into()],
        without: vec!["vcard_legacy".into(), "vcard4".into()],
        ..Options::with_users(&["alice", "bob"])
    };
    let prosody = Prosody::start(&options);
    befriend(&prosody, "alice", "bob");
    let mut alice = Person::sign_in(&prosody, "alice", prosody.port()).await;
    let bob = Plain::sign_in(&prosody, "bob").await;
    let photo = picture(40, 77);
    let base64 = stonechat::xmpp::xml::encode_base64(&photo);
    let card: Element =
        format!("<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>{base64}</BINVAL></PHOTO></vCard>")
            .parse()
            .unwrap();
    bob.set(card).await;
    let announce = |hash: &str| {
        bob.send(&format!(
            "<presence xmlns='jabber:client'><x xmlns='vcard-temp:x:update'><photo>{hash}</photo></x></presence>"
        ));
    };
    announce(hash(&photo).as_str());
    let shown = alice.avatar(BOB).await.unwrap();
    assert_eq!((shown.hash.clone(), side_of(&shown.path)), (hash(&photo), 40));
    announce("");
    assert_eq!(alice.avatar(BOB).await, None);
}

/// A PNG that claims to be so many pixels wide and high, and has none.
fn claiming(side: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(side.to_be_bytes().repeat(2));
    header.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(&header);
    let crc = !header.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
    });
    png.extend(crc.to_be_bytes());
    png
}
