//! Somebody's picture, or initials on a colour, with a dot that says whether they are there.

use adw::{prelude::*, subclass::prelude::*};
use gettextrs::gettext;
use gtk::{glib, graphene};

use super::avatar_cache;
use crate::model::{Account, Availability, Contact};

/// Below this size an avatar has a smaller dot, so that the dot does not cover the face.
const SMALL: i32 = 36;
/// From here on it has a larger one, so that the dot is seen at all.
const LARGE: i32 = 72;

mod imp {
    use super::{Cell, RefCell, glib, graphene};
    use adw::{prelude::*, subclass::prelude::*};

    #[derive(Debug, Default, glib::Properties)]
    #[properties(wrapper_type = super::AvatarView)]
    pub struct AvatarView {
        #[property(get = Self::size, set = Self::set_size, minimum = 8, maximum = 512, default = 44)]
        pub size: std::marker::PhantomData<i32>,
        #[property(get, set, default = true, construct)]
        pub shows_presence: Cell<bool>,
        pub avatar: adw::Avatar,
        pub dot: RefCell<Option<gtk::Widget>>,
        pub source: RefCell<Option<(glib::Object, Vec<glib::SignalHandlerId>)>>,
        pub hash: RefCell<Option<String>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for AvatarView {
        const NAME: &'static str = "StonechatAvatarView";
        type Type = super::AvatarView;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("avatar-view");
            klass.set_accessible_role(gtk::AccessibleRole::Presentation);
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for AvatarView {
        fn constructed(&self) {
            self.parent_constructed();
            self.avatar.set_show_initials(true);
            self.avatar.set_size(44);
            self.avatar.set_parent(&*self.obj());
            let dot = gtk::Box::builder().css_classes(["presence-dot"]).visible(false).build();
            dot.set_parent(&*self.obj());
            self.dot.replace(Some(dot.upcast()));
            self.obj().set_halign(gtk::Align::Center);
            self.obj().set_valign(gtk::Align::Center);
        }

        fn dispose(&self) {
            self.obj().forget();
            self.avatar.unparent();
            if let Some(dot) = self.dot.take() {
                dot.unparent();
            }
        }
    }

    impl WidgetImpl for AvatarView {
        fn measure(&self, _orientation: gtk::Orientation, _for_size: i32) -> (i32, i32, i32, i32) {
            (self.size(), self.size(), -1, -1)
        }

        fn size_allocate(&self, _width: i32, _height: i32, _baseline: i32) {
            let size = self.size();
            self.avatar.size_allocate(&gtk::Allocation::new(0, 0, size, size), -1);
            if let Some(dot) = self.dot.borrow().as_ref().filter(|dot| dot.is_visible()) {
                // On the circle, at the lower outer corner and within; GTK mirrors nothing by itself here.
                let (_, natural, ..) = dot.measure(gtk::Orientation::Horizontal, -1);
                let edge = (size * 85 / 100 - natural / 2).min(size - natural);
                let x = if self.obj().direction() == gtk::TextDirection::Rtl { size - natural - edge } else { edge };
                #[allow(clippy::cast_precision_loss)] // a few pixels
                let place = gtk::gsk::Transform::new().translate(&graphene::Point::new(x as f32, edge as f32));
                dot.allocate(natural, natural, -1, Some(place));
            }
        }
    }

    impl AvatarView {
        fn size(&self) -> i32 {
            self.avatar.size()
        }

        fn set_size(&self, size: i32) {
            self.avatar.set_size(size);
            self.obj().queue_resize();
        }
    }
}

use std::cell::{Cell, RefCell};

glib::wrapper! {
    /// A picture of a contact or of oneself.
    pub struct AvatarView(ObjectSubclass<imp::AvatarView>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl AvatarView {
    pub fn set_contact(&self, contact: Option<&Contact>) {
        self.forget();
        let Some(contact) = contact else { return };
        let show = |view: &Self, contact: &Contact| {
            view.show(&contact.display_name(), contact.avatar_hash(), contact.avatar_path(), contact.availability());
        };
        self.follow(contact, &[], show);
        show(self, contact);
    }

    pub fn set_account(&self, account: Option<&Account>) {
        self.forget();
        let Some(account) = account else { return };
        let show = |view: &Self, account: &Account| {
            let availability = if account.is_online() { account.availability() } else { Availability::Offline };
            view.show(&account.display_name(), account.avatar_hash(), account.avatar_path(), availability);
        };
        self.follow(account, &["is-online"], show);
        show(self, account);
    }

    /// Shows anew what has changed of the source, which has `others` beside what all have.
    fn follow<T: IsA<glib::Object>>(&self, source: &T, others: &[&str], show: impl Fn(&Self, &T) + Copy + 'static) {
        let handlers = ["display-name", "avatar-path", "availability"]
            .iter()
            .chain(others)
            .map(|&property| {
                let weak = self.downgrade();
                source.connect_notify_local(Some(property), move |source, _| {
                    if let Some(view) = weak.upgrade() {
                        show(&view, source);
                    }
                })
            })
            .collect();
        self.imp().source.replace(Some((source.clone().upcast(), handlers)));
    }

    fn forget(&self) {
        if let Some((source, handlers)) = self.imp().source.take() {
            for handler in handlers {
                source.disconnect(handler);
            }
        }
    }

    fn show(&self, name: &str, hash: Option<String>, path: Option<String>, availability: Availability) {
        let imp = self.imp();
        imp.avatar.set_text(Some(name));
        self.show_presence(availability);
        if *imp.hash.borrow() == hash {
            return;
        }
        imp.hash.replace(hash.clone());
        let (Some(hash), Some(path)) = (hash, path) else {
            return imp.avatar.set_custom_image(None::<&gtk::gdk::Paintable>);
        };
        let pixels = u32::try_from(self.size() * self.scale_factor()).unwrap_or(44);
        if let Some(texture) = avatar_cache::cached(&hash, pixels) {
            return imp.avatar.set_custom_image(Some(&texture));
        }
        imp.avatar.set_custom_image(None::<&gtk::gdk::Paintable>);
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let texture = avatar_cache::load(&hash, path.as_ref(), pixels).await;
            // A row that was recycled meanwhile shows somebody else.
            if let Some(view) = weak.upgrade().filter(|view| view.imp().hash.borrow().as_ref() == Some(&hash)) {
                view.imp().avatar.set_custom_image(texture.as_ref());
            }
        });
    }

    fn show_presence(&self, availability: Availability) {
        let dot = self.imp().dot.borrow();
        let Some(dot) = dot.as_ref() else { return };
        let class = match availability {
            Availability::Offline => None,
            Availability::Online | Availability::FreeForChat => Some("online"),
            Availability::Away | Availability::ExtendedAway => Some("away"),
            Availability::DoNotDisturb => Some("busy"),
        };
        dot.set_visible(self.shows_presence() && class.is_some());
        let size = match self.size() {
            ..SMALL => Some("small"),
            LARGE.. => Some("large"),
            _ => None,
        };
        dot.set_css_classes(&[&["presence-dot"], class.as_slice(), size.as_slice()].concat());
    }
}

/// An availability in words.
#[must_use]
pub fn availability_text(availability: Availability) -> String {
    match availability {
        Availability::Offline => gettext("Offline"),
        Availability::ExtendedAway => gettext("Away for long"),
        Availability::Away => gettext("Away"),
        Availability::DoNotDisturb => gettext("Do not disturb"),
        Availability::Online => gettext("Online"),
        Availability::FreeForChat => gettext("Free for chat"),
    }
}
