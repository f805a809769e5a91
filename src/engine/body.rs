//! The text of one's own messages, before it becomes a stanza.

use super::api::CommandError;

/// How long a message may be where the server does not say (XEP-0478): what servers take from each other by default.
pub const DEFAULT_LIMIT: usize = 60_000;
/// What a stanza has beside the text: addresses, ids, payloads.
const ENVELOPE: usize = 2_048;

/// How many bytes of text fit into a stanza that the server takes.
#[must_use]
pub fn limit(max_stanza: Option<usize>) -> usize {
    // A server that says less than RFC 6120 §13.12 demands is not taken at its word.
    max_stanza.map_or(DEFAULT_LIMIT, |bytes| bytes.max(10_000) - ENVELOPE)
}

/// Takes away what may not stand in XML and checks the length.
///
/// # Errors
/// `TooLong` when the text as it stands in XML has more than `limit` bytes, `EmptyMessage` when nothing is left of it.
pub fn prepare(text: &str, limit: usize) -> Result<String, CommandError> {
    let text = clean(text);
    if text.trim().is_empty() {
        return Err(CommandError::EmptyMessage);
    }
    if escaped_length(&text) > limit {
        return Err(CommandError::TooLong { limit });
    }
    Ok(text)
}

/// Without the characters that XML 1.0 §2.2 forbids; line ends as §2.11 has them, as the other side will read them.
#[must_use]
pub fn clean(text: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
    text.chars().filter(allowed).collect::<String>().replace("\r\n", "\n").replace('\r', "\n")
}

/// How many bytes a text has as it stands in XML.
#[must_use]
pub fn escaped_length(text: &str) -> usize {
    text.bytes()
        .map(|byte| match byte {
            b'&' => 5,
            b'<' | b'>' => 4,
            b'"' | b'\'' => 6,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_forbids_is_taken_away_and_the_rest_stays() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a\0b\u{8}c\u{b}d\u{1b}[1me", "abcd[1me"),
            ("\u{FFFE}x\u{FFFF}y", "xy"),
            ("one\r\ntwo\rthree\nfour\tfive", "one\ntwo\nthree\nfour\tfive"),
            ("\u{7f}\u{85}é 🐦\u{10FFFF}", "\u{7f}\u{85}é 🐦\u{10FFFF}"),
        ] {
            assert_eq!(clean(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_measured_as_it_stands_in_the_stanza() {
        assert_eq!(prepare("12345", 5), Ok("12345".to_owned()));
        assert_eq!(prepare("123456", 5), Err(CommandError::TooLong { limit: 5 }));
        assert_eq!(prepare("<", 4), Ok("<".to_owned()));
        assert_eq!(prepare("<&", 8), Err(CommandError::TooLong { limit: 8 }));
        assert_eq!(prepare("éé", 3), Err(CommandError::TooLong { limit: 3 }));
        assert!(prepare(&"x".repeat(1_000_000), limit(None)).is_err());
    }

    #[test]
    fn a_text_of_which_nothing_is_left_is_not_sent() {
        for text in ["", " \n\t", "\0\u{1}"] {
            assert_eq!(prepare(text, 100), Err(CommandError::EmptyMessage), "{text:?}");
        }
    }

    #[test]
    fn the_limit_leaves_room_for_the_envelope() {
        assert_eq!(limit(None), 60_000);
        assert_eq!(limit(Some(262_144)), 260_096);
        assert_eq!(limit(Some(0)), 7_952);
    }
}
