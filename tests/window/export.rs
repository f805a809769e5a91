//! Taking a conversation elsewhere.

use std::{path::PathBuf, time::Duration};

use adw::prelude::*;
use gtk::glib;
use stonechat::{
    engine::api::{CommandError, ConversationId, ExportFormat, ExportOrder, ExportProgress, Exported},
    ui::{ConversationPage, export, message_row::MessageRow},
};

use crate::{
    show::Show,
    stage::World,
    widgets::{all, button, shows, until},
};

fn begin() -> Show {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    show.open("Bob");
    until("the messages are there", || !all::<MessageRow>(&show.window).is_empty());
    show
}

/// Exports to a file that the person would have chosen.
fn save(show: &Show) -> (async_channel::Sender<ExportProgress>, impl FnOnce(Result<Exported, CommandError>)) {
    let conversation = show.application.messenger().conversation(ConversationId(1)).unwrap();
    let window = show.window.clone().upcast::<gtk::Widget>();
    glib::spawn_future_local(async move {
        let path = PathBuf::from("/nowhere/bob.html");
        let order = ExportOrder { path, format: ExportFormat::Html, has_files: true };
        export::save(&window, &conversation, order).await;
    });
    until("the engine is told", || show.stage.world.borrow().export.is_some());
    let (progress, reply) = show.stage.world.borrow_mut().export.take().unwrap();
    (progress, move |result| reply.send(result))
}

#[gtk::test]
fn the_form_of_an_export_is_a_choice() {
    let show = begin();
    let page = all::<ConversationPage>(&show.window).remove(0);
    page.activate_action("conversation.export", None).unwrap();
    until("the choice is there", || shows(&show.window, "Web page"));
    let checks = all::<gtk::CheckButton>(&show.window);
    assert_eq!(checks.iter().map(gtk::CheckButton::is_active).collect::<Vec<_>>(), [true, false, false]);
    assert!(all::<adw::SwitchRow>(&show.window)[0].is_active(), "with the files, unless one says otherwise");
    show.picture("export");
    button(&show.window, "Cancel").emit_clicked();
    until("it is gone", || !shows(&show.window, "Web page"));
}

#[gtk::test]
fn a_long_export_says_how_far_it_is_and_can_be_given_up() {
    let show = begin();
    let (progress, end) = save(&show);
    let is_shown = || shows(&show.window, "Exporting messages…");
    let pages = progress.clone();
    let telling = glib::timeout_add_local(Duration::from_millis(50), move || {
        let _ = pages.try_send(ExportProgress { done: 40_000, total: 100_000 });
        glib::ControlFlow::Continue
    });
    until("it is shown", is_shown);
    telling.remove();
    let bar = all::<gtk::ProgressBar>(&show.window).remove(0);
    assert!((bar.fraction() - 0.4).abs() < 0.01);
    show.picture("exporting");
    button(&show.window, "Cancel").emit_clicked();
    until("nobody listens any more", || progress.is_closed());
    end(Err(CommandError::Cancelled));
    until("it is gone", || !is_shown());
    assert!(!shows(&show.window, "That did not work"));

    let (progress, end) = save(&show);
    progress.try_send(ExportProgress { done: 30, total: 30 }).unwrap();
    end(Ok(Exported::default()));
    until("it is said", || shows(&show.window, "The messages have been exported"));
    let (_progress, end) = save(&show);
    end(Ok(Exported { missing: 2 }));
    until("it is said", || shows(&show.window, "The messages have been exported, but 2 files could not be copied."));
    button(&show.window, "Close").emit_clicked();
    until("it is gone", || all::<adw::Dialog>(&show.window).is_empty());
    let (_progress, end) = save(&show);
    end(Err(CommandError::File("read-only".to_owned())));
    until("it is said", || shows(&show.window, "That did not work"));
}
