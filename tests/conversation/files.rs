//! Files in the conversation: what they look like before and after, and what one can do with them.

use std::path::PathBuf;

use adw::prelude::*;
use gtk::{gdk, gio, glib};
use stonechat::{
    engine::api::{Attachment, AttachmentKind, AttachmentProblem, Event, Message, MessageState, SendFailure, Transfer},
    ui::{
        attachment::{picture_area::PictureArea, viewer::PictureViewer},
        message_row::MessageRow,
    },
};

use super::world::{CONVERSATION, World, all, message, wait, words};

/// An example of the format's own.
pub const THUMBHASH: [u8; 21] = [
    0xd5, 0x07, 0x12, 0x1d, 0x04, 0x67, 0x87, 0x8f, 0x77, 0x57, 0x87, 0x48, 0x87, 0x87, 0x97, 0x87, 0x58, 0x78, 0x90,
    0x95, 0x08,
];

fn picture_file(dir: &std::path::Path, name: &str, width: u32, height: u32) -> PathBuf {
    let path = dir.join(name);
    image::RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x * 255 / width, y * 255 / height);
        image::Rgb([x, 255 - y, u32::midpoint(x, y)].map(|colour| colour.to_le_bytes()[0]))
    })
    .save(&path)
    .expect("the picture is written");
    path
}

fn with_file(n: i64, body: &str, attachment: Attachment) -> Message {
    Message { attachment: Some(attachment), ..message(n, body) }
}

fn picture(dimensions: Option<(u32, u32)>, path: Option<PathBuf>) -> Attachment {
    Attachment {
        kind: AttachmentKind::Picture,
        name: "holiday.png".to_owned(),
        media_type: "image/png".to_owned(),
        size: Some(1_234_567),
        dimensions,
        path,
        is_uploaded: true,
        ..Attachment::default()
    }
}

fn document(name: &str) -> Attachment {
    Attachment {
        name: name.to_owned(),
        media_type: "application/pdf".to_owned(),
        size: Some(2_345_678),
        is_uploaded: true,
        ..Attachment::default()
    }
}

fn row(world: &World, index: u32) -> MessageRow {
    world.view().row(index).and_downcast().expect("a row")
}

#[gtk::test]
fn a_picture_stands_in_its_shape_before_it_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut messages: Vec<_> = (1..=5).map(|n| message(n, &words(n))).collect();
    messages.push(with_file(6, "", picture(Some((600, 400)), None)));
    messages.push(with_file(7, "What a view this was", picture(Some((400, 900)), None)));
    messages.push(with_file(8, "", document("A report with a rather long name, version 7 (final).pdf")));
    messages.push(message(9, "And now?"));
    let world = World::new(messages.clone(), 0, (900, 1_200));
    wait("the pictures asked for", || world.said("FetchFile { message: MessageId(7), is_asked: false }") > 0);
    world.shot("files-before");
    let before: Vec<_> = (5..9).map(|n| row(&world, n).height()).collect();
    for (n, file) in
        [(6, picture_file(dir.path(), "a.png", 600, 400)), (7, picture_file(dir.path(), "b.png", 400, 900))]
    {
        let old = messages[n - 1].clone();
        let dimensions = old.attachment.as_ref().unwrap().dimensions;
        let now = Message { attachment: Some(picture(dimensions, Some(file))), ..old };
        let event = Event::MessagesChanged { conversation: CONVERSATION, messages: vec![now] };
        world.events.send_blocking(event).unwrap();
    }
    wait("the pictures", || world.history().message(6).unwrap().attachment().unwrap().path.is_some());
    world.settle();
    assert_eq!((5..9).map(|n| row(&world, n).height()).collect::<Vec<_>>(), before);
    for _ in 0..20 {
        world.settle();
    }
    world.shot("files-after");
    // The time stands on a picture that nothing is said of, and below what is said of one.
    let place = |widget: &gtk::Widget| widget.compute_bounds(&world.window).expect("it is in the window");
    for (n, is_over) in [(5, true), (6, false)] {
        let picture = place(all::<PictureArea>(&row(&world, n)).remove(0).upcast_ref());
        let note = all::<gtk::Widget>(&row(&world, n)).into_iter().find(|widget| widget.has_css_class("note"));
        let note = place(&note.expect("every message has its time"));
        assert_eq!(picture.contains_rect(&note), is_over, "{note:?} and {picture:?}");
    }
}

