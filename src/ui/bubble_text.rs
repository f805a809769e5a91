//! One text in a bubble: laid out once for each width, selected with the mouse, with links that its row opens and words that
//! are marked.
//!
//! A label would do all that as well, but lays a text out several times before it is shown, and a text's layout is most of
//! what a row of the history costs.

mod flow;
mod links;
mod selecting;

use std::ops::Range;

use gtk::{gdk, glib, pango, prelude::*, subclass::prelude::*};

pub use flow::Flow;

use crate::folding;

/// How many of the words that are looked for are marked.
const MAX_MARKS: usize = 200;
/// The width that a text has by itself at most, in characters.
const MAX_WIDTH_CHARS: i32 = 65;

mod imp {
    use super::{
        Flow, MAX_WIDTH_CHARS, Range,
        flow::TextFlow,
        gdk, glib,
        links::{Kind, Link},
        pango,
        selecting::Selecting,
    };
    use gtk::{graphene, prelude::*, subclass::prelude::*};
    use std::cell::{Cell, OnceCell, RefCell};

    /// What stands behind the name of somebody else, the same in light and dark.
    const NAME_GROUND: gdk::RGBA = gdk::RGBA::new(0.5, 0.5, 0.5, 1.0);
    const NAME_ALPHA: u16 = 0x4000;

    #[derive(Debug, Default)]
    pub struct BubbleText {
        layout: OnceCell<pango::Layout>,
        pub(super) flow: TextFlow,
        /// What it was set from.
        pub(super) markup: RefCell<String>,
        /// What the markup says of the text's looks; `None` for a text that has none.
        pub(super) attributes: RefCell<Option<pango::AttrList>>,
        pub(super) links: RefCell<Vec<Link>>,
        /// Where the words stand that are looked for, in bytes.
        pub(super) marks: RefCell<Vec<Range<usize>>>,
        link_colour: Cell<Option<gdk::RGBA>>,
        pub(super) selecting: Selecting,
        /// The comfortable width, and for which fonts it holds.
        comfortable: Cell<(u32, i32)>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for BubbleText {
        const NAME: &'static str = "StonechatBubbleText";
        type Type = super::BubbleText;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            klass.set_css_name("bubble-text");
            // The row says it all.
            klass.set_accessible_role(gtk::AccessibleRole::Presentation);
        }
    }

