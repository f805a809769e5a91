//! The preferences for files: what is chosen is told to the engine, and what is kept can be deleted.

use adw::prelude::*;
use stonechat::ui::{attachment::words::size, file_preferences::FilePreferences};

use crate::{
    show::Show,
    stage::World,
    widgets::{all, button, shows, until},
};

fn row(page: &FilePreferences, title: &str) -> adw::ComboRow {
    all::<adw::ComboRow>(page).into_iter().find(|row| row.title() == title).expect("the row is there")
}

#[gtk::test]
fn what_comes_by_itself_and_what_stays_is_chosen() {
    let show = Show::begin(World { files_kept: 12_345_678, ..World::lively() });
    until("the choices are told", || show.told("SetFileLimits { unasked: 5000000, kept: Some(2000000000) }") == 1);
    show.application.activate_action("preferences", None);
    let dialogs = || all::<adw::PreferencesDialog>(&show.window);
    until("the dialog is there", || !dialogs().is_empty());
    dialogs()[0].set_visible_page_name("files");
    let pages = || all::<FilePreferences>(&show.window);
    until("the page is there", || !pages().is_empty());
    let page = pages()[0].clone();
    until("the size is there", || shows(&page, &size(12_345_678)));
    show.picture("preferences-files");
    row(&page, "From your contacts").set_selected(0);
    until("nothing comes by itself", || show.told("SetFileLimits { unasked: 0, kept: Some(2000000000) }") == 1);
    let kept = row(&page, "Keep at most");
    kept.set_selected(kept.model().unwrap().n_items() - 1);
    until("all is kept", || show.told("SetFileLimits { unasked: 0, kept: None }") == 1);
    page.activate_action("files.drop", None).unwrap();
    let asked = || all::<adw::AlertDialog>(&show.window);
    until("it is asked", || !asked().is_empty());
    let has_answer = || all::<gtk::Button>(&asked()[0]).iter().any(|b| b.label().as_deref() == Some("_Delete"));
    until("it can be answered", has_answer);
    assert!(asked()[0].body().contains("Not deleted"));
    show.picture("preferences-files-delete");
    button(&show.window, "Delete").emit_clicked();
    until("nothing is kept", || show.stage.world.borrow().files_kept == 0 && shows(&page, &size(0)));
    assert!(
        !all::<gtk::Button>(&page)
            .iter()
            .any(|button| button.is_sensitive() && button.action_name().as_deref() == Some("files.drop"))
    );
}
