//! A contact in a list: picture, name, and what they say of themselves.

use std::cell::RefCell;

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{AvatarView, avatar_view::availability_text, list_row};
use crate::model::Contact;

mod imp {
    use super::{AvatarView, Contact, RefCell, glib};
    use gtk::{prelude::*, subclass::prelude::*};

    #[derive(Debug, Default, glib::Properties)]
    #[properties(wrapper_type = super::ContactRow)]
    pub struct ContactRow {
        pub avatar: RefCell<Option<AvatarView>>,
        pub name: gtk::Label,
        pub status: gtk::Label,
        /// What a screen reader says of the row. The item of the list around it has the name: that is what gets the focus.
        #[property(get, set)]
        pub description: RefCell<String>,
        pub shown: RefCell<Option<(Contact, glib::SignalHandlerId)>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ContactRow {
        const NAME: &'static str = "StonechatContactRow";
        type Type = super::ContactRow;
        type ParentType = gtk::Box;
    }

    #[glib::derived_properties]
    impl ObjectImpl for ContactRow {
        fn constructed(&self) {
            self.parent_constructed();
            let row = self.obj();
            row.set_spacing(12);
            row.add_css_class("conversation-row");
            let avatar: AvatarView = glib::Object::builder().property("size", 36).build();
            row.append(&avatar);
            self.avatar.replace(Some(avatar));
            let texts = gtk::Box::builder()
                .orientation(gtk::Orientation::Vertical)
                .valign(gtk::Align::Center)
                .hexpand(true)
                .build();
            for label in [&self.name, &self.status] {
                label.set_xalign(0.0);
                label.set_ellipsize(gtk::pango::EllipsizeMode::End);
                texts.append(label);
            }
            self.status.set_css_classes(&["caption", "dimmed"]);
            row.append(&texts);
        }

        fn dispose(&self) {
            self.obj().set_contact(None);
        }
    }
    impl WidgetImpl for ContactRow {}
    impl BoxImpl for ContactRow {}
}

glib::wrapper! {
    /// One row of a list of contacts.
    pub struct ContactRow(ObjectSubclass<imp::ContactRow>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl Default for ContactRow {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl ContactRow {
    /// Shows another contact, or none.
    pub fn set_contact(&self, contact: Option<&Contact>) {
        let imp = self.imp();
        if let Some((contact, handler)) = imp.shown.take() {
            contact.disconnect(handler);
        }
        if let Some(avatar) = imp.avatar.borrow().as_ref() {
            avatar.set_contact(contact);
        }
        let Some(contact) = contact else { return };
        let weak = self.downgrade();
        let handler = contact.connect_notify_local(None, move |contact, _| {
            if let Some(row) = weak.upgrade() {
                row.update(contact);
            }
        });
        imp.shown.replace(Some((contact.clone(), handler)));
        self.update(contact);
    }

    fn update(&self, contact: &Contact) {
        let imp = self.imp();
        let name = contact.display_name();
        imp.name.set_label(&name);
        let availability = availability_text(contact.availability());
        let line = contact.status().unwrap_or_else(|| contact.address_text());
        imp.status.set_label(&line);
        self.set_description(format!("{name}, {availability}, {line}"));
    }
}

/// Makes such rows for a list of contacts.
#[must_use]
pub fn factory() -> gtk::SignalListItemFactory {
    let factory = gtk::SignalListItemFactory::new();
    factory.connect_setup(|_, item| {
        if let Some(item) = item.downcast_ref::<gtk::ListItem>() {
            list_row::fill(item, &ContactRow::default());
        }
    });
    let row = |item: &glib::Object| {
        item.downcast_ref::<gtk::ListItem>().and_then(ListItemExt::child).and_downcast::<ContactRow>()
    };
    factory.connect_bind(move |_, item| {
        if let (Some(row), Some(item)) = (row(item), item.downcast_ref::<gtk::ListItem>()) {
            row.set_contact(item.item().and_downcast::<Contact>().as_ref());
        }
    });
    factory.connect_unbind(move |_, item| {
        if let Some(row) = row(item) {
            row.set_contact(None);
        }
    });
    factory
}
