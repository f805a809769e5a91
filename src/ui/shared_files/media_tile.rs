//! A picture or a video as a square: itself, as far as it is here, or what is known of it.
//!
//! Reads and fetches nothing before it comes into sight.

use gettextrs::gettext;
use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

use super::{deed, origin};
use crate::{
    engine::api::AttachmentKind,
    model::FoundMessage,
    ui::{
        attachment::{picture_cache, words},
        spoiler,
    },
};

/// So large a square is wanted, in the window's pixels.
const SIDE: i32 = 120;
const LEAST_SIDE: i32 = 72;

mod imp {
    use super::{FoundMessage, LEAST_SIDE, SIDE, gdk, glib};
    use gtk::{graphene, prelude::*, subclass::prelude::*};
    use std::{
        cell::{Cell, OnceCell, RefCell},
        path::PathBuf,
    };

    #[derive(Debug, Default, glib::Properties)]
    #[properties(wrapper_type = super::MediaTile)]
    pub struct MediaTile {
        /// What a screen reader says of it.
        #[property(get, set)]
        pub description: RefCell<String>,
        pub(super) found: OnceCell<FoundMessage>,
        pub(super) handler: RefCell<Option<glib::SignalHandlerId>>,
        pub(super) sign: OnceCell<gtk::Image>,
        pub(super) texture: RefCell<Option<gdk::Texture>>,
        /// Which picture is shown, or is being read.
        pub(super) shown: RefCell<Option<PathBuf>>,
        /// It has been in sight.
        pub(super) is_seen: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for MediaTile {
        const NAME: &'static str = "StonechatMediaTile";
        type Type = super::MediaTile;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("media-tile");
            klass.set_accessible_role(gtk::AccessibleRole::Presentation);
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for MediaTile {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_overflow(gtk::Overflow::Hidden);
            let sign = gtk::Image::builder().pixel_size(24).css_classes(["osd", "sign"]).build();
            sign.set_accessible_role(gtk::AccessibleRole::Presentation);
            sign.set_parent(&*self.obj());
            let fresh = self.sign.set(sign).is_ok();
            debug_assert!(fresh);
        }

        fn dispose(&self) {
            if let (Some(found), Some(handler)) = (self.found.get(), self.handler.take()) {
                found.disconnect(handler);
            }
            while let Some(child) = self.obj().first_child() {
                child.unparent();
            }
        }
    }

    impl WidgetImpl for MediaTile {
        fn request_mode(&self) -> gtk::SizeRequestMode {
            gtk::SizeRequestMode::HeightForWidth
        }

        fn measure(&self, orientation: gtk::Orientation, for_size: i32) -> (i32, i32, i32, i32) {
            match orientation {
                gtk::Orientation::Horizontal => (LEAST_SIDE, SIDE, -1, -1),
                _ if for_size < 0 => (SIDE, SIDE, -1, -1),
                _ => (for_size.max(LEAST_SIDE), for_size.max(LEAST_SIDE), -1, -1),
            }
        }

        fn size_allocate(&self, width: i32, height: i32, _baseline: i32) {
            let Some(sign) = self.sign.get().filter(|sign| sign.should_layout()) else { return };
            let [w, h] = [gtk::Orientation::Horizontal, gtk::Orientation::Vertical].map(|o| sign.measure(o, -1).1);
            let place = gdk::Rectangle::new((width - w) / 2, (height - h) / 2, w, h);
            sign.size_allocate(&place, -1);
        }

        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            if let Some(texture) = self.texture.borrow().as_ref() {
                #[expect(clippy::cast_precision_loss)]
                let [width, height, tw, th] =
                    [self.obj().width(), self.obj().height(), texture.width(), texture.height()]
                        .map(|n| n.max(1) as f32);
                let scale = (width / tw).max(height / th);
                let (w, h) = (tw * scale, th * scale);
                let bounds = graphene::Rect::new((width - w) / 2.0, (height - h) / 2.0, w, h);
                snapshot.append_scaled_texture(texture, gtk::gsk::ScalingFilter::Trilinear, &bounds);
            }
            self.parent_snapshot(snapshot);
        }
    }
}

