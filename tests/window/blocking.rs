//! Keeping somebody away.

use adw::prelude::*;
use stonechat::{
    engine::api::BlockAbility,
    ui::{ConversationPage, ConversationRow},
};

use crate::{
    show::Show,
    stage::{self, World},
    widgets::{all, button, shows, until},
};

fn show_with(ability: Option<BlockAbility>) -> Show {
    let show = Show::begin(World { block_ability: ability, ..World::lively() });
    until("the rows are there", || show.names().len() >= 9);
    show.open("Bob");
    until("the conversation is there", || !all::<ConversationPage>(&show.window).is_empty());
    show
}

fn ask(show: &Show, action: &str) {
    let page = all::<ConversationPage>(&show.window).remove(0);
    page.activate_action(action, None).unwrap();
}

fn told(show: &Show, word: &str) -> Vec<String> {
    show.stage.world.borrow().commands.iter().filter(|command| command.contains(word)).cloned().collect()
}

#[gtk::test]
fn who_is_blocked_can_not_be_written_to_until_that_is_undone() {
    let show = show_with(Some(BlockAbility::Block));
    let page = all::<ConversationPage>(&show.window).remove(0);
    assert!(page.composer().is_mapped());
    ask(&show, "conversation.block");
    until("the question is there", || {
        all::<gtk::Button>(&show.window).iter().any(|b| b.label().as_deref() == Some("_Cancel"))
    });
    let question = all::<adw::AlertDialog>(&show.window).remove(0);
    assert!(question.body().contains("on any of your devices"));
    assert!(!shows(&show.window, "Block and report as spam"), "this server takes no reports");
    show.picture("block");
    button(&show.window, "Cancel").emit_clicked();
    until("it is gone", || all::<adw::AlertDialog>(&show.window).is_empty());
    assert!(told(&show, "Block").is_empty());

    ask(&show, "conversation.block");
    until("the question is there", || {
        all::<gtk::Button>(&show.window).iter().any(|b| b.label().as_deref() == Some("_Block"))
    });
    button(&show.window, "Block").emit_clicked();
    until("it is said", || shows(&show.window, "You have blocked Bob."));
    assert_eq!(told(&show, "Block"), ["Block bob@stone.example None"]);
    assert!(!page.composer().is_mapped());
    assert!(shows(&page, "Blocked"), "in the header, in place of the presence");
    let row = all::<ConversationRow>(&show.window)
        .into_iter()
        .find(|row| row.conversation().is_some_and(|c| c.contact().display_name() == "Bob"))
        .unwrap();
    assert!(row.description().contains("Blocked"), "{}", row.description());
    show.picture("blocked");
    show.open("Carol Whitaker");
    until("one can write to others", || page.composer().is_mapped());
    show.open("Bob");
    until("but not to them", || !page.composer().is_mapped());
    button(&page, "Unblock").emit_clicked();
    until("one can write again", || page.composer().is_mapped());
    assert_eq!(told(&show, "Unblock"), ["Unblock bob@stone.example"]);
}

#[gtk::test]
fn a_report_is_a_choice_where_the_server_takes_one() {
    let show = show_with(Some(BlockAbility::BlockAndReport));
    ask(&show, "conversation.block");
    until("the choice is there", || shows(&show.window, "Block and report as spam"));
    let checks = all::<gtk::CheckButton>(&show.window);
    assert_eq!(checks.iter().map(gtk::CheckButton::is_active).collect::<Vec<_>>(), [true, false, false]);
    show.picture("block-and-report");
    checks[1].set_active(true);
    button(&show.window, "Block").emit_clicked();
    until("it is done", || !told(&show, "Block bob").is_empty());
    assert_eq!(told(&show, "Block bob"), ["Block bob@stone.example Some(Spam)"]);
}

#[gtk::test]
fn without_a_connection_nothing_pretends_to_block() {
    for (ability, words) in [(None, "when you are connected"), (Some(BlockAbility::None), "no block list")] {
        let show = show_with(ability);
        ask(&show, "conversation.block");
        until("it is said", || !all::<adw::AlertDialog>(&show.window).is_empty());
        let said = all::<adw::AlertDialog>(&show.window).remove(0).body();
        assert!(said.contains(words), "{said}");
        assert!(told(&show, "Block").is_empty());
    }
}

#[gtk::test]
fn all_that_is_blocked_stands_in_the_account_s_dialog() {
    let show = show_with(Some(BlockAbility::Block));
    show.stage.tell(stage::blocked(&["spam.test", "mallory@evil.test"]));
    show.application.activate_action("account", None);
    until("they are there", || {
        shows(&show.window, "mallory@evil.test") && shows(&show.window, "Everybody at spam.test")
    });
    show.picture("block-list");
    button(&show.window, "Unblock").emit_clicked();
    until("it is told", || told(&show, "Unblock") == ["Unblock mallory@evil.test"]);
    until("the list is gone", || !shows(&show.window, "mallory@evil.test"));
    show.stage.tell(stage::blocked(&["stone.example"]));
    until("all of a server", || shows(&show.window, "You have blocked everybody at stone.example."));
}
