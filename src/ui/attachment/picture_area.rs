//! A picture in its shape: as large before it is there as after, so that nothing moves when it comes.

use gtk::{gdk, glib, subclass::prelude::*};

use gtk::prelude::*;

/// The largest picture in a message.
pub const MOST_WIDTH: i32 = 360;
pub const MOST_HEIGHT: i32 = 360;
/// Room for a button, however flat the picture is.
const LEAST: i32 = 72;
/// Room for a film's controls, however narrow it is.
const WHOLE: i32 = 260;
/// The shape of a picture of which nothing is known.
const UNKNOWN: (u32, u32) = (4, 3);

mod imp {
    use super::{LEAST, Size, UNKNOWN, WHOLE, fit, gdk, glib};
    use gtk::{graphene, prelude::*, subclass::prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Debug)]
    pub struct PictureArea {
        pub(super) dimensions: Cell<(u32, u32)>,
        pub(super) texture: RefCell<Option<gdk::Texture>>,
        /// Nothing of it is cut off: what its shape leaves over stays empty.
        pub(super) is_whole: Cell<bool>,
        /// It only stands for what is to come.
        pub(super) is_placeholder: Cell<bool>,
    }

    impl Default for PictureArea {
        fn default() -> Self {
            Self {
                dimensions: Cell::new(UNKNOWN),
                texture: RefCell::default(),
                is_whole: Cell::default(),
                is_placeholder: Cell::default(),
            }
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for PictureArea {
        const NAME: &'static str = "StonechatPictureArea";
        type Type = super::PictureArea;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("picture-area");
            klass.set_accessible_role(gtk::AccessibleRole::Presentation);
        }
    }

    impl ObjectImpl for PictureArea {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_overflow(gtk::Overflow::Hidden);
        }
    }

    impl WidgetImpl for PictureArea {
        fn request_mode(&self) -> gtk::SizeRequestMode {
            gtk::SizeRequestMode::HeightForWidth
        }

        fn measure(&self, orientation: gtk::Orientation, for_size: i32) -> (i32, i32, i32, i32) {
            let Size { width, height } = fit(self.dimensions.get());
            let width = if self.is_whole.get() { width.max(WHOLE) } else { width };
            match orientation {
                gtk::Orientation::Horizontal => (LEAST.min(width), width, -1, -1),
                _ if for_size < 0 || for_size >= width => (height, height, -1, -1),
                _ => {
                    let scaled = (height * for_size / width.max(1)).max(LEAST.min(height));
                    (scaled, scaled, -1, -1)
                }
            }
        }

        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            let Some(texture) = self.texture.borrow().clone() else { return };
            #[expect(clippy::cast_precision_loss)]
            let [width, height, pw, ph] =
                [self.obj().width(), self.obj().height(), texture.width(), texture.height()].map(|n| n.max(1) as f32);
            // Fills the area; what is very long or flat loses its ends here, and shows them in the viewer.
            let (across, down) = (width / pw, height / ph);
            let scale =
                if self.is_whole.get() && !self.is_placeholder.get() { across.min(down) } else { across.max(down) };
            let (w, h) = (pw * scale, ph * scale);
            let bounds = graphene::Rect::new((width - w) / 2.0, (height - h) / 2.0, w, h);
            snapshot.append_scaled_texture(&texture, gtk::gsk::ScalingFilter::Trilinear, &bounds);
        }
    }
}

/// In the window's pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub width: i32,
    pub height: i32,
}

/// How large a picture stands in a message. Never larger than it is, but for very small ones.
#[must_use]
pub fn fit(dimensions: (u32, u32)) -> Size {
    let (width, height) = (f64::from(dimensions.0.max(1)), f64::from(dimensions.1.max(1)));
    let (width, height) = if dimensions == UNKNOWN { (4_000.0, 3_000.0) } else { (width, height) };
    let scale = (f64::from(MOST_WIDTH) / width).min(f64::from(MOST_HEIGHT) / height).min(1.0);
    #[expect(clippy::cast_possible_truncation)]
    let side = |length: f64, most: i32| ((length * scale).round() as i32).clamp(LEAST, most);
    Size { width: side(width, MOST_WIDTH), height: side(height, MOST_HEIGHT) }
}

glib::wrapper! {
    /// Where a message's picture stands, or will.
    pub struct PictureArea(ObjectSubclass<imp::PictureArea>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl PictureArea {
    /// How large the picture is, where that is known.
    pub fn set_dimensions(&self, dimensions: Option<(u32, u32)>) {
        let dimensions = dimensions.unwrap_or(UNKNOWN);
        if self.imp().dimensions.replace(dimensions) != dimensions {
            self.queue_resize();
        }
    }

    /// Whether all of it is shown, whatever its shape, as with a film.
    pub fn set_whole(&self, is_whole: bool) {
        if self.imp().is_whole.replace(is_whole) != is_whole {
            self.queue_resize();
        }
    }

    /// Shows what stands for a picture: it fills the area, whatever its shape.
    pub fn set_placeholder(&self, texture: Option<gdk::Texture>) {
        self.set_texture(texture);
        self.imp().is_placeholder.set(true);
    }

    pub fn set_texture(&self, texture: Option<gdk::Texture>) {
        self.imp().is_placeholder.set(false);
        self.imp().texture.replace(texture);
        self.queue_draw();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_and_finds_room_for_a_button() {
        for (dimensions, width, height) in [
            ((4_000, 3_000), 360, 270),
            ((3_000, 4_000), 270, 360),
            ((100, 80), 100, 80),
            ((10, 10), 72, 72),
            ((10_000, 10), 360, 72),
            ((1, 100_000), 72, 360),
            (UNKNOWN, 360, 270),
            ((0, 0), 72, 72),
        ] {
            assert_eq!(fit(dimensions), Size { width, height }, "{dimensions:?}");
        }
    }
}
