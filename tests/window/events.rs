//! A conversation in which much has happened: one message of each kind that has more to it than a text.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use gtk::glib;
use stonechat::engine::api::{
    Annotations, Attachment, AttachmentKind, AttachmentProblem, ConversationId, Cursor, Message, MessageId,
    MessageState, Quote, Reaction, SendFailure, TextFormat, Timestamp,
};

use crate::stage::World;

/// The message that has had another text.
pub const EDITED: MessageId = MessageId(10_001);
/// One of one's own.
pub const OWN: MessageId = MessageId(10_002);
/// The message with a file of sound that is here.
pub const SPOKEN: MessageId = MessageId(10_004);

/// Some seconds of a tone, as a file.
pub fn spoken(dir: &Path) -> PathBuf {
    const RATE: u32 = 8_000;
    let samples: Vec<u8> = (0..RATE * 6)
        .map(|n| {
            let loudness = (n / 400 * 7 % 100).to_le_bytes()[0];
            if n / 20 % 2 == 0 { 128 + loudness } else { 128 - loudness }
        })
        .collect();
    let size = u32::try_from(samples.len()).unwrap();
    let mut wave = Vec::new();
    for part in [&b"RIFF"[..], &(36 + size).to_le_bytes(), b"WAVEfmt ", &16_u32.to_le_bytes(), &[1, 0, 1, 0]] {
        wave.extend_from_slice(part);
    }
    for part in [&RATE.to_le_bytes()[..], &RATE.to_le_bytes(), &[1, 0, 8, 0], b"data", &size.to_le_bytes(), &samples] {
        wave.extend_from_slice(part);
    }
    let path = dir.join("voice-2026-11-27-174303.wav");
    std::fs::write(&path, wave).unwrap();
    path
}

/// The lively world, where all this has been said with Bob.
pub fn world(spoken: &Path) -> World {
    let mut world = World::lively();
    world.messages.extend(messages(spoken));
    world
}

fn messages(spoken: &Path) -> Vec<Message> {
    let edited = Annotations { edited_at: Some(Timestamp(1_790_000_060_000)), ..Annotations::default() };
    let answer = Annotations {
        quote: Some(Quote {
            message: Some(EDITED),
            sender: Some("bob@stone.example".parse().unwrap()),
            is_own: false,
            text: "The first ferry leaves at six in the morning, from the quay behind the old customs house".to_owned(),
            file: None,
            is_spoiler: false,
            is_retracted: false,
        }),
        reactions: [("👍", true), ("⛴️", false)].map(reaction).into(),
        ..Annotations::default()
    };
    let retracted = Annotations { is_retracted: true, ..Annotations::default() };
    let now = glib::real_time() / 1_000;
    let held = Annotations { held_until: Some(Timestamp(now + 59_000)), ..Annotations::default() };
    let failed = |failure| MessageState::Failed(failure);
    let theirs = MessageState::Received;
    let all = [
        ("The first ferry leaves at six https://example.org/ferry", theirs, edited, None),
        ("Then we take the second one", MessageState::Delivered, answer, None),
        ("", theirs, retracted, None),
        ("", theirs, Annotations::default(), Some(sound("voice-2026-11-27-174303.wav", Some(spoken)))),
        ("", theirs, Annotations::default(), Some(sound("A song with a rather long name, take 7.ogg", None))),
        ("", MessageState::Waiting, Annotations::default(), Some(too_large())),
        ("The tickets are in the drawer", failed(SendFailure::Undeliverable), Annotations::default(), None),
        ("And this is much too long", failed(SendFailure::TooLong), Annotations::default(), None),
        ("See you at the quay", MessageState::Waiting, held, None),
    ];
    (0_i64..)
        .zip(all)
        .map(|(n, (body, state, annotations, attachment))| {
            let is_outgoing = state != theirs;
            let time = Timestamp(now - (9 - n) * 30_000);
            Message {
                cursor: Cursor { position: time.0 * 1_024, id: MessageId(EDITED.0 + n) },
                conversation: ConversationId(1),
                sender: if is_outgoing { "alice@stone.example" } else { "bob@stone.example" }.parse().unwrap(),
                is_outgoing,
                body: body.to_owned(),
                format: TextFormat::default(),
                time,
                state,
                is_read: false,
                annotations,
                attachment,
            }
        })
        .collect()
}

fn reaction((emoji, is_own): (&str, bool)) -> Reaction {
    let by = if is_own { "alice@stone.example" } else { "bob@stone.example" };
    Reaction { emoji: emoji.to_owned(), by: vec![by.parse().unwrap()], is_own }
}

fn sound(name: &str, path: Option<&Path>) -> Attachment {
    Attachment {
        kind: AttachmentKind::Audio,
        name: name.to_owned(),
        media_type: "audio/ogg".to_owned(),
        size: Some(48_044),
        length: Some(Duration::from_secs(6)),
        path: path.map(Path::to_owned),
        is_uploaded: true,
        ..Attachment::default()
    }
}

fn too_large() -> Attachment {
    Attachment {
        name: "Fahrplan und Preise für das ganze Jahr.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size: Some(31_000_000),
        path: Some("/nowhere/timetable.pdf".into()),
        problem: Some(AttachmentProblem::NoService),
        ..Attachment::default()
    }
}
