//! Sound in the conversation: played where it stands, one at a time, and only when somebody asks for it.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    time::Duration,
};

use adw::prelude::*;
use gstreamer::{self as gst, prelude::*};
use stonechat::{
    engine::api::{Attachment, AttachmentKind, Event, Message},
    ui::{
        media::{clock::Speed, playback::playback, sound_player::SoundPlayer},
        message_row::MessageRow,
    },
};

use super::world::{CONVERSATION, World, all, message, wait};

/// Runs a pipeline to its end.
pub fn made(pipeline: &str) {
    gst::init().expect("GStreamer is there");
    let pipeline = gst::parse::launch(pipeline).expect("its parts are there");
    pipeline.set_state(gst::State::Playing).expect("it begins");
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline.bus().expect("a bus").timed_pop_filtered(gst::ClockTime::from_seconds(30), &kinds);
    assert!(matches!(message.expect("an end").view(), gst::MessageView::Eos(_)));
    pipeline.set_state(gst::State::Null).expect("it ends");
}

fn voice(dir: &Path, name: &str, seconds: u32) -> PathBuf {
    let path = dir.join(name);
    made(&format!(
        "audiotestsrc wave=ticks tick-interval=400000000 num-buffers={} samplesperbuffer=480 ! audio/x-raw,rate=48000 ! \
         opusenc ! oggmux ! filesink location={}",
        seconds * 100,
        path.display()
    ));
    path
}

fn sound(name: &str, media_type: &str, length: Option<u64>, path: Option<PathBuf>) -> Attachment {
    Attachment {
        kind: AttachmentKind::Audio,
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size: Some(123_456),
        length: length.map(Duration::from_secs),
        path,
        is_uploaded: true,
        ..Attachment::default()
    }
}

fn with_file(n: i64, attachment: Attachment) -> Message {
    Message { attachment: Some(attachment), ..message(n, "") }
}

fn player(world: &World, index: u32) -> SoundPlayer {
    let row: MessageRow = world.view().row(index).and_downcast().expect("a row");
    all::<gtk::Widget>(&row).into_iter().find_map(|widget| widget.downcast().ok()).expect("a player")
}

#[gtk::test]
fn sound_is_played_where_it_stands_and_one_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let name = "voice-2026-11-27-174303.ogg";
    let (one, two) = (voice(dir.path(), name, 3), voice(dir.path(), "other.ogg", 60));
    let messages = vec![
        message(1, "Listen to this"),
        with_file(2, sound(name, "audio/ogg", Some(3), Some(one.clone()))),
        with_file(3, sound("A song with a rather long name, take 7.ogg", "audio/ogg", None, Some(two.clone()))),
        with_file(4, sound("voice-2026-11-27-190000.ogg", "audio/ogg", Some(63), None)),
        with_file(5, sound("broken.ogg", "audio/ogg", None, Some(dir.path().join("nowhere.ogg")))),
    ];
    let world = World::new(messages, 0, (560, 760));
    world.settle();
    assert!(!player(&world, 1).has_bars(), "nothing is read before somebody wants to hear it");
    assert!(!playback().state(&one).is_current && !playback().state(&two).is_current);
    world.settle();
    world.shot("sound");
    player(&world, 1).activate_action("sound.toggle", None).unwrap();
    wait("some of it", || playback().state(&one).position > Duration::from_millis(400));
    wait("the bars", || player(&world, 1).has_bars());
    player(&world, 2).activate_action("sound.toggle", None).unwrap();
    wait("the other", || playback().state(&two).position > Duration::from_millis(300));
    assert!(!playback().state(&one).is_playing && playback().state(&one).position > Duration::from_millis(400));
    assert!(playback().tells_time());
    player(&world, 2).activate_action("sound.toggle", None).unwrap();
    assert!(!playback().tells_time(), "what stands still wakes nobody");
    player(&world, 2).activate_action("sound.toggle", None).unwrap();
    assert!(playback().tells_time());
    playback().seek(&two, Duration::from_secs(30));
    playback().set_speed(Speed::Double);
    wait("the middle", || playback().state(&two).position > Duration::from_millis(30_400));
    world.shot("sound-playing");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::ForceDark);
    world.settle();
    world.shot("sound-playing-dark");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::Default);
    player(&world, 1).activate_action("sound.toggle", None).unwrap();
    wait("the end of the first", || !playback().state(&one).is_current);
    assert_eq!(playback().state(&one).position, Duration::ZERO);
    // What can't be played says so, and stays a file that can be saved.
    player(&world, 4).activate_action("sound.toggle", None).unwrap();
    wait("the failure", || playback().state(&dir.path().join("nowhere.ogg")).has_failed);
    world.settle();
    world.shot("sound-failed");
    assert!(!player(&world, 4).is_visible());
    playback().set_speed(Speed::Normal);
}

#[gtk::test]
fn sound_that_was_asked_for_plays_when_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    let name = "voice-2026-11-27-174303.ogg";
    let path = voice(dir.path(), name, 5);
    let messages = vec![with_file(1, sound(name, "audio/ogg", Some(5), None)), message(2, "So?")];
    let world = World::new(messages.clone(), 0, (360, 640));
    world.shot("sound-narrow");
    let row: MessageRow = world.view().row(0).and_downcast().expect("a row");
    let button = all::<gtk::Widget>(&row).into_iter().filter_map(|widget| widget.downcast::<gtk::Button>().ok());
    let button =
        button.filter(|button| button.is_mapped() && button.action_name().as_deref() == Some("message.fetch-file"));
    button.last().expect("a button").emit_clicked();
    wait("the file asked for", || world.said("FetchFile { message: MessageId(1), is_asked: true }") == 1);
    assert!(!playback().state(&path).is_current);
    let now =
        Message { attachment: Some(sound(name, "audio/ogg", Some(5), Some(path.clone()))), ..messages[0].clone() };
    let event = Event::MessagesChanged { conversation: CONVERSATION, messages: vec![now] };
    world.settle();
    let height = row.height();
    world.events.send_blocking(event).unwrap();
    wait("the sound", || playback().state(&path).position > Duration::from_millis(200));
    world.settle();
    assert_eq!(row.height(), height, "it plays where it was fetched");
    // It is deleted, with its message, while it plays.
    std::fs::remove_file(&path).unwrap();
    wait("the end of it", || !playback().state(&path).is_current);
    assert_eq!(playback().state(&path).position, Duration::ZERO);
}

#[gtk::test]
fn sound_that_is_sent_says_how_long_it_lasts() {
    let dir = tempfile::tempdir().unwrap();
    let path = voice(dir.path(), "memo.ogg", 4);
    let world = World::new(vec![message(1, "Sing")], 0, (560, 640));
    let composer = world.page.composer();
    composer.attach_bar().add_files(vec![gtk::gio::File::for_path(&path)]);
    wait("the file", || !composer.attach_bar().is_empty());
    composer.activate_action("composer.send", None).unwrap();
    wait("the sending", || world.said("SendFiles") == 1);
    let said = world.engine.commands.borrow();
    let command = said.iter().find(|said| said.starts_with("SendFiles")).unwrap();
    assert!(command.contains("length: Some(4s") || command.contains("length: Some(3.9"), "{command}");
}

#[gtk::test]
fn a_play_list_in_place_of_sound_fetches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let path = dir.path().join("voice-2026-11-27-174303.ogg");
    let list = format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://{address}/a.ts\n#EXT-X-ENDLIST\n");
    std::fs::write(&path, list).unwrap();
    playback().play(&path);
    wait("the failure", || playback().state(&path).has_failed);
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}
