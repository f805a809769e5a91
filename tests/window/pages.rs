//! What each page shows, and what it does.

use adw::prelude::*;
use gtk::glib;
use stonechat::{
    engine::api::{
        ChatState, CommandError, ConnectionState, ConversationId, Event, HistoryProgress, Problem, Timestamp,
    },
    ui::{AvatarView, ContactDetails, message_row::MessageRow},
};

use crate::{
    show::Show,
    stage::{self, World},
    widgets::{all, button, entry, shows, until},
};

#[gtk::test]
fn conversations_stand_in_order_with_what_was_said_last() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    assert_eq!(show.names()[..3], ["Erin O’Donnell", "Bob", "Carol Whitaker"], "pinned, then by time");
    assert!(shows(&show.window, "You: I'll send you the draft before lunch"));
    assert!(shows(&show.window, "Draft: About the tickets: shall I"));
    assert!(shows(&show.window, "999+"));
    assert!(shows(&show.window, "1 contact request"));
    show.picture("conversations");
}

#[gtk::test]
fn a_message_moves_its_conversation_up_and_typing_takes_the_place_of_the_text() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    let mut dave = show.stage.world.borrow().snapshot.conversations[2].clone();
    dave.active_at = Timestamp(dave.active_at.0 + 100 * 60_000);
    dave.unread = 5;
    show.stage.tell(Event::ConversationsChanged(vec![dave]));
    show.stage.tell(Event::ChatStateChanged { conversation: ConversationId(1), state: ChatState::Composing });
    until("it has moved", || show.names()[1] == "Dave");
    assert!(shows(&show.window, "typing…"));
}

#[gtk::test]
fn the_mark_stays_at_the_open_conversation_when_the_list_moves() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    show.open("Carol Whitaker");
    let selected = || {
        let list = all::<gtk::ListView>(&show.window).remove(0);
        let selection = list.model().and_downcast::<gtk::SingleSelection>().unwrap();
        selection.selected_item().and_downcast::<stonechat::model::Conversation>().map(|c| c.contact().display_name())
    };
    until("it is marked", || selected().as_deref() == Some("Carol Whitaker"));
    let mut dave = show.stage.world.borrow().snapshot.conversations[2].clone();
    dave.active_at = Timestamp(dave.active_at.0 + 100 * 60_000);
    show.stage.tell(Event::ConversationsChanged(vec![dave]));
    until("the list has moved", || show.names()[1] == "Dave");
    assert_eq!(selected().as_deref(), Some("Carol Whitaker"));
    until("its messages are there", || shows(&show.window, "Carol Whitaker"));
    show.picture("conversation");
    let is_dark = || adw::StyleManager::default().is_dark();
    show.application.settings().set_string("color-scheme", "dark").unwrap();
    until("it is dark", is_dark);
    show.picture("conversation-dark");
    show.application.settings().set_string("color-scheme", "light").unwrap();
    until("it is light", || !is_dark());
}

#[gtk::test]
fn a_wrong_password_is_told_and_what_was_typed_stays() {
    let show = Show::begin(World::empty());
    until("the form is there", || !all::<adw::EntryRow>(&show.window).is_empty());
    entry(&show.window, "Address").set_text("alice@stone.example");
    entry(&show.window, "Password").set_text("wrong");
    button(&show.window, "Sign in").emit_clicked();
    until("it is told", || shows(&show.window, "The server does not accept this address and password."));
    assert_eq!(entry(&show.window, "Address").text(), "alice@stone.example");
    show.picture("sign-in-failed");
}

#[gtk::test]
fn the_list_does_not_say_again_what_one_is_writing() {
    let show = Show::begin(World::lively());
    let has_draft = || shows(&show.window, "Draft: About the tickets: shall I");
    until("the draft is there", has_draft);
    show.open("Frank");
    until("it stands where one writes", || !has_draft());
    show.open("Bob");
    until("it waits in the list", has_draft);
}