    impl ObjectImpl for BubbleText {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().add_controllers();
        }
    }

    impl WidgetImpl for BubbleText {
        fn request_mode(&self) -> gtk::SizeRequestMode {
            gtk::SizeRequestMode::HeightForWidth
        }

        fn measure(&self, orientation: gtk::Orientation, for_size: i32) -> (i32, i32, i32, i32) {
            let comfortable = self.comfortable_width();
            if orientation == gtk::Orientation::Horizontal {
                let natural = self.flow_at(comfortable).width;
                // Words are broken where they must be.
                return (natural.min(comfortable / MAX_WIDTH_CHARS), natural, -1, -1);
            }
            let height = self.flow_at(if for_size < 0 { comfortable } else { for_size }).height;
            (height, height, -1, -1)
        }

        fn query_tooltip(&self, x: i32, y: i32, _is_keyboard: bool, tooltip: &gtk::Tooltip) -> bool {
            match self.obj().link_at(f64::from(x), f64::from(y)) {
                Some(link) => {
                    tooltip.set_markup(Some(&link.title));
                    true
                }
                None => false,
            }
        }

        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            self.show_link_colour();
            let layout = self.laid_out();
            for (x, y, width, height) in self.selected_areas(&layout) {
                let [r, g, b] = accent().map_or([0.5; 3], |colour| [colour.red(), colour.green(), colour.blue()]);
                let colour = gdk::RGBA::new(r, g, b, 0.35);
                snapshot.append_color(&colour, &graphene::Rect::new(x, y, width, height));
            }
            snapshot.append_layout(&layout, &self.obj().color());
        }
    }

    impl BubbleText {
        pub(super) fn layout(&self) -> &pango::Layout {
            self.layout.get_or_init(|| {
                let layout = self.obj().create_pango_layout(None);
                layout.set_wrap(pango::WrapMode::WordChar);
                layout
            })
        }

        /// How the text stands when it is so wide, in pixels.
        pub(super) fn flow_at(&self, width: i32) -> Flow {
            // An answer to this is the style that the widget has now, not the one before its classes changed.
            let _ = self.obj().color();
            self.flow.at(self.layout(), width.max(1))
        }

        /// The layout as it stands in the widget's width.
        pub(super) fn laid_out(&self) -> pango::Layout {
            self.flow.lay_out(self.layout(), self.obj().width().max(1));
            self.layout().clone()
        }

        pub(super) fn comfortable_width(&self) -> i32 {
            let context = self.obj().pango_context();
            let (serial, known) = self.comfortable.get();
            if serial == context.serial() {
                return known;
            }
            let metrics = context.metrics(None, None);
            let character = metrics.approximate_char_width().max(metrics.approximate_digit_width());
            let width = character.saturating_mul(MAX_WIDTH_CHARS) / pango::SCALE;
            self.comfortable.set((context.serial(), width));
            width
        }

        /// Gives the layout its looks anew.
        pub(super) fn decorate(&self) {
            let (links, marks) = (self.links.borrow(), self.marks.borrow());
            let attributes = self.attributes.borrow();
            if links.is_empty() && marks.is_empty() {
                return self.layout().set_attributes(attributes.as_ref());
            }
            let all = attributes.as_ref().and_then(pango::AttrList::copy).unwrap_or_default();
            let (colour, ground) = (self.link_colour.get(), accent_ground());
            for link in &*links {
                let (colour, ground) = match link.kind {
                    Kind::Page => (colour, None),
                    Kind::Person => (colour, Some((NAME_GROUND, NAME_ALPHA))),
                    // As a button that is suggested.
                    Kind::Oneself => (Some(gdk::RGBA::WHITE), ground.map(|ground| (ground, u16::MAX))),
                };
                if let Some([r, g, b]) = colour.map(parts) {
                    insert(&all, pango::AttrColor::new_foreground(r, g, b), &link.range);
                }
                if let Some((ground, alpha)) = ground {
                    let [r, g, b] = parts(ground);
                    insert(&all, pango::AttrColor::new_background(r, g, b), &link.range);
                    insert(&all, pango::AttrInt::new_background_alpha(alpha), &link.range);
                }
            }
            for range in &*marks {
                // The same in light and dark, as a marker pen's.
                insert(&all, pango::AttrColor::new_background(0xffff, 0xd900, 0x5000), range);
                insert(&all, pango::AttrInt::new_background_alpha(u16::MAX), range);
                insert(&all, pango::AttrColor::new_foreground(0, 0, 0), range);
            }
            self.layout().set_attributes(Some(&all));
        }

        /// The accent's colour may have changed, or light have become dark.
        fn show_link_colour(&self) {
            if !self.links.borrow().is_empty() {
                let colour = accent();
                if self.link_colour.replace(colour) != colour {
                    self.decorate();
                }
            }
        }

        /// What is selected, as rectangles: from the left, from the top, width, height.
        fn selected_areas(&self, layout: &pango::Layout) -> Vec<(f32, f32, f32, f32)> {
            let range = self.selecting.range();
            if range.is_empty() {
                return Vec::new();
            }
            let mut areas = Vec::new();
            let mut iter = layout.iter();
            loop {
                if let Some(line) = iter.line_readonly() {
                    let begin = line.start_index();
                    let end = begin + line.length();
                    let (from, to) = (index(range.start).max(begin), index(range.end).min(end));
                    if from < to {
                        let (top, bottom) = iter.line_yrange();
                        let left = iter.line_extents().1.x();
                        for pair in line.x_ranges(from, to).chunks_exact(2) {
                            let (x, width) = (pixels(left + pair[0]), pixels(pair[1] - pair[0]));
                            areas.push((x, pixels(top), width, pixels(bottom - top)));
                        }
                    }
                }
                if !iter.next_line() {
                    return areas;
                }
            }
        }
    }

    /// What links and what is selected are coloured with.
    fn accent() -> Option<gdk::RGBA> {
        adw::is_initialized().then(|| {
            let style = adw::StyleManager::default();
            style.accent_color().to_standalone_rgba(style.is_dark())
        })
    }

    /// What stands behind the name of whoever reads.
    fn accent_ground() -> Option<gdk::RGBA> {
        adw::is_initialized().then(|| adw::StyleManager::default().accent_color().to_rgba())
    }

    fn insert(all: &pango::AttrList, attribute: impl Into<pango::Attribute>, range: &Range<usize>) {
        let mut attribute = attribute.into();
        attribute.set_start_index(u32::try_from(range.start).unwrap_or(u32::MAX));
        attribute.set_end_index(u32::try_from(range.end).unwrap_or(u32::MAX));
        all.insert(attribute);
    }

    fn index(at: usize) -> i32 {
        i32::try_from(at).unwrap_or(i32::MAX)
    }

    fn parts(colour: gdk::RGBA) -> [u16; 3] {
        [colour.red(), colour.green(), colour.blue()].map(sixteen_bits)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a colour's part is between 0 and 1")]
    fn sixteen_bits(part: f32) -> u16 {
        (part.clamp(0.0, 1.0) * 65_535.0).round() as u16
    }

    #[expect(clippy::cast_precision_loss, reason = "pixels of a screen")]
    fn pixels(units: i32) -> f32 {
        units as f32 / pango::SCALE as f32
    }
}

