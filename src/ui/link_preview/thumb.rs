//! The picture of a preview: a square that it fills, whose place is there before it has been read.

use gtk::{gdk, glib, graphene, prelude::*, subclass::prelude::*};

use super::texture;

/// In pixels.
const SIDE: i32 = 64;

mod imp {
    use super::{SIDE, gdk, glib, graphene};
    use gtk::{prelude::*, subclass::prelude::*};
    use std::cell::RefCell;

    #[derive(Debug, Default)]
    pub struct Thumb {
        pub(super) bytes: RefCell<Option<Vec<u8>>>,
        pub(super) texture: RefCell<Option<gdk::Texture>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Thumb {
        const NAME: &'static str = "StonechatLinkThumb";
        type Type = super::Thumb;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("thumb");
            // What is to be known of it is said in words beside it.
            klass.set_accessible_role(gtk::AccessibleRole::Presentation);
        }
    }

    impl ObjectImpl for Thumb {
        fn constructed(&self) {
            self.parent_constructed();
            let obj = self.obj();
            // Its corners are round (`history.css`).
            obj.set_overflow(gtk::Overflow::Hidden);
            obj.set_visible(false);
            obj.set_halign(gtk::Align::Start);
            obj.set_valign(gtk::Align::Start);
        }
    }

    impl WidgetImpl for Thumb {
        fn measure(&self, _: gtk::Orientation, _: i32) -> (i32, i32, i32, i32) {
            (SIDE, SIDE, -1, -1)
        }

        #[allow(clippy::cast_precision_loss)] // sides of small pictures
        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            let texture = self.texture.borrow();
            let Some(texture) = &*texture else { return };
            let (width, height) = (self.obj().width() as f32, self.obj().height() as f32);
            let (wide, high) = (texture.width().max(1) as f32, texture.height().max(1) as f32);
            let scale = (width / wide).max(height / high);
            let (wide, high) = (wide * scale, high * scale);
            let place = graphene::Rect::new((width - wide) / 2.0, (height - high) / 2.0, wide, high);
            snapshot.append_scaled_texture(texture, gtk::gsk::ScalingFilter::Trilinear, &place);
        }
    }
}

glib::wrapper! {
    /// The picture of a preview.
    pub struct Thumb(ObjectSubclass<imp::Thumb>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Thumb {
    /// Shows a picture, as a file; without one it takes no place.
    pub fn set_picture(&self, bytes: Option<&[u8]>) {
        let imp = self.imp();
        if imp.bytes.borrow().as_deref() == bytes {
            return;
        }
        imp.bytes.replace(bytes.map(<[u8]>::to_vec));
        self.set_visible(bytes.is_some());
        let known = bytes.and_then(texture::cached);
        let is_known = known.is_some();
        self.set_texture(known);
        let Some(bytes) = bytes.filter(|_| !is_known).map(<[u8]>::to_vec) else { return };
        let weak = self.downgrade();
        glib::spawn_future_local(async move {
            let texture = texture::load(bytes.clone()).await;
            // Meanwhile it may be another's.
            let Some(thumb) = weak.upgrade().filter(|thumb| thumb.imp().bytes.borrow().as_ref() == Some(&bytes)) else {
                return;
            };
            // It was none after all.
            thumb.set_visible(texture.is_some());
            thumb.set_texture(texture);
        });
    }

    fn set_texture(&self, texture: Option<gdk::Texture>) {
        self.imp().texture.replace(texture);
        self.queue_draw();
    }
}
