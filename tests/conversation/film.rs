//! Films in the conversation: in their shape before they are there, played where they stand, and only when somebody asks for it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use adw::prelude::*;
use stonechat::{
    engine::api::{Attachment, AttachmentKind, Event, Message},
    ui::{
        attachment::{picture_area::PictureArea, view::AttachmentView, viewer::PictureViewer},
        media::{film_controls::FilmControls, playback::playback},
        message_row::MessageRow,
    },
};

use super::{
    files::THUMBHASH,
    sound::made,
    world::{CONVERSATION, World, all, message, wait},
};

fn film_file(dir: &Path, name: &str, size: (u32, u32), seconds: u32) -> PathBuf {
    let path = dir.join(name);
    made(&format!(
        "videotestsrc pattern=ball num-buffers={} ! video/x-raw,width={},height={},framerate=15/1 ! vp8enc deadline=1 ! \
         webmmux name=mux ! filesink location={} audiotestsrc volume=0.1 num-buffers={} samplesperbuffer=4800 ! \
         audio/x-raw,rate=48000 ! opusenc ! mux.",
        seconds * 15,
        size.0,
        size.1,
        path.display(),
        seconds * 10
    ));
    path
}

fn film(dimensions: (u32, u32), path: Option<PathBuf>) -> Attachment {
    Attachment {
        kind: AttachmentKind::Video,
        name: "journey.webm".to_owned(),
        media_type: "video/webm".to_owned(),
        size: Some(4_321_000),
        dimensions: Some(dimensions),
        thumbhash: Some(THUMBHASH.to_vec()),
        length: Some(Duration::from_secs(75)),
        path,
        is_uploaded: true,
        ..Attachment::default()
    }
}

fn with_file(n: i64, attachment: Attachment) -> Message {
    Message { attachment: Some(attachment), ..message(n, "") }
}

fn view(world: &World, index: u32) -> AttachmentView {
    let row: MessageRow = world.view().row(index).and_downcast().expect("a row");
    all::<AttachmentView>(&row).remove(0)
}

/// The one picture, or the one set of controls, of a message.
fn part<T: IsA<gtk::Widget>>(world: &World, index: u32) -> T {
    all::<T>(&view(world, index)).remove(0)
}

#[gtk::test]
fn a_film_is_played_where_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let (wide, tall) =
        (film_file(dir.path(), "a.webm", (320, 180), 20), film_file(dir.path(), "b.webm", (90, 160), 20));
    let messages = vec![
        message(1, "Look"),
        with_file(2, film((320, 180), Some(wide.clone()))),
        with_file(3, film((90, 160), Some(tall.clone()))),
    ];
    let world = World::new(messages, 0, (560, 760));
    world.settle();
    world.shot("film");
    let height = view(&world, 1).height();
    assert!(!playback().state(&wide).is_current && !part::<FilmControls>(&world, 1).is_visible());
    view(&world, 1).activate_action("film.toggle", None).unwrap();
    wait("its pictures", || {
        playback().frame().is_some() && playback().state(&wide).position > Duration::from_millis(300)
    });
    let frame = playback().frame().unwrap();
    assert_eq!((frame.width(), frame.height()), (320, 180));
    let controls: FilmControls = part(&world, 1);
    assert!(controls.is_visible());
    world.settle();
    assert_eq!(view(&world, 1).height(), height, "nothing moves");
    world.shot("film-playing");
    controls.activate_action("film-controls.mute", None).unwrap();
    assert!(playback().is_muted());
    playback().seek(&wide, Duration::from_secs(12));
    wait("the middle", || playback().state(&wide).position > Duration::from_millis(12_200));
    controls.activate_action("film-controls.mute", None).unwrap();
    // The other one, and the first stands still where it was.
    view(&world, 2).activate_action("film.toggle", None).unwrap();
    wait("the other", || playback().state(&tall).position > Duration::from_millis(200));
    assert!(!playback().state(&wide).is_playing && playback().state(&wide).position > Duration::from_secs(12));
    assert!(!part::<FilmControls>(&world, 1).is_visible() && part::<FilmControls>(&world, 2).is_visible());
    wait("its own pictures", || playback().frame().is_some_and(|frame| frame.height() == 160));
    // Its controls are no wider than it is, however narrow.
    let (controls, area): (FilmControls, PictureArea) = (part(&world, 2), part(&world, 2));
    let (controls, area) = (controls.compute_bounds(&area).unwrap(), area.width());
    assert!(
        controls.x() >= 0.0 && f64::from(controls.x() + controls.width()) <= f64::from(area),
        "{controls:?} in {area}"
    );
    world.shot("film-tall");
    view(&world, 2).activate_action("film.toggle", None).unwrap();
    wait("quiet", || !playback().state(&tall).is_playing);
    playback().forget(&tall);
    playback().forget(&wide);
}

