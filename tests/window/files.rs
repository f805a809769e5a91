//! Files: found by their kind, and listed in a conversation's details.

use adw::prelude::*;
use stonechat::{
    engine::api::{Attachment, AttachmentKind, ConversationId},
    ui::{ConversationRow, FoundRow, SearchFilters},
};

use crate::{
    show::Show,
    stage::World,
    widgets::{all, shows, until},
};

#[gtk::test]
fn filters_alone_show_the_newest_that_they_let_through() {
    let mut world = World::lively();
    let file =
        |kind, name: &str| Attachment { kind, name: name.to_owned(), is_uploaded: true, ..Attachment::default() };
    world.share(ConversationId(1), 3, "", file(AttachmentKind::Picture, "holiday.png"));
    world.share(ConversationId(2), 4, "what she said", file(AttachmentKind::Audio, "voice-20261127-101500.ogg"));
    world.share(ConversationId(3), 2, "", file(AttachmentKind::Other, "list.pdf"));
    let show = Show::begin(world);
    until("the rows are there", || show.names().len() >= 9);
    let dropdowns = || {
        let filters = all::<SearchFilters>(&show.window).remove(0);
        // They are in a popover, which need not be open.
        let popover = filters.child().and_downcast::<gtk::MenuButton>().and_then(|button| button.popover());
        let mut found = Vec::new();
        collect_drop_downs(popover.expect("there is one").upcast_ref(), &mut found);
        found
    };
    let kinds = dropdowns().remove(1);
    kinds.set_selected(1);
    let found = || all::<FoundRow>(&show.window).iter().map(FoundRow::description).collect::<Vec<_>>();
    until("all files are found", || found().len() == 3);
    assert!(!shows(&show.window, "Conversations") || all::<ConversationRow>(&show.window).is_empty(), "and no names");
    assert!(found().iter().any(|row| row.contains("Picture, holiday.png")), "{:?}", found());
    show.picture("search-files");
    kinds.set_selected(4);
    until("only sound is found", || found().len() == 1 && found()[0].contains("what she said"));
    let search = all::<gtk::SearchEntry>(&show.window).remove(0);
    search.set_text("bob");
    until("names are found with words", || show.names().iter().any(|name| name == "Bob"));
    search.set_text("");
    until("the filter is still there", || found().len() == 1 && show.names().is_empty());
    search.emit_by_name::<()>("stop-search", &[]);
    until("all are back", || show.names().len() >= 9);
    assert_eq!(kinds.selected(), 0, "the next search begins anew");
}

fn collect_drop_downs(widget: &gtk::Widget, found: &mut Vec<gtk::DropDown>) {
    found.extend(widget.downcast_ref::<gtk::DropDown>().cloned());
    let mut child = widget.first_child();
    while let Some(widget) = child {
        collect_drop_downs(&widget, found);
        child = widget.next_sibling();
    }
}
