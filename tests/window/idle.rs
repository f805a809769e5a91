//! What the window does while nothing happens: as little as can be.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
};

use adw::prelude::*;
use gtk::glib;
use stonechat::{
    engine::api::{ConnectStep, ConnectionState, Event, Problem, Timestamp},
    ui::{ConversationRow, Sidebar},
};

use crate::{
    show::Show,
    stage::{self, World},
    widgets::{all, until},
};

type Noted = Rc<RefCell<HashSet<(gtk::Widget, String)>>>;

/// Notes each property of the widgets that is set from now on.
fn noted(widgets: &[gtk::Widget]) -> Noted {
    let noted = Noted::default();
    for widget in widgets {
        let noted = Rc::clone(&noted);
        widget.connect_notify_local(None, move |widget, property| {
            noted.borrow_mut().insert((widget.clone(), format!("{}.{}", widget.type_().name(), property.name())));
        });
    }
    noted
}

fn later(minutes: i32) -> glib::DateTime {
    glib::DateTime::now_local().and_then(|now| now.add_minutes(minutes)).unwrap()
}

#[gtk::test]
fn as_time_passes_only_the_rows_that_read_differently_change() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    let now = later(0);
    let rows = all::<ConversationRow>(&show.window);
    let tell = |now: &glib::DateTime| rows.iter().for_each(|row| row.update_time(now));
    tell(&now);
    let widgets: Vec<gtk::Widget> = rows.iter().flat_map(all).collect();
    let noted = noted(&widgets);
    tell(&now);
    assert!(noted.borrow().is_empty(), "{noted:?}");

    let texts = || rows.iter().map(ConversationRow::description).collect::<Vec<_>>();
    let before = texts();
    let next = later(1);
    tell(&next);
    let changed = before.iter().zip(texts()).filter(|(before, after)| *before != after).count();
    assert!(changed > 0 && changed < rows.len(), "{changed} of {before:?}");
    let count = |wanted: &str| noted.borrow().iter().filter(|(_, property)| property == wanted).count();
    assert_eq!(count("GtkLabel.label"), changed, "{noted:?}");
    assert_eq!(count("StonechatConversationRow.description"), changed);
}

#[gtk::test]
fn nothing_grows_old_in_a_window_that_nobody_can_see() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    let sidebar = all::<Sidebar>(&show.window).remove(0);
    assert!(sidebar.follows_time());
    show.window.minimize();
    until("it stands still", || !sidebar.follows_time());
    show.window.present();
    until("it goes on", || sidebar.follows_time());
}

#[gtk::test]
fn while_the_server_is_away_the_banner_stays_as_it_is() {
    let show = Show::begin(World::lively());
    until("the rows are there", || show.names().len() >= 9);
    let banner = || all::<adw::Banner>(&show.window).into_iter().find(adw::Banner::is_revealed);
    let tell = |state| show.stage.tell(Event::AccountChanged(stage::account(state)));
    let waiting = |seconds: i64| ConnectionState::Waiting {
        retry_at: Timestamp(glib::real_time() / 1_000 + seconds * 1_000),
        problem: Problem::Timeout,
    };
    tell(ConnectionState::Connecting(ConnectStep::Resolving));
    tell(waiting(30));
    until("it is told", || banner().is_some());
    assert_eq!(banner().unwrap().title(), "The server does not answer. Next try within a minute.");
    let noted = noted(&[banner().unwrap().upcast()]);
    // Events of one kind that come together are taken as one, the last.
    let rounds = Cell::new(0);
    let tell_alone = |state| {
        tell(state);
        rounds.set(rounds.get() + 1);
        let nobody = format!("nobody{}@stone.example", rounds.get());
        show.stage.tell(stage::blocked(&[&nobody]));
        let blocked = || show.application.messenger().default_account().unwrap().blocked();
        until("it has been taken", || blocked().iter().any(|entry| entry.to_string() == nobody));
    };
    for seconds in [60, 1, 45] {
        tell_alone(ConnectionState::Connecting(ConnectStep::Resolving));
        tell_alone(ConnectionState::Connecting(ConnectStep::Connecting));
        tell_alone(waiting(seconds));
    }
    assert!(noted.borrow().is_empty(), "{noted:?}");
    tell(ConnectionState::Online);
    until("it is gone", || banner().is_none());
    tell_alone(ConnectionState::Connecting(ConnectStep::Resolving));
    assert!(banner().is_none(), "a connection that comes back at once is no news");
}
