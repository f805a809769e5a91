//! The emoji under a message: each with how many there are, one's own set off. A press puts one's own there or takes it away.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::{gettext, ngettext};
use gtk::glib;

use crate::engine::api::{MessageId, Reaction};

mod imp {
    use super::{Reaction, glib};
    use adw::{prelude::*, subclass::prelude::*};
    use std::cell::RefCell;

    #[derive(Debug, Default)]
    pub struct ReactionBar {
        pub(super) chips: adw::WrapBox,
        pub(super) shown: RefCell<Vec<Reaction>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ReactionBar {
        const NAME: &'static str = "StonechatReactionBar";
        type Type = super::ReactionBar;
        type ParentType = adw::Bin;

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("reactions");
            klass.set_accessible_role(gtk::AccessibleRole::Group);
        }
    }

    impl ObjectImpl for ReactionBar {
        fn constructed(&self) {
            self.parent_constructed();
            self.chips.set_child_spacing(4);
            self.chips.set_line_spacing(4);
            self.obj().set_child(Some(&self.chips));
        }
    }

    impl WidgetImpl for ReactionBar {}
    impl BinImpl for ReactionBar {}
}

glib::wrapper! {
    /// A row of chips.
    pub struct ReactionBar(ObjectSubclass<imp::ReactionBar>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Default for ReactionBar {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl ReactionBar {
    /// Shows what stands under a message; `peer` is what the other side is called.
    pub fn show_reactions(&self, message: MessageId, reactions: &[Reaction], peer: &str, is_at_end: bool) {
        let chips = &self.imp().chips;
        chips.set_align(if is_at_end { 1.0 } else { 0.0 });
        while let Some(chip) = chips.first_child() {
            chips.remove(&chip);
        }
        for reaction in reactions {
            chips.append(&chip(message, reaction, peer));
        }
        self.imp().shown.replace(reactions.to_vec());
    }
}

fn chip(message: MessageId, reaction: &Reaction, peer: &str) -> gtk::Button {
    let count = reaction.by.len();
    let text = if count > 1 { format!("{} {count}", reaction.emoji) } else { reaction.emoji.clone() };
    let chip = gtk::Button::builder()
        .label(&text)
        .css_classes(["reaction"])
        .action_name("conversation.react")
        .action_target(&(message.0, &reaction.emoji).to_variant())
        .build();
    if reaction.is_own {
        chip.add_css_class("own");
    }
    let names = names(reaction, peer);
    chip.set_tooltip_text(Some(&names));
    // Translators: an emoji under a message, as a screen reader reads it; {who} has put it there.
    let label = gettext("{emoji}, by {who}").replace("{emoji}", &reaction.emoji).replace("{who}", &names);
    chip.update_property(&[gtk::accessible::Property::Label(&label)]);
    chip
}

/// Who has put an emoji there.
fn names(reaction: &Reaction, peer: &str) -> String {
    let others = reaction.by.len() - usize::from(reaction.is_own);
    let others = match others {
        0 => None,
        1 => Some(peer.to_owned()),
        n => {
            let n = u32::try_from(n).unwrap_or(u32::MAX);
            Some(ngettext("{n} other", "{n} others", n).replace("{n}", &n.to_string()))
        }
    };
    match (reaction.is_own, others) {
        (true, Some(others)) => gettext("you and {others}").replace("{others}", &others),
        (true, None) => gettext("you"),
        (false, others) => others.unwrap_or_default(),
    }
}
