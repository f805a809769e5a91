//! A text with the time and the state in its last line where they fit, and below it where they don't; above it quotations,
//! code and what is between them.
//!
//! Knows what to show, not whose it is.

use gtk::{glib, prelude::*, subclass::prelude::*};

use super::{
    bubble_text::{BubbleText, Flow},
    link_preview::card,
    message_text::Shown,
    reply_quote::ReplyQuote,
    spoiler::SpoilerCover,
};
use crate::engine::api::{LinkPreview, Quote};

/// Between the text's last word and the time.
const GAP: i32 = 10;
/// Between what stands above the text and the text.
const HEAD_GAP: i32 = 6;
/// On both sides of a text below something else; `history.css` has half of it on either side.
const TEXT_PAD: i32 = 12;
/// Between the edge of a picture and the time that stands on it.
const EDGE: i32 = 6;
/// Below the time that stands in the last line of what plays a sound.
const SOUND_EDGE: i32 = 3;
/// How large a few emoji alone are.
const BIG: &str = "320%";

mod imp {
    use super::super::bubble_pieces::BubblePieces;
    use super::{BubbleText, EDGE, Flow, GAP, HEAD_GAP, ReplyQuote, SOUND_EDGE, SpoilerCover, TEXT_PAD, glib};
    use gtk::{CompositeTemplate, prelude::*, subclass::prelude::*};
    use std::cell::{Cell, RefCell};

