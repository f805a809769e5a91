//! Voice messages: recorded in place of the field, and never lost by accident. No test has a microphone.

use std::{
    cell::RefCell,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use adw::prelude::*;
use stonechat::ui::{
    ConversationRow,
    composer::Composer,
    media::{playback::playback, recorder::Setup, sound_player::SoundPlayer},
    message_row::MessageRow,
};

use super::world::{CONVERSATION, World, all, message, wait};

/// Speaks at once, and goes on.
const SPEAKER: &str = "audiotestsrc is-live=true wave=ticks tick-interval=300000000";
/// Is there and hears nothing.
const DEAF: &str = "audiotestsrc is-live=true wave=silence";
/// Is unplugged after a second or so.
const UNPLUGGED: &str = "audiotestsrc is-live=true wave=ticks samplesperbuffer=441 ! identity error-after=120";
const ABSENT: &str = "nobody-has-such-a-source";

struct Studio {
    world: World,
    folder: tempfile::TempDir,
    toasts: Rc<RefCell<Vec<adw::Toast>>>,
}

impl Studio {
    fn new(source: &str, size: (i32, i32)) -> Self {
        Self::within(tempfile::tempdir().expect("a folder"), source, size)
    }

    fn within(folder: tempfile::TempDir, source: &str, size: (i32, i32)) -> Self {
        let world = World::new(vec![message(1, "Tell me"), message(2, "How does it go?")], 0, size);
        let toasts = Rc::<RefCell<Vec<adw::Toast>>>::default();
        let shown = toasts.clone();
        world.page.connect_toast(move |toast| shown.borrow_mut().push(toast.clone()));
        let setup = Setup { source: Some(source.to_owned()), folder: folder.path().to_owned() };
        world.page.set_conversation(None);
        world.page.composer().set_recording_setup(setup);
        let studio = Self { world, folder, toasts };
        studio.come_back();
        studio.world.settle();
        wait("the window in front", || studio.world.window.is_active());
        studio.world.page.focus_composer();
        studio
    }

    fn composer(&self) -> Composer {
        self.world.page.composer()
    }

    fn come_back(&self) {
        self.world.page.set_conversation(self.world.messenger.conversation(CONVERSATION).as_ref());
    }

    fn act(&self, action: &str) {
        self.composer().activate_action(action, None).expect("there is such an action");
    }

    /// The button with this tooltip, where it is in sight.
    fn button(&self, tooltip: &str) -> Option<gtk::Button> {
        let buttons = all::<gtk::Button>(&self.world.page).into_iter();
        buttons.filter(gtk::Button::is_mapped).find(|button| button.tooltip_text().is_some_and(|text| text == tooltip))
    }

    fn press(&self, tooltip: &str) {
        self.button(tooltip).unwrap_or_else(|| panic!("no button “{tooltip}”")).emit_clicked();
    }

    fn shows(&self, text: &str) -> bool {
        let labels = all::<gtk::Label>(&self.world.page).into_iter();
        labels.filter(gtk::Label::is_mapped).any(|label| label.label().contains(text))
    }

    /// Records for so many seconds.
    fn record(&self, seconds: u32) {
        self.press("Record a voice message");
        wait("the time", || self.shows(&format!("0:0{seconds}")));
    }

    fn files(&self) -> Vec<PathBuf> {
        let within = |folder: &Path| {
            let entries = fs::read_dir(folder).expect("it is there");
            entries.filter_map(Result::ok).map(|entry| entry.path()).collect::<Vec<_>>()
        };
        within(self.folder.path()).iter().flat_map(|folder| within(folder)).collect()
    }

    fn waits(&self) -> bool {
        all::<SoundPlayer>(&self.composer()).iter().any(SoundPlayer::is_mapped)
    }

    fn sent(&self) -> String {
        let commands = self.world.engine.commands.borrow();
        commands.iter().find(|said| said.starts_with("SendFiles")).cloned().unwrap_or_default()
    }
}

#[gtk::test]
fn a_voice_message_is_recorded_and_sent() {
    let studio = Studio::new(SPEAKER, (560, 640));
    assert!(studio.files().is_empty());
    studio.world.shot("voice-button");
    studio.record(3);
    assert!(!studio.composer().text_view().is_mapped() && studio.button("Record a voice message").is_none());
    assert_eq!(studio.files().len(), 1);
    studio.world.shot("voice-recording");
    studio.press("Send");
    assert!(studio.composer().text_view().is_mapped());
    wait("the sending", || studio.world.said("SendFiles") == 1);
    let sent = studio.sent();
    assert!(sent.contains("voice-") && sent.contains(".ogg"), "{sent}");
    // Three seconds, or what it took a busy machine to press the button.
    let length = sent.split_once("length: Some(").map(|(_, rest)| rest.split('s').next().unwrap_or_default());
    assert!(length.is_some_and(|seconds| seconds.parse::<f64>().is_ok_and(|seconds| seconds >= 3.0)), "{sent}");
    wait("the file gone", || studio.files().is_empty());
    assert!(!studio.waits());
    assert_eq!((studio.world.said("Composing"), studio.world.said("Paused")), (1, 1));
}

#[gtk::test]
fn what_was_recorded_can_be_heard_before_it_is_sent() {
    let studio = Studio::new(SPEAKER, (560, 640));
    studio.record(2);
    studio.press("Stop and listen");
    wait("the recording", || studio.waits());
    let file = studio.files().remove(0);
    let bytes = fs::read(&file).unwrap();
    let head = bytes.windows(8).position(|bytes| bytes == b"OpusHead").unwrap();
    assert!(bytes.starts_with(b"OggS"));
    assert_eq!(bytes[head + 9], 1, "it is mono");
    let bits = bytes.len() * 8 / 2;
    assert!((4_000..50_000).contains(&bits), "{bits} bits a second");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    studio.world.settle();
    studio.world.shot("voice-listen");
    let player = all::<SoundPlayer>(&studio.composer()).remove(0);
    assert!(player.has_bars());
    player.activate_action("sound.toggle", None).unwrap();
    wait("some of it", || playback().state(&file).position > Duration::from_millis(300));
    studio.composer().text_view().buffer().insert_at_cursor("Like this");
    studio.act("composer.send");
    wait("the sending", || studio.world.said("SendFiles") == 1);
    assert!(studio.sent().contains("Like this"));
    wait("the file gone", || studio.files().is_empty());
    assert!(!playback().state(&file).is_current);
}

#[gtk::test]
fn a_voice_message_can_answer_and_the_list_says_that_it_waits() {
    let studio = Studio::new(SPEAKER, (560, 640));
    let conversation = studio.world.messenger.conversation(CONVERSATION).unwrap();
    let listed = ConversationRow::default();
    listed.set_conversation(Some(&conversation));
    // As where another one is shown: what waits in the one in sight is not said again.
    conversation.set_is_shown(false);
    let waits_in_list = || listed.description().contains("Draft: Voice message");
    let answer = || {
        let row: MessageRow = studio.world.view().row(0).and_downcast().unwrap();
        row.activate_action("message.answer", None).unwrap();
    };
    answer();
    studio.record(1);
    assert!(waits_in_list(), "{}", listed.description());
    studio.world.shot("voice-answering");
    studio.press("Send");
    wait("the sending", || studio.world.said("SendFiles") == 1);
    assert!(studio.sent().contains("answers: Some(MessageId(1))"), "{}", studio.sent());
    wait("nothing left of it", || !waits_in_list() && !studio.shows("Reply to"));
    // One begins to answer while one speaks; it can't be sent, and waits as an answer.
    studio.record(1);
    answer();
    assert!(studio.composer().is_recording());
    studio.world.engine.refuses_files.set(true);
    studio.press("Send");
    wait("the recording back", || studio.waits());
    assert!(waits_in_list() && studio.shows("Reply to Bob Martens"));
    studio.world.engine.refuses_files.set(false);
    studio.act("composer.send");
    wait("the sending", || studio.world.said("SendFiles") == 3);
    assert_eq!(studio.world.said("answers: Some(MessageId(1))"), 3);
    wait("nothing left", || !waits_in_list());
}

#[gtk::test]
fn what_was_thrown_away_can_be_taken_back() {
    let studio = Studio::new(SPEAKER, (560, 640));
    studio.record(1);
    studio.world.press(&["Escape"]);
    wait("the way back", || studio.toasts.borrow().len() == 1);
    assert!(!studio.composer().is_recording() && !studio.waits());
    let toast = studio.toasts.borrow_mut().remove(0);
    toast.emit_by_name::<()>("button-clicked", &[]);
    drop(toast);
    wait("the recording", || studio.waits());
    assert_eq!(studio.files().len(), 1);
    studio.press("Discard the recording");
    wait("another way back", || studio.toasts.borrow().len() == 1);
    assert!(!studio.waits() && studio.files().len() == 1);
    // Nobody takes that way.
    studio.toasts.borrow_mut().clear();
    wait("the file gone", || studio.files().is_empty());
    assert_eq!(studio.world.said("SendFiles"), 0);
}

#[gtk::test]
fn whoever_goes_elsewhere_finds_the_recording_again_also_in_another_run() {
    let studio = Studio::new(SPEAKER, (560, 640));
    studio.record(1);
    studio.world.page.set_conversation(None);
    assert!(!studio.composer().is_recording());
    wait("its end", || studio.files().first().is_some_and(|file| fs::metadata(file).unwrap().len() > 0));
    studio.come_back();
    wait("the recording", || studio.waits());
    let Studio { world, folder, .. } = studio;
    drop(world);
    let studio = Studio::within(folder, SPEAKER, (560, 640));
    wait("the recording after all", || studio.waits());
    studio.act("composer.send");
    wait("the sending", || studio.sent().contains("length: Some(1."));
    wait("the file gone", || studio.files().is_empty());
}

#[gtk::test]
fn a_window_that_closes_while_one_speaks_keeps_what_was_said() {
    let studio = Studio::new(SPEAKER, (560, 640));
    studio.record(1);
    let Studio { world, folder, .. } = studio;
    drop(world);
    let studio = Studio::within(folder, SPEAKER, (560, 640));
    wait("the recording", || studio.waits());
}

#[gtk::test]
fn the_keyboard_records_sends_and_gives_up() {
    let studio = Studio::new(SPEAKER, (560, 640));
    studio.world.press(&["ctrl+shift+r"]);
    wait("the time", || studio.shows("0:01"));
    studio.world.press(&["ctrl+shift+r"]);
    wait("the recording", || studio.waits());
    studio.world.press(&["Escape"]);
    wait("the way back", || studio.toasts.borrow().len() == 1);
    studio.world.press(&["ctrl+shift+r"]);
    wait("the time", || studio.shows("0:01"));
    studio.world.press(&["Return"]);
    wait("the sending", || studio.world.said("SendFiles") == 1);
    assert!(studio.composer().text_view().has_focus());
    // What is written is not recorded over.
    studio.composer().text_view().buffer().insert_at_cursor("words");
    studio.world.press(&["ctrl+shift+r"]);
    assert!(!studio.composer().is_recording() && studio.button("Record a voice message").is_none());
}

#[gtk::test]
fn what_keeps_one_from_recording_is_said() {
    let studio = Studio::new(ABSENT, (360, 640));
    studio.press("Record a voice message");
    wait("the reason", || studio.shows("No microphone can be used."));
    assert!(!studio.composer().is_recording() && studio.files().is_empty());
    studio.world.shot("voice-no-microphone");
    studio.world.engine.has_no_uploads.set(true);
    studio.press("Record a voice message");
    wait("another reason", || studio.shows("Your server takes no files."));
    assert!(!studio.composer().is_recording() && studio.files().is_empty());
}

#[gtk::test]
fn silence_is_noticed_and_a_short_press_sends_nothing() {
    let studio = Studio::new(DEAF, (360, 640));
    studio.record(3);
    wait("the hint", || studio.shows("Nothing is heard."));
    studio.world.shot("voice-deaf");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::ForceDark);
    studio.world.shot("voice-deaf-dark");
    adw::StyleManager::default().set_color_scheme(adw::ColorScheme::Default);
    studio.act("composer.discard-recording");
    studio.press("Record a voice message");
    wait("the beginning", || studio.files().len() == 2);
    studio.press("Send");
    wait("one file", || studio.files().len() == 1);
    assert_eq!(studio.world.said("SendFiles"), 0);
}

