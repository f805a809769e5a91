//! Parts of the conversation in every state: what plays, what waits to be sent, what is covered, what was shared.

use std::time::Duration;

use adw::prelude::*;
use gtk::gio;
use stonechat::{
    engine::api::{ConversationId, Event, MessageId, Transfer},
    ui::{
        ContactDetails, ConversationPage, FoundRow, SearchFilters,
        attachment::{view::AttachmentView, viewer::PictureViewer},
        media::{playback::playback, recorder::Setup, sound_player::SoundPlayer},
        message_row::MessageRow,
        shared_files::{FileRow, MediaTile},
    },
};

use super::{
    FRAME, Look, begin, dialog, picture,
    world::{self, COVERED, FILM, LAST, LINK, MOVING, SPOKEN, files},
};
use crate::{
    show::{Show, picture_of},
    widgets::{all, until},
};

const BOB: ConversationId = ConversationId(1);

/// Takes a picture of a window.
type Take<'a> = &'a dyn Fn(&Show, &str);

pub fn take(look: &Look, size: (i32, i32)) {
    let show = begin(look, size, world::world());
    let take = |show: &Show, page: &str| picture(look, size.0, show, page);
    until("the rows are there", || show.names().len() >= 4);
    show.open("Bob");
    until("the messages are there", || !all::<MessageRow>(&show.window).is_empty());
    let page = all::<ConversationPage>(&show.window).remove(0);
    take_messages(&show, &page, &take);
    take_viewer(&show, &page, &take);
    take_writing(look, size, &show, &page, &take);
    take_recording(&show, &page, &take);
    take_shared(&show, &page, &take);
    take_search(look, size, &show, &take);
    take_preferences(&show, &take);
}

/// The row of a message, brought into sight.
fn row(page: &ConversationPage, message: MessageId) -> MessageRow {
    page.pane().show_message(message);
    let found =
        || all::<MessageRow>(page).into_iter().rfind(|row| row.message().is_some_and(|shown| shown.id() == message));
    until("the message is in sight", || found().is_some());
    found().unwrap()
}

fn take_messages(show: &Show, page: &ConversationPage, take: Take) {
    let film = &files().film;
    row(page, FILM);
    take(show, "media");
    let view = all::<AttachmentView>(&row(page, FILM)).remove(0);
    view.activate_action("film.toggle", None).unwrap();
    until("its pictures", || {
        playback().frame().is_some() && playback().state(film).position > Duration::from_millis(200)
    });
    playback().pause();
    take(show, "film");
    playback().forget(film);
    let player = all::<SoundPlayer>(&row(page, SPOKEN)).remove(0);
    player.toggle();
    until("the bars", || player.has_bars());
    playback().pause();
    playback().seek(&files().spoken, Duration::from_secs(2));
    take(show, "sound");
    let transfer = Some(Transfer { done: 1_000_000, total: Some(2_345_678) });
    for message in [MOVING, MessageId(FILM.0 + 1)] {
        show.stage.tell(Event::TransferChanged { conversation: BOB, message, transfer });
    }
    row(page, MOVING);
    take(show, "files");
    row(page, MessageId(FILM.0 + 1));
    take(show, "film-comes");
    row(page, LINK);
    take(show, "links");
    let covered = row(page, COVERED);
    take(show, "covered");
    covered.activate_action("message.uncover", None).unwrap();
    row(page, MessageId(COVERED.0 + 1)).activate_action("message.uncover", None).unwrap();
    take(show, "uncovered");
    row(page, LAST);
    take(show, "newest");
    playback().forget(&files().spoken);
}

fn take_viewer(show: &Show, page: &ConversationPage, take: Take) {
    row(page, MessageId(FILM.0 + 2)).activate_action("message.open-file", None).unwrap();
    let viewers = || all::<PictureViewer>(&show.window);
    until("the picture", || viewers().iter().any(PictureViewer::has_picture));
    take(show, "viewer");
    viewers()[0].force_close();
    until("it is closed", || viewers().is_empty());
}