    #[derive(Debug, Default, CompositeTemplate)]
    #[template(resource = "/im/stonechat/Stonechat/ui/bubble.ui")]
    pub struct Bubble {
        /// What the message answers, and what is said of a covered one.
        #[template_child]
        pub(super) top: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) above: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) pieces: TemplateChild<BubblePieces>,
        #[template_child]
        pub(super) text: TemplateChild<BubbleText>,
        #[template_child]
        pub(super) note: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) edited: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) time: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) state: TemplateChild<gtk::Image>,
        pub(super) marked_words: RefCell<String>,
        /// Made for the first message that has one: few have.
        pub(super) quote: RefCell<Option<ReplyQuote>>,
        pub(super) spoiler: RefCell<Option<SpoilerCover>>,
        /// What is said of links in it, likewise.
        pub(super) links: RefCell<Option<gtk::Box>>,
        /// Stands above the text: the message's file.
        pub(super) head: RefCell<Option<gtk::Widget>>,
        /// That is a picture or a film.
        pub(super) has_picture: Cell<bool>,
        /// How far the last line of what plays a sound goes; 0 for everything else.
        pub(super) tail: Cell<i32>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Bubble {
        const NAME: &'static str = "StonechatBubble";
        type Type = super::Bubble;
        type ParentType = gtk::Widget;

        fn class_init(klass: &mut Self::Class) {
            BubblePieces::ensure_type();
            BubbleText::ensure_type();
            klass.bind_template();
            klass.set_css_name("bubble");
            klass.set_accessible_role(gtk::AccessibleRole::Presentation);
        }

        fn instance_init(obj: &glib::subclass::InitializingObject<Self>) {
            obj.init_template();
        }
    }

    impl ObjectImpl for Bubble {
        fn dispose(&self) {
            if let Some(head) = self.head.take() {
                head.unparent();
            }
            self.dispose_template();
        }
    }

    impl WidgetImpl for Bubble {
        fn request_mode(&self) -> gtk::SizeRequestMode {
            gtk::SizeRequestMode::HeightForWidth
        }

        fn measure(&self, orientation: gtk::Orientation, for_size: i32) -> (i32, i32, i32, i32) {
            let (_, note, ..) = self.note.measure(gtk::Orientation::Horizontal, -1);
            let (minimum, natural) = self.widths(note);
            let (above_minimum, above_natural, ..) = self.above.measure(gtk::Orientation::Horizontal, -1);
            let (minimum, natural) = (minimum.max(above_minimum), natural.max(above_natural));
            let natural = natural.max(self.top_width());
            if orientation == gtk::Orientation::Horizontal {
                return (minimum, natural, -1, -1);
            }
            // It stands at a side of its row and never becomes wider than it likes to be.
            let width = if for_size < 0 { natural } else { for_size.clamp(minimum, natural) };
            let head = self.top_height(width) + self.head_height(width);
            let note_height = self.note.measure(gtk::Orientation::Vertical, note).1;
            if self.is_over_picture() || self.is_beside_sound(width, note) {
                return (head - HEAD_GAP, head - HEAD_GAP, -1, -1);
            }
            if self.is_bare() {
                let height = head + self.height_above(width) + note_height;
                return (height, height, -1, -1);
            }
            let height = self.height_above(width) + self.flow_at(width).height + head;
            let below = if self.fits(width, note) { 0 } else { note_height };
            (height + below, height + below, -1, -1)
        }

        fn size_allocate(&self, width: i32, height: i32, _baseline: i32) {
            let note_width = self.note.measure(gtk::Orientation::Horizontal, -1).1.min(width);
            let note_height = self.note.measure(gtk::Orientation::Vertical, note_width).1;
            let top_height = self.top_height(width);
            if top_height > 0 {
                self.top.size_allocate(&gtk::Allocation::new(0, 0, width, top_height), -1);
            }
            let head_height = top_height + self.head_height(width).min(height);
            if let Some(head) = self.visible_head() {
                let height = (head_height - top_height - HEAD_GAP).max(0);
                head.size_allocate(&gtk::Allocation::new(0, top_height, width, height), -1);
            }
            let above = self.height_above(width);
            if above > 0 {
                self.above.size_allocate(&gtk::Allocation::new(0, head_height, width, above), -1);
            }
            let below = if self.fits(width, note_width) { 0 } else { note_height };
            let text_height = (height - head_height - above - below).max(0);
            self.text.set_child_visible(!self.is_bare());
            // GTK wants a child to have been asked before it is given a place.
            self.text.measure(gtk::Orientation::Horizontal, -1);
            self.text.size_allocate(&gtk::Allocation::new(0, head_height + above, width, text_height), -1);
            let edge = if self.is_over_picture() { EDGE } else { 0 };
            let is_low = self.is_beside_sound(width, note_width);
            let is_rtl = self.obj().direction() == gtk::TextDirection::Rtl;
            let x = if is_rtl { edge } else { width - note_width - edge };
            let y = (height - note_height - if is_low { SOUND_EDGE } else { edge }).max(0);
            self.note.size_allocate(&gtk::Allocation::new(x, y, note_width, note_height), -1);
        }
    }

    impl Bubble {
        /// The height of what stands above the text.
        fn height_above(&self, width: i32) -> i32 {
            self.above.measure(gtk::Orientation::Vertical, width).1
        }

        /// The least width, and the one it likes to have.
        fn widths(&self, note: i32) -> (i32, i32) {
            let flow = self.text.flow_at(self.text.comfortable_width());
            let pad = self.pad();
            let with_note = if self.has_room(flow) { flow.last + pad + GAP + note } else { note };
            // One line may become longer by the time; several are as wide as they are.
            let widest = if flow.lines == 1 { with_note } else { with_note.min(self.text.comfortable_width()) };
            // Words are broken where they must be: the text has no least width that would be more than the time's.
            let minimum = note;
            let natural = (flow.width + pad).max(widest).max(minimum);
            let Some(head) = self.visible_head() else { return (minimum, natural) };
            // The text stays as narrow as what stands above it, or about half as wide as it likes.
            let (head_minimum, head, ..) = head.measure(gtk::Orientation::Horizontal, -1);
            let tail = self.tail.get();
            let head = if tail > 0 && self.is_bare() { head.max(tail + GAP + note) } else { head };
            let minimum = minimum.max(head_minimum);
            (minimum, natural.min(head.max(self.text.comfortable_width() / 2)).max(head).max(minimum))
        }

        /// Nothing is said beside what stands above the text.
        fn is_bare(&self) -> bool {
            self.text.text().is_empty() && self.visible_head().is_some()
        }

        /// The time stands on a picture, which is all that there is.
        pub(super) fn is_over_picture(&self) -> bool {
            self.has_picture.get() && self.is_bare() && !self.above.get_visible()
        }

        /// The time stands in the last line of what plays a sound, if there is room; nothing else is said.
        fn is_beside_sound(&self, width: i32, note: i32) -> bool {
            let tail = self.tail.get();
            tail > 0 && self.is_bare() && !self.above.get_visible() && tail + GAP + note <= width
        }

        /// How wide what stands at the top likes to be; above a file it is as wide as that.
        fn top_width(&self) -> i32 {
            if self.visible_head().is_some() { 0 } else { self.top.measure(gtk::Orientation::Horizontal, -1).1 }
        }

        fn top_height(&self, width: i32) -> i32 {
            self.top.measure(gtk::Orientation::Vertical, width).1
        }

        fn visible_head(&self) -> Option<gtk::Widget> {
            self.head.borrow().clone().filter(WidgetExt::get_visible)
        }

        /// With the space below it.
        fn head_height(&self, width: i32) -> i32 {
            let height = |head: gtk::Widget| head.measure(gtk::Orientation::Vertical, width).1 + HEAD_GAP;
            self.visible_head().map_or(0, height)
        }

        fn fits(&self, width: i32, note: i32) -> bool {
            let flow = self.flow_at(width);
            self.has_room(flow) && flow.last + self.pad() + GAP + note <= width
        }

        /// The text's last line leaves room at the side at which the time stands.
        fn has_room(&self, flow: Flow) -> bool {
            flow.is_rtl == (self.obj().direction() == gtk::TextDirection::Rtl) || self.text.text().is_empty()
        }

        /// How the text stands when the bubble is so wide; what is beside the text in its own box is `pad`.
        fn flow_at(&self, width: i32) -> Flow {
            self.text.flow_at(width - self.pad())
        }

        /// A bubble with something above its text leaves it less room (`history.css`).
        fn pad(&self) -> i32 {
            if self.visible_head().is_some() { TEXT_PAD } else { 0 }
        }
    }
}

