//! Points in time in words: short where space is short, exact where somebody asks.

use std::time::Duration;

use gettextrs::{gettext, ngettext};
use gtk::glib;

use crate::engine::api::Timestamp;

/// For a list, in a few characters: "now", "5 min", "14:05", "Yesterday", "Mon", "3 May", "03/05/24".
#[must_use]
pub fn short(time: Timestamp, now: &glib::DateTime) -> String {
    let Some(then) = beside(time, now) else { return String::new() };
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

/// How long `seconds_left` says the same; `None` once nothing is left.
#[must_use]
pub fn until_next_second(until: Timestamp) -> Option<Duration> {
    begun_second(until.0.saturating_sub(glib::real_time() / 1_000)).map(Duration::from_millis)
}

/// Of so many milliseconds.
fn begun_second(left: i64) -> Option<u64> {
    let left = u64::try_from(left).ok()?;
    left.checked_sub(1).map(|left| left % 1_000 + 1)
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

/// How long `short` goes on saying the same of this time. What is less than an hour old changes at the next full minute, all of
/// it together, and what is older at midnight. `None` for what is no time.
#[must_use]
pub fn until_change(time: Timestamp, now: &glib::DateTime) -> Option<Duration> {
    let then = beside(time, now)?;
    if now.difference(&then).as_minutes() < 60 {
        let into_minute = Duration::from_secs_f64(now.seconds());
        return Some(Duration::from_mins(1).saturating_sub(into_minute));
    }
    let day = now.add_days(1).ok()?;
    let midnight = glib::DateTime::new(&now.timezone(), day.year(), day.month(), day.day_of_month(), 0, 0, 0.0).ok()?;
    u64::try_from(midnight.difference(now).as_microseconds()).ok().map(Duration::from_micros)
}

/// In the time zone of `now`. To ask for the local one would look through the files of zones each time, and lists ask often.
fn beside(time: Timestamp, now: &glib::DateTime) -> Option<glib::DateTime> {
    glib::DateTime::from_unix_utc(time.0.div_euclid(1_000)).and_then(|then| then.to_timezone(&now.timezone())).ok()
}

fn local(time: Timestamp) -> Option<glib::DateTime> {
    glib::DateTime::from_unix_local(time.0.div_euclid(1_000)).ok()
}

/// Calendar days, not spans of 24 hours.
fn days_between(then: &glib::DateTime, now: &glib::DateTime) -> i64 {
    // Not in local time: there, a day on which clocks are changed has 23 or 25 hours.
    let date =
        |day: &glib::DateTime| glib::DateTime::from_utc(day.year(), day.month(), day.day_of_month(), 0, 0, 0.0).ok();
    match (date(then), date(now)) {
        (Some(then), Some(now)) => now.difference(&then).as_days(),
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

    #[test]
    fn a_countdown_is_looked_at_once_a_second_and_ends() {
        assert_eq!(
            [9_500, 1_001, 1_000, 1, 0, -5].map(begun_second),
            [Some(500), Some(1), Some(1_000), Some(1), None, None]
        );
    }

    /// One that clocks are changed in.
    fn in_berlin(day: i32, hour: i32, minute: i32, second: f64) -> glib::DateTime {
        let zone = glib::TimeZone::new(Some("Europe/Berlin"));
        glib::DateTime::new(&zone, 2024, 3, day, hour, minute, second).unwrap()
    }

    #[test]
    fn a_text_changes_when_it_is_said_to_and_not_before() {
        let now = in_berlin(30, 12, 0, 20.5);
        let minutes_ago = |minutes: i64| Timestamp((now.to_unix() - minutes * 60) * 1_000);
        for minutes in [-5, 0, 1, 30, 59, 60, 61, 720, 721, 1_500, 10_000, 100_000] {
            let time = minutes_ago(minutes);
            let wait = until_change(time, &now).unwrap();
            let later = |wait: Duration| now.add(glib::TimeSpan(i64::try_from(wait.as_micros()).unwrap())).unwrap();
            let just_before = later(wait.saturating_sub(Duration::from_millis(1)));
            let (here, there) = (short(time, &now), short(time, &just_before));
            assert!(minutes < 60 || here == there, "{minutes}: {here} and {there}");
            assert!(minutes >= 60 || wait == Duration::from_millis(39_500), "{minutes}: {wait:?}");
            if minutes == 720 {
                assert_eq!((here.as_str(), short(time, &later(wait)).as_str()), ("00:00", "Yesterday"));
            }
        }
    }

    #[test]
    fn midnight_comes_an_hour_earlier_where_clocks_are_put_forward() {
        let at_noon = |day| until_change(Timestamp(0), &in_berlin(day, 12, 0, 0.0)).unwrap();
        assert_eq!(at_noon(30), Duration::from_hours(12));
        let at_one = |day| until_change(Timestamp(0), &in_berlin(day, 1, 0, 0.0)).unwrap();
        assert_eq!((at_one(30), at_one(31)), (Duration::from_hours(23), Duration::from_hours(22)));
        let yesterday = in_berlin(30, 23, 0, 0.0).to_unix() * 1_000;
        assert_eq!(short(Timestamp(yesterday), &in_berlin(31, 23, 30, 0.0)), "Yesterday");
    }
}
