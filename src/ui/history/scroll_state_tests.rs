use std::collections::BTreeSet;

use super::*;

/// Rows of known heights; what exists is remembered.
struct Fake {
    heights: Vec<f64>,
    alive: BTreeSet<u32>,
}

impl Rows for Fake {
    fn has(&self, index: u32) -> bool {
        self.alive.contains(&index)
    }

    fn measure(&mut self, index: u32) -> f64 {
        self.alive.insert(index);
        self.heights[index as usize]
    }

    fn release(&mut self, index: u32) {
        self.alive.remove(&index);
    }
}

/// A list of `count` rows, 20 to 219 px high, and a viewport of 600 px.
struct World {
    state: ScrollState,
    rows: Fake,
    has_older: bool,
    has_newer: bool,
}

const PAGE: f64 = 600.0;

fn heights(from: u32, count: u32) -> Vec<f64> {
    (from..from + count).map(|i| f64::from(20 + (i.wrapping_mul(2_654_435_761) >> 8) % 200)).collect()
}

impl World {
    fn new(count: u32) -> Self {
        let rows = Fake { heights: heights(1_000, count), alive: BTreeSet::new() };
        let mut world = Self { state: ScrollState::default(), rows, has_older: false, has_newer: false };
        world.settle();
        world
    }

    fn list(&self) -> List {
        let count = u32::try_from(self.rows.heights.len()).unwrap();
        List { count, has_older: self.has_older, has_newer: self.has_newer }
    }

    fn layout(&mut self) {
        let list = self.list();
        self.state.layout(PAGE, list, &mut self.rows);
        self.check();
    }

    fn settle(&mut self) {
        self.layout();
        while !self.state.is_complete() {
            self.layout();
        }
    }

    /// What holds after every layout.
    fn check(&self) {
        let slots = self.state.slots();
        for pair in slots.windows(2) {
            assert_eq!(pair[0].index + 1, pair[1].index, "rows follow each other");
            assert!((pair[0].end() - pair[1].y).abs() < 1e-9, "rows touch");
        }
        let exist: BTreeSet<u32> = slots.iter().map(|slot| slot.index).collect();
        assert_eq!(exist, self.rows.alive, "rows exist as long as they have a place");
        if let (Some(first), Some(last)) = (slots.first(), slots.last())
            && self.state.is_open
        {
            assert!(first.y <= self.state.top || first.index == 0, "no gap above");
            assert!(last.end() >= self.state.top + PAGE - 1e-9 || first.index == 0, "no gap below");
        }
    }

    fn scroll_by(&mut self, distance: f64) {
        let list = self.list();
        self.state.scroll_to(self.state.top + distance, list);
        self.layout();
    }

    /// Where a row is seen, counted from the viewport's upper edge.
    fn seen_at(&self, index: u32) -> f64 {
        self.state.slot(index).expect("it exists").y - self.state.top
    }

    fn first_whole(&self) -> u32 {
        self.state.visible().find(|slot| slot.y >= self.state.top).unwrap().index
    }

    fn splice(&mut self, at: u32, removed: u32, new: &[f64]) {
        let added = u32::try_from(new.len()).unwrap();
        self.rows.heights.splice(at as usize..(at + removed) as usize, new.iter().copied());
        let new_index = move |i: u32| match i {
            i if i < at => Some(i),
            i if i >= at + removed => Some(i - removed + added),
            _ => None,
        };
        self.rows.alive = self.rows.alive.iter().filter_map(|&i| new_index(i)).collect();
        self.state.reindex(new_index);
    }
}

#[test]
fn it_opens_with_the_newest_row_at_the_bottom() {
    let world = World::new(500);
    let last = world.state.slot(499).unwrap();
    assert!((last.end() - world.state.top - PAGE).abs() < 1e-9);
    assert!(world.state.is_stuck());
    assert!(world.rows.alive.len() < 40, "{} rows", world.rows.alive.len());
}

#[test]
fn a_new_list_is_filled_in_a_few_layouts_from_the_row_that_is_meant() {
    for jump in [None, Some((250, 0.1)), Some((250, 0.5))] {
        let mut world = World::new(0);
        world.rows.heights = vec![40.0; 500];
        world.state = ScrollState::default();
        if let Some((index, align)) = jump {
            world.state.jump_to(index, align);
        }
        world.layout();
        let index = jump.map_or(499, |(index, _)| index);
        let seen = world.seen_at(index);
        assert!(world.rows.alive.len() <= 1 + (FIRST_ROWS + SPARE_ROWS) as usize, "{}", world.rows.alive.len());
        for _ in 0..3 {
            assert!(!world.state.is_complete());
            world.layout();
            assert!((world.seen_at(index) - seen).abs() < 1e-9);
        }
        assert!(world.state.is_open);
        assert_eq!(world.state.is_stuck(), jump.is_none());
    }
}

