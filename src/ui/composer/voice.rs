//! Voice messages: what is said in place of what is written. A recording that ends in any other way than by being sent or thrown
//! away waits above the field of the conversation in which it was begun.

use std::{
    cell::{Cell, RefCell},
    path::PathBuf,
    time::Duration,
};

use gettextrs::gettext;
use gtk::{glib, prelude::*, subclass::prelude::*};

use super::Composer;
use crate::{
    engine::api::{ChatState, CommandError},
    model::Conversation,
    ui::{
        attachment::waiting::Waiting,
        composer_bar::Purpose,
        error_text,
        media::{
            MediaError, clock,
            playback::playback,
            recorder::{Heard, Recorded, Recorder, Setup},
            recording::{self, Hearing, SHORTEST, ThrownAway},
        },
    },
};

/// How long what the server takes may stay unknown; then it says so when the file is sent.
const LIMIT_PATIENCE: Duration = Duration::from_secs(1);
/// How long what was thrown away can be taken back, in seconds.
const UNDO: u32 = 7;

/// How far a recording is.
#[derive(Default)]
pub enum Voice {
    #[default]
    Idle,
    /// The microphone is being opened.
    Opening,
    /// The microphone is open.
    Recording(Recorder),
}

/// What becomes of a recording that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It can be listened to, and waits.
    Keep,
    Send,
    ThrowAway,
}

impl Composer {
    /// Takes the sound from elsewhere, or puts it elsewhere. Before a conversation is shown.
    pub fn set_recording_setup(&self, setup: Setup) {
        self.imp().setup.replace(setup);
        self.imp().searched.borrow_mut().clear();
    }

