//! How much a conversation may ask for attention, and those that were put aside.

use adw::prelude::*;
use stonechat::{
    engine::api::{self, Event, Timestamp},
    ui::{ContactDetails, ConversationPage, ConversationRow},
};

use crate::{
    show::Show,
    stage::World,
    widgets::{all, shows, until},
};

fn begin() -> Show {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    show
}

fn told(show: &Show, word: &str) -> Vec<String> {
    show.stage.world.borrow().commands.iter().filter(|command| command.contains(word)).cloned().collect()
}

fn change(show: &Show, index: usize, f: impl FnOnce(&mut api::Conversation)) {
    let mut conversation = show.stage.world.borrow().snapshot.conversations[index].clone();
    f(&mut conversation);
    show.stage.tell(Event::ConversationsChanged(vec![conversation]));
}

#[gtk::test]
fn notifications_are_on_silent_or_off_for_a_while() {
    let show = begin();
    show.open("Bob");
    let page = || all::<ConversationPage>(&show.window).remove(0);
    until("the conversation is there", || shows(&show.window, "Bob"));
    page().activate_action("conversation.details", None).unwrap();
    until("the details are there", || !all::<ContactDetails>(&show.window).is_empty());
    let row = || {
        let rows = all::<adw::ComboRow>(&show.window);
        rows.into_iter().find(|row| PreferencesRowExt::title(row) == "Notifications").unwrap()
    };
    assert_eq!(row().selected(), 0);
    row().set_selected(1);
    until("it is told", || told(&show, "SetSilent").len() == 1);
    assert!(told(&show, "SetSilent")[0].contains("silent: true"));
    row().set_selected(2);
    until("it is told", || told(&show, "SetMuted").len() == 1);
    assert!(told(&show, "SetMuted")[0].contains("muted: true, until: Some"));
    let until_then = gtk::glib::DateTime::now_local().unwrap().to_unix() * 1_000 + 3_600_000;
    change(&show, 0, |bob| (bob.is_muted, bob.muted_until) = (true, Some(Timestamp(until_then))));
    until("it is shown", || {
        row().selected() == 4 && row().subtitle().is_some_and(|text| text.starts_with("Off until "))
    });
    show.picture("muted-for-an-hour");
    // The time has come while the program runs.
    change(&show, 0, |bob| (bob.is_muted, bob.muted_until) = (true, Some(Timestamp(1))));
    until("it is ended", || told(&show, "SetMuted").iter().any(|told| told.contains("muted: false")));
}

#[gtk::test]
fn what_is_archived_stands_in_a_list_of_its_own_until_something_comes() {
    let show = begin();
    show.open("Bob");
    let page = all::<ConversationPage>(&show.window).remove(0);
    until("the conversation is there", || page.conversation().is_some());
    page.activate_action("conversation.archive", None).unwrap();
    until("it is told", || told(&show, "SetArchived").len() == 1);
    assert_eq!(page.conversation(), None);
    change(&show, 0, |bob| bob.is_archived = true);
    until("it has left the list", || !show.names().contains(&"Bob".to_owned()));
    until("the way to it is there", || shows(&show.window, "1 archived conversation"));
    show.picture("archived-row");
    button_with(&show, "1 archived conversation").emit_clicked();
    until("it stands there alone", || show.names() == ["Bob"]);
    show.picture("archived");
    let list = all::<gtk::ListView>(&show.window).remove(0);
    list.emit_by_name::<()>("activate", &[&0_u32]);
    until("it is open", || page.conversation().is_some_and(|c| c.contact().display_name() == "Bob"));
    change(&show, 0, |bob| bob.active_at = Timestamp(bob.active_at.0 + 1));
    until("it is back, and so is the list", || show.names().len() >= 9 && show.names().contains(&"Bob".to_owned()));
    assert!(!all::<ConversationRow>(&show.window).is_empty());
    assert!(!shows(&show.window, "1 archived conversation"));
}

fn button_with(show: &Show, text: &str) -> gtk::Button {
    all::<gtk::Button>(&show.window).into_iter().find(|button| shows(button, text)).unwrap()
}
