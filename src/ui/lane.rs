//! Room for one bubble: as wide as the bubble likes to be, at the side where its speaker stands.
//!
//! `halign` does not do this: GTK asks such a child for its width by its height, and text flows the other way round.

use gtk::glib;

/// How much stays free on the other side.
const INDENT: i32 = 48;

mod imp {
    use super::{INDENT, glib};
    use gtk::{prelude::*, subclass::prelude::*};
    use std::cell::Cell;

    #[derive(Debug, Default, glib::Properties)]
    #[properties(wrapper_type = super::Lane)]
    pub struct Lane {
        /// The child stands at the end of the line.
        #[property(get, set = Self::set_is_at_end)]
        is_at_end: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Lane {
        const NAME: &'static str = "StonechatLane";
        type Type = super::Lane;
        type ParentType = gtk::Widget;
        type Interfaces = (gtk::Buildable,);

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("lane");
            klass.set_accessible_role(gtk::AccessibleRole::Presentation);
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for Lane {
        fn dispose(&self) {
            while let Some(child) = self.obj().first_child() {
                child.unparent();
            }
        }
    }

    impl BuildableImpl for Lane {
        fn add_child(&self, builder: &gtk::Builder, child: &glib::Object, type_: Option<&str>) {
            match child.downcast_ref::<gtk::Widget>() {
                Some(child) => child.set_parent(&*self.obj()),
                None => self.parent_add_child(builder, child, type_),
            }
        }
    }

    impl WidgetImpl for Lane {
        fn request_mode(&self) -> gtk::SizeRequestMode {
            gtk::SizeRequestMode::HeightForWidth
        }

        fn measure(&self, orientation: gtk::Orientation, for_size: i32) -> (i32, i32, i32, i32) {
            let Some(child) = self.obj().first_child() else { return (0, 0, -1, -1) };
            if orientation == gtk::Orientation::Horizontal {
                let (minimum, natural, ..) = child.measure(orientation, -1);
                return (minimum + INDENT, natural + INDENT, -1, -1);
            }
            let width = if for_size < 0 { -1 } else { child_width(&child, for_size) };
            let (minimum, natural, ..) = child.measure(orientation, width);
            (minimum, natural, -1, -1)
        }

        fn size_allocate(&self, width: i32, height: i32, _baseline: i32) {
            let Some(child) = self.obj().first_child() else { return };
            let own = child_width(&child, width);
            let is_right = self.is_at_end.get() != (self.obj().direction() == gtk::TextDirection::Rtl);
            child.size_allocate(&gtk::Allocation::new(if is_right { width - own } else { 0 }, 0, own, height), -1);
        }
    }

    impl Lane {
        fn set_is_at_end(&self, is_at_end: bool) {
            if self.is_at_end.replace(is_at_end) != is_at_end {
                self.obj().queue_allocate();
            }
        }
    }

    fn child_width(child: &gtk::Widget, width: i32) -> i32 {
        let (minimum, natural, ..) = child.measure(gtk::Orientation::Horizontal, -1);
        natural.min(width - INDENT).max(minimum)
    }
}

glib::wrapper! {
    /// The line in which a bubble stands.
    pub struct Lane(ObjectSubclass<imp::Lane>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Default for Lane {
    fn default() -> Self {
        glib::Object::new()
    }
}