#[gtk::test]
fn a_lost_connection_is_in_plain_sight_until_it_is_back() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    let banner = || all::<adw::Banner>(&show.window).into_iter().any(|banner| banner.is_revealed());
    let own = all::<AvatarView>(&show.window)
        .into_iter()
        .find(|view| view.ancestor(adw::HeaderBar::static_type()).is_some())
        .expect("one's own picture");
    let is_there = || own.last_child().expect("a dot").is_visible();
    assert!(!banner() && is_there());
    let retry_at = Timestamp(glib::DateTime::now_utc().unwrap().to_unix() * 1_000 + 60_000);
    let waiting = ConnectionState::Waiting { retry_at, problem: Problem::NoNetwork };
    show.stage.tell(Event::AccountChanged(stage::account(waiting)));
    until("the banner is there", banner);
    assert!(!is_there(), "nobody sees us");
    show.picture("offline");
    show.stage.tell(Event::AccountChanged(stage::account(ConnectionState::Online)));
    until("the banner is gone", || !banner());
    assert!(is_there());
}

#[gtk::test]
fn a_weaker_sign_in_is_taken_only_when_that_is_said() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 4);
    let weaker = ConnectionState::NeedsPerson(Problem::WeakerSignIn);
    show.stage.tell(Event::AccountChanged(stage::account(weaker)));
    until("the banner is there", || all::<adw::Banner>(&show.window).iter().any(adw::Banner::is_revealed));
    let told = || show.stage.world.borrow().commands.iter().filter(|c| c.contains("AcceptWeaker")).count();
    for (answer, expected) in [("Not now", 0), ("Sign in anyway", 1)] {
        let banner = all::<adw::Banner>(&show.window).remove(0);
        assert_eq!(banner.button_label().as_deref(), Some("_Decide"));
        banner.emit_by_name::<()>("button-clicked", &[]);
        until("the question is there", || shows(&show.window, "Sign in less safely?"));
        show.picture("weaker-sign-in");
        button(&show.window, answer).emit_clicked();
        until("it is gone", || !shows(&show.window, "Sign in less safely?"));
        assert_eq!(told(), expected);
    }
}

#[gtk::test]
fn how_far_the_history_has_come_is_shown_until_it_is_there() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    let tell = |history| {
        let account = stonechat::engine::api::Account { history, ..stage::account(ConnectionState::Online) };
        show.stage.tell(Event::AccountChanged(account));
    };
    let bar = || all::<gtk::ProgressBar>(&show.window).into_iter().find(gtk::ProgressBar::is_mapped);
    assert!(bar().is_none());
    tell(Some(HistoryProgress { fetched: 4_200, total: Some(20_000) }));
    until("it is told", || shows(&show.window, "Fetching messages: 4200 of 20000"));
    show.picture("fetching");
    tell(Some(HistoryProgress { fetched: 4_250, total: None }));
    until("it goes on", || shows(&show.window, "Fetching messages: 4250 so far"));
    tell(None);
    until("it is over", || bar().is_none());
}

#[gtk::test]
fn a_search_finds_conversations_and_contacts_among_a_thousand() {
    let show = Show::begin(World::crowded());
    until("the rows are there", || show.names().len() >= 9);
    let search = all::<gtk::SearchEntry>(&show.window).remove(0);
    search.set_text("contact 0777");
    until("it is found", || shows(&show.window, "Contact 0777"));
    search.set_text("odonnell");
    until("nobody is found", || !shows(&show.window, "Contact 0777"));
    search.set_text("erin");
    until("it is found", || show.names() == ["Erin O’Donnell"]);
    show.picture("search");
    search.set_text("");
    until("all are back", || show.names().len() >= 9);
}

#[gtk::test]
fn a_narrow_window_shows_one_side_at_a_time() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    show.window.set_default_size(360, 640);
    let split = all::<adw::NavigationSplitView>(&show.window).remove(0);
    until("it is narrow", || split.is_collapsed());
    show.picture("narrow");
    show.open("Bob");
    until("the conversation is there", || split.shows_content() && show.names().is_empty());
    show.picture("narrow-conversation");
}

