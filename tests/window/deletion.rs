//! Deleting what was said, here.

use adw::prelude::*;
use stonechat::{
    engine::api::{ConversationId, Event},
    ui::{ConversationPage, message_row::MessageRow},
};

use crate::{
    show::Show,
    stage::World,
    widgets::{all, button, until},
};

#[gtk::test]
fn what_is_deleted_here_is_asked_for_and_said_what_it_is_not() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    show.open("Bob");
    until("the messages are there", || !all::<MessageRow>(&show.window).is_empty());
    let page = all::<ConversationPage>(&show.window).remove(0);
    let told = || show.stage.world.borrow().commands.iter().filter(|told| told.contains("DeleteHistory")).count();
    for (answer, expected) in [("Cancel", 0), ("Delete here", 1)] {
        page.activate_action("conversation.delete-history", None).unwrap();
        let has = |label: &str| all::<gtk::Button>(&show.window).iter().any(|b| b.label().as_deref() == Some(label));
        until("the question is there", || has("_Delete here"));
        let body = all::<adw::AlertDialog>(&show.window).remove(0).body();
        for words in ["what your server keeps", "on your other devices", "what Bob has"] {
            assert!(body.contains(words), "{body}");
        }
        show.picture("delete-history");
        button(&show.window, answer).emit_clicked();
        until("it is gone", || all::<adw::AlertDialog>(&show.window).is_empty());
        assert_eq!(told(), expected);
    }
    show.stage.world.borrow_mut().messages.clear();
    show.stage.tell(Event::HistoryDeleted(ConversationId(1)));
    until("nothing is left", || all::<MessageRow>(&show.window).is_empty());
    show.picture("history-deleted");
}