#[gtk::test]
fn right_to_left_the_meter_grows_to_the_left() {
    gtk::Widget::set_default_direction(gtk::TextDirection::Rtl);
    let studio = Studio::new(SPEAKER, (360, 640));
    studio.record(2);
    studio.world.shot("voice-rtl");
    let x = |tooltip| studio.button(tooltip).unwrap().compute_bounds(&studio.world.window).unwrap().x();
    assert!(x("Send") < x("Stop and listen") && x("Stop and listen") < x("Discard the recording"));
    studio.press("Stop and listen");
    wait("the recording", || studio.waits());
    studio.world.shot("voice-rtl-listen");
    gtk::Widget::set_default_direction(gtk::TextDirection::Ltr);
}

#[gtk::test]
fn what_was_said_before_the_microphone_broke_is_kept() {
    let studio = Studio::new(UNPLUGGED, (560, 640));
    studio.press("Record a voice message");
    wait("the recording", || studio.waits());
    assert!(!studio.composer().is_recording() && studio.shows("The microphone is gone."));
}

#[gtk::test]
fn a_recording_ends_where_the_server_takes_no_more() {
    let studio = Studio::new(SPEAKER, (560, 640));
    // Room for two seconds.
    studio.world.engine.upload_limit.set(Some(9_000));
    studio.press("Record a voice message");
    wait("the recording", || studio.waits());
    assert!(studio.shows("A voice message can last 0:02 at most."));
    assert!(fs::metadata(&studio.files()[0]).unwrap().len() < 9_000);
}
