//! Pictures that arrive late: parts of rows that were not there when the row was first shown.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
};

use gtk::{gio::prelude::ListModelExt, prelude::*};
use stonechat::{engine::api::MessageId, ui::message_row::MessageRow};

use crate::stage::Stage;

const NAME: &str = "late-picture";
const HEIGHT: i32 = 210;
/// After how many frames a picture arrives, and in which of how many messages there is one.
const DELAY: u32 = 4;
const EVERY: i64 = 7;

fn picture(row: &MessageRow) -> Option<gtk::Widget> {
    row.last_child().filter(|child| child.widget_name() == NAME)
}

/// Puts a picture into a row; the row becomes that much higher.
pub fn add(row: &MessageRow) {
    if picture(row).is_none() {
        let picture = gtk::Box::builder().name(NAME).height_request(HEIGHT).width_request(240).build();
        row.append(&picture);
    }
}

pub fn remove(row: &MessageRow) {
    if let Some(picture) = picture(row) {
        row.remove(&picture);
    }
}

/// Which pictures have arrived, and which are on their way.
#[derive(Default)]
pub struct Pictures {
    first_seen: RefCell<HashMap<MessageId, u32>>,
    arrived: RefCell<HashSet<MessageId>>,
}

impl Pictures {
    /// Before each frame: what is due arrives. A row that shows another message now has lost its picture.
    pub fn arrive(&self, stage: &Stage, frame: u32) {
        let Some((first, last)) = stage.view().visible_range() else { return };
        for index in first.saturating_sub(20)..last + 20 {
            let Some(row) = stage.row(index) else { continue };
            let Some(message) = row.message().map(|message| message.id()) else { continue };
            if message.0 % EVERY != 0 {
                remove(&row);
                continue;
            }
            let seen = *self.first_seen.borrow_mut().entry(message).or_insert(frame);
            if self.arrived.borrow().contains(&message) || frame >= seen + DELAY {
                self.arrived.borrow_mut().insert(message);
                add(&row);
            }
        }
    }
}

/// Takes every picture out of its row.
pub fn remove_all(stage: &Stage) {
    for index in 0..stage.history().n_items() {
        if let Some(row) = stage.row(index) {
            remove(&row);
        }
    }
}
