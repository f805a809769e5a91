//! A message that was found: with whom, when, and the line that the words stand in.

use std::cell::RefCell;

use gettextrs::gettext;
use gtk::{glib, pango, prelude::*};

use super::{AvatarView, attachment::words, spoiler, time_text};
use crate::{
    model::FoundMessage,
    plain_text::{isolated, one_line},
};

mod imp {
    use super::{RefCell, glib};
    use gtk::{prelude::*, subclass::prelude::*};

    #[derive(Debug, Default, glib::Properties)]
    #[properties(wrapper_type = super::FoundRow)]
    pub struct FoundRow {
        /// What a screen reader says of the row.
        #[property(get, set)]
        pub description: RefCell<String>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for FoundRow {
        const NAME: &'static str = "StonechatFoundRow";
        type Type = super::FoundRow;
        type ParentType = gtk::Box;
    }

    #[glib::derived_properties]
    impl ObjectImpl for FoundRow {}
    impl WidgetImpl for FoundRow {}
    impl BoxImpl for FoundRow {}
}

glib::wrapper! {
    /// One row of a list of found messages; made anew for each.
    pub struct FoundRow(ObjectSubclass<imp::FoundRow>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl FoundRow {
    #[must_use]
    pub fn new(found: &FoundMessage) -> Self {
        let row: Self = glib::Object::builder().property("spacing", 12).build();
        row.add_css_class("conversation-row");
        let contact = found.conversation().contact();
        let avatar: AvatarView = glib::Object::builder().property("size", 36).build();
        avatar.set_contact(Some(&contact));
        row.append(&avatar);

        let label = || gtk::Label::builder().xalign(0.0).ellipsize(pango::EllipsizeMode::End).single_line_mode(true);
        let name = label().label(contact.display_name()).hexpand(true).build();
        let now = glib::DateTime::now_local().ok();
        let when = now.map(|now| time_text::short(found.time(), &now)).unwrap_or_default();
        let time = gtk::Label::builder().label(&when).css_classes(["caption", "dimmed", "numeric"]).build();
        let first = gtk::Box::builder().spacing(6).build();
        first.append(&name);
        first.append(&time);
        let excerpt = label().css_classes(["preview", "dimmed"]).build();
        let (text, marks) = line(found);
        excerpt.set_label(&text);
        excerpt.set_attributes(Some(&marks));
        let texts = gtk::Box::builder()
            .orientation(gtk::Orientation::Vertical)
            .valign(gtk::Align::Center)
            .hexpand(true)
            .spacing(2)
            .build();
        texts.append(&first);
        match found.attachment() {
            None => texts.append(&excerpt),
            Some(file) => {
                let second = gtk::Box::builder().spacing(6).build();
                second.append(&gtk::Image::builder().icon_name(words::icon(file.kind)).css_classes(["dimmed"]).build());
                second.append(&excerpt);
                texts.append(&second);
            }
        }
        row.append(&texts);
        let kind = found.attachment().map(|file| words::kind(file.kind, &file.name));
        let said = [kind, Some(text)].into_iter().flatten().collect::<Vec<_>>().join(", ");
        row.set_description(format!("{}, {when}, {said}", isolated(&contact.display_name())));
        row
    }
}

/// The excerpt, after "You: " where it is our own, with what was looked for set off.
fn line(found: &FoundMessage) -> (String, pango::AttrList) {
    let excerpt = found.excerpt();
    let said = match found.attachment().filter(|file| words::is_recording(&file.name)) {
        _ if found.is_spoiler() => spoiler::words(excerpt),
        // Its name is a date and nothing that anybody would look for.
        Some(file) => excerpt.replacen(&file.name, &words::kind(file.kind, &file.name), 1),
        None => excerpt.to_owned(),
    };
    let text = if found.is_outgoing() { gettext("You: {text}").replace("{text}", &said) } else { said };
    let marks = pango::AttrList::new();
    // What would turn the line round is taken out; the places hold only where that changed nothing.
    let plain = one_line(&text).into_owned();
    if let Some(shift) = text.find(excerpt).filter(|_| plain == text) {
        for range in found.marks() {
            let index = |at: usize| u32::try_from(shift + at).unwrap_or(u32::MAX);
            let mut bold = pango::AttrInt::new_weight(pango::Weight::Bold);
            bold.set_start_index(index(range.start));
            bold.set_end_index(index(range.end));
            marks.insert(bold);
        }
    }
    (plain, marks)
}