glib::wrapper! {
    /// What stands in a message's bubble.
    pub struct Bubble(ObjectSubclass<imp::Bubble>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Bubble {
    /// Shows a text; a few emoji alone are big.
    pub fn set_text(&self, shown: &Shown, is_big_emoji: bool) {
        let imp = self.imp();
        imp.pieces.set_pieces(&shown.above);
        if is_big_emoji {
            imp.text.set_markup(&format!("<span size=\"{BIG}\">{}</span>", shown.markup));
        } else {
            imp.text.set_markup(&shown.markup);
        }
        self.set_look("emoji", is_big_emoji);
        self.show_above();
        self.show_marks();
    }

    /// Says what kind of message it is where that changes sizes. A class of the row would be no good: what it changes further
    /// down is not known yet while the row is measured in the same frame.
    pub fn set_look(&self, name: &str, is_set: bool) {
        let imp = self.imp();
        for widget in
            [self.upcast_ref::<gtk::Widget>(), imp.top.upcast_ref(), imp.text.upcast_ref(), imp.note.upcast_ref()]
        {
            if is_set {
                widget.add_css_class(name);
            } else {
                widget.remove_css_class(name);
            }
        }
    }

    /// Marks these words in the text; none when there are none.
    pub fn mark_words(&self, words: &str) {
        if *self.imp().marked_words.borrow() != words {
            self.imp().marked_words.replace(words.to_owned());
            self.show_marks();
        }
    }

    /// What the message answers, if anything; `peer` is what the other side is called.
    pub fn set_quote(&self, quote: Option<&Quote>, peer: &str) {
        let imp = self.imp();
        if let Some(quote) = quote {
            let mut widget = imp.quote.borrow_mut();
            let widget = widget.get_or_insert_with(|| {
                let new = ReplyQuote::default();
                imp.top.prepend(&new);
                new
            });
            widget.show_quote(quote, peer);
        }
        if let Some(widget) = &*imp.quote.borrow() {
            widget.set_visible(quote.is_some());
        }
        self.show_above();
    }

    /// What may be read of a text that can be covered, and whether it is now; `None` for all others.
    pub fn set_spoiler(&self, hint: Option<&str>, is_covered: bool) {
        let imp = self.imp();
        let mut spoiler = imp.spoiler.borrow_mut();
        if let Some(hint) = hint {
            let widget = spoiler.get_or_insert_with(|| {
                let new = SpoilerCover::default();
                imp.top.append(&new);
                new
            });
            widget.show_hint(hint, is_covered);
        }
        if let Some(widget) = &*spoiler {
            widget.set_visible(hint.is_some());
        }
        drop(spoiler);
        self.show_above();
    }

    /// What is said of links in the message.
    pub fn set_links(&self, previews: &[LinkPreview]) {
        let imp = self.imp();
        if previews.is_empty() && imp.links.borrow().is_none() {
            return;
        }
        let cards = imp
            .links
            .borrow_mut()
            .get_or_insert_with(|| {
                let new = gtk::Box::new(gtk::Orientation::Vertical, 0);
                imp.above.prepend(&new);
                new
            })
            .clone();
        card::show_all(&cards, previews);
        self.show_above();
    }

    pub fn set_edited(&self, is_edited: bool) {
        self.imp().edited.set_visible(is_edited);
    }

    fn show_above(&self) {
        let imp = self.imp();
        let has_quote = imp.quote.borrow().as_ref().is_some_and(WidgetExt::get_visible);
        let has_links = imp.links.borrow().as_ref().is_some_and(WidgetExt::get_visible);
        let has_spoiler = imp.spoiler.borrow().as_ref().is_some_and(WidgetExt::get_visible);
        imp.top.set_visible(has_quote || has_spoiler);
        imp.above.set_visible(has_links || imp.pieces.get_visible());
        self.set_look("over-picture", imp.is_over_picture());
    }

    fn show_marks(&self) {
        let imp = self.imp();
        let words = imp.marked_words.borrow();
        imp.text.mark_words(&words);
        imp.pieces.mark_words(&words);
    }

    /// Puts a widget above the text, for as long as the bubble lives.
    pub fn set_head(&self, head: &impl IsA<gtk::Widget>) {
        // The time may have to be drawn over it.
        head.insert_before(self, Some(&*self.imp().note));
        if let Some(before) = self.imp().head.replace(Some(head.clone().upcast())) {
            before.unparent();
        }
    }

    /// Whether that is a picture, and nothing else: where nothing is said of it, the time stands on it.
    ///
    /// `tail` is how far the last line of what plays a sound goes, for the same reason; 0 for everything else.
    pub fn set_kind_of_head(&self, has_picture: bool, tail: i32) {
        let imp = self.imp();
        if (imp.has_picture.replace(has_picture), imp.tail.replace(tail)) != (has_picture, tail) {
            self.show_above();
            self.queue_resize();
        }
    }

    pub fn set_time(&self, time: &str, tooltip: &str) {
        let imp = self.imp();
        imp.time.set_label(time);
        imp.note.set_tooltip_text(Some(tooltip));
    }

    /// The icon beside the time, and what it means; `None` for a message of somebody else.
    pub fn set_state(&self, state: Option<(&str, &str)>) {
        let image = &self.imp().state;
        image.set_visible(state.is_some());
        if let Some((icon, meaning)) = state {
            image.set_icon_name(Some(icon));
            image.set_tooltip_text(Some(meaning));
        }
    }

    /// What the person has selected.
    pub fn selection(&self) -> Option<String> {
        let imp = self.imp();
        imp.text.selection().or_else(|| imp.pieces.selection())
    }

    pub fn clear_selection(&self) {
        self.imp().text.clear_selection();
        self.imp().pieces.clear_selection();
    }
}
