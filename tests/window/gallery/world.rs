//! A conversation with everything in it that is more than a text: films, pictures, voice messages, files, what is said of links,
//! what is covered, what is answered.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use gstreamer::{self as gst, prelude::*};
use gtk::glib;
use stonechat::engine::api::{
    Annotations, Attachment, AttachmentKind, AttachmentProblem, ConversationId, Cursor, LinkPreview, Message,
    MessageId, MessageState, Quote, Reaction, TextFormat, Timestamp,
};

use crate::{events, stage::World};

/// The first message; the others follow by number.
const FIRST: i64 = 20_000;
/// Among them.
pub const FILM: MessageId = MessageId(FIRST + 1);
pub const SPOKEN: MessageId = MessageId(FIRST + 5);
pub const MOVING: MessageId = MessageId(FIRST + 9);
pub const LINK: MessageId = MessageId(FIRST + 12);
pub const COVERED: MessageId = MessageId(FIRST + 16);
pub const LAST: MessageId = MessageId(FIRST + 20);

const BOB: ConversationId = ConversationId(1);
const ENDING: &str = "And at the end of the story, both of them die!";

/// The files, made once in a process and gone with the system's other temporary files.
pub struct Files {
    pub folder: PathBuf,
    pub film: PathBuf,
    pub spoken: PathBuf,
    pub wide: PathBuf,
    pub tall: PathBuf,
}

pub fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep();
        Files {
            film: film(&folder),
            spoken: events::spoken(&folder),
            wide: picture(&folder, "On the way up.png", (640, 400)),
            tall: picture(&folder, "holiday.png", (400, 700)),
            folder,
        }
    })
}

fn film(folder: &Path) -> PathBuf {
    let path = folder.join("journey.webm");
    gst::init().unwrap();
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc pattern=smpte num-buffers=150 ! video/x-raw,width=320,height=180,framerate=15/1 ! vp8enc deadline=1 ! \
         webmmux name=mux ! filesink location={} audiotestsrc volume=0.1 num-buffers=100 samplesperbuffer=4800 ! \
         audio/x-raw,rate=48000 ! opusenc ! mux.",
        path.display()
    ));
    let pipeline = pipeline.unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(30), &kinds);
    assert!(matches!(end.unwrap().view(), gst::MessageView::Eos(_)));
    pipeline.set_state(gst::State::Null).unwrap();
    path
}

fn picture(folder: &Path, name: &str, (width, height): (u32, u32)) -> PathBuf {
    let path = folder.join(name);
    let shade = |x: u32, y: u32| [x * 255 / width, 220 - y * 160 / height, 120].map(|c| c.to_le_bytes()[0]);
    image::RgbImage::from_fn(width, height, |x, y| image::Rgb(shade(x, y))).save(&path).unwrap();
    path
}

fn file(kind: AttachmentKind, name: &str, path: Option<&Path>) -> Attachment {
    let is_picture = kind == AttachmentKind::Picture;
    Attachment {
        kind,
        name: name.to_owned(),
        media_type: if is_picture { "image/png" } else { "application/octet-stream" }.to_owned(),
        size: Some(2_345_678),
        path: path.map(Path::to_owned),
        is_uploaded: true,
        ..Attachment::default()
    }
}

fn seen(kind: AttachmentKind, path: Option<&Path>, dimensions: (u32, u32)) -> Attachment {
    let length = (kind == AttachmentKind::Video).then(|| Duration::from_secs(75));
    Attachment { dimensions: Some(dimensions), length, ..file(kind, "journey.webm", path) }
}

fn heard(name: &str, path: Option<&Path>) -> Attachment {
    Attachment { length: Some(Duration::from_secs(6)), ..file(AttachmentKind::Audio, name, path) }
}

