//! When the times in the list, such as "5 min", read differently.
//!
//! One timer for all rows: each says how long its text stays as it is, and the soonest counts. While nobody can see the list
//! there is none.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use gtk::glib;

/// Timers do not count how long the machine sleeps: what would have changed meanwhile does so within this time.
const LONGEST: Duration = Duration::from_mins(15);
/// Waits that end so close to each other end together.
const SLACK: Duration = Duration::from_secs(1);

type Strike = Box<dyn Fn()>;

/// Strikes when the soonest of the rows has to be brought up to date.
pub struct Clock {
    strike: Strike,
    runs: Cell<bool>,
    timer: RefCell<Option<(Instant, glib::JoinHandle<()>)>>,
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clock").field("timer", &self.timer).finish_non_exhaustive()
    }
}

impl Clock {
    /// `strike` brings all rows up to date, each of which then says how long it wants to wait. It stands still at first.
    pub fn new(strike: impl Fn() + 'static) -> Rc<Self> {
        Rc::new(Self { strike: Box::new(strike), runs: Cell::new(false), timer: RefCell::default() })
    }

    /// Lets it run, or stand still while nobody can see the rows. It strikes when it begins to run.
    pub fn set_runs(&self, runs: bool) {
        if self.runs.replace(runs) == runs {
            return;
        }
        if runs {
            (self.strike)();
        } else {
            self.stop();
        }
    }

    pub fn runs(&self) -> bool {
        self.runs.get()
    }

    /// Something reads differently after this time.
    pub fn wait_at_most(self: &Rc<Self>, wait: Duration) {
        let wait = wait.min(LONGEST);
        let at = Instant::now() + wait;
        let is_soon_enough = self.timer.borrow().as_ref().is_some_and(|(due, _)| *due <= at + SLACK);
        if !self.runs.get() || is_soon_enough {
            return;
        }
        self.stop();
        let weak = Rc::downgrade(self);
        let timer = glib::spawn_future_local(async move {
            glib::timeout_future(wait).await;
            if let Some(clock) = weak.upgrade() {
                clock.timer.take();
                (clock.strike)();
            }
        });
        self.timer.replace(Some((at, timer)));
    }

    fn stop(&self) {
        if let Some((_, timer)) = self.timer.take() {
            timer.abort();
        }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock, how often it has struck, and what runs its timers.
    fn with_clock(test: impl FnOnce(&Rc<Clock>, &Cell<u32>, &glib::MainContext)) {
        let context = glib::MainContext::new();
        let test = || {
            let struck = Rc::new(Cell::new(0));
            let counted = Rc::clone(&struck);
            let clock = Clock::new(move || counted.set(counted.get() + 1));
            test(&clock, &struck, &context);
        };
        context.with_thread_default(test).unwrap();
    }

    fn due_in(clock: &Clock) -> Option<Duration> {
        clock.timer.borrow().as_ref().map(|(due, _)| due.saturating_duration_since(Instant::now()))
    }

    #[test]
    fn the_soonest_counts_and_none_is_asked_for_twice() {
        with_clock(|clock, struck, _| {
            clock.set_runs(true);
            clock.wait_at_most(Duration::from_hours(3));
            assert!(due_in(clock).unwrap() > LONGEST / 2);
            clock.wait_at_most(Duration::from_mins(1));
            let first = clock.timer.borrow().as_ref().map(|(due, _)| *due);
            for _ in 0..1_000 {
                clock.wait_at_most(Duration::from_mins(1));
                clock.wait_at_most(Duration::from_mins(2));
            }
            assert_eq!(clock.timer.borrow().as_ref().map(|(due, _)| *due), first, "one timer, never set anew");
            assert_eq!(struck.get(), 1, "only when it began to run");
        });
    }

    #[test]
    fn it_strikes_once_and_then_only_when_it_is_asked_again() {
        with_clock(|clock, struck, context| {
            clock.set_runs(true);
            clock.wait_at_most(Duration::ZERO);
            while struck.get() < 2 {
                context.iteration(true);
            }
            assert_eq!(due_in(clock), None);
        });
    }

    #[test]
    fn nothing_waits_while_nobody_can_see_it() {
        with_clock(|clock, struck, context| {
            clock.wait_at_most(Duration::ZERO);
            assert_eq!((due_in(clock), struck.get()), (None, 0), "it has not begun");
            clock.set_runs(true);
            clock.wait_at_most(Duration::ZERO);
            clock.set_runs(false);
            assert_eq!(due_in(clock), None);
            while context.iteration(false) {}
            assert_eq!(struck.get(), 1);
            clock.set_runs(true);
            assert_eq!(struck.get(), 2, "what has changed meanwhile is made up for");
        });
    }
}
