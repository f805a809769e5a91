//! Somebody's picture with a dot that tells whether they are there.

use std::path::PathBuf;

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::glib;

use super::{avatar_cache, watch::Watch};
use crate::model::{Account, Availability, Contact};

/// The dot's style class for each availability that has one.
const DOT_CLASSES: [&str; 3] = ["available", "away", "busy"];

mod imp {
    use super::{Watch, glib};
    use adw::subclass::prelude::*;
    use gtk::{CompositeTemplate, prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Default, CompositeTemplate, glib::Properties)]
    #[properties(wrapper_type = super::PersonAvatar)]
    #[template(resource = "/im/stonechat/Stonechat/ui/person_avatar.ui")]
    pub struct PersonAvatar {
        #[template_child]
        pub(super) avatar: TemplateChild<adw::Avatar>,
        #[template_child]
        pub(super) dot: TemplateChild<gtk::Box>,
        /// Edge length in logical pixels.
        #[property(get, set = Self::set_size, default = 44)]
        pub(super) size: Cell<i32>,
        /// The contact or account whose picture this is.
        pub(super) person: Watch,
        /// The picture that is shown or on its way.
        pub(super) shown: RefCell<Option<String>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for PersonAvatar {
        const NAME: &'static str = "StonechatPersonAvatar";
        type Type = super::PersonAvatar;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            klass.bind_template();
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for PersonAvatar {
        fn dispose(&self) {
            self.dispose_template();
        }
    }
    impl WidgetImpl for PersonAvatar {}

    impl PersonAvatar {
        fn set_size(&self, size: i32) {
            self.size.set(size);
            self.avatar.set_size(size);
            if size < 32 {
                self.dot.add_css_class("small");
            }
        }
    }
}

glib::wrapper! {
    /// An avatar with a presence dot.
    pub struct PersonAvatar(ObjectSubclass<imp::PersonAvatar>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl PersonAvatar {
    pub fn set_contact(&self, contact: Option<&Contact>) {
        self.watch(contact.map(Cast::upcast_ref));
    }

    pub fn set_account(&self, account: Option<&Account>) {
        self.watch(account.map(Cast::upcast_ref));
    }

    fn watch(&self, person: Option<&glib::Object>) {
        let weak = self.downgrade();
        let is_another = self.imp().person.set(person, move || {
            if let Some(avatar) = weak.upgrade() {
                avatar.update();
            }
        });
        if is_another {
            self.update();
        }
    }

    fn update(&self) {
        let imp = self.imp();
        let person = imp.person.get();
        let (name, availability, picture) = match &person {
            Some(person) => {
                if let Some(contact) = person.downcast_ref::<Contact>() {
                    (contact.display_name(), contact.availability(), contact.avatar_hash().zip(contact.avatar_path()))
                } else if let Some(account) = person.downcast_ref::<Account>() {
                    let availability = if account.is_online() { account.availability() } else { Availability::Offline };
                    (account.display_name(), availability, account.avatar_hash().zip(account.avatar_path()))
                } else {
                    return;
                }
            }
            None => (String::new(), Availability::Offline, None),
        };
        imp.avatar.set_text(Some(&name));
        self.show_presence(availability);
        self.show_picture(picture);
    }

    fn show_presence(&self, availability: Availability) {
        let dot = &self.imp().dot;
        let class = match availability {
            Availability::Offline => None,
            Availability::Online | Availability::FreeForChat => Some("available"),
            Availability::Away | Availability::ExtendedAway => Some("away"),
            Availability::DoNotDisturb => Some("busy"),
        };
        dot.set_visible(class.is_some());
        for known in DOT_CLASSES {
            if Some(known) == class {
                dot.add_css_class(known);
            } else {
                dot.remove_css_class(known);
            }
        }
    }

    fn show_picture(&self, picture: Option<(String, String)>) {
        let imp = self.imp();
        let hash = picture.as_ref().map(|(hash, _)| hash.clone());
        if *imp.shown.borrow() == hash {
            return;
        }
        imp.shown.replace(hash);
        let Some((hash, path)) = picture else {
            imp.avatar.set_custom_image(None::<&gtk::gdk::Paintable>);
            return;
        };
        let pixels = u32::try_from(imp.avatar.size() * 2).unwrap_or(96);
        if let Some(texture) = avatar_cache::cached(&hash, pixels) {
            imp.avatar.set_custom_image(Some(&texture));
            return;
        }
        // Of a row that is used again, never the picture of whom it showed before.
        imp.avatar.set_custom_image(None::<&gtk::gdk::Paintable>);
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let texture = avatar_cache::load(&hash, &PathBuf::from(path), pixels).await;
            if let Some(this) = weak.upgrade()
                && this.imp().shown.borrow().as_deref() == Some(&hash)
            {
                this.imp().avatar.set_custom_image(texture.as_ref());
            }
        });
    }
}

/// What a presence dot says, in words.
#[must_use]
pub fn availability_text(availability: Availability) -> String {
    match availability {
        Availability::Offline => gettext("Offline"),
        Availability::Online => gettext("Online"),
        Availability::FreeForChat => gettext("Free for chat"),
        Availability::Away => gettext("Away"),
        Availability::ExtendedAway => gettext("Away for long"),
        Availability::DoNotDisturb => gettext("Do not disturb"),
    }
}
