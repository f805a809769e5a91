//! Files: found by their kind, and listed in a conversation's details.

use std::{path::Path, time::Duration};

use adw::prelude::*;
use gtk::glib;
use stonechat::{
    engine::api::{Attachment, AttachmentKind, AttachmentProblem, ConversationId, Event, Transfer},
    ui::{
        ContactDetails, ConversationPage, ConversationRow, FoundRow, SearchFilters,
        attachment::viewer::PictureViewer,
        shared_files::{FileRow, MediaTile},
    },
};

use crate::{
    show::Show,
    stage::World,
    widgets::{all, button, shows, until},
};

const BOB: ConversationId = ConversationId(1);

/// A picture of some size and colours.
fn picture(dir: &Path, n: u32) -> Attachment {
    let (name, width, height) = (format!("picture-{n}.png"), 200 + n * 40 % 300, 200 + n * 70 % 200);
    let path = dir.join(&name);
    let shade = |x: u32, y: u32| [n * 40 % 255, x * 255 / width, y * 255 / height].map(|c| c.to_le_bytes()[0]);
    image::RgbImage::from_fn(width, height, |x, y| image::Rgb(shade(x, y))).save(&path).unwrap();
    Attachment { path: Some(path), ..remote(AttachmentKind::Picture, &name) }
}

fn remote(kind: AttachmentKind, name: &str) -> Attachment {
    Attachment { kind, name: name.to_owned(), size: Some(1_234_567), is_uploaded: true, ..Attachment::default() }
}

/// The list of a conversation's files, opened from its details.
fn opened(world: World, (width, height): (i32, i32)) -> Show {
    let show = Show::begin(world);
    until("the rows are there", || show.names().len() >= 9);
    show.window.set_default_size(width, height);
    show.open("Bob");
    until("the conversation is there", || !all::<ConversationPage>(&show.window).is_empty());
    let page = all::<ConversationPage>(&show.window).remove(0);
    until("it is Bob's", || page.conversation().is_some());
    page.activate_action("conversation.details", None).unwrap();
    until("the details are there", || !all::<ContactDetails>(&show.window).is_empty());
    all::<ContactDetails>(&show.window).remove(0).activate_action("details.files", None).unwrap();
    show
}

fn fetched(show: &Show, is_asked: bool) -> Vec<String> {
    let commands = show.stage.world.borrow().commands.clone();
    let is_one =
        |command: &&String| command.contains("FetchFile") && command.contains(&format!("is_asked: {is_asked}"));
    commands.iter().filter(is_one).cloned().collect()
}

fn page(show: &Show, name: &str) {
    let stack = all::<adw::ViewStack>(&show.window);
    let stack = stack.into_iter().find(|stack| stack.child_by_name(name).is_some()).expect("it is there");
    stack.set_visible_child_name(name);
}

#[gtk::test]
fn pictures_stand_in_a_grid_and_only_those_in_sight_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::lively();
    for n in 0..4 {
        world.share(BOB, n, "", picture(dir.path(), u32::try_from(n).unwrap()));
    }
    world.share(
        BOB,
        4,
        "",
        Attachment { length: Some(Duration::from_secs(83)), ..remote(AttachmentKind::Video, "film.mp4") },
    );
    for n in 5..30 {
        world.share(BOB, n, "", remote(AttachmentKind::Picture, &format!("there-{n}.png")));
    }
    let show = opened(world, (360, 480));
    let tiles = || all::<MediaTile>(&show.window);
    until("pictures are read", || tiles().iter().filter(|tile| tile.has_picture()).count() == 4);
    until("those in sight are looked for", || fetched(&show, false).len() > 5);
    assert!(fetched(&show, false).len() < 20, "but none further down: {}", fetched(&show, false).len());
    assert!(fetched(&show, true).is_empty(), "and nobody has asked for any");
    assert!(show.least_width() <= 360);
    show.picture("shared-media-narrow");
    let newest = &tiles()[0];
    assert!(newest.description().starts_with("Picture, picture-0.png"), "{}", newest.description());
    let grid = newest.ancestor(gtk::GridView::static_type()).unwrap();
    grid.emit_by_name::<()>("activate", &[&1_u32]);
    until("it is looked at", || !all::<PictureViewer>(&show.window).is_empty());
    let viewer = all::<PictureViewer>(&show.window).remove(0);
    assert_eq!(viewer.shown().unwrap().name, "picture-1.png");
    viewer.activate_action("viewer.next", None).unwrap();
    assert_eq!(viewer.shown().unwrap().name, "picture-0.png", "what is newer comes next, as in the conversation");
    viewer.close();
    grid.emit_by_name::<()>("activate", &[&4_u32]);
    until("the film is asked for", || fetched(&show, true).len() == 1);
}

