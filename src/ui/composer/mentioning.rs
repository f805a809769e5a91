//! Who is mentioned in what stands in the field.

use gtk::{gio, prelude::*, subclass::prelude::*};

use super::Composer;
use crate::{
    engine::api::{BareJid, Mention},
    model::Conversation,
    ui::{
        completion::Completion as _,
        mention_completion::{MentionCompletion, Person},
        mention_marks::MentionMarks,
    },
};

impl Composer {
    pub(super) fn set_up_mentions(&self) {
        let imp = self.imp();
        let _ = imp.marks.set(MentionMarks::new(&imp.text.buffer()));
        let weak = self.downgrade();
        let completion = MentionCompletion::new(self, &imp.text, move |range, address| {
            if let Some(composer) = weak.upgrade()
                && let Some(marks) = composer.imp().marks.get()
            {
                marks.add(&range, address);
            }
        });
        let _ = imp.people.set(completion);
    }

    /// Whoever else talks here can be mentioned.
    pub(in crate::ui) fn set_people_of(&self, conversation: Option<&Conversation>, own: Option<&BareJid>) {
        let people = gio::ListStore::new::<Person>();
        let contact = conversation.map(Conversation::contact);
        if let Some(contact) = contact.filter(|contact| own != Some(contact.address())) {
            let person = Person::new(contact.address().clone());
            contact.bind_property("display-name", &person, "name").sync_create().build();
            people.append(&person);
        }
        if let Some(completion) = self.imp().people.get() {
            completion.set_people(Some(people.upcast()));
        }
    }

    pub(super) fn mentions(&self) -> Vec<Mention> {
        self.imp().marks.get().map(MentionMarks::mentions).unwrap_or_default()
    }

    /// Of a text that has just been put into the field.
    pub(super) fn set_mentions(&self, mentions: &[Mention]) {
        let Some(marks) = self.imp().marks.get() else { return };
        marks.clear();
        for mention in mentions {
            marks.add(&mention.range, mention.address.clone());
        }
    }

    /// The person has typed.
    pub(super) fn update_mentions(&self) {
        if let (Some(marks), Some(people)) = (self.imp().marks.get(), self.imp().people.get()) {
            marks.refresh();
            people.update();
        }
    }
}
