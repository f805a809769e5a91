//! Times and speeds of sound in words.

use std::time::Duration;

use gettextrs::{gettext, ngettext};

/// `0:07`, `12:34`, `1:02:03`: what has passed, in whole seconds.
#[must_use]
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// How long something lasts: what is not quite a second is one.
#[must_use]
pub fn length(length: Duration) -> String {
    clock(rounded(length))
}

/// The same for a screen reader: "2 minutes, 1 second".
#[must_use]
pub fn spoken(length: Duration) -> String {
    let all = rounded(length).as_secs();
    let (minutes, seconds) = (all / 60, all % 60);
    let [some_minutes, some_seconds] = [minutes, seconds].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let mut parts = Vec::new();
    if minutes > 0 {
        parts.push(ngettext("{n} minute", "{n} minutes", some_minutes).replace("{n}", &minutes.to_string()));
    }
    if seconds > 0 || minutes == 0 {
        parts.push(ngettext("{n} second", "{n} seconds", some_seconds).replace("{n}", &seconds.to_string()));
    }
    parts.join(", ")
}

fn rounded(length: Duration) -> Duration {
    if length < Duration::from_secs(1) { Duration::from_secs(1) } else { length + Duration::from_millis(500) }
}

/// How fast sound is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speed {
    #[default]
    Normal,
    Faster,
    Double,
}

impl Speed {
    #[must_use]
    pub fn factor(self) -> f64 {
        match self {
            Self::Normal => 1.0,
            Self::Faster => 1.5,
            Self::Double => 2.0,
        }
    }

    /// The one after it; after the last the first.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Normal => Self::Faster,
            Self::Faster => Self::Double,
            Self::Double => Self::Normal,
        }
    }

    #[must_use]
    pub fn words(self) -> String {
        match self {
            // Translators: the speed of sound that is played.
            Self::Normal => gettext("1×"),
            Self::Faster => gettext("1.5×"),
            Self::Double => gettext("2×"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_long_as_they_need_to_be() {
        for (milliseconds, passed, lasting) in [
            (0, "0:00", "0:01"),
            (400, "0:00", "0:01"),
            (7_600, "0:07", "0:08"),
            (59_999, "0:59", "1:00"),
            (754_000, "12:34", "12:34"),
            (3_723_000, "1:02:03", "1:02:03"),
        ] {
            let time = Duration::from_millis(milliseconds);
            assert_eq!((clock(time).as_str(), length(time).as_str()), (passed, lasting));
        }
    }

    #[test]
    fn a_length_is_spoken_in_its_parts() {
        for (seconds, words) in [(1, "1 second"), (45, "45 seconds"), (60, "1 minute"), (121, "2 minutes, 1 second")] {
            assert_eq!(spoken(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn after_the_fastest_comes_the_slowest() {
        assert_eq!(Speed::Normal.next().next().next(), Speed::Normal);
    }
}
