//! A picture at any size: as large as fits, or larger, to be scrolled.

use gtk::{gdk, glib, prelude::*, subclass::prelude::*};

/// A picture's pixel on so many of the window's at most.
const MOST: f64 = 16.0;
const LEAST: f64 = 0.05;
/// What one step does.
const STEP: f64 = 1.25;

mod imp {
    use super::{fit, gdk, glib};
    use gtk::{graphene, prelude::*, subclass::prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Debug, Default)]
    pub struct ZoomArea {
        pub(super) texture: RefCell<Option<gdk::Texture>>,
        /// How much larger than its pixels; none: as large as fits.
        pub(super) zoom: Cell<Option<f64>>,
        /// As large as fits is also larger than it is.
        pub(super) may_grow: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ZoomArea {
        const NAME: &'static str = "StonechatZoomArea";
        type Type = super::ZoomArea;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("zoom-area");
            klass.set_accessible_role(gtk::AccessibleRole::Img);
        }
    }

    impl ObjectImpl for ZoomArea {}

    impl WidgetImpl for ZoomArea {
        fn measure(&self, orientation: gtk::Orientation, _for_size: i32) -> (i32, i32, i32, i32) {
            let (Some(texture), Some(zoom)) = (&*self.texture.borrow(), self.zoom.get()) else { return (0, 0, -1, -1) };
            let side = if orientation == gtk::Orientation::Horizontal { texture.width() } else { texture.height() };
            #[expect(clippy::cast_possible_truncation)]
            let side = (f64::from(side) * zoom).round() as i32;
            (side, side, -1, -1)
        }

        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            let Some(texture) = self.texture.borrow().clone() else { return };
            let (width, height) = (f64::from(self.obj().width()), f64::from(self.obj().height()));
            let (pw, ph) = (f64::from(texture.width()), f64::from(texture.height()));
            let zoom = self.zoom.get().unwrap_or_else(|| fit((pw, ph), (width, height), self.may_grow.get()));
            let (w, h) = (pw * zoom, ph * zoom);
            #[expect(clippy::cast_possible_truncation)]
            let [x, y, w, h] = [(width - w) / 2.0, (height - h) / 2.0, w, h].map(|n| n as f32);
            // Single pixels are seen as such.
            let filter = if zoom > 3.0 { gtk::gsk::ScalingFilter::Nearest } else { gtk::gsk::ScalingFilter::Trilinear };
            snapshot.append_scaled_texture(&texture, filter, &graphene::Rect::new(x, y, w, h));
        }
    }
}

/// How much larger a picture can be shown in a place; never larger than it is, unless it may grow.
fn fit(picture: (f64, f64), place: (f64, f64), may_grow: bool) -> f64 {
    let most = if may_grow { MOST } else { 1.0 };
    (place.0 / picture.0.max(1.0)).min(place.1 / picture.1.max(1.0)).clamp(0.001, most)
}

glib::wrapper! {
    /// A picture to look at closely.
    pub struct ZoomArea(ObjectSubclass<imp::ZoomArea>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl ZoomArea {
    /// Shows a picture, as large as fits.
    pub fn set_texture(&self, texture: Option<gdk::Texture>) {
        self.imp().texture.replace(texture);
        self.set_zoom(None);
        self.queue_draw();
    }

    /// Whether what fits is shown larger than it is, as films are.
    pub fn set_may_grow(&self, may_grow: bool) {
        self.imp().may_grow.set(may_grow);
        self.queue_draw();
    }

    /// Shows the next picture of an animation.
    pub fn set_frame(&self, texture: gdk::Texture) {
        self.imp().texture.replace(Some(texture));
        self.queue_draw();
    }

    pub fn texture(&self) -> Option<gdk::Texture> {
        self.imp().texture.borrow().clone()
    }

    pub fn zoom(&self) -> Option<f64> {
        self.imp().zoom.get()
    }

    /// How large it is shown now.
    pub fn shown_zoom(&self) -> f64 {
        let place = (f64::from(self.width()), f64::from(self.height()));
        let size = self.texture().map_or((1.0, 1.0), |texture| (texture.width().into(), texture.height().into()));
        self.zoom().unwrap_or_else(|| fit(size, place, self.imp().may_grow.get()))
    }

    pub fn set_zoom(&self, zoom: Option<f64>) {
        let zoom = zoom.map(|zoom| zoom.clamp(LEAST, MOST));
        if self.imp().zoom.replace(zoom) != zoom {
            self.queue_resize();
        }
    }

    /// So many steps larger, or smaller.
    pub fn step(&self, steps: i32) {
        self.set_zoom(Some(self.shown_zoom() * STEP.powi(steps)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_fits_and_is_not_blown_up() {
        for (picture, place, expected) in [
            ((1_000.0, 500.0), (500.0, 500.0), 0.5),
            ((500.0, 1_000.0), (500.0, 500.0), 0.5),
            ((10.0, 10.0), (500.0, 500.0), 1.0),
            ((0.0, 0.0), (0.0, 0.0), 0.001),
        ] {
            assert!((fit(picture, place, false) - expected).abs() < 1e-9, "{picture:?} in {place:?}");
        }
        assert!((fit((320.0, 180.0), (640.0, 640.0), true) - 2.0).abs() < 1e-9, "a film may grow");
    }
}
