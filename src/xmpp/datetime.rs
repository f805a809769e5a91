//! Dates and times as XMPP writes them (XEP-0082), read more kindly than it demands: where the meaning is plain, a missing
//! time zone or a space instead of `T` does not cost the stamp.

use crate::ids::Timestamp;

const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;
/// The years have four digits (XEP-0082 §3): what lies outside, as a time zone may lead to it, could not be written again.
const EARLIEST: i64 = -62_167_219_200_000;
const LATEST: i64 = 253_402_300_799_999;

/// Reads a `DateTime` or `Date`, and the legacy form `20020910T23:08:25` (XEP-0091 §2). Without a time zone it is UTC
/// (what the legacy form means, and what clients that forget the `Z` mean).
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let mut rest = text.trim().as_bytes();
    let year = digits(&mut rest, 4)?;
    let has_hyphens = take(&mut rest, b"-").is_some();
    let month = digits(&mut rest, 2)?;
    if has_hyphens {
        take(&mut rest, b"-")?;
    }
    let day = digits(&mut rest, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let midnight = days_from_civil(year, month, day) * DAY;
    if rest.is_empty() {
        return Some(Timestamp(midnight));
    }
    take(&mut rest, b"Tt ")?;
    let time = time_of_day(&mut rest)?;
    let offset = parse_offset(std::str::from_utf8(rest).ok()?)?;
    Some(Timestamp((midnight + time - i64::from(offset) * MINUTE).clamp(EARLIEST, LATEST)))
}

/// Writes a `DateTime` in UTC with milliseconds (XEP-0082 §3.2), the nearest that there is.
#[must_use]
pub fn format(time: Timestamp) -> String {
    let time = time.0.clamp(EARLIEST, LATEST);
    let (seconds, milliseconds) = (time.div_euclid(1_000), time.rem_euclid(1_000));
    let text = format_seconds(seconds);
    if milliseconds == 0 { format!("{text}Z") } else { format!("{text}.{milliseconds:03}Z") }
}

/// Reads a time zone, in minutes east of UTC: `Z`, `+02:00`, `-0600`, `+01`; nothing is UTC.
#[must_use]
pub fn parse_offset(text: &str) -> Option<i32> {
    let mut rest = text.trim().as_bytes();
    let Some(sign) = take(&mut rest, b"Zz+-") else {
        return rest.is_empty().then_some(0);
    };
    if matches!(sign, b'Z' | b'z') {
        return rest.is_empty().then_some(0);
    }
    let hours = digits(&mut rest, 2)?;
    let _ = take(&mut rest, b":");
    let minutes = if rest.is_empty() { 0 } else { digits(&mut rest, 2)? };
    if !rest.is_empty() || hours > 23 || minutes > 59 {
        return None;
    }
    let offset = i32::try_from(hours * 60 + minutes).ok()?;
    Some(if sign == b'-' { -offset } else { offset })
}