fn take_writing(look: &Look, size: (i32, i32), show: &Show, page: &ConversationPage, take: Take) {
    let composer = page.composer();
    let id = |message: MessageId| Some(message.0.to_variant());
    WidgetExt::activate_action(page, "conversation.answer", id(SPOKEN).as_ref()).unwrap();
    take(show, "answering");
    composer.activate_action("composer.give-up", None).unwrap();
    WidgetExt::activate_action(page, "conversation.edit", id(MessageId(LINK.0 + 1)).as_ref()).unwrap();
    take(show, "editing");
    composer.activate_action("composer.give-up", None).unwrap();
    let buffer = composer.text_view().buffer();
    buffer.set_text("so *bold*, _slanted_, ~gone~, `code`\n> and quoted");
    composer.activate_action("composer.spoiler", None).unwrap();
    take(show, "writing");
    composer.activate_action("composer.spoiler", None).unwrap();
    buffer.select_range(&buffer.start_iter(), &buffer.end_iter());
    composer.text_view().grab_focus();
    composer.text_view().activate_action("menu.popup", None).unwrap();
    let menus = || all::<gtk::PopoverMenu>(&composer.text_view());
    until("the menu", || !menus().is_empty());
    picture_of(&menus()[0], &format!("{}-{}-format", look.name, size.0));
    assert!(menus()[0].width() <= size.0 + FRAME, "the menu needs {}", menus()[0].width());
    menus()[0].popdown();
    until("no menu", || menus().is_empty());
    buffer.set_text("From the journey");
    let bar = composer.attach_bar();
    let paths = [&files().wide, &files().tall, &files().film, &files().spoken];
    bar.add_files(paths.into_iter().map(gio::File::for_path).collect());
    until("the files", || bar.len() == 4);
    take(show, "attached");
    bar.clear();
    buffer.set_text("");
}

fn take_recording(show: &Show, page: &ConversationPage, take: Take) {
    let composer = page.composer();
    let source = Some("audiotestsrc is-live=true wave=ticks tick-interval=300000000".to_owned());
    composer.set_recording_setup(Setup { source, folder: files().folder.join("recordings") });
    let id = Some(SPOKEN.0.to_variant());
    WidgetExt::activate_action(page, "conversation.answer", id.as_ref()).unwrap();
    composer.activate_action("composer.record", None).unwrap();
    let shows = |text: &str| all::<gtk::Label>(&composer).iter().any(|label| label.label() == text);
    until("it records", || shows("0:01"));
    take(show, "recording");
    composer.activate_action("composer.record", None).unwrap();
    until("it waits", || !composer.attach_bar().is_empty());
    take(show, "recorded");
    composer.activate_action("composer.give-up", None).unwrap();
    composer.attach_bar().clear();
}

fn take_shared(show: &Show, page: &ConversationPage, take: Take) {
    page.activate_action("conversation.details", None).unwrap();
    until("the details are there", || !all::<ContactDetails>(&show.window).is_empty());
    let details = all::<ContactDetails>(&show.window).remove(0);
    details.activate_action("details.files", None).unwrap();
    until("the tiles are there", || all::<MediaTile>(&show.window).iter().any(MediaTile::has_picture));
    take(show, "shared-media");
    let mut stacks = all::<adw::ViewStack>(&show.window).into_iter();
    let stack = stacks.rfind(|stack| stack.child_by_name("files").is_some()).unwrap();
    stack.set_visible_child_name("files");
    until("the files are there", || all::<FileRow>(&show.window).len() >= 3);
    take(show, "shared-files");
    let close = || {
        while let Some(dialog) = all::<adw::Dialog>(&show.window).into_iter().next_back() {
            dialog.force_close();
            until("it is closed", || !all::<adw::Dialog>(&show.window).contains(&dialog));
        }
    };
    close();
    let again = all::<ContactDetails>(&show.window);
    if again.is_empty() {
        page.activate_action("conversation.details", None).unwrap();
        until("the details are there", || !all::<ContactDetails>(&show.window).is_empty());
    }
    all::<ContactDetails>(&show.window).remove(0).activate_action("details.links", None).unwrap();
    until("the links are there", || !all::<adw::Dialog>(&show.window).is_empty());
    take(show, "shared-links");
    close();
}

fn take_search(look: &Look, size: (i32, i32), show: &Show, take: Take) {
    let window = show.window.clone();
    // In a narrow window the list is a page of its own.
    let views = all::<adw::NavigationSplitView>(&window);
    views[0].set_show_content(false);
    until("the list is there", || !all::<SearchFilters>(&window).is_empty());
    let filters = all::<SearchFilters>(&window).remove(0);
    let button = filters.child().and_downcast::<gtk::MenuButton>().unwrap();
    button.popup();
    let popover = button.popover().unwrap();
    until("the filters are there", || popover.is_mapped());
    all::<gtk::DropDown>(&popover)[1].set_selected(1);
    picture_of(&popover, &format!("{}-{}-filters-everywhere", look.name, size.0));
    button.popdown();
    until("they are found", || all::<FoundRow>(&window).len() > 3);
    take(show, "search-files");
    let search = all::<gtk::SearchEntry>(&window).remove(0);
    search.emit_by_name::<()>("stop-search", &[]);
}

fn take_preferences(show: &Show, take: Take) {
    for page in ["notifications", "files", "privacy"] {
        show.application.activate_action("preferences", None);
        dialog(show, |show| {
            let dialogs = all::<adw::PreferencesDialog>(&show.window);
            dialogs[0].set_visible_page_name(page);
            take(show, &format!("preferences-{page}"));
        });
    }
}
