//! How a label's text stands at the widths that its bubble is asked about: laid out once for each, for laying out is most of
//! what a row of the history costs.

use std::cell::Cell;

use gtk::{pango, prelude::*};

/// A text at some width, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    pub lines: i32,
    /// The widest line's width.
    pub width: i32,
    pub height: i32,
    /// The last line's width.
    pub last: i32,
    /// The last line begins at the right.
    pub is_rtl: bool,
}

/// The last answers, and for which widths.
#[derive(Debug, Default)]
pub struct TextFlow {
    known: Cell<[Option<(i32, Flow)>; 2]>,
    /// Of the label's font, language and direction.
    context: Cell<u32>,
}

impl TextFlow {
    /// The text has changed.
    pub fn forget(&self) {
        self.known.set([None; 2]);
    }

    /// How the label's text stands when it is so wide.
    pub fn at(&self, label: &gtk::Label, width: i32) -> Flow {
        let context = label.pango_context().serial();
        if self.context.replace(context) != context {
            self.forget();
        }
        let [newer, older] = self.known.get();
        let mut known = [newer, older].into_iter().flatten();
        if let Some((_, flow)) = known.find(|(at, flow)| is_same(*at, flow.width, width)) {
            return flow;
        }
        let layout = label.layout().copy();
        layout.set_width(width.saturating_mul(pango::SCALE));
        let (widest, height) = layout.pixel_size();
        let lines = layout.line_count();
        let line = layout.line_readonly(lines - 1);
        let flow = Flow {
            lines,
            width: widest,
            height,
            last: line.as_ref().map_or(0, |line| line.pixel_extents().1.width()),
            is_rtl: line.is_some_and(|line| line.resolved_direction() == pango::Direction::Rtl),
        };
        self.known.set([Some((width, flow)), newer]);
        flow
    }
}

/// Whether a text that is `widest` at one width stands the same at another: nothing has less room than it takes, and nothing
/// that was broken has more.
const fn is_same(at: i32, widest: i32, width: i32) -> bool {
    at == width || (widest <= width && width < at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_between_the_widest_line_and_what_was_asked_changes_nothing() {
        assert!(is_same(400, 300, 400));
        assert!(is_same(400, 300, 300));
        assert!(!is_same(400, 300, 299));
        assert!(!is_same(400, 300, 401));
    }
}