glib::wrapper! {
    /// A text of a message.
    pub struct BubbleText(ObjectSubclass<imp::BubbleText>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Default for BubbleText {
    fn default() -> Self {
        glib::Object::new()
    }
}

impl BubbleText {
    /// Shows markup as `message_markup` makes it.
    pub fn set_markup(&self, markup: &str) {
        let imp = self.imp();
        if *imp.markup.borrow() == markup {
            return;
        }
        imp.markup.replace(markup.to_owned());
        let (plain, links) = links::take_out(markup);
        let parsed = if plain.contains(['<', '&']) {
            pango::parse_markup(&plain, '\0').map(|(attributes, text, _)| (Some(attributes), text))
        } else {
            Ok((None, plain.as_str().into()))
        };
        let (attributes, text, links) = match parsed {
            Ok((attributes, text)) => (attributes, text, links),
            Err(error) => {
                log::warn!("a text has markup that cannot be read: {error}");
                (None, plain.as_str().into(), Vec::new())
            }
        };
        self.show(&text, attributes, links);
    }

    /// Shows a text as it is.
    pub fn set_text(&self, text: &str) {
        self.imp().markup.take();
        self.show(text, None, Vec::new());
    }

    fn show(&self, text: &str, attributes: Option<pango::AttrList>, links: Vec<links::Link>) {
        let imp = self.imp();
        imp.selecting.clear();
        imp.flow.forget();
        imp.attributes.replace(attributes);
        self.set_has_tooltip(!links.is_empty());
        imp.links.replace(links);
        imp.marks.take();
        imp.layout().set_text(text);
        imp.decorate();
        self.queue_resize();
    }

    pub fn text(&self) -> glib::GString {
        self.imp().layout().text()
    }

    /// How the text stands when it is so wide.
    pub fn flow_at(&self, width: i32) -> Flow {
        self.imp().flow_at(width)
    }

    /// How wide the text may become by itself.
    pub fn comfortable_width(&self) -> i32 {
        self.imp().comfortable_width()
    }

    /// Marks these words; none when there are none.
    pub fn mark_words(&self, words: &str) {
        let marks = if words.is_empty() { Vec::new() } else { folding::find(&self.text(), words, MAX_MARKS) };
        if *self.imp().marks.borrow() != marks {
            self.imp().marks.replace(marks);
            self.imp().decorate();
            self.queue_draw();
        }
    }

    /// Where words are marked, in bytes.
    pub fn marks(&self) -> Vec<Range<usize>> {
        self.imp().marks.borrow().clone()
    }

    /// The addresses of whom the text mentions.
    pub fn mentioned(&self) -> Vec<String> {
        let links = self.imp().links.borrow();
        let people = links.iter().filter(|link| link.kind != links::Kind::Page);
        people.map(|link| link.address.clone()).collect()
    }

    /// What the person has selected.
    pub fn selection(&self) -> Option<String> {
        let range = self.imp().selecting.range();
        self.text().get(range).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub fn clear_selection(&self) {
        if self.imp().selecting.clear() {
            self.queue_draw();
        }
    }
}