#[test]
fn a_list_shorter_than_the_viewport_stands_at_the_bottom() {
    let world = World::new(2);
    assert!((world.state.slot(1).unwrap().end() - world.state.top - PAGE).abs() < 1e-9);
    let extent = world.state.extent();
    assert!((extent.upper - extent.lower - PAGE).abs() < 1e-9, "nothing to scroll");
}

#[test]
fn an_empty_list_is_no_problem() {
    let mut world = World::new(0);
    world.scroll_by(50.0);
    assert_eq!(world.state.slots(), []);
    world.splice(0, 0, &[30.0]);
    world.layout();
    assert_eq!(world.state.slots().len(), 1);
}

#[test]
fn rows_that_come_before_move_nothing_and_rewrite_no_value() {
    let mut world = World::new(200);
    for step in 0..30 {
        world.scroll_by(-137.0);
        let (eye, value) = (world.first_whole(), world.state.top);
        let seen = world.seen_at(eye);
        world.splice(0, 0, &heights(step * 50, 50));
        world.settle();
        assert!((world.seen_at(eye + 50) - seen).abs() < 1e-9);
        assert!((world.state.top - value).abs() < 1e-9);
    }
}

#[test]
fn a_row_above_that_grows_moves_nothing() {
    let mut world = World::new(200);
    world.scroll_by(-900.0);
    world.settle();
    let (eye, value) = (world.first_whole(), world.state.top);
    let seen = world.seen_at(eye);
    for above in [eye - 1, eye - 2] {
        world.rows.heights[above as usize] += 210.0;
        world.settle();
        assert!((world.seen_at(eye) - seen).abs() < 1e-9);
        assert!((world.state.top - value).abs() < 1e-9);
    }
}

#[test]
fn at_the_end_it_stays_at_the_end() {
    let mut world = World::new(50);
    for step in 0..5 {
        let count = world.list().count;
        world.splice(count, 0, &heights(step, 3));
        world.layout();
        assert!(world.state.distance_to_end(world.list()).abs() < 1e-9);
        world.rows.heights[count as usize] += 40.0;
        world.layout();
        assert!(world.state.distance_to_end(world.list()).abs() < 1e-9, "and when a row there grows");
    }
}

#[test]
fn many_rows_at_the_end_come_in_by_portions() {
    let mut world = World::new(50);
    world.splice(50, 0, &heights(1, 40));
    for portion in 1..=6 {
        world.layout();
        let last = *world.state.slots().last().unwrap();
        assert_eq!(last.index, 49 + portion * PORTION);
        assert!((last.end() - world.state.top - PAGE).abs() < 1e-9, "the last of them is at the bottom");
        assert!(world.state.is_stuck() && world.state.distance_to_end(world.list()).abs() < 1e-9);
        assert!(!world.state.is_complete());
    }
    world.settle();
    assert_eq!(world.state.slots().last().unwrap().index, 89);
    world.splice(90, 0, &heights(2, 1_000));
    world.layout();
    assert_eq!(world.state.slots().last().unwrap().index, 89 + 1_000 / PART);
    world.state.stick_to_end();
    world.layout();
    assert_eq!(world.state.slots().last().unwrap().index, 1_089, "whoever asks for the end is there at once");
}

#[test]
fn a_portion_that_is_still_to_come_does_not_hold_back_who_scrolls_away() {
    let mut world = World::new(50);
    world.splice(50, 0, &heights(1, 40));
    world.layout();
    world.scroll_by(-500.0);
    assert!(!world.state.is_stuck());
    let eye = world.first_whole();
    let seen = world.seen_at(eye);
    world.settle();
    assert!((world.seen_at(eye) - seen).abs() < 1e-9);
    assert!(world.state.distance_to_end(world.list()).is_infinite());
}

#[test]
fn away_from_the_end_new_rows_move_nothing_until_one_scrolls_back() {
    let mut world = World::new(100);
    world.scroll_by(-300.0);
    assert!(!world.state.is_stuck());
    let eye = world.first_whole();
    let seen = world.seen_at(eye);
    world.splice(100, 0, &heights(7, 20));
    world.settle();
    assert!((world.seen_at(eye) - seen).abs() < 1e-9);
    world.scroll_by(1_000_000.0);
    world.settle();
    assert!(world.state.is_stuck());
}

#[test]
fn the_last_loaded_row_is_not_the_end_while_newer_ones_are_stored() {
    let mut world = World::new(100);
    world.has_newer = true;
    world.scroll_by(-10.0);
    world.scroll_by(5_000.0);
    assert!(!world.state.is_stuck());
    let seen = world.seen_at(99);
    world.splice(100, 0, &heights(7, 50));
    world.settle();
    assert!((world.seen_at(99) - seen).abs() < 1e-9);
}

#[test]
fn a_jump_is_exact_in_one_layout() {
    let mut world = World::new(10_000);
    for target in (0..40).map(|i| (i * 4_751) % 10_000) {
        for align in [0.0, 0.5, 1.0] {
            world.state.jump_to(target, align);
            world.layout();
            let slot = world.state.slot(target).unwrap();
            assert!(
                slot.y >= world.state.top - 1e-9 && slot.end() <= world.state.top + PAGE + 1e-9,
                "{target} {align}"
            );
        }
    }
}

