//! What is said of the first link in the field: asked for when the person has stopped writing for a moment, if they want that,
//! shown above the field, and given along with the message.
//!
//! Nothing is asked of a link that came into the field by itself, as a draft or out of another link.

use std::{cell::RefCell, time::Duration};

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::Composer;
use crate::{
    engine::{api::LinkPreview, link_preview},
    ui::composer_bar::Purpose,
};

/// How long after the last key a page is asked: before that, half an address may stand there.
const PAUSE: Duration = Duration::from_secs(1);
/// So many answers are kept.
const KEPT: usize = 16;

/// What is known of links that were written.
#[derive(Debug, Default)]
pub struct Known {
    /// What pages have said, the newest last.
    answers: RefCell<Vec<(String, Option<LinkPreview>)>>,
    /// Of these nothing is to be said in the message that is being written.
    left_out: RefCell<Vec<String>>,
    /// What is under way: for which link, and how to end it.
    asking: RefCell<Option<(String, glib::JoinHandle<()>)>>,
}

impl Known {
    /// Whether one knows what there is to be said of a link.
    fn has(&self, url: &str) -> bool {
        self.answers.borrow().iter().any(|(known, _)| known == url)
    }

    fn preview(&self, url: &str) -> Option<LinkPreview> {
        self.answers.borrow().iter().find(|(known, _)| known == url).and_then(|(_, answer)| answer.clone())
    }

    fn keep(&self, url: String, answer: Option<LinkPreview>) {
        let mut answers = self.answers.borrow_mut();
        answers.retain(|(known, _)| *known != url);
        answers.push((url, answer));
        if answers.len() > KEPT {
            answers.remove(0);
        }
    }

    fn stop(&self) {
        if let Some((_, asking)) = self.asking.take() {
            asking.abort();
        }
    }
}

impl Composer {
    /// The text is another; `is_written` by the person, not by ourselves.
    pub(super) fn look_for_link(&self, is_written: bool) {
        let imp = self.imp();
        let known = &imp.links;
        // A file's caption carries none.
        let url = link_preview::first_link(&self.text()).filter(|_| imp.attach_bar.is_empty());
        let url = url.filter(|url| !known.left_out.borrow().contains(url));
        let Some(url) = url else {
            known.stop();
            return imp.link_bar.set_preview(None);
        };
        imp.link_bar.set_preview(known.preview(&url));
        if known.has(&url) {
            return known.stop();
        }
        let is_asking = known.asking.borrow().as_ref().is_some_and(|(asked, _)| *asked == url);
        if is_asking || !is_written || !self.asks_pages() {
            return;
        }
        known.stop();
        let (weak, asked) = (self.downgrade(), url.clone());
        let asking = glib::spawn_future_local(async move {
            glib::timeout_future(PAUSE).await;
            let conversation = weak.upgrade().and_then(|composer| composer.imp().conversation.borrow().clone());
            let Some(conversation) = conversation else { return };
            let answer = conversation.link_preview(asked.clone()).await;
            let Some(composer) = weak.upgrade() else { return };
            // Not to be ended by what follows.
            composer.imp().links.asking.take();
            composer.imp().links.keep(asked, answer);
            composer.look_for_link(false);
        });
        known.asking.replace(Some((url, asking)));
    }

    /// What is said of the link in the field, for the message that it becomes; and the links of which nothing is to be said.
    pub(super) fn take_preview(&self) -> (Option<LinkPreview>, Vec<String>) {
        let left_out = self.imp().links.left_out.borrow().clone();
        self.forget_links_left_out();
        (self.imp().link_bar.preview(), left_out)
    }

    /// It was not sent: of these nothing is to be said either when it is sent again.
    pub(super) fn leave_out_again(&self, links: Vec<String>) {
        self.imp().links.left_out.borrow_mut().extend(links);
    }

    /// Nothing is to be said of the link.
    pub(super) fn leave_out_link(&self) {
        let Some(preview) = self.imp().link_bar.preview() else { return };
        self.imp().links.left_out.borrow_mut().push(preview.url);
        self.look_for_link(false);
        self.imp().text.grab_focus();
    }

    /// Another message is being written.
    pub(super) fn forget_links_left_out(&self) {
        self.imp().links.stop();
        self.imp().links.left_out.borrow_mut().clear();
        // What could not be had may be there the next time.
        self.imp().links.answers.borrow_mut().retain(|(_, answer)| answer.is_some());
    }

    /// What a message says that is to be written anew.
    pub(super) fn know_links(&self, previews: &[LinkPreview]) {
        for preview in previews {
            self.imp().links.keep(preview.url.clone(), Some(preview.clone()));
        }
    }

    /// What is known of links of the message that gets another text.
    pub(super) fn know_links_of(&self, purpose: &Purpose) {
        if let Purpose::Edit { message, .. } = purpose {
            self.know_links(&message.annotations().links);
        }
    }

    /// The person has decided otherwise; what was asked before is forgotten.
    pub(super) fn asks_pages_changed(&self) {
        self.imp().links.stop();
        self.imp().links.answers.borrow_mut().clear();
        self.look_for_link(false);
    }
}