glib::wrapper! {
    /// A picture or a video among others; made anew for each.
    pub struct MediaTile(ObjectSubclass<imp::MediaTile>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl MediaTile {
    #[must_use]
    pub fn new(found: &FoundMessage) -> Self {
        let tile: Self = glib::Object::new();
        let weak = tile.downgrade();
        let handler = found.connect_file_changed(move |_| {
            if let Some(tile) = weak.upgrade() {
                tile.update();
            }
        });
        tile.imp().handler.replace(Some(handler));
        let fresh = tile.imp().found.set(found.clone()).is_ok();
        debug_assert!(fresh);
        tile.update();
        tile
    }

    pub fn found(&self) -> &FoundMessage {
        self.imp().found.get().expect("it is made of what was found only")
    }

    /// Whether the picture itself has been read.
    pub fn has_picture(&self) -> bool {
        self.imp().shown.borrow().is_some() && self.imp().texture.borrow().is_some()
    }

    /// It has come into sight: a picture that is here is read; whether one that is not is fetched now, the engine decides.
    pub fn come_into_sight(&self) {
        if !self.imp().is_seen.replace(true) {
            self.update();
            let is_missing = self.found().attachment().is_some_and(|file| file.path.is_none());
            if is_missing && self.found().transfer().is_none() && !self.found().is_covered() {
                self.found().conversation().fetch_file(self.found().id(), false);
            }
        }
    }

    /// What may be seen while it is covered: nothing of the picture, not even its colours.
    fn update_covered(&self) {
        let (imp, found) = (self.imp(), self.found());
        if let Some(sign) = imp.sign.get() {
            sign.set_visible(true);
            sign.set_icon_name(Some(deed::opening(found, "").0));
        }
        let text = [spoiler::words(found.excerpt()), origin(found)];
        self.set_description(text.join(", "));
        self.set_tooltip_text(Some(&text.join("\n")));
    }

    fn update(&self) {
        let (imp, found) = (self.imp(), self.found());
        let Some(file) = found.attachment() else { return };
        if found.is_covered() {
            return self.update_covered();
        }
        let is_here = file.path.is_some();
        if let Some(sign) = imp.sign.get() {
            let is_plain = is_here && file.kind == AttachmentKind::Picture && found.transfer().is_none();
            sign.set_visible(!is_plain);
            sign.set_icon_name(Some(deed::opening(found, "media-playback-start-symbolic").0));
        }
        let state = match found.transfer() {
            Some(transfer) => Some(words::progress(transfer)),
            None if is_here => None,
            None => Some(gettext("Not downloaded")),
        };
        let what = words::description(&file, "");
        let parts = [Some(what), state, Some(origin(found))];
        let text = parts.into_iter().flatten().collect::<Vec<_>>();
        self.set_description(text.join(", "));
        self.set_tooltip_text(Some(&text.join("\n")));
        if imp.texture.borrow().is_none() {
            imp.texture.replace(file.thumbhash.as_deref().and_then(picture_cache::placeholder));
            self.queue_draw();
        }
        let path = file.path.filter(|_| imp.is_seen.get() && file.kind == AttachmentKind::Picture);
        let Some(path) = path.filter(|path| imp.shown.borrow().as_ref() != Some(path)) else { return };
        imp.shown.replace(Some(path.clone()));
        let pixels = 2 * SIDE.unsigned_abs() * self.scale_factor().unsigned_abs().clamp(1, 4);
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let texture = picture_cache::load(&path, pixels).await;
            if let (Some(tile), Some(texture)) = (weak.upgrade(), texture) {
                tile.imp().texture.replace(Some(texture));
                tile.queue_draw();
            }
        });
    }
}
