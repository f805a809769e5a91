//! Sound as bars beside each other: what has been played in the colour of the text, the rest dimmer.

use gtk::{glib, prelude::*, subclass::prelude::*};

/// In the window's pixels.
const BAR: f32 = 2.5;
const GAP: f32 = 1.5;
/// So many that come one by one are remembered; more than any window has room for.
const MOST_LIVE: usize = 4_000;

mod imp {
    use super::{BAR, GAP, glib};
    use gtk::{graphene, gsk, prelude::*, subclass::prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Debug, Default)]
    pub struct Bars {
        pub(super) heights: RefCell<Vec<f32>>,
        /// From 0 to 1.
        pub(super) played: Cell<f64>,
        /// They come in at the end, one by one; what has no room any more is out of sight.
        pub(super) is_live: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Bars {
        const NAME: &'static str = "StonechatBars";
        type Type = super::Bars;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("bars");
            klass.set_accessible_role(gtk::AccessibleRole::Presentation);
        }
    }

    impl ObjectImpl for Bars {}

    impl WidgetImpl for Bars {
        fn measure(&self, orientation: gtk::Orientation, _: i32) -> (i32, i32, i32, i32) {
            match orientation {
                gtk::Orientation::Horizontal => (60, 170, -1, -1),
                _ => (30, 30, -1, -1),
            }
        }

        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            let widget = self.obj();
            let (width, height) = (widget.width() as f32, widget.height() as f32);
            let heights = self.heights.borrow();
            let room = ((width + GAP) / (BAR + GAP)).floor() as usize;
            if heights.is_empty() || room == 0 {
                return;
            }
            let is_live = self.is_live.get();
            let count = room.min(heights.len());
            let heights = if is_live { &heights[heights.len() - count..] } else { &heights[..] };
            let step = if is_live { BAR + GAP } else { (width + GAP) / count as f32 };
            let begin = if is_live { width + GAP - step * count as f32 } else { 0.0 };
            let colour = widget.color();
            let mut dim = colour;
            dim.set_alpha(colour.alpha() * 0.35);
            let is_rtl = widget.direction() == gtk::TextDirection::Rtl;
            for n in 0..count {
                // The loudest of those that share a bar.
                let (from, to) = (n * heights.len() / count, (n + 1) * heights.len() / count);
                let level = heights[from..to.max(from + 1)].iter().copied().fold(0.0, f32::max);
                let tall = (level * height).clamp(BAR, height);
                let x = begin + n as f32 * step;
                let x = if is_rtl { width - x - BAR } else { x };
                let bounds = graphene::Rect::new(x, (height - tall) / 2.0, BAR, tall);
                let is_played = is_live || (n as f64 + 0.5) / count as f64 <= self.played.get();
                snapshot.push_rounded_clip(&gsk::RoundedRect::from_rect(bounds, BAR / 2.0));
                snapshot.append_color(if is_played { &colour } else { &dim }, &bounds);
                snapshot.pop();
            }
        }
    }
}

glib::wrapper! {
    /// The picture of a sound.
    pub struct Bars(ObjectSubclass<imp::Bars>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Bars {
    /// Heights from 0 to 1.
    pub fn set_heights(&self, heights: &[f32]) {
        if *self.imp().heights.borrow() != heights {
            self.imp().heights.replace(heights.to_vec());
            self.queue_draw();
        }
    }

    /// Shows how loud it is by now, as a height from 0 to 1, beside what was before.
    pub fn push(&self, height: f32) {
        let imp = self.imp();
        imp.is_live.set(true);
        let mut heights = imp.heights.borrow_mut();
        if heights.len() >= MOST_LIVE {
            heights.drain(..MOST_LIVE / 2);
        }
        heights.push(height);
        self.queue_draw();
    }

    /// How much has been played, from 0 to 1.
    pub fn set_played(&self, played: f64) {
        if (self.imp().played.replace(played) - played).abs() > f64::EPSILON {
            self.queue_draw();
        }
    }
}
