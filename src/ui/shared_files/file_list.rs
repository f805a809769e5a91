//! Files and sound as a list, newest first: what they are called, how large they are, and from when.

use adw::prelude::*;
use gettextrs::gettext;
use gtk::{glib, pango, subclass::prelude::*};

use super::{deed, origin, scrolled, who};
use crate::{
    engine::api::AttachmentKind,
    model::{FoundMessage, MessageSearch},
    ui::{attachment::words, list_row, media::clock, spoiler, time_text},
};

mod imp {
    use super::{FoundMessage, glib};
    use gtk::{prelude::*, subclass::prelude::*};
    use std::cell::{OnceCell, RefCell};

    #[derive(Debug, Default, glib::Properties)]
    #[properties(wrapper_type = super::FileRow)]
    pub struct FileRow {
        /// What a screen reader says of the row.
        #[property(get, set)]
        pub description: RefCell<String>,
        pub(super) found: OnceCell<FoundMessage>,
        pub(super) handler: RefCell<Option<glib::SignalHandlerId>>,
        pub(super) opening: gtk::Button,
        pub(super) name: gtk::Label,
        pub(super) about: gtk::Label,
        pub(super) saving: gtk::Button,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for FileRow {
        const NAME: &'static str = "StonechatFileRow";
        type Type = super::FileRow;
        type ParentType = gtk::Box;
    }

    #[glib::derived_properties]
    impl ObjectImpl for FileRow {
        fn dispose(&self) {
            if let (Some(found), Some(handler)) = (self.found.get(), self.handler.take()) {
                found.disconnect(handler);
            }
        }
    }
    impl WidgetImpl for FileRow {}
    impl BoxImpl for FileRow {}
}

glib::wrapper! {
    /// A file among others; made anew for each.
    pub struct FileRow(ObjectSubclass<imp::FileRow>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

pub(super) fn new(search: &MessageSearch) -> gtk::ScrolledWindow {
    let factory = gtk::SignalListItemFactory::new();
    factory.connect_bind(|_, item| {
        let Some(item) = item.downcast_ref::<gtk::ListItem>() else { return };
        if let Some(found) = item.item().and_downcast::<FoundMessage>() {
            list_row::fill(item, &FileRow::new(&found));
        }
    });
    factory.connect_unbind(|_, item| {
        if let Some(item) = item.downcast_ref::<gtk::ListItem>() {
            item.set_child(None::<&gtk::Widget>);
        }
    });
    let list = gtk::ListView::new(Some(gtk::NoSelection::new(Some(search.clone()))), Some(factory));
    list.add_css_class("navigation-sidebar");
    list.update_property(&[gtk::accessible::Property::Label(&gettext("Files and sound"))]);
    let files = search.clone();
    list.connect_activate(move |list, position| {
        if let Some(found) = files.hit(position) {
            deed::open(list, &found);
        }
    });
    deed::attach_keys(&list);
    scrolled(&list, search)
}

impl FileRow {
    #[must_use]
    pub fn new(found: &FoundMessage) -> Self {
        let row: Self = glib::Object::builder().property("spacing", 6).build();
        row.add_css_class("conversation-row");
        let imp = row.imp();
        let texts = gtk::Box::builder()
            .orientation(gtk::Orientation::Vertical)
            .valign(gtk::Align::Center)
            .hexpand(true)
            .margin_start(6)
            .spacing(2)
            .build();
        imp.name.set_ellipsize(pango::EllipsizeMode::Middle);
        imp.about.set_ellipsize(pango::EllipsizeMode::End);
        imp.about.set_css_classes(&["caption", "dimmed", "numeric"]);
        for label in [&imp.name, &imp.about] {
            label.set_xalign(0.0);
            texts.append(label);
        }
        let showing = gtk::Button::from_icon_name("find-location-symbolic");
        named(&showing, &gettext("Show in the conversation"));
        showing.set_action_target_value(Some(&deed::place(found)));
        showing.set_action_name(Some("win.show-message"));
        imp.saving.set_icon_name("document-save-symbolic");
        named(&imp.saving, &gettext("Save as…"));
        for button in [&imp.opening, &imp.saving, &showing] {
            button.set_valign(gtk::Align::Center);
            button.add_css_class("flat");
        }
        row.append(&imp.opening);
        row.append(&texts);
        row.append(&imp.saving);
        row.append(&showing);
        let weak = row.downgrade();
        let with_row = move |f: fn(&Self, &FoundMessage)| {
            let weak = weak.clone();
            move || {
                if let Some(row) = weak.upgrade() {
                    f(&row, row.found());
                }
            }
        };
        let open = with_row(deed::open);
        let (on_click, save) = (open.clone(), with_row(deed::save));
        imp.opening.connect_clicked(move |_| on_click());
        imp.saving.connect_clicked(move |_| save());
        deed::attach_menu(&row, found, open);
        let update = with_row(|row, _| row.update());
        imp.handler.replace(Some(found.connect_file_changed(move |_| update())));
        let fresh = imp.found.set(found.clone()).is_ok();
        debug_assert!(fresh);
        row.update();
        row
    }

    pub fn found(&self) -> &FoundMessage {
        self.imp().found.get().expect("it is made of what was found only")
    }

    fn update(&self) {
        let (imp, found) = (self.imp(), self.found());
        let Some(file) = found.attachment() else { return };
        if found.is_covered() {
            return self.update_covered();
        }
        let is_recording = file.kind == AttachmentKind::Audio && words::is_recording(&file.name);
        imp.name.set_label(&if is_recording { gettext("Voice message") } else { file.name.clone() });
        let (icon, label) = deed::opening(found, words::icon(file.kind));
        imp.opening.set_icon_name(icon);
        named(&imp.opening, &label);
        imp.saving.set_visible(file.path.is_some());
        let problem = file.problem.filter(|_| found.transfer().is_none() && file.path.is_none());
        let state = match (found.transfer(), problem) {
            (Some(transfer), _) => vec![words::progress(transfer)],
            (None, Some(problem)) => vec![words::problem(problem, !file.is_uploaded)],
            (None, None) => {
                [file.length.map(clock::length), file.size.map(words::size)].into_iter().flatten().collect()
            }
        };
        let state = state.join(" · ");
        let now = glib::DateTime::now_local().ok();
        let when = now.map(|now| time_text::short(found.time(), &now)).unwrap_or_default();
        let about = |origin: &str| {
            if state.is_empty() { origin.to_owned() } else { format!("{state} · {origin}") }
        };
        imp.about.set_label(&about(&format!("{} · {when}", who(found))));
        let about = about(&origin(found));
        self.set_tooltip_text(Some(&format!("{}\n{about}", file.name)));
        let progress = found.transfer().map(words::progress);
        let parts = [Some(words::description(&file, "")), progress, Some(origin(found))];
        self.set_description(parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    }

    /// What may be read while it is covered: neither what the file is called nor how large it is.
    fn update_covered(&self) {
        let (imp, found) = (self.imp(), self.found());
        let name = spoiler::words(found.excerpt());
        let (icon, label) = deed::opening(found, "");
        imp.name.set_label(&name);
        imp.opening.set_icon_name(icon);
        named(&imp.opening, &label);
        imp.saving.set_visible(false);
        imp.about.set_label(&origin(found));
        self.set_tooltip_text(Some(&format!("{name}\n{}", origin(found))));
        self.set_description(format!("{name}, {}", origin(found)));
    }
}

fn named(button: &gtk::Button, label: &str) {
    button.set_tooltip_text(Some(label));
    button.update_property(&[gtk::accessible::Property::Label(label)]);
}