#[test]
fn a_row_higher_than_the_viewport_is_shown_from_its_start_and_keeps_its_fraction() {
    let mut world = World::new(100);
    world.rows.heights[50] = 5_000.0;
    world.state.jump_to(50, 0.5);
    world.settle();
    assert!(world.seen_at(50).abs() < 1e-9);
    world.scroll_by(2_500.0);
    // As after a change of width: half of it had been read.
    world.rows.heights[50] = 8_000.0;
    world.settle();
    assert!((world.seen_at(50) + 4_000.0).abs() <= 1.0);
}

#[test]
fn an_absolute_fling_is_never_thrown_off_by_loading() {
    let mut world = World::new(300);
    world.has_older = true;
    let mut value = world.state.top;
    for frame in 0..400_u32 {
        value -= 50.0;
        let before: Vec<_> = world.state.visible().map(|slot| (slot.index, slot.y - world.state.top)).collect();
        let list = world.list();
        world.state.scroll_to(value, list);
        world.layout();
        let now: Vec<_> = world.state.visible().map(|slot| (slot.index, slot.y - world.state.top)).collect();
        let moved: Vec<_> =
            before.iter().filter_map(|(i, y)| now.iter().find(|(j, _)| i == j).map(|(_, z)| z - y)).collect();
        assert!(!moved.is_empty(), "frame {frame}: no common row");
        assert!(moved.iter().all(|by| (by - 50.0).abs() < 1e-6), "frame {frame}: {moved:?}");
        if world.state.slots()[0].index < 20 {
            world.splice(0, 0, &heights(frame * 50, 50));
        }
    }
}

#[test]
fn a_drag_of_the_slider_far_away_lands_by_proportion() {
    let mut world = World::new(10_000);
    let extent = world.state.extent();
    let list = world.list();
    world.state.scroll_to(extent.lower + (extent.upper - extent.lower - PAGE) / 2.0, list);
    world.layout();
    let index = world.state.visible().next().unwrap().index;
    assert!((4_900..5_100).contains(&index), "{index}");
}

#[test]
fn rows_that_are_taken_away_leave_the_others_in_place() {
    let mut world = World::new(100);
    world.scroll_by(-2_000.0);
    world.settle();
    let eye = world.first_whole();
    let below = world.seen_at(eye + 1);
    world.splice(eye, 1, &[]);
    world.settle();
    assert!((world.seen_at(eye) - below).abs() < 1e-9);
}

#[test]
fn at_most_a_few_rows_beyond_the_viewport_are_made_in_one_layout() {
    let mut world = World::new(1_000);
    world.state.jump_to(500, 0.0);
    world.layout();
    let beyond = world.state.slots().len() - world.state.visible().count();
    assert!(beyond <= SPARE_ROWS as usize, "{beyond}");
    assert!(!world.state.is_complete());
    world.settle();
    assert!(world.state.slots().last().unwrap().end() >= world.state.top + PAGE + OVERSCAN);
}

#[test]
fn a_few_pixels_from_the_end_are_not_the_end() {
    let mut world = World::new(100);
    world.scroll_by(-3.0);
    assert!(!world.state.is_stuck());
    assert!((world.state.distance_to_end(world.list()) - 3.0).abs() < 1e-9);
}

#[test]
fn a_fling_has_room_beyond_what_is_loaded() {
    let mut world = World::new(100);
    let before = world.state.extent();
    (world.has_older, world.has_newer) = (true, true);
    world.settle();
    let extent = world.state.extent();
    assert!(extent.lower <= before.lower - PAGE + 1e-9 && extent.upper >= before.upper + PAGE - 1e-9);
}

#[test]
fn a_row_that_grows_while_it_is_scrolled_into_view_pushes_nothing() {
    let mut world = World::new(200);
    world.scroll_by(-900.0);
    world.settle();
    let eye = world.first_whole();
    let seen = world.seen_at(eye);
    world.rows.heights[eye as usize - 1] += 210.0;
    world.scroll_by(-300.0);
    assert!((world.seen_at(eye) - seen - 300.0).abs() < 1e-9);
}

#[test]
fn a_row_is_put_back_where_it_was_seen() {
    let mut world = World::new(200);
    world.scroll_by(-3_333.0);
    world.settle();
    let slot = world.state.visible().next().unwrap();
    let offset = slot.y - world.state.top;
    assert!(offset < 0.0, "partly above");
    world.state = ScrollState::default();
    world.rows.alive.clear();
    world.state.put_at(slot.index, offset);
    world.layout();
    assert!((world.seen_at(slot.index) - offset.round()).abs() < 1e-9);
    world.rows.heights[slot.index as usize] = 10.0;
    world.state.put_at(slot.index, -150.0);
    world.layout();
    assert!(world.state.visible().any(|seen| seen.index == slot.index), "it has become shorter, and is still in sight");
}
