//! The links of a conversation.

use adw::prelude::*;
use stonechat::ui::{ContactDetails, ConversationPage};

use crate::{
    show::Show,
    stage::World,
    widgets::{all, button, shows, until},
};

const LINK: &str = "https://example.org/release-notes";

#[gtk::test]
fn links_stand_in_the_details_and_lead_to_where_they_were_sent() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    show.open("Bob");
    let page = all::<ConversationPage>(&show.window).remove(0);
    until("the conversation is there", || page.conversation().is_some());
    page.activate_action("conversation.details", None).unwrap();
    until("the details are there", || !all::<ContactDetails>(&show.window).is_empty());
    let details = all::<ContactDetails>(&show.window).remove(0);
    details.activate_action("details.links", None).unwrap();
    let links = || {
        all::<gtk::Label>(&show.window).into_iter().filter(|l| l.label() == LINK && l.has_css_class("accent")).count()
    };
    until("they are there", || links() >= 3);
    assert_eq!(links(), 3, "of this conversation alone");
    show.picture("links");
    button(&show.window, "Show in the conversation").emit_clicked();
    until("all that was in front is gone", || all::<adw::Dialog>(&show.window).is_empty());
    until("it is pointed out", || shows(&page, "Bob"));
    assert!(page.conversation().is_some_and(|c| c.contact().display_name() == "Bob"));
}

#[gtk::test]
fn a_conversation_without_links_says_so() {
    let mut world = World::lively();
    world.messages.retain(|message| !message.body.contains("https://"));
    let show = Show::begin(world);
    until("the rows are there", || show.names().len() >= 9);
    show.open("Bob");
    let page = all::<ConversationPage>(&show.window).remove(0);
    until("the conversation is there", || page.conversation().is_some());
    page.activate_action("conversation.details", None).unwrap();
    until("the details are there", || !all::<ContactDetails>(&show.window).is_empty());
    all::<ContactDetails>(&show.window).remove(0).activate_action("details.links", None).unwrap();
    until("it is said", || shows(&show.window, "No links yet"));
}