#[gtk::test]
fn a_file_says_how_far_it_is_and_what_is_wrong_with_it() {
    let messages = vec![
        with_file(1, "", document("moving.pdf")),
        with_file(2, "", Attachment { problem: Some(AttachmentProblem::Gone), ..document("gone.pdf") }),
        with_file(3, "", Attachment { path: Some("/nowhere/here.pdf".into()), ..document("here.pdf") }),
        with_file(4, "", Attachment { thumbhash: Some(THUMBHASH.to_vec()), ..picture(Some((640, 300)), None) }),
    ];
    let world = World::new(messages, 0, (360, 640));
    let heights = || (0..4).map(|n| row(&world, n).height()).collect::<Vec<_>>();
    let before = heights();
    let transfer = Some(Transfer { done: 1_000_000, total: Some(2_345_678) });
    let id = world.history().message(0).unwrap().id();
    world.events.send_blocking(Event::TransferChanged { conversation: CONVERSATION, message: id, transfer }).unwrap();
    wait("the progress", || world.history().message(0).unwrap().transfer() == transfer);
    let id = world.history().message(3).unwrap().id();
    world.events.send_blocking(Event::TransferChanged { conversation: CONVERSATION, message: id, transfer }).unwrap();
    wait("the progress", || world.history().message(3).unwrap().transfer() == transfer);
    world.settle();
    assert_eq!(heights(), before, "nothing moves meanwhile");
    world.shot("files-states");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::ForceDark);
    world.settle();
    world.shot("files-states-dark");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::Default);
    row(&world, 0).activate_action("message.cancel-file", None).unwrap();
    wait("the end", || world.said("CancelTransfer { message: MessageId(1) }") == 1);
    row(&world, 1).activate_action("message.fetch-file", None).unwrap();
    wait("another try", || world.said("FetchFile { message: MessageId(2), is_asked: true }") == 1);
}

#[gtk::test]
fn what_is_to_be_sent_is_shown_with_its_caption_and_goes_together() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(vec![message(1, "Send me the pictures")], 0, (560, 640));
    let composer = world.page.composer();
    let files = [picture_file(dir.path(), "one.png", 90, 60), picture_file(dir.path(), "two.png", 60, 90)];
    composer.attach_bar().add_files(files.iter().map(gio::File::for_path).collect());
    wait("the files", || composer.attach_bar().may_be_sent() && !composer.attach_bar().is_empty());
    wait("the limit asked", || world.said("LoadUploadLimit") > 0);
    composer.suggest("From the journey");
    world.settle();
    world.shot("files-attached");
    composer.activate_action("composer.send", None).unwrap();
    wait("the sending", || world.said("SendFiles") == 1);
    assert!(composer.attach_bar().is_empty());
    assert_eq!(composer.text(), "");
    let said = world.engine.commands.borrow();
    let command = said.iter().find(|said| said.starts_with("SendFiles")).unwrap();
    assert!(command.contains("one.png") && command.contains("two.png") && command.contains("From the journey"));
}

#[gtk::test]
fn what_the_server_does_not_take_is_said_before_it_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(vec![message(1, "Send me the film")], 0, (560, 640));
    world.engine.upload_limit.set(Some(1_000));
    let large = dir.path().join("film.mkv");
    std::fs::write(&large, vec![0; 2_000]).unwrap();
    let composer = world.page.composer();
    composer.attach_bar().add_files(vec![gio::File::for_path(&large)]);
    wait("the objection", || !composer.attach_bar().may_be_sent());
    world.settle();
    world.shot("files-too-large");
    let _ = composer.activate_action("composer.send", None);
    world.settle();
    assert_eq!(world.said("SendFiles"), 0);
    assert!(!composer.attach_bar().is_empty());
}

