//! Points in time in words: short where space is short, exact where somebody asks.

use gettextrs::{gettext, ngettext};
use gtk::glib;

use crate::engine::api::Timestamp;

/// For a list, in a few characters: "now", "5 min", "14:05", "Yesterday", "Mon", "3 May", "03/05/24".
#[must_use]
pub fn short(time: Timestamp, now: &glib::DateTime) -> String {
    let Some(then) = local(time) else { return String::new() };
    let minutes = now.difference(&then).as_minutes();
    let days = days_between(&then, now);
    let text = match (minutes, days) {
        (..=0, ..=0) => return gettext("now"),
        // Translators: minutes, as short as can be; for a message that came five minutes ago, "5 min".
        (1..=59, _) => {
            let count = u32::try_from(minutes).unwrap_or_default();
            return ngettext("{n} min", "{n} min", count).replace("{n}", &minutes.to_string());
        }
        (_, ..=0) => then.format("%H:%M"),
        (_, 1) => return gettext("Yesterday"),
        (_, 2..=6) => then.format("%a"),
        _ if then.year() == now.year() => {
            // Translators: a day of this year, as short as can be; see `man strftime`.
            then.format(&gettext("%-d %b"))
        }
        _ => then.format("%x"),
    };
    text.map(Into::into).unwrap_or_default()
}

/// How many seconds there are until then, begun ones too.
#[must_use]
pub fn seconds_left(until: Timestamp) -> u32 {
    let left = until.0.saturating_sub(glib::real_time() / 1_000).max(0);
    u32::try_from(left.saturating_add(999) / 1_000).unwrap_or(u32::MAX)
}

/// The day and the time of day, in full.
#[must_use]
pub fn exact(time: Timestamp) -> String {
    // Translators: a day with its weekday, and the time of day; see `man strftime`.
    in_format(time, &gettext("%A, %-d %B %Y, %H:%M"))
}

/// The same to the second, for somebody who asks for details.
#[must_use]
pub fn to_the_second(time: Timestamp) -> String {
    // Translators: a day with its weekday, and the time of day with seconds; see `man strftime`.
    in_format(time, &gettext("%A, %-d %B %Y, %H:%M:%S"))
}

fn in_format(time: Timestamp, format: &str) -> String {
    local(time).and_then(|then| then.format(format).ok()).map(Into::into).unwrap_or_default()
}

/// How long until the text of something that is not old changes: the next full minute.
#[must_use]
pub fn until_next_minute(now: &glib::DateTime) -> std::time::Duration {
    std::time::Duration::from_secs(60 - u64::try_from(now.second()).unwrap_or_default().min(59))
}

fn local(time: Timestamp) -> Option<glib::DateTime> {
    glib::DateTime::from_unix_local(time.0.div_euclid(1_000)).ok()
}

/// Calendar days, not spans of 24 hours.
fn days_between(then: &glib::DateTime, now: &glib::DateTime) -> i64 {
    let midnight =
        |day: &glib::DateTime| glib::DateTime::from_local(day.year(), day.month(), day.day_of_month(), 0, 0, 0.0).ok();
    match (midnight(then), midnight(now)) {
        // A day on which clocks are changed has 23 or 25 hours.
        (Some(then), Some(now)) => (now.difference(&then).as_hours() + 12).div_euclid(24),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_farther_away_the_coarser() {
        let now = glib::DateTime::from_local(2024, 5, 15, 12, 0, 30.0).unwrap();
        let at = |year, month, day, hour, minute| {
            let time = glib::DateTime::from_local(year, month, day, hour, minute, 0.0).unwrap();
            short(Timestamp(time.to_unix() * 1_000), &now)
        };
        assert_eq!(at(2024, 5, 15, 12, 0), "now");
        assert_eq!(at(2024, 5, 15, 12, 5), "now", "a clock that is ahead");
        assert_eq!(at(2024, 5, 15, 11, 55), "5 min");
        assert_eq!(at(2024, 5, 15, 8, 3), "08:03");
        assert_eq!(at(2024, 5, 14, 13, 0), "Yesterday");
        assert_eq!(at(2024, 5, 13, 13, 0), "Mon");
        assert_eq!(at(2024, 5, 8, 13, 0), "8 May");
        assert!(at(2023, 5, 14, 13, 0).contains("23"));
    }
}
