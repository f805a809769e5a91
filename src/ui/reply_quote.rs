//! What a message answers, above its text: who wrote it, and how it begins. A press leads there.

use gettextrs::gettext;
use gtk::{glib, pango, prelude::*, subclass::prelude::*};

use super::{attachment::words, spoiler};
use crate::{
    engine::api::{MessageId, Quote},
    model::Message,
    plain_text::{isolated, one_line},
};

mod imp {
    use super::{MessageId, glib, pango};
    use gtk::{prelude::*, subclass::prelude::*};
    use std::cell::Cell;

    #[derive(Debug, Default)]
    pub struct ReplyQuote {
        pub(super) author: gtk::Label,
        pub(super) text: gtk::Label,
        /// What is answered, where it is here.
        pub(super) target: Cell<Option<MessageId>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ReplyQuote {
        const NAME: &'static str = "StonechatReplyQuote";
        type Type = super::ReplyQuote;
        type ParentType = gtk::Button;
    }

    impl ObjectImpl for ReplyQuote {
        fn constructed(&self) {
            self.parent_constructed();
            let lines = gtk::Box::new(gtk::Orientation::Vertical, 0);
            for (label, class) in [(&self.author, "author"), (&self.text, "excerpt")] {
                label.set_xalign(0.0);
                label.set_ellipsize(pango::EllipsizeMode::End);
                label.set_single_line_mode(true);
                label.set_max_width_chars(40);
                label.add_css_class(class);
                lines.append(label);
            }
            let obj = self.obj();
            obj.set_child(Some(&lines));
            obj.set_focusable(false);
            obj.add_css_class("flat");
            obj.add_css_class("reply-quote");
            obj.connect_clicked(super::ReplyQuote::lead_there);
        }
    }

    impl WidgetImpl for ReplyQuote {}
    impl ButtonImpl for ReplyQuote {}
}

glib::wrapper! {
    /// The quote in a bubble.
    pub struct ReplyQuote(ObjectSubclass<imp::ReplyQuote>)
        @extends gtk::Button, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl ReplyQuote {
    /// `peer` is what the other side is called.
    pub fn show_quote(&self, quote: &Quote, peer: &str) {
        let imp = self.imp();
        let author = match &quote.sender {
            _ if quote.is_own => gettext("You"),
            Some(_) => peer.to_owned(),
            None => gettext("A message"),
        };
        let text = text(quote);
        imp.author.set_label(&author);
        imp.text.set_label(&text);
        imp.target.set(quote.message);
        // Where it is not here, nothing leads to it.
        self.set_sensitive(quote.message.is_some());
        // Translators: before a message that answers another one; {text} is that one.
        let label = gettext("Reply to {who}: {text}").replace("{who}", &isolated(&author)).replace("{text}", &text);
        self.update_property(&[gtk::accessible::Property::Label(&label)]);
    }
}

impl Default for ReplyQuote {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl ReplyQuote {
    fn lead_there(&self) {
        let Some(target) = self.imp().target.get() else { return };
        if let Err(error) = self.activate_action("conversation.show-message", Some(&target.0.to_variant())) {
            log::warn!("what is answered is not shown: {error}");
        }
    }
}

/// What is answered, in one line.
#[must_use]
pub fn text(quote: &Quote) -> String {
    match &quote.file {
        _ if quote.is_spoiler => spoiler::words(&quote.text),
        Some((kind, name)) if !quote.is_retracted => words::line(*kind, name, &excerpt(&quote.text, false)),
        _ => excerpt(&quote.text, quote.is_retracted),
    }
}

/// A message that is to be answered or changed, in one line.
#[must_use]
pub fn of(message: &Message) -> String {
    let text = excerpt(&spoiler::readable(message), message.is_retracted());
    match message.attachment().filter(|_| !message.is_covered() && !message.is_retracted()) {
        Some(file) => words::line(file.kind, &file.name, &text),
        None => text,
    }
}

/// A text in one line, or that there is none any more.
#[must_use]
pub fn excerpt(text: &str, is_retracted: bool) -> String {
    if is_retracted { gettext("Message deleted") } else { one_line(text).into_owned() }
}
