//! Days and times in words.

use gettextrs::{gettext, pgettext};
use glib::DateTime;

use super::appearance::local;
use crate::engine::api::Timestamp;

/// How a day is called, seen from today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Distance {
    Today,
    Yesterday,
    ThisWeek,
    ThisYear,
    Far,
}

fn distance(day: &DateTime, today: &DateTime) -> Distance {
    let start = |time: &DateTime| DateTime::from_utc(time.year(), time.month(), time.day_of_month(), 0, 0, 0.0);
    let (Ok(from), Ok(to)) = (start(day), start(today)) else { return Distance::Far };
    match to.difference(&from).as_days() {
        0 => Distance::Today,
        1 => Distance::Yesterday,
        2..7 => Distance::ThisWeek,
        _ if day.year() == today.year() => Distance::ThisYear,
        _ => Distance::Far,
    }
}

/// The day of a message, for the pill above it.
#[must_use]
pub fn day(time: Timestamp) -> String {
    let (Some(time), Ok(now)) = (local(time), DateTime::now_local()) else { return String::new() };
    let format = match distance(&time, &now) {
        Distance::Today => return gettext("Today"),
        Distance::Yesterday => return gettext("Yesterday"),
        Distance::ThisWeek => "%A".to_owned(),
        // Translators: a day of this year, as in "14 March"; see g_date_time_format().
        Distance::ThisYear => pgettext("date", "%-d %B"),
        // Translators: a day of another year, as in "14 March 2025"; see g_date_time_format().
        Distance::Far => pgettext("date", "%-d %B %Y"),
    };
    time.format(&format).map(Into::into).unwrap_or_default()
}

/// The time of day.
#[must_use]
pub fn clock(time: Timestamp) -> String {
    // Translators: the time of day, as in "14:05"; "%-I:%M %p" gives "2:05 PM"; see g_date_time_format().
    formatted(time, &pgettext("time", "%H:%M"))
}

fn formatted(time: Timestamp, format: &str) -> String {
    local(time).and_then(|time| time.format(format).ok()).map(Into::into).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_called_by_how_far_they_are() {
        let date = |year, month, day, hour| DateTime::from_utc(year, month, day, hour, 30, 0.0).unwrap();
        let today = date(2026, 3, 14, 0);
        for (day, expected) in [
            (date(2026, 3, 14, 23), Distance::Today),
            (date(2026, 3, 13, 23), Distance::Yesterday),
            (date(2026, 3, 12, 1), Distance::ThisWeek),
            (date(2026, 3, 8, 0), Distance::ThisWeek),
            (date(2026, 3, 7, 23), Distance::ThisYear),
            (date(2025, 12, 31, 23), Distance::Far),
            // A clock that goes wrong somewhere: no "in two days".
            (date(2026, 3, 16, 1), Distance::ThisYear),
        ] {
            assert_eq!(distance(&day, &today), expected, "{day:?}");
        }
    }
}
