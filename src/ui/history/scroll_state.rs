//! Where a list is scrolled to, and which of its rows exist: plain numbers, without a widget.
//!
//! Content space has no fixed origin. A row that exists keeps its `y` until it is let go; rows that come before it lower the
//! lower bound, below zero if need be. So the scroll position never has to be rewritten because content changed, and a fling
//! under way stays true. Only rows near the viewport are measured; the rest is their number times the average, which moves
//! the slider and nothing else.

/// How far beyond the viewport rows are made before they are needed, in pixels.
const OVERSCAN: f64 = 400.0;
/// How many rows beyond the viewport are made in one frame; making many at once is what one sees as a stutter.
const SPARE_ROWS: u32 = 3;
/// How many rows are made in one frame when the list is new; all that fit in at once would hold up a frame.
const FIRST_ROWS: u32 = 5;
/// How many new rows come in at the end in one frame while one is there; so many that a burst of messages still keeps pace.
const PORTION: u32 = 6;
/// Where more than ever so many portions wait, each is this part of them, so that the end is not out of reach.
const PART: u32 = 10;
/// What a row is taken to be high before any was measured.
const FIRST_GUESS: f64 = 56.0;

/// The rows behind the numbers: they are made, measured and let go as the state says.
pub trait Rows {
    /// Whether a row exists for this index.
    fn has(&self, index: u32) -> bool;
    /// Makes the row where it does not exist, and says how high it is.
    fn measure(&mut self, index: u32) -> f64;
    /// The row is wanted no more.
    fn release(&mut self, index: u32);
}

/// A row that exists: its place in content space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    pub index: u32,
    pub y: f64,
    pub height: f64,
}

impl Slot {
    pub fn end(&self) -> f64 {
        self.y + self.height
    }
}

/// What stays in place when rows come, go or change their height.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum Hold {
    /// The newest row at the bottom.
    #[default]
    End,
    /// The row under the eye.
    Row,
    /// This row is to be shown next.
    Jump { index: u32, spot: Spot },
}

/// Where in the viewport a row is to be shown.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Spot {
    /// 0 at the top, 0.5 in the middle, 1 at the bottom.
    Align(f64),
    /// So many pixels below the viewport's upper edge.
    Offset(f64),
}

/// The list as it is at the time of a layout.
#[derive(Debug, Clone, Copy, Default)]
pub struct List {
    pub count: u32,
    /// There are rows before the first that are not loaded.
    pub has_older: bool,
    /// There are rows after the last that are not loaded.
    pub has_newer: bool,
}

/// What a scroll bar needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Extent {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
    pub page: f64,
}

#[derive(Debug, Default)]
pub struct ScrollState {
    /// The viewport has been full once, or all rows were shown in it.
    is_open: bool,
    hold: Hold,
    slots: Vec<Slot>,
    /// The viewport's upper edge in content space.
    top: f64,
    /// Where it was at the last layout: what was seen then is what must not move.
    seen_top: f64,
    page: f64,
    /// Sum and number of the heights measured so far.
    measured: (f64, u32),
    extent: Extent,
    is_complete: bool,
    /// The end was in sight at the last layout, and nobody has asked for another place since: what is new comes in by portions.
    follows: bool,
}