#[gtk::test]
fn a_picture_is_looked_at_closely_and_then_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let messages = vec![
        with_file(1, "", picture(Some((600, 400)), Some(picture_file(dir.path(), "a.png", 600, 400)))),
        message(2, "and"),
        with_file(3, "", picture(Some((400, 900)), Some(picture_file(dir.path(), "b.png", 400, 900)))),
    ];
    let world = World::new(messages, 0, (900, 700));
    world.settle();
    row(&world, 0).activate_action("message.open-file", None).unwrap();
    let viewer = || world.window.visible_dialog().and_downcast::<PictureViewer>();
    wait("the viewer", || viewer().is_some_and(|viewer| viewer.has_picture()));
    let viewer = viewer().unwrap();
    let name = |viewer: &PictureViewer| viewer.shown().unwrap().path.file_name().unwrap().to_owned();
    assert_eq!((name(&viewer).to_str(), viewer.zoom()), (Some("a.png"), None));
    wait("the window in front", || world.window.is_active());
    world.press(&["1"]);
    wait("its own size", || viewer.zoom() == Some(1.0));
    world.press(&["plus"]);
    wait("a larger size", || viewer.zoom().is_some_and(|zoom| zoom > 1.2));
    world.shot("viewer");
    world.press(&["Right"]);
    wait("the next", || name(&viewer) == "b.png" && viewer.has_picture());
    assert_eq!(viewer.zoom(), None);
    world.press(&["Right", "Left"]);
    wait("the first again", || name(&viewer) == "a.png");
    world.press(&["Escape"]);
    wait("the end", || world.window.visible_dialog().is_none());
}

fn texture(width: i32, height: i32) -> gdk::Texture {
    let pixels = vec![0x80; usize::try_from(width * height * 4).expect("not negative")];
    let stride = usize::try_from(width * 4).expect("not negative");
    gdk::MemoryTexture::new(width, height, gdk::MemoryFormat::R8g8b8a8, &glib::Bytes::from_owned(pixels), stride).into()
}

/// The labels in sight that say this.
fn says(world: &World, text: &str) -> usize {
    all::<gtk::Label>(&world.page).iter().filter(|label| label.is_mapped() && label.label() == text).count()
}

#[gtk::test]
fn what_could_not_be_uploaded_says_so_once() {
    let failed = Message {
        is_outgoing: true,
        state: MessageState::Failed(SendFailure::Refused),
        attachment: Some(Attachment {
            problem: Some(AttachmentProblem::NoService),
            path: Some("/nowhere/here.pdf".into()),
            is_uploaded: false,
            ..document("here.pdf")
        }),
        ..message(1, "")
    };
    let world = World::new(vec![failed], 0, (560, 640));
    world.settle();
    world.shot("files-failed");
    assert_eq!(says(&world, "Your server takes no files."), 1);
    assert_eq!(says(&world, "The server refused this message."), 0);
}

#[gtk::test]
fn a_picture_or_files_are_pasted_and_a_text_stays_a_text() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(vec![message(1, "Send me the picture")], 0, (560, 640));
    let composer = world.page.composer();
    let bar = composer.attach_bar();
    wait("the window in front", || world.window.is_active());
    world.page.focus_composer();
    world.window.clipboard().set_texture(&texture(40, 30));
    world.press(&["ctrl+v"]);
    wait("the picture", || !bar.is_empty());
    world.settle();
    world.shot("files-pasted");
    let pasted = bar.take();
    assert_eq!(pasted.len(), 1);
    assert!(pasted[0].name.starts_with("Picture ") && pasted[0].texture.is_some(), "{}", pasted[0].name);
    let file = gio::File::for_path(picture_file(dir.path(), "one.png", 90, 60));
    world.window.clipboard().set(&gdk::FileList::from_array(&[file]));
    world.press(&["ctrl+v"]);
    wait("the file", || !bar.is_empty());
    assert_eq!(bar.take()[0].name, "one.png");
    world.window.clipboard().set_text("only words");
    world.press(&["ctrl+v"]);
    wait("the words", || composer.text() == "only words");
    assert!(bar.is_empty());
}

