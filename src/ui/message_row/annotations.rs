//! What stands beside a message's text: what it answers, that it was edited, the emoji under it.

use gtk::{prelude::*, subclass::prelude::*};

use super::MessageRow;
use crate::{
    engine::api::Timestamp,
    ui::{lane::Lane, reaction_bar::ReactionBar, undo_bar::UndoBar},
};

impl MessageRow {
    /// While it can be taken back, how long still.
    fn show_undo(&self, until: Option<Timestamp>) {
        let known = self.imp().undo.borrow().clone();
        let bar = match (until, known) {
            (None, None) => return,
            (Some(_), None) => {
                let bar = UndoBar::default();
                self.append(&bar);
                self.imp().undo.replace(Some(bar.clone()));
                bar
            }
            (_, Some(bar)) => bar,
        };
        bar.set_until(until);
    }

    /// What stands beside the text.
    pub(super) fn show_annotations(&self) {
        let Some(message) = self.message() else { return };
        let imp = self.imp();
        let annotations = message.annotations();
        let peer = imp.peer.borrow();
        imp.bubble.set_quote(annotations.quote.as_ref(), &peer);
        // What is said of a link in a covered text would tell it.
        let links: &[_] = if message.is_covered() { &[] } else { &annotations.links };
        imp.bubble.set_links(links);
        imp.bubble.set_edited(annotations.edited_at.is_some());
        if !annotations.reactions.is_empty() {
            let mut known = imp.reactions.borrow_mut();
            let (lane, bar) = known.get_or_insert_with(|| {
                let (lane, bar) = (Lane::default(), ReactionBar::default());
                bar.set_parent(&lane);
                self.insert_child_after(&lane, Some(&*imp.lane));
                (lane, bar)
            });
            lane.set_is_at_end(message.is_outgoing());
            bar.show_reactions(message.id(), &annotations.reactions, &peer, message.is_outgoing());
        }
        if let Some((lane, _)) = &*imp.reactions.borrow() {
            lane.set_visible(!annotations.reactions.is_empty());
        }
        imp.bubble.set_look("deleted", annotations.is_retracted);
        self.show_undo(annotations.held_until);
    }
}
