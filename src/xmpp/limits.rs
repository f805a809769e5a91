//! Stream Limits Advertisement (XEP-0478).

use super::xml::{self, Element};
use xmpp_parsers::ns;

/// What the server takes; what it does not say has no known limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Limits {
    /// The largest stanza, in bytes as it is written.
    pub max_bytes: Option<u64>,
    /// After so long a silence the server may think that nobody is there.
    pub idle_seconds: Option<u64>,
}

/// Reads the limits in `<stream:features/>`. A number that can't be read, or a limit of nothing, is none.
#[must_use]
pub fn parse(features: &Element) -> Limits {
    let Some(limits) = xml::child(features, "limits", ns::STREAM_LIMITS) else {
        return Limits::default();
    };
    let number = |name: &str| {
        let number = xml::child_text(limits, name, ns::STREAM_LIMITS)?.parse().ok();
        number.filter(|&number: &u64| number > 0)
    };
    Limits { max_bytes: number("max-bytes"), idle_seconds: number("idle-seconds") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_is_taken() {
        for (inner, max_bytes, idle_seconds) in [
            // XEP-0478 §3.1, example 1.
            ("<max-bytes>10000</max-bytes><idle-seconds>1800</idle-seconds>", Some(10_000), Some(1_800)),
            ("<max-bytes>\n 10000 </max-bytes>", Some(10_000), None),
            ("<max-bytes>many</max-bytes><idle-seconds>5</idle-seconds>", None, Some(5)),
            ("<max-bytes>0</max-bytes><idle-seconds>-1</idle-seconds>", None, None),
            ("<max-bytes>99999999999999999999999</max-bytes>", None, None),
            ("<max-bytes/>", None, None),
            ("", None, None),
        ] {
            let xml = format!(
                "<features xmlns='http://etherx.jabber.org/streams'><limits xmlns='urn:xmpp:stream-limits:0'>{inner}</limits></features>"
            );
            assert_eq!(parse(&xml.parse().unwrap()), Limits { max_bytes, idle_seconds }, "{inner}");
        }
        assert_eq!(parse(&xml::element("features", ns::STREAM)), Limits::default());
    }
}