#[gtk::test]
fn files_and_pictures_are_dropped_on_the_conversation() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(vec![message(1, "Send me the pictures")], 0, (560, 640));
    let bar = world.page.composer().attach_bar();
    let targets: Vec<gtk::DropTarget> = all::<gtk::Widget>(&world.page)
        .iter()
        .filter(|widget| !widget.is::<gtk::TextView>() && !widget.is::<gtk::Text>())
        .flat_map(|widget| widget.observe_controllers().iter::<glib::Object>().flatten().collect::<Vec<_>>())
        .filter_map(|controller| controller.downcast().ok())
        .filter(|target: &gtk::DropTarget| {
            target.formats().is_some_and(|formats| formats.contains_type(gdk::FileList::static_type()))
        })
        .collect();
    assert_eq!(targets.len(), 1, "one place takes them");
    let target = &targets[0];
    let area = target.widget().expect("it is on a widget");
    // The messages and the composer, and all between.
    let bounds = area.compute_bounds(&world.window).unwrap();
    assert!(bounds.width() > 500.0 && bounds.height() > 500.0, "{bounds:?}");
    let drop = |value: glib::Value| target.emit_by_name::<bool>("drop", &[&glib::BoxedValue(value), &100.0, &100.0]);
    let files = ["one.png", "two.png"].map(|name| gio::File::for_path(picture_file(dir.path(), name, 90, 60)));
    assert!(drop(gdk::FileList::from_array(&files).to_value()));
    wait("the files", || bar.len() == 2);
    assert!(drop(texture(40, 30).to_value()));
    wait("the picture", || bar.len() == 3);
    let names: Vec<_> = bar.take().into_iter().map(|waiting| waiting.name).collect();
    assert_eq!(names[..2], ["one.png", "two.png"]);
}

#[gtk::test]
fn a_picture_that_moves_does_so_and_can_be_pinched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.gif");
    {
        let file = std::fs::File::create(&path).unwrap();
        let mut encoder = image::codecs::gif::GifEncoder::new(file);
        encoder.set_repeat(image::codecs::gif::Repeat::Infinite).unwrap();
        for colour in [[200, 40, 40, 255], [40, 40, 200, 255]] {
            let picture = image::RgbaImage::from_pixel(120, 80, image::Rgba(colour));
            let pause = image::Delay::from_numer_denom_ms(60, 1);
            encoder.encode_frame(image::Frame::from_parts(picture, 0, 0, pause)).unwrap();
        }
    }
    let file = Attachment {
        name: "a.gif".to_owned(),
        media_type: "image/gif".to_owned(),
        ..picture(Some((120, 80)), Some(path))
    };
    let world = World::new(vec![with_file(1, "", file)], 0, (900, 700));
    row(&world, 0).activate_action("message.open-file", None).unwrap();
    let viewer = || world.window.visible_dialog().and_downcast::<PictureViewer>();
    wait("the viewer", || viewer().is_some_and(|viewer| viewer.has_picture()));
    let viewer = viewer().unwrap();
    let mut seen = std::collections::HashSet::new();
    wait("two pictures and the first again", || {
        let picture = viewer.picture().unwrap();
        let mut pixels = vec![0; 120 * 80 * 4];
        picture.download(&mut pixels, 120 * 4);
        seen.insert(pixels[..4].to_vec());
        seen.len() == 2
    });
    let pinch = all::<gtk::Widget>(&viewer)
        .iter()
        .flat_map(|widget| widget.observe_controllers().iter::<glib::Object>().flatten().collect::<Vec<_>>())
        .find_map(|controller| controller.downcast::<gtk::GestureZoom>().ok())
        .expect("it can be pinched");
    pinch.emit_by_name::<()>("begin", &[&None::<gdk::EventSequence>]);
    pinch.emit_by_name::<()>("scale-changed", &[&2.0_f64]);
    assert_eq!(viewer.zoom(), Some(2.0));
    pinch.emit_by_name::<()>("scale-changed", &[&3.0_f64]);
    assert_eq!(viewer.zoom(), Some(3.0), "from where the pinch began");
    wait("the window in front", || world.window.is_active());
    world.zoom_in((450.0, 350.0));
    wait("one step more", || viewer.zoom().is_some_and(|zoom| zoom > 3.5));
}