fn card(title: &str, description: &str, site: &str) -> LinkPreview {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(80, 60, image::Rgb([150, 190, 90]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    LinkPreview {
        url: "https://tea.example/darjeeling".to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        site: site.to_owned(),
        picture: Some(bytes.into_inner()),
    }
}

fn quote(text: &str, file: Option<(AttachmentKind, &str)>) -> Quote {
    Quote {
        message: Some(FILM),
        sender: Some("bob@stone.example".parse().unwrap()),
        is_own: false,
        text: text.to_owned(),
        file: file.map(|(kind, name)| (kind, name.to_owned())),
        is_spoiler: false,
        is_retracted: false,
    }
}

/// A message before it is told whose it is and when.
struct Part {
    is_mine: bool,
    body: &'static str,
    file: Option<Attachment>,
    annotations: Annotations,
    spoiler: Option<&'static str>,
}

fn theirs(body: &'static str) -> Part {
    Part { is_mine: false, body, file: None, annotations: Annotations::default(), spoiler: None }
}

fn mine(body: &'static str) -> Part {
    Part { is_mine: true, ..theirs(body) }
}

impl Part {
    fn with(self, file: Attachment) -> Self {
        Self { file: Some(file), ..self }
    }

    fn noted(self, annotations: Annotations) -> Self {
        Self { annotations, ..self }
    }

    fn covered(self, hint: &'static str) -> Self {
        Self { spoiler: Some(hint), ..self }
    }
}

fn all(files: &Files) -> Vec<Part> {
    use AttachmentKind::{Audio, Other, Picture, Video};
    let here = Some(files.film.as_path());
    let spoken = Some(files.spoken.as_path());
    let links = |card| Annotations { links: vec![card], ..Annotations::default() };
    let answers = |quote| Annotations { quote: Some(quote), ..Annotations::default() };
    let tea = card(
        "Darjeeling, first flush",
        "What grows on the hills between March and April, and how long it may stand in the pot before nobody would want to \
         drink it any more.",
        "The house of tea",
    );
    let arabic = card(
        "الشاي الأخضر وفوائده",
        "مقال قصير عن الشاي الذي ينمو على التلال بين شهري مارس وأبريل من كل عام",
        "بيت الشاي",
    );
    let reactions = [("👍", true), ("🎉", false), ("❤️", false)];
    let reactions = reactions.map(|(emoji, is_own)| Reaction {
        emoji: emoji.to_owned(),
        by: vec![if is_own { "alice@stone.example" } else { "bob@stone.example" }.parse().unwrap()],
        is_own,
    });
    vec![
        theirs("Look"),
        theirs("").with(seen(Video, here, (320, 180))),
        mine("").with(seen(Video, None, (90, 160))),
        mine("")
            .with(seen(Picture, Some(&files.wide), (640, 400)))
            .noted(answers(quote("", Some((Video, "journey.webm"))))),
        theirs("What a view this was, all the way down to the sea").with(seen(Picture, Some(&files.tall), (400, 700))),
        theirs("").with(heard("voice-2026-11-27-174303.wav", spoken)),
        mine("")
            .with(heard("voice-2026-11-27-180000.wav", spoken))
            .noted(answers(quote("The first ferry leaves at six in the morning", None))),
        theirs("").with(heard("voice-2026-11-27-190000.ogg", None)),
        mine("").with(heard("A song with a rather long name, take 7.ogg", spoken)),
        theirs("").with(file(Other, "Fahrplan und Preise für das ganze Jahr.pdf", None)),
        mine("").with(file(Other, "timetable.pdf", Some(&files.wide))),
        theirs("").with(Attachment { problem: Some(AttachmentProblem::Gone), ..file(Other, "gone.zip", None) }),
        theirs("https://tea.example/darjeeling").noted(links(tea.clone())),
        mine("https://tea.example/darjeeling is what I meant").noted(links(tea)),
        theirs("https://tea.example/darjeeling").noted(links(arabic)),
        mine("")
            .with(heard("voice-2026-11-27-191500.wav", spoken))
            .noted(answers(quote("", Some((Audio, "voice-2026-11-27-190000.ogg"))))),
        theirs(ENDING).covered("Love story end"),
        mine("").with(seen(Picture, Some(&files.wide), (640, 400))).covered(""),
        theirs("🎉🎉"),
        mine("> How large is it?\n```rust\nfn main() {\n    println!(\"large\");\n}\n```\nAs *large* as `that`"),
        theirs("See you at the quay").noted(Annotations { reactions: reactions.into(), ..Annotations::default() }),
    ]
}

/// The lively world, where all this has been said with Bob.
pub fn world() -> World {
    let mut world = World::lively();
    let now = glib::real_time() / 1_000;
    let parts = all(files());
    let count = i64::try_from(parts.len()).unwrap();
    world.messages.extend((0..).zip(parts).map(|(n, part)| {
        let time = Timestamp(now - (count - n) * 20_000);
        Message {
            cursor: Cursor { position: time.0 * 1_024, id: MessageId(FIRST + n) },
            conversation: BOB,
            sender: if part.is_mine { "alice@stone.example" } else { "bob@stone.example" }.parse().unwrap(),
            is_outgoing: part.is_mine,
            body: part.body.to_owned(),
            format: TextFormat { spoiler: part.spoiler.map(str::to_owned), ..TextFormat::default() },
            time,
            state: if part.is_mine { MessageState::Delivered } else { MessageState::Received },
            is_read: part.is_mine && n % 2 == 0,
            annotations: part.annotations,
            attachment: part.file,
        }
    }));
    world
}
