//! Voice messages in the whole window: what is thrown away comes back from its toast, and a window that closes keeps what was said.

use std::{fs, path::Path};

use adw::prelude::*;
use stonechat::ui::{
    ConversationPage,
    media::{recorder::Setup, sound_player::SoundPlayer},
};

use crate::{
    show::Show,
    stage::World,
    widgets::{all, button, shows, until},
};

/// Begins to record in a window; no test has a microphone.
fn record(folder: &Path) -> Show {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    show.open("Bob");
    let page = all::<ConversationPage>(&show.window).remove(0);
    until("the conversation is there", || page.conversation().is_some());
    let source = Some("audiotestsrc is-live=true wave=ticks tick-interval=300000000".to_owned());
    page.composer().set_recording_setup(Setup { source, folder: folder.to_owned() });
    let record = button(&show.window, "Record a voice message");
    assert_eq!(record.accessible_role(), gtk::AccessibleRole::Button);
    record.emit_clicked();
    until("it records", || shows(&show.window, "0:01"));
    show
}

fn files(folder: &Path) -> usize {
    let folders = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    folders.map(|folder| fs::read_dir(folder).unwrap().count()).sum()
}

#[gtk::test]
fn a_recording_that_was_thrown_away_comes_back_from_its_toast() {
    let dir = tempfile::tempdir().unwrap();
    let show = record(dir.path());
    show.picture("voice");
    button(&show.window, "Discard the recording").emit_clicked();
    until("it is said", || shows(&show.window, "Recording discarded"));
    show.picture("voice-discarded");
    button(&show.window, "Undo").emit_clicked();
    until("it is back", || !all::<SoundPlayer>(&show.window).is_empty());
    assert_eq!(files(dir.path()), 1);
}

#[gtk::test]
fn a_window_that_closes_keeps_the_recording() {
    let dir = tempfile::tempdir().unwrap();
    let show = record(dir.path());
    let page = all::<ConversationPage>(&show.window).remove(0);
    let _alive = show.application.hold();
    show.window.close();
    until("the window is gone", || show.application.windows().is_empty());
    assert!(!page.composer().is_recording());
    assert_eq!(files(dir.path()), 1);
}
