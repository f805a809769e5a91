//! Stanza errors (RFC 6120 §8.3), read whatever the server made of them, written by the book.

use super::xml::{self, Build as _, Element};
use xmpp_parsers::ns;

/// Before RFC 3920, errors were numbers (XEP-0086 §3); some gateways still send nothing else.
const LEGACY_CODES: [(&str, &str); 13] = [
    ("302", "redirect"),
    ("400", "bad-request"),
    ("401", "not-authorized"),
    ("403", "forbidden"),
    ("404", "item-not-found"),
    ("405", "not-allowed"),
    ("406", "not-acceptable"),
    ("407", "registration-required"),
    ("408", "remote-server-timeout"),
    ("409", "conflict"),
    ("500", "internal-server-error"),
    ("501", "feature-not-implemented"),
    ("503", "service-unavailable"),
];

/// What one may do about the error (RFC 6120 §8.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Sign in or get leave, then try again.
    Auth,
    /// Don't try again.
    Cancel,
    /// Only a warning.
    Continue,
    /// Change what was sent, then try again.
    Modify,
    /// Try again later.
    Wait,
}

impl ErrorKind {
    fn read(text: &str) -> Option<Self> {
        Some(match text.trim() {
            "auth" => Self::Auth,
            "cancel" => Self::Cancel,
            "continue" => Self::Continue,
            "modify" => Self::Modify,
            "wait" => Self::Wait,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Cancel => "cancel",
            Self::Continue => "continue",
            Self::Modify => "modify",
            Self::Wait => "wait",
        }
    }

    /// What RFC 6120 §8.3.3 recommends for a condition.
    fn usual(condition: &str) -> Self {
        match condition {
            "bad-request" | "jid-malformed" | "not-acceptable" | "policy-violation" | "redirect" => Self::Modify,
            "forbidden" | "not-authorized" | "registration-required" | "subscription-required" => Self::Auth,
            "recipient-unavailable" | "remote-server-timeout" | "resource-constraint" | "unexpected-request" => {
                Self::Wait
            }
            _ => Self::Cancel,
        }
    }
}

/// An `<error/>` as it stands in a stanza of type `error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{condition}")]
pub struct StanzaError {
    /// The condition's element name; `undefined-condition` where there was none.
    pub condition: String,
    pub kind: ErrorKind,
    /// The sender's words, for people.
    pub text: Option<String>,
    /// The name of the condition of an extension, such as `precondition-not-met` (XEP-0060 §7.1.5).
    pub detail: Option<String>,
}

impl StanzaError {
    /// An error with its usual kind.
    #[must_use]
    pub fn new(condition: &str) -> Self {
        Self { condition: condition.to_owned(), kind: ErrorKind::usual(condition), text: None, detail: None }
    }

    /// Reads the `<error/>` child of a stanza; where there is none (it happens), an undefined condition.
    #[must_use]
    pub fn parse(stanza: &Element) -> Self {
        let Some(error) = xml::child(stanza, "error", ns::JABBER_CLIENT) else {
            return Self::new("undefined-condition");
        };
        let defined = error.children().find(|child| child.has_ns(ns::XMPP_STANZAS) && child.name() != "text");
        let legacy = || {
            let code = xml::attr(error, "code")?.trim();
            LEGACY_CODES.iter().find(|(number, _)| *number == code).map(|(_, condition)| *condition)
        };
        let condition = defined.map(Element::name).or_else(legacy).unwrap_or("undefined-condition");
        Self {
            condition: condition.to_owned(),
            kind: xml::attr(error, "type").and_then(ErrorKind::read).unwrap_or_else(|| ErrorKind::usual(condition)),
            text: xml::human_text(error, "text", ns::XMPP_STANZAS),
            detail: error
                .children()
                .find(|child| !child.has_ns(ns::XMPP_STANZAS) && !child.has_ns(ns::JABBER_CLIENT))
                .map(|child| child.name().to_owned()),
        }
    }

    /// The `<error/>` to answer with. A condition that is no name of the kind that RFC 6120 §8.3.3 lists becomes
    /// `undefined-condition`; `detail` belongs to an extension and is not written.
    #[must_use]
    pub fn build(&self) -> Element {
        let is_name = !self.condition.is_empty() && self.condition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        let condition = if is_name { self.condition.as_str() } else { "undefined-condition" };
        let text = self.text.as_ref().map(|text| xml::element("text", ns::XMPP_STANZAS).with_text(text));
        xml::element("error", ns::JABBER_CLIENT)
            .with_attr("type", self.kind.name())
            .with_child(xml::element(condition, ns::XMPP_STANZAS))
            .with_children(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(error: &str) -> StanzaError {
        StanzaError::parse(&format!("<iq xmlns='jabber:client' type='error' id='1'>{error}</iq>").parse().unwrap())
    }

    #[test]
    fn any_error_is_read() {
        const STANZAS: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
        for (xml, condition, kind, text, detail) in [
            (String::new(), "undefined-condition", ErrorKind::Cancel, None, None),
            ("<error/>".to_owned(), "undefined-condition", ErrorKind::Cancel, None, None),
            ("<error code='404'>Not Found</error>".to_owned(), "item-not-found", ErrorKind::Cancel, None, None),
            ("<error code='999' type='wait'/>".to_owned(), "undefined-condition", ErrorKind::Wait, None, None),
            (
                format!("<error type='wait'><text {STANZAS}>later</text><resource-constraint {STANZAS}/></error>"),
                "resource-constraint",
                ErrorKind::Wait,
                Some("later"),
                None,
            ),
            (
                format!(
                    "<error type='what'><conflict {STANZAS}/>
                     <precondition-not-met xmlns='http://jabber.org/protocol/pubsub#errors'/></error>"
                ),
                "conflict",
                ErrorKind::Cancel,
                None,
                Some("precondition-not-met"),
            ),
            (format!("<error><sky-fell {STANZAS}/></error>"), "sky-fell", ErrorKind::Cancel, None, None),
            // An error is one only in the stanza's own namespace.
            (
                format!("<error xmlns='urn:x' type='auth'><forbidden {STANZAS}/></error>"),
                "undefined-condition",
                ErrorKind::Cancel,
                None,
                None,
            ),
        ] {
            let error = read(&xml);
            assert_eq!(error.condition, condition, "{xml}");
            assert_eq!(error.kind, kind, "{xml}");
            assert_eq!(error.text.as_deref(), text, "{xml}");
            assert_eq!(error.detail.as_deref(), detail, "{xml}");
        }
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let mut error = StanzaError::new("service-unavailable");
        error.text = Some("<none>".to_owned());
        assert_eq!(read(&String::from(&error.build())), error);
        assert_eq!(read(&String::from(&StanzaError::new("a b='<").build())).condition, "undefined-condition");
    }
}