impl ScrollState {
    /// The rows that exist, in their order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    pub fn slot(&self, index: u32) -> Option<Slot> {
        self.slots.iter().find(|slot| slot.index == index).copied()
    }

    pub fn top(&self) -> f64 {
        self.top
    }

    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// Whether all rows near the viewport exist; if not, another layout is due soon.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether new rows at the end scroll into view by themselves.
    pub fn is_stuck(&self) -> bool {
        self.hold == Hold::End
    }

    /// The rows of which at least one pixel is in the viewport.
    pub fn visible(&self) -> impl Iterator<Item = Slot> + '_ {
        self.slots.iter().filter(|slot| slot.end() > self.top && slot.y < self.top + self.page).copied()
    }

    /// How far the list's end is below the viewport; infinite where that is not known.
    pub fn distance_to_end(&self, items: List) -> f64 {
        match self.slots.last() {
            // The rest is on its way.
            Some(_) if self.is_following(items) => 0.0,
            Some(last) if last.index + 1 == items.count && !items.has_newer => last.end() - self.top - self.page,
            Some(_) => f64::INFINITY,
            None => 0.0,
        }
    }

    /// Heights that were measured at another width say nothing any more.
    pub fn forget_average(&mut self) {
        self.measured = (0.0, 0);
    }

    pub fn stick_to_end(&mut self) {
        self.hold = Hold::End;
        self.follows = false;
    }

    pub fn jump_to(&mut self, index: u32, align: f64) {
        self.hold = Hold::Jump { index, spot: Spot::Align(align) };
    }

    /// Shows a row where it was once before: that far below the viewport's upper edge.
    pub fn put_at(&mut self, index: u32, offset: f64) {
        self.hold = Hold::Jump { index, spot: Spot::Offset(offset) };
    }

    /// A person, a scroll bar or a program scrolled.
    pub fn scroll_to(&mut self, value: f64, items: List) {
        self.top = value;
        self.hold = Hold::Row;
        let is_near = match (self.slots.first(), self.slots.last()) {
            (Some(first), Some(last)) => {
                value + self.page > first.y - 2.0 * self.page && value < last.end() + 2.0 * self.page
            }
            _ => false,
        };
        if !is_near && items.count > 0 {
            // Far among rows that were never measured: the slider's place says which one is meant.
            let Extent { lower, upper, page, .. } = self.extent;
            let fraction = ((value - lower) / (upper - page - lower).max(1.0)).clamp(0.0, 1.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let index = (f64::from(items.count - 1) * fraction).round() as u32;
            self.hold = Hold::Jump { index, spot: Spot::Align(fraction) };
        }
    }

    /// How far one has to scroll so that the row is in view; `None` when it does not exist yet.
    pub fn distance_into_view(&self, index: u32) -> Option<f64> {
        let slot = self.slot(index)?;
        Some(if slot.y < self.top {
            slot.y - self.top
        } else if slot.end() > self.top + self.page {
            // Of a row that is higher than the viewport, the start is shown.
            (slot.end() - self.page).min(slot.y) - self.top
        } else {
            0.0
        })
    }

    /// The list has changed: what was row `i` is now row `new_index(i)`, or gone.
    pub fn reindex(&mut self, new_index: impl Fn(u32) -> Option<u32>) {
        self.slots.retain_mut(|slot| new_index(slot.index).map(|index| slot.index = index).is_some());
        if let Hold::Jump { index, .. } = &mut self.hold {
            *index = new_index(*index).unwrap_or(*index);
        }
    }

    /// Places rows in and around the viewport, beginning with the one that has to stay where it is.
    pub fn layout(&mut self, page: f64, items: List, rows: &mut impl Rows) -> Extent {
        self.page = page;
        let list = self.next_portion(items);
        self.is_complete = list.count == items.count;
        let items = list;
        let old = std::mem::take(&mut self.slots);
        if items.count == 0 {
            for slot in old {
                rows.release(slot.index);
            }
            self.top = 0.0;
            self.extent = Extent { value: 0.0, lower: 0.0, upper: page, page };
            return self.extent;
        }
        let anchor = self.anchor(&old, items, rows);
        let kept = self.release_far(&old, anchor, rows);
        self.slots.push(anchor);
        self.fill(items, rows);
        self.is_open |= self.is_complete || self.is_full();
        self.trim(rows);
        for slot in kept {
            if self.slot(slot.index).is_none() {
                rows.release(slot.index);
            }
        }
        if self.hold != Hold::End || items.has_newer {
            let is_at_end = self.distance_to_end(items) < 0.5;
            self.hold = if is_at_end { Hold::End } else { Hold::Row };
        }
        self.follows = self.is_stuck() && !items.has_newer;
        self.seen_top = self.top;
        self.extent = self.measure_extent(items);
        self.extent
    }

    /// The list as far as it is shown with this layout.
    fn next_portion(&self, items: List) -> List {
        let Some(last) = self.slots.last().filter(|_| self.is_following(items)) else { return items };
        let waiting = items.count.saturating_sub(last.index + 1);
        List { count: items.count - waiting + waiting.min(PORTION.max(waiting / PART)), ..items }
    }

    fn is_full(&self) -> bool {
        let (top, end) = (self.top, self.top + self.page);
        self.slots.first().is_some_and(|slot| slot.y <= top) && self.slots.last().is_some_and(|slot| slot.end() >= end)
    }

    const fn is_following(&self, items: List) -> bool {
        self.follows && matches!(self.hold, Hold::End) && !items.has_newer
    }

    /// The row from which all others are placed, measured anew. May move `top` within a row that covers the viewport.
    fn anchor(&mut self, old: &[Slot], items: List, rows: &mut impl Rows) -> Slot {
        let (top, page, last) = (self.top, self.page, items.count - 1);
        match self.hold {
            Hold::Jump { index, spot } => {
                let index = index.min(last);
                let height = self.measure(index, rows);
                let y = match spot {
                    Spot::Align(_) if height >= page => top,
                    Spot::Align(align) => top + ((page - height) * align).round(),
                    // At another width the row may have become too short for what was hidden of it.
                    Spot::Offset(offset) => top + offset.round().clamp(1.0 - height.max(1.0), (page - 1.0).max(0.0)),
                };
                Slot { index, y, height }
            }
            Hold::Row if !old.is_empty() => {
                let (high, low) = (top.min(self.seen_top), top.max(self.seen_top));
                // Seen before, and still: a row that grew and comes into view in the same frame pushes nothing.
                let stays_inside = |slot: &&Slot| slot.y >= low && slot.y < high + page;
                let starts_inside = |slot: &&Slot| slot.y >= top && slot.y < top + page;
                let covers = |slot: &&Slot| slot.y < top && slot.end() > top;
                let by_distance = |a: &&Slot, b: &&Slot| (a.y - top).abs().total_cmp(&(b.y - top).abs());
                let found = old.iter().find(stays_inside).or_else(|| old.iter().find(starts_inside));
                let found = found.or_else(|| old.iter().find(covers));
                let was = *found.or_else(|| old.iter().min_by(by_distance)).expect("there is at least one");
                let height = self.measure(was.index, rows);
                if was.y < top && was.end() > top {
                    // The same fraction of a row that covers the viewport's upper edge.
                    self.top = (was.y + (top - was.y) / was.height * height).round();
                }
                Slot { height, ..was }
            }
            Hold::End | Hold::Row => {
                let height = self.measure(last, rows);
                Slot { index: last, y: top + page - height, height }
            }
        }
    }

    /// Lets go of rows that can't be in view, so that those to come can be made of them; the others are returned.
    fn release_far(&self, old: &[Slot], anchor: Slot, rows: &mut impl Rows) -> Vec<Slot> {
        let (from, to) = (self.top - OVERSCAN, self.top + self.page + OVERSCAN);
        let is_near = |slot: &&Slot| slot.index == anchor.index || (slot.end() >= from && slot.y <= to);
        let (near, far): (Vec<&Slot>, Vec<&Slot>) = old.iter().partition(is_near);
        for slot in far {
            rows.release(slot.index);
        }
        near.into_iter().copied().collect()
    }

    /// Adds rows on both sides of the anchor; where an end of the list comes into view, moves the viewport and goes on.
    fn fill(&mut self, items: List, rows: &mut impl Rows) {
        let mut spare = SPARE_ROWS;
        let mut first = if self.is_open { u32::MAX } else { FIRST_ROWS };
        for _ in 0..3 {
            while let Some(last) = self.slots.last().copied()
                && last.index + 1 < items.count
                && last.end() < self.top + self.page + OVERSCAN
            {
                let index = last.index + 1;
                let room = if last.end() >= self.top + self.page { &mut spare } else { &mut first };
                if !self.may_make(index, room, rows) {
                    break;
                }
                let height = self.measure(index, rows);
                self.slots.push(Slot { index, y: last.end(), height });
            }
            while let Some(above) = self.slots.first().copied()
                && above.index > 0
                && above.y > self.top - OVERSCAN
            {
                let index = above.index - 1;
                let room = if above.y <= self.top { &mut spare } else { &mut first };
                if !self.may_make(index, room, rows) {
                    break;
                }
                let height = self.measure(index, rows);
                self.slots.insert(0, Slot { index, y: above.y - height, height });
            }
            let (Some(first), Some(last)) = (self.slots.first(), self.slots.last()) else { return };
            let before = self.top;
            if first.index == 0 {
                self.top = self.top.max(first.y);
            }
            if last.index + 1 == items.count {
                // Also keeps a list that is shorter than the viewport at the bottom.
                self.top = self.top.min(last.end() - self.page);
            }
            #[expect(clippy::float_cmp, reason = "it was moved or it was not")]
            if self.top == before {
                return;
            }
        }
    }

    /// Whether the row exists, or may be made with this layout as one of so many.
    fn may_make(&mut self, index: u32, room: &mut u32, rows: &impl Rows) -> bool {
        if rows.has(index) {
            return true;
        }
        if *room == 0 {
            self.is_complete = false;
            return false;
        }
        *room -= 1;
        true
    }

    /// Lets go of rows that have been scrolled far away.
    fn trim(&mut self, rows: &mut impl Rows) {
        let (from, to) = (self.top - 2.0 * OVERSCAN, self.top + self.page + 2.0 * OVERSCAN);
        self.slots.retain(|slot| {
            let is_near = slot.end() >= from && slot.y <= to;
            if !is_near {
                rows.release(slot.index);
            }
            is_near
        });
    }

    fn measure(&mut self, index: u32, rows: &mut impl Rows) -> f64 {
        let is_new = !rows.has(index);
        let height = rows.measure(index);
        if is_new {
            self.measured = (self.measured.0 + height, self.measured.1 + 1);
        }
        height
    }

    fn average(&self) -> f64 {
        let (sum, count) = self.measured;
        if count == 0 { FIRST_GUESS } else { sum / f64::from(count) }
    }

    fn measure_extent(&self, items: List) -> Extent {
        let (Some(first), Some(last)) = (self.slots.first(), self.slots.last()) else { return self.extent };
        let average = self.average();
        // Room for what is not loaded, so that a fling does not end where the loaded rows do.
        let room = |is_more: bool| if is_more { self.page } else { 0.0 };
        let lower = first.y - f64::from(first.index) * average - room(items.has_older);
        let upper = last.end() + f64::from(items.count - 1 - last.index) * average + room(items.has_newer);
        Extent { value: self.top, lower: lower.min(self.top), upper: upper.max(self.top + self.page), page: self.page }
    }
}

#[cfg(test)]
#[path = "scroll_state_tests.rs"]
mod tests;
