//! The spell check of the field: in the language of the conversation that one writes to.

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::Composer;
use crate::ui::{
    spelling::{spell_check::SpellCheck, speller::Speller},
    styled_input,
};

impl Composer {
    /// Asks another speller from now on than that of the process.
    pub fn set_speller(&self, speller: Speller) {
        if let Some(check) = self.imp().spelling.get() {
            check.set_speller(speller);
        }
    }

    pub(super) fn set_up_spelling(&self) {
        let imp = self.imp();
        let weak = self.downgrade();
        let check = SpellCheck::new(&imp.text, &styled_input::menu(), move |language| {
            let conversation = weak.upgrade().and_then(|composer| composer.imp().conversation.borrow().clone());
            if let Some(conversation) = conversation {
                conversation.set_language(language);
            }
        });
        let _ = imp.spelling.set(check);
        self.connect_checks_spelling_notify(|composer| {
            if let Some(check) = composer.imp().spelling.get() {
                check.set_enabled(composer.checks_spelling());
            }
        });
    }

    /// Writes to another conversation: its language holds, as long as one writes to it.
    pub(super) fn follow_language(&self) {
        let imp = self.imp();
        let weak = self.downgrade();
        let conversation = imp.conversation.borrow().clone();
        imp.language_watch.set(conversation.as_ref().map(Cast::upcast_ref::<glib::Object>), move || {
            if let Some(composer) = weak.upgrade() {
                composer.take_language();
            }
        });
        self.take_language();
        if let Some(check) = imp.spelling.get() {
            check.finish();
        }
    }

    fn take_language(&self) {
        let conversation = self.imp().conversation.borrow();
        if let (Some(check), Some(conversation)) = (self.imp().spelling.get(), &*conversation) {
            check.set_subject(conversation.language().as_deref(), &conversation.contact().display_name());
        }
    }
}