/// Writes a time zone as `Z` or `±hh:mm`.
#[must_use]
pub fn format_offset(minutes: i32) -> String {
    if minutes == 0 {
        return "Z".to_owned();
    }
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn format_seconds(seconds: i64) -> String {
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(day);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

/// Milliseconds since midnight. A leap second counts as the second before it.
fn time_of_day(rest: &mut &[u8]) -> Option<i64> {
    let hour = digits(rest, 2)?;
    take(rest, b":")?;
    let minute = digits(rest, 2)?;
    let second = if take(rest, b":").is_some() { digits(rest, 2)? } else { 0 };
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut milliseconds = 0;
    if take(rest, b".,").is_some() {
        let mut unit = 100;
        let mut count = 0;
        while let Some(digit) = take(rest, b"0123456789") {
            milliseconds += i64::from(digit - b'0') * unit;
            unit /= 10;
            count += 1;
        }
        if count == 0 {
            return None;
        }
    }
    Some(((hour * 60 + minute) * 60 + second.min(59)) * 1_000 + milliseconds)
}

fn digits(rest: &mut &[u8], count: usize) -> Option<i64> {
    let mut number = 0;
    for _ in 0..count {
        number = number * 10 + i64::from(take(rest, b"0123456789")? - b'0');
    }
    Some(number)
}

/// Takes the first byte off if it is one of these.
fn take(rest: &mut &[u8], allowed: &[u8]) -> Option<u8> {
    let (first, tail) = rest.split_first()?;
    allowed.contains(first).then(|| *rest = tail)?;
    Some(*first)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse: year, month, day.
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// XEP-0082 §3.2: the first steps on the moon.
    const MOON: Timestamp = Timestamp(-14_159_025_000);

    #[test]
    fn every_way_to_write_one_moment_is_read() {
        for text in [
            "1969-07-21T02:56:15Z",
            "1969-07-20T21:56:15-05:00",
            " 1969-07-21T02:56:15.000Z\n",
            "1969-07-21T02:56:15",
            "1969-07-21t02:56:15z",
            "1969-07-21 02:56:15Z",
            "1969-07-21T04:56:15+0200",
            "1969-07-21T04:56:15+02",
            "19690721T02:56:15",
            "1969-07-21T02:56:15.0000000001Z",
        ] {
            assert_eq!(parse(text), Some(MOON), "{text}");
        }
    }

    #[test]
    fn fractions_dates_and_odd_days_are_read() {
        for (text, milliseconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01", 0),
            ("1970-01-01T00:00Z", 0),
            ("1970-01-01T00:00:00.5Z", 500),
            ("1970-01-01T00:00:00.123456Z", 123),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2016-12-31T23:59:60Z", 1_483_228_799_000),
            ("2024-02-29T12:00:00.25+14:00", 1_709_157_600_250),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] {
            assert_eq!(parse(text), Some(Timestamp(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "now",
            "0",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2023-00-10T00:00:00Z",
            "2023-13-10T00:00:00Z",
            "2023-01-00T00:00:00Z",
            "2023-04-31T00:00:00Z",
            "2023-01-01T24:00:00Z",
            "2023-01-01T00:60:00Z",
            "2023-01-01T00:00:61Z",
            "2023-01-01T00:00:00.Z",
            "2023-01-01T00:00:00Zjunk",
            "2023-01-01T00:00:00+1",
            "2023-01-01T00:00:00+24:00",
            "2023-01-01T",
            "2023-01-0",
            "202301-01",
            "-2023-01-01T00:00:00Z",
            "12023-01-01T00:00:00Z",
            "２０２３-01-01T00:00:00Z",
            "2023-01-01T00:00:00é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        assert_eq!(format(MOON), "1969-07-21T02:56:15Z");
        assert_eq!(format(Timestamp(1)), "1970-01-01T00:00:00.001Z");
        for step in 0..4_000 {
            let time = Timestamp(-62_167_219_200_000 + step * 78_891_234_567);
            assert_eq!(parse(&format(time)), Some(time), "{}", format(time));
        }
    }

    #[test]
    fn a_time_zone_leads_to_no_year_that_can_not_be_written() {
        for (text, written) in [
            ("0000-01-01T00:00:00+23:59", "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59-00:01", "9999-12-31T23:59:59.999Z"),
        ] {
            let time = parse(text).unwrap();
            assert_eq!(format(time), written);
            assert_eq!(parse(written), Some(time));
        }
        assert_eq!(format(Timestamp(i64::MIN)), "0000-01-01T00:00:00Z");
        assert_eq!(format(Timestamp(i64::MAX)), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn offsets_go_both_ways() {
        for (text, minutes) in [("Z", 0), ("+02:00", 120), ("-06:00", -360), ("+05:45", 345)] {
            assert_eq!(parse_offset(text), Some(minutes));
            assert_eq!(format_offset(minutes), text);
        }
        for bad in ["+", "2:00", "+2:00", "+02:60", "+24:00", "+02:00x", "CET"] {
            assert_eq!(parse_offset(bad), None, "{bad}");
        }
    }
}
