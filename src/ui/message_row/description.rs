//! What a screen reader says of a row.

use gettextrs::gettext;
use gtk::{prelude::*, subclass::prelude::*};

use super::{MessageRow, spoken_text, state_in_words};
use crate::ui::{attachment, error_text, history::day, link_preview::card, message_text, reply_quote};

impl MessageRow {
    /// What a screen reader says of the row.
    pub(super) fn describe(&self) {
        let Some(message) = self.message() else { return };
        let who = if message.is_outgoing() { gettext("You") } else { self.imp().speaker.borrow().clone() };
        let body = spoken_text(&message);
        let body = message_text::with_author(&body, &self.imp().speaker.borrow()).into_owned();
        let body = match message.attachment() {
            Some(file) if !message.is_covered() => attachment::words::description(&file, &body),
            _ => body,
        };
        let file_problem = message.attachment().and_then(|file| file.problem);
        let end = body.char_indices().nth(2_000).map_or(body.len(), |(at, _)| at);
        // Translators: a message as a screen reader reads it.
        let mut label = gettext("{who}, {time}: {text}")
            .replace("{who}", &who)
            .replace("{time}", &day::clock(message.time()))
            .replace("{text}", &body[..end]);
        let annotations = message.annotations();
        let links =
            annotations.links.iter().filter(|_| !message.is_covered()).map(|preview| Some(card::in_words(preview)));
        for addition in [
            message.is_edited().then(|| gettext("Edited")),
            annotations
                .quote
                .as_ref()
                .map(|quote| gettext("Replies to: {text}").replace("{text}", &reply_quote::text(quote))),
            state_in_words(message.state()),
            message.held_until().map(|_| gettext("You can still undo it")),
            // What is wrong with a file has been said.
            message.failure().filter(|_| file_problem.is_none()).map(error_text::send_failure),
            self.imp().unread.is_visible().then(|| gettext("New messages")),
            self.imp().day.is_visible().then(|| self.imp().day.label().to_string()),
        ]
        .into_iter()
        .chain(links)
        .flatten()
        {
            label.push_str(". ");
            label.push_str(&addition);
        }
        self.update_property(&[gtk::accessible::Property::Label(&label)]);
    }
}
