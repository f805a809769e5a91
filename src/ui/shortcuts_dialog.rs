//! All keyboard shortcuts, as the application has them: what is listed here is what works.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::glib;

mod imp {
    use super::glib;
    use adw::subclass::prelude::*;
    use gtk::CompositeTemplate;

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/shortcuts_dialog.ui")]
    pub struct ShortcutsDialog {
        #[template_child]
        pub(super) page: TemplateChild<adw::PreferencesPage>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ShortcutsDialog {
        const NAME: &'static str = "StonechatShortcutsDialog";
        type Type = super::ShortcutsDialog;
        type ParentType = adw::Dialog;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for ShortcutsDialog {}
    impl WidgetImpl for ShortcutsDialog {}
    impl AdwDialogImpl for ShortcutsDialog {}
}

glib::wrapper! {
    /// The list of shortcuts.
    pub struct ShortcutsDialog(ObjectSubclass<imp::ShortcutsDialog>)
        @extends adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

/// A group's title, and what each accelerator does.
pub type Group = (String, Vec<(String, Vec<String>)>);

impl ShortcutsDialog {
    /// `groups` name accelerators as `gtk::accelerator_parse` reads them.
    #[must_use]
    pub fn new(groups: &[Group]) -> Self {
        let dialog: Self = glib::Object::new();
        for (title, shortcuts) in groups {
            let group = adw::PreferencesGroup::builder().title(title).build();
            for (label, accelerators) in shortcuts {
                group.add(&row(label, accelerators));
            }
            dialog.imp().page.add(&group);
        }
        dialog
    }
}

fn row(label: &str, accelerators: &[String]) -> adw::ActionRow {
    let texts: Vec<String> = accelerators.iter().filter_map(|accelerator| readable(accelerator)).collect();
    let row = adw::ActionRow::builder().title(label).build();
    let keys = gtk::Box::new(gtk::Orientation::Horizontal, 6);
    for text in &texts {
        keys.append(
            &gtk::Label::builder().label(text).css_classes(["keycap", "numeric"]).valign(gtk::Align::Center).build(),
        );
    }
    row.add_suffix(&keys);
    row.upcast_ref::<gtk::Widget>().update_property(&[gtk::accessible::Property::Label(&format!(
        "{label}: {}",
        texts.join(&format!(" {} ", gettext("or")))
    ))]);
    row
}

fn readable(accelerator: &str) -> Option<String> {
    let (key, modifiers) = gtk::accelerator_parse(accelerator)?;
    Some(gtk::accelerator_get_label(key, modifiers).into())
}