#[gtk::test]
fn a_narrow_window_has_room_for_large_text() {
    adw::init().unwrap();
    let settings = gtk::Settings::default().unwrap();
    // 150 % of the usual 96 dots per inch, in 1024ths.
    settings.set_gtk_xft_dpi(96 * 1_024 * 3 / 2);
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    show.window.set_default_size(360, 640);
    let split = all::<adw::NavigationSplitView>(&show.window).remove(0);
    until("it is narrow", || split.is_collapsed());
    assert!(show.least_width() <= 360, "the list needs {}", show.least_width());
    show.open("Bob");
    until("the conversation is there", || split.shows_content() && show.names().is_empty());
    assert!(show.least_width() <= 360, "the conversation needs {}", show.least_width());
    settings.set_gtk_xft_dpi(-1);
}

#[gtk::test]
fn a_wide_window_has_the_details_beside_the_conversation_and_a_smaller_one_in_a_dialog() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    show.window.set_default_size(1200, 800);
    show.open("Bob");
    let header = || all::<gtk::Button>(&show.window).into_iter().find(|b| b.has_css_class("conversation-title"));
    let details = || all::<ContactDetails>(&show.window);
    let is_dialog = || !all::<adw::Dialog>(&show.window).is_empty();
    until("it is wide, and the conversation is there", || show.window.width() >= 1100 && header().is_some());
    assert_eq!(details().len(), 0, "nobody has asked for them");
    header().unwrap().emit_clicked();
    until("the pane is there", || details().len() == 1 && shows(&show.window, "bob@stone.example"));
    assert!(!is_dialog());
    show.picture("details-pane");
    show.open("Carol Whitaker");
    until("it follows the conversation", || shows(&show.window, "carol@stone.example"));
    assert_eq!(details().len(), 1);

    show.window.set_default_size(900, 700);
    until("there is no room for it", || show.window.width() < 1100 && details().is_empty() && header().is_some());
    header().unwrap().emit_clicked();
    until("it is a dialog", || details().len() == 1 && is_dialog());
    all::<adw::Dialog>(&show.window)[0].force_close();
    show.window.set_default_size(1200, 800);
    until("it is back", || !is_dialog() && details().len() == 1);
    button(&show.window, "Close details").emit_clicked();
    until("it is closed", || details().is_empty());
    assert!(!show.application.settings().boolean("show-details"));
}

#[gtk::test]
fn an_answer_that_can_not_be_given_is_told_where_it_was_pressed() {
    let show = Show::begin(World { answer: Some(CommandError::NotOnline), ..World::lively() });
    until("the request is there", || shows(&show.window, "1 contact request"));
    show.application.activate_action("requests", None);
    until("the dialog is there", || shows(&show.window, "Zoë"));
    button(&show.window, "Accept").emit_clicked();
    until("it is told", || shows(&show.window, "You are offline. Try again when you are connected."));
    assert!(shows(&show.window, "Zoë"));
    show.picture("request-offline");
}

#[gtk::test]
fn a_window_that_was_closed_comes_back_as_a_new_one() {
    let show = Show::begin(World::lively());
    // As it does in the background.
    let _alive = show.application.hold();
    show.window.close();
    until("the window is gone", || show.application.windows().is_empty());
    show.application.activate();
    until("there is another window", || {
        show.application.windows().iter().any(|window| window.is_mapped() && *window != show.window)
    });
}

#[gtk::test]
fn a_search_finds_what_was_written_and_shows_it_where_it_stands() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 4);
    let search = all::<gtk::SearchEntry>(&show.window).remove(0);
    search.set_text("wheatear");
    until("messages are found", || shows(&show.window, "Messages"));
    assert!(!shows(&show.window, "Contacts"), "nobody is called so");
    show.picture("search-messages");
    let results = all::<gtk::ListView>(&show.window).remove(0);
    results.emit_by_name::<()>("activate", &[&0_u32]);
    until("its conversation is there", || {
        let marked = |row: &MessageRow| row.message().is_some_and(|message| message.body().contains("wheatear"));
        all::<MessageRow>(&show.window).iter().any(marked)
    });
    assert_eq!(search.text(), "wheatear", "one may want the next result");
    search.set_text("");
    until("all are back", || show.names().len() >= 4);
}