#[gtk::test]
fn what_becomes_of_a_file_is_seen_in_the_list() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::lively();
    world.share(BOB, 0, "", remote(AttachmentKind::Picture, "picture-7.png"));
    world.share(BOB, 1, "", remote(AttachmentKind::Other, "The programme of the whole season, with all dates.pdf"));
    world.share(BOB, 2, "", remote(AttachmentKind::Audio, "voice-20261127-101500.ogg"));
    let gone = Attachment { problem: Some(AttachmentProblem::Gone), ..remote(AttachmentKind::Other, "old.zip") };
    world.share(BOB, 3, "", gone);
    let message = |world: &World, from_newest: usize| {
        world.messages.iter().rev().filter(|m| m.conversation == BOB).nth(from_newest).unwrap().clone()
    };
    let (shown, listed) = (message(&world, 0), message(&world, 1));
    let show = opened(world, (900, 700));
    let tiles = || all::<MediaTile>(&show.window);
    until("the tile is there", || tiles().len() == 1 && tiles()[0].description().contains("Not downloaded"));
    let here = stonechat::engine::api::Message { attachment: Some(picture(dir.path(), 7)), ..shown.clone() };
    show.stage.tell(Event::MessagesChanged { conversation: BOB, messages: vec![here] });
    until("it is there now", || tiles()[0].has_picture() && !tiles()[0].description().contains("Not downloaded"));
    show.picture("shared-media");
    page(&show, "files");
    let rows = || all::<FileRow>(&show.window);
    until("the files are there", || rows().len() == 3);
    assert!(shows(&show.window, "Voice message"));
    assert!(rows()[2].description().contains("not there any more"), "{}", rows()[2].description());
    show.picture("shared-files");
    let transfer = Some(Transfer { done: 400_000, total: Some(1_234_567) });
    show.stage.tell(Event::TransferChanged { conversation: BOB, message: listed.cursor.id, transfer });
    until("it comes", || rows()[0].description().contains("400"));
    button(&rows()[0], "Cancel").emit_clicked();
    until("it is given up", || show.stage.world.borrow().commands.iter().any(|c| c.contains("CancelTransfer")));
    let path = dir.path().join("programme.pdf");
    std::fs::write(&path, "x").unwrap();
    let file = Attachment { path: Some(path), ..remote(AttachmentKind::Other, "programme.pdf") };
    show.stage.tell(Event::TransferChanged { conversation: BOB, message: listed.cursor.id, transfer: None });
    let here = stonechat::engine::api::Message { attachment: Some(file), ..listed.clone() };
    show.stage.tell(Event::MessagesChanged { conversation: BOB, messages: vec![here] });
    until("it can be saved", || shows(&rows()[0], "programme.pdf") && button(&rows()[0], "Save as…").is_mapped());
    show.stage.tell(Event::MessageRemoved { conversation: BOB, message: listed.cursor.id });
    until("it is gone", || rows().len() == 2);
    button(&rows()[0], "Show in the conversation").emit_clicked();
    until("all that was in front is gone", || all::<adw::Dialog>(&show.window).is_empty());
}

#[gtk::test]
fn a_conversation_without_files_says_so() {
    let show = opened(World::lively(), (360, 640));
    until("it is said", || shows(&show.window, "No pictures or videos yet"));
    show.picture("shared-nothing");
    page(&show, "files");
    until("it is said", || shows(&show.window, "No files yet"));
}

#[gtk::test]
fn what_is_covered_shows_neither_name_nor_picture_in_the_lists_until_it_is_uncovered_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::lively();
    let ending = Attachment { name: "both-die.png".to_owned(), ..picture(dir.path(), 1) };
    world.share(BOB, 0, "they die", ending);
    world.share(BOB, 1, "", Attachment { name: "both-die.pdf".to_owned(), ..remote(AttachmentKind::Other, "") });
    for (from_newest, hint) in [(0, "the end"), (1, "")] {
        let messages = world.messages.iter_mut().rev().filter(|message| message.conversation == BOB);
        messages.into_iter().nth(from_newest).unwrap().format.spoiler = Some(hint.to_owned());
    }
    let show = opened(world, (560, 620));
    let tile = || all::<MediaTile>(&show.window).remove(0);
    until("the tile is there", || !all::<MediaTile>(&show.window).is_empty());
    let said = |text: String, tip: Option<glib::GString>| format!("{text} {}", tip.unwrap_or_default());
    let of_tile = || said(tile().description(), tile().tooltip_text());
    assert!(of_tile().contains("Spoiler: the end") && !of_tile().contains("die"), "{}", of_tile());
    show.picture("shared-media-covered");
    assert!(!tile().has_picture());
    let grid = tile().ancestor(gtk::GridView::static_type()).unwrap();
    grid.emit_by_name::<()>("activate", &[&0_u32]);
    until("it is seen", || tile().has_picture() && of_tile().contains("both-die.png"));
    assert!(all::<PictureViewer>(&show.window).is_empty(), "one press uncovers it, and no more");
    page(&show, "files");
    let row = || all::<FileRow>(&show.window).remove(0);
    until("the file is there", || !all::<FileRow>(&show.window).is_empty());
    let of_row = || said(row().description(), row().tooltip_text());
    assert!(of_row().starts_with("Spoiler, ") && !of_row().contains("die") && !shows(&show.window, "both-die.pdf"));
    show.picture("shared-files-covered");
    button(&row(), "Show the spoiler").emit_clicked();
    until("it is named", || of_row().contains("both-die.pdf") && shows(&show.window, "both-die.pdf"));
    assert!(fetched(&show, true).is_empty() && fetched(&show, false).is_empty(), "nobody has asked for it");
}

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