#[gtk::test]
fn a_film_is_looked_at_closely_and_goes_on_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = film_file(dir.path(), "a.webm", (320, 180), 20);
    let world = World::new(vec![with_file(1, film((320, 180), Some(path.clone())))], 0, (900, 700));
    view(&world, 0).activate_action("film.toggle", None).unwrap();
    wait("its pictures", || playback().frame().is_some());
    view(&world, 0).activate_action("message.open-file", None).unwrap();
    let viewer = || world.window.visible_dialog().and_downcast::<PictureViewer>();
    wait("the viewer", || viewer().is_some_and(|viewer| viewer.has_picture()));
    wait("it goes on", || playback().state(&path).is_playing);
    world.shot("film-viewer");
    viewer().unwrap().activate_action("viewer.toggle", None).unwrap();
    wait("it stands still", || !playback().state(&path).is_playing);
    viewer().unwrap().force_close();
    wait("the end", || world.window.visible_dialog().is_none());
    playback().forget(&path);
}

#[gtk::test]
fn a_film_has_its_shape_before_it_is_there_and_plays_when_it_was_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = film_file(dir.path(), "a.webm", (320, 180), 20);
    let messages = vec![message(1, "So?"), with_file(2, film((320, 180), None))];
    let world = World::new(messages.clone(), 0, (360, 640));
    world.settle();
    world.shot("film-narrow");
    let area: PictureArea = part(&world, 1);
    let height = area.height();
    assert!((height * 320 - area.width() * 180).abs() < 640, "{} × {height}", area.width());
    let change = |path: Option<PathBuf>| {
        let now = Message { attachment: Some(film((320, 180), path)), ..messages[1].clone() };
        world.event(Event::MessagesChanged { conversation: CONVERSATION, messages: vec![now] });
    };
    // It has come without being asked for: it waits.
    change(Some(path.clone()));
    wait("the film", || world.history().message(1).unwrap().attachment().unwrap().path.is_some());
    world.settle();
    assert!(!playback().state(&path).is_current);
    change(None);
    wait("no film", || world.history().message(1).unwrap().attachment().unwrap().path.is_none());
    let buttons = all::<gtk::Button>(&view(&world, 1));
    let button = buttons.iter().find(|b| b.is_mapped() && b.action_name().as_deref() == Some("message.fetch-file"));
    button.expect("a button").emit_clicked();
    wait("the film asked for", || world.said("FetchFile { message: MessageId(2), is_asked: true }") == 1);
    change(Some(path.clone()));
    wait("its pictures", || playback().frame().is_some());
    world.settle();
    assert_eq!(part::<PictureArea>(&world, 1).height(), height);
    world.shot("film-narrow-playing");
    // Out of sight it stands still.
    view(&world, 1).set_visible(false);
    wait("quiet", || !playback().state(&path).is_playing);
    playback().forget(&path);
}

#[gtk::test]
fn what_only_claims_to_be_a_film_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mp4");
    std::fs::write(&path, b"#EXTM3U\nhttp://127.0.0.1:1/a.ts\n").unwrap();
    let world = World::new(vec![with_file(1, film((320, 180), Some(path.clone())))], 0, (560, 640));
    view(&world, 0).activate_action("film.toggle", None).unwrap();
    wait("the failure", || playback().state(&path).has_failed);
    world.settle();
    assert!(!part::<PictureArea>(&world, 0).is_mapped());
    world.shot("film-failed");
    playback().forget(&path);
}

#[gtk::test]
fn a_film_that_is_sent_says_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = film_file(dir.path(), "a.webm", (320, 180), 4);
    let world = World::new(vec![message(1, "Show me")], 0, (560, 640));
    let composer = world.page.composer();
    composer.attach_bar().add_files(vec![gtk::gio::File::for_path(&path)]);
    wait("the file", || !composer.attach_bar().is_empty());
    world.settle();
    world.shot("film-attached");
    composer.activate_action("composer.send", None).unwrap();
    wait("the sending", || world.said("SendFiles") == 1);
    let said = world.engine.commands.borrow();
    let command = said.iter().find(|said| said.starts_with("SendFiles")).unwrap();
    assert!(command.contains("dimensions: Some((320, 180))"), "{command}");
    assert!(command.contains("length: Some(4") || command.contains("length: Some(3.9"), "{command}");
    assert!(command.contains("thumbhash: Some(["), "{command}");
}
