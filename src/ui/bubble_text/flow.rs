//! How a text stands at the widths that it is asked about: laid out once for each, for laying out is most of what a row of the
//! history costs.

use std::cell::Cell;

use gtk::pango;

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
    /// Any line does: where it stands depends on the width.
    has_rtl: bool,
}

/// The last answers, and for which widths.
#[derive(Debug, Default)]
pub struct TextFlow {
    known: Cell<[Option<(i32, Flow)>; 2]>,
    /// Of the font, language and direction.
    context: Cell<u32>,
    /// The width that the layout has now.
    laid_out: Cell<Option<(i32, Flow)>>,
}

impl TextFlow {
    /// The text has changed.
    pub fn forget(&self) {
        self.known.set([None; 2]);
        self.laid_out.set(None);
    }

    /// How the text stands when it is so wide.
    pub fn at(&self, layout: &pango::Layout, width: i32) -> Flow {
        self.notice_context(layout);
        let [newer, older] = self.known.get();
        let mut known = [newer, older].into_iter().flatten();
        if let Some((_, flow)) = known.find(|(at, flow)| is_same(*at, flow.width, width)) {
            return flow;
        }
        layout.set_width(width.saturating_mul(pango::SCALE));
        let flow = measure(layout);
        self.known.set([Some((width, flow)), newer]);
        self.laid_out.set(Some((width, flow)));
        flow
    }

    /// Brings the layout to a width, unless it looks the same as it is.
    pub fn lay_out(&self, layout: &pango::Layout, width: i32) {
        self.notice_context(layout);
        let is_right = |(at, flow): (i32, Flow)| at == width || (is_same(at, flow.width, width) && !flow.has_rtl);
        if !self.laid_out.get().is_some_and(is_right) {
            layout.set_width(width.saturating_mul(pango::SCALE));
            self.laid_out.set(Some((width, measure(layout))));
        }
    }

    fn notice_context(&self, layout: &pango::Layout) {
        let context = layout.context();
        if self.context.replace(context.serial()) != context.serial() {
            self.forget();
            // Pango turns it round for a paragraph that runs the other way than the window does: each stands where it begins.
            let is_rtl = context.base_dir() == pango::Direction::Rtl;
            layout.set_alignment(if is_rtl { pango::Alignment::Right } else { pango::Alignment::Left });
        }
    }
}

fn measure(layout: &pango::Layout) -> Flow {
    let (width, height) = layout.pixel_size();
    let lines = layout.lines_readonly();
    let is_rtl = |line: &pango::LayoutLine| line.resolved_direction() == pango::Direction::Rtl;
    Flow {
        lines: i32::try_from(lines.len()).unwrap_or(i32::MAX),
        width,
        height,
        last: lines.last().map_or(0, |line| line.pixel_extents().1.width()),
        is_rtl: lines.last().is_some_and(is_rtl),
        has_rtl: lines.iter().any(is_rtl),
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