    /// Whether a voice message is being recorded.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        !matches!(*self.imp().voice.borrow(), Voice::Idle)
    }

    /// Called with a message that the window is to show for a moment, with a way back.
    pub fn connect_toast(&self, f: impl Fn(&adw::Toast) + 'static) -> glib::SignalHandlerId {
        self.connect_local("toast", false, move |values| {
            f(&values.get(1)?.get::<adw::Toast>().ok()?);
            None
        })
    }

    /// Begins a recording, or ends it so that one can listen to it.
    pub(super) fn toggle_recording(&self) {
        if self.is_recording() {
            return self.end_recording(End::Keep);
        }
        let conversation = self.imp().conversation.borrow().clone();
        if let Some(conversation) = conversation.filter(|_| self.may_record()) {
            self.begin_recording(conversation);
        }
    }

    pub(super) fn send_recording(&self) {
        self.end_recording(End::Send);
    }

    pub(super) fn throw_recording_away(&self) {
        self.end_recording(End::ThrowAway);
    }

    /// Nobody sees any more that it is recorded.
    pub(super) fn leave_recording(&self) {
        self.end_recording(End::Keep);
    }

    /// Whether a recording would be a message of its own, or an answer.
    pub(super) fn may_record(&self) -> bool {
        let imp = self.imp();
        let is_empty = imp.text.buffer().char_count() == 0 && imp.attach_bar.is_empty();
        is_empty && !matches!(imp.bar.purpose(), Purpose::Edit { .. })
    }

    /// What was recorded here and never sent, as when the program ended meanwhile.
    pub(super) fn find_recordings(&self, conversation: &Conversation) {
        if self.imp().searched.borrow_mut().insert(conversation.id()) {
            let left = recording::left(&self.recordings_of(conversation));
            self.imp().attach_bar.add_recordings(conversation, left);
        }
    }

    /// Offers to take back a recording that was thrown away.
    pub(super) fn offer_back(&self, conversation: &Conversation, waiting: Waiting) {
        let Some(recorded) = waiting.voice.clone() else { return };
        playback().forget(&recorded.path);
        let held = RefCell::new((Some(ThrownAway::new(recorded.path)), Some(waiting)));
        let toast = adw::Toast::builder()
            .title(gettext("Recording discarded"))
            .button_label(gettext("_Undo"))
            .timeout(UNDO)
            .build();
        let (weak, conversation) = (self.downgrade(), conversation.clone());
        toast.connect_button_clicked(move |_| {
            let (thrown_away, waiting) = held.take();
            if let (Some(composer), Some(waiting), Some(mut thrown_away)) = (weak.upgrade(), waiting, thrown_away) {
                thrown_away.take_back();
                composer.imp().attach_bar.add_to(&conversation, waiting);
            }
        });
        self.emit_by_name::<()>("toast", &[&toast]);
    }

    fn recordings_of(&self, conversation: &Conversation) -> PathBuf {
        let all = self.imp().setup.borrow().folder.clone();
        recording::folder(&all, conversation.account(), conversation.contact().address())
    }

    fn begin_recording(&self, conversation: Conversation) {
        // It would be recorded as well.
        playback().pause();
        let imp = self.imp();
        imp.voice.replace(Voice::Opening);
        let turn = imp.voice_turn.get().wrapping_add(1);
        imp.voice_turn.set(turn);
        self.show_problem(None);
        self.show_recording(true);
        let (weak, folder) = (self.downgrade(), self.recordings_of(&conversation));
        let source = imp.setup.borrow().source.clone();
        glib::spawn_future_local(async move {
            let is_on = || weak.upgrade().filter(|composer| composer.imp().voice_turn.get() == turn);
            let limit = glib::future_with_timeout(LIMIT_PATIENCE, conversation.upload_limit()).await;
            if let Ok(Err(error @ CommandError::NoUploadService)) = limit {
                if let Some(composer) = is_on() {
                    composer.give_recording_up(&error_text::command(&error));
                }
                return;
            }
            let longest = recording::longest(limit.ok().and_then(Result::ok).flatten());
            if is_on().is_none() {
                return;
            }
            let (told, hearing) = (weak.clone(), Cell::new(Hearing::default()));
            let started = Recorder::start(source, &folder, move |heard| {
                if let Some(composer) = told.upgrade().filter(|composer| composer.imp().voice_turn.get() == turn) {
                    composer.recording_says(heard, &hearing, longest);
                }
            });
            match (started.await, is_on()) {
                (Ok(recorder), Some(composer)) => {
                    composer.imp().voice.replace(Voice::Recording(recorder));
                    composer.imp().chat_state.set(None);
                    composer.tell(ChatState::Composing);
                }
                (Err(error), Some(composer)) => composer.give_recording_up(&words(&error)),
                // Given up meanwhile: the microphone is closed again.
                (_, None) => {}
            }
        });
    }

    fn recording_says(&self, heard: Heard, hearing: &Cell<Hearing>, longest: Duration) {
        match heard {
            Heard::Level { at, height } => {
                self.imp().voice_bar.show(at, height);
                let mut now = hearing.get();
                let is_deaf = now.is_deaf(at, height);
                hearing.set(now);
                let is_told = self.imp().problem_revealer.reveals_child();
                if is_deaf && !is_told {
                    self.show_problem(Some(&gettext("Nothing is heard. Is the microphone turned on?")));
                } else if !is_deaf && is_told {
                    self.show_problem(None);
                }
                if at >= longest {
                    self.end_recording(End::Keep);
                    let text = gettext("A voice message can last {time} at most. Yours is kept as far as it went.");
                    self.show_problem(Some(&text.replace("{time}", &clock::clock(longest))));
                }
            }
            Heard::Failed(error) => {
                log::warn!("the recording stopped: {error}");
                if error == MediaError::NoMicrophone {
                    self.give_recording_up(&words(&error));
                } else {
                    self.end_recording(End::Keep);
                    self.show_problem(Some(&words(&error)));
                }
            }
        }
    }

    /// There is nothing that could be kept.
    fn give_recording_up(&self, why: &str) {
        self.take_recorder();
        self.show_problem(Some(why));
    }

    /// The field is back; whoever holds the recorder closes the microphone.
    fn take_recorder(&self) -> Option<Recorder> {
        let imp = self.imp();
        let voice = imp.voice.take();
        imp.voice_turn.set(imp.voice_turn.get().wrapping_add(1));
        self.show_recording(false);
        if imp.chat_state.get() == Some(ChatState::Composing) {
            self.tell(ChatState::Paused);
        }
        match voice {
            Voice::Recording(recorder) => Some(recorder),
            Voice::Idle | Voice::Opening => None,
        }
    }

    fn end_recording(&self, how: End) {
        if !self.is_recording() {
            return;
        }
        let conversation = self.imp().conversation.borrow().clone();
        self.show_problem(None);
        let (Some(microphone), Some(conversation)) = (self.take_recorder(), conversation) else { return };
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let recorded = microphone.finish().await;
            if recorded.length < SHORTEST {
                recording::remove(&recorded.path);
                if let Some(composer) = weak.upgrade().filter(|_| how != End::ThrowAway) {
                    composer.show_problem(Some(&gettext("This was too short to be heard. Speak, then send it.")));
                }
                return;
            }
            // Without a window it waits on the disk until there is one.
            let Some(composer) = weak.upgrade() else { return };
            let waiting = Waiting::recorded(recorded).await;
            match how {
                End::Keep => composer.imp().attach_bar.add_to(&conversation, waiting),
                End::Send => {
                    // What is covered of the text is so of what is said beside it.
                    let (_, format) = composer.content();
                    composer.send_waiting(conversation, vec![waiting], String::new(), format);
                }
                End::ThrowAway => composer.offer_back(&conversation, waiting),
            }
        });
    }

    fn show_recording(&self, is_on: bool) {
        let imp = self.imp();
        let Some(bar) = imp.voice_bar.try_get() else { return };
        let had_keyboard =
            bar.is_visible() && self.root().and_then(|root| root.focus()).is_some_and(|f| f.is_ancestor(&bar));
        if is_on {
            bar.begin();
        }
        bar.set_visible(is_on);
        imp.field.set_visible(!is_on);
        if let Some(conversation) = &*imp.conversation.borrow() {
            conversation.set_is_recording(is_on);
        }
        self.show_what_can_be_done();
        if is_on {
            bar.grab_focus();
        } else if had_keyboard {
            imp.text.grab_focus();
        }
    }
}

/// A recording that was sent is nobody's any more.
pub(super) fn forget_sent(files: &[Waiting]) {
    for Recorded { path, .. } in files.iter().filter_map(|waiting| waiting.voice.as_ref()) {
        playback().forget(path);
        recording::remove(path);
    }
}

fn words(error: &MediaError) -> String {
    match error {
        MediaError::NoMicrophone => gettext(
            "No microphone can be used. Connect one, or allow it in the settings of your system, and press again.",
        ),
        MediaError::Missing(what) => {
            // Translators: {name} is what is missing.
            gettext(
                "Sound can't be recorded: GStreamer's plug-in “{name}” is missing. Install its base and good plug-ins.",
            )
            .replace("{name}", what)
        }
        MediaError::Broken(_) => gettext("The microphone is gone. What was recorded before is kept."),
        MediaError::Disk(why) => {
            gettext("The recording can't be written to the disk: {reason}").replace("{reason}", why)
        }
    }
}
