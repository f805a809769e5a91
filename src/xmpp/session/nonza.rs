//! What is neither a stanza nor a stream feature: TLS, SASL in both profiles, stream management. Read tolerantly; what makes
//! no sense is left to the caller as an unknown element.

use xmpp_parsers::ns;

use crate::xmpp::xml::{self, Build as _, Element, element};

/// RFC 6120 §5.4.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starttls {
    Start,
    Proceed,
    Failure,
}

impl Starttls {
    pub fn read(element: &Element) -> Option<Self> {
        match element.name() {
            "starttls" => Some(Self::Start),
            "proceed" => Some(Self::Proceed),
            "failure" => Some(Self::Failure),
            _ => None,
        }
    }

    pub fn to_element(self) -> Element {
        let name = match self {
            Self::Start => "starttls",
            Self::Proceed => "proceed",
            Self::Failure => "failure",
        };
        element(name, ns::TLS)
    }
}

/// Which of the two SASL profiles; they differ in namespace and in what travels along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// RFC 6120 §6.
    Sasl1,
    /// XEP-0388.
    Sasl2,
}

impl Profile {
    pub const fn ns(self) -> &'static str {
        match self {
            Self::Sasl1 => ns::SASL,
            Self::Sasl2 => ns::SASL2,
        }
    }
}

/// Without `Debug`: some of it must not be logged.
#[derive(Clone)]
pub enum Sasl {
    /// `<auth/>` or `<authenticate/>`; `inline` (user agent, bind, resume) is for SASL2 only.
    Start {
        mechanism: &'static str,
        initial: Vec<u8>,
        inline: Vec<Element>,
    },
    Challenge(Vec<u8>),
    Response(Vec<u8>),
    /// `jid` and `inline` come with SASL2 only.
    Success {
        data: Option<Vec<u8>>,
        jid: Option<String>,
        inline: Vec<Element>,
    },
    Failure {
        condition: String,
        text: Option<String>,
    },
}

impl Sasl {
    pub fn read(profile: Profile, element: &Element) -> Option<Self> {
        Some(match element.name() {
            "challenge" => Self::Challenge(base64_text(element)?),
            "success" if profile == Profile::Sasl1 => {
                let data = base64_text(element)?;
                Self::Success { data: (!data.is_empty()).then_some(data), jid: None, inline: Vec::new() }
            }
            "success" => Self::Success {
                data: match xml::child(element, "additional-data", ns::SASL2) {
                    Some(data) => Some(base64_text(data)?),
                    None => None,
                },
                jid: xml::child_text(element, "authorization-identifier", ns::SASL2),
                inline: element.children().filter(|child| !child.has_ns(ns::SASL2)).cloned().collect(),
            },
            "failure" => {
                let (condition, text) = condition_and_text(element);
                Self::Failure { condition, text }
            }
            _ => return None,
        })
    }

    pub fn to_element(&self, profile: Profile) -> Element {
        let ns = profile.ns();
        // `=` stands for nothing (RFC 6120 §6.4.2); SASL2 has elements that may be empty.
        let encoded = |data: &[u8]| match profile {
            Profile::Sasl1 if data.is_empty() => "=".to_owned(),
            _ => xml::encode_base64(data),
        };
        match self {
            Self::Start { mechanism, initial, .. } if profile == Profile::Sasl1 => {
                element("auth", ns).with_attr("mechanism", mechanism).with_text(encoded(initial))
            }
            Self::Start { mechanism, initial, inline } => element("authenticate", ns)
                .with_attr("mechanism", mechanism)
                .with_child(element("initial-response", ns).with_text(encoded(initial)))
                .with_children(inline.iter().cloned()),
            Self::Challenge(data) => element("challenge", ns).with_text(encoded(data)),
            Self::Response(data) => element("response", ns).with_text(encoded(data)),
            Self::Success { .. } => element("success", ns),
            Self::Failure { condition, .. } => element("failure", ns).with_child(element(condition.as_str(), ns::SASL)),
        }
    }
}

/// Stream management (XEP-0198).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmNonza {
    Enable { resume: bool },
    Enabled { id: Option<String>, resume: bool, max: Option<u32>, location: Option<String> },
    Resume { h: u32, previd: String },
    Resumed { h: u32 },
    Failed { h: Option<u32> },
    Ack(u32),
    Request,
}

impl SmNonza {
    pub const fn is_ack(&self) -> bool {
        matches!(self, Self::Ack(_))
    }

    pub fn read(element: &Element) -> Option<Self> {
        if !element.has_ns(ns::SM) {
            return None;
        }
        let text = |name| xml::attr(element, name).map(str::to_owned);
        let h = || xml::parsed_attr(element, "h");
        Some(match element.name() {
            "r" => Self::Request,
            "a" => Self::Ack(h()?),
            "enable" => Self::Enable { resume: xml::flag(element, "resume") },
            "enabled" => Self::Enabled {
                id: text("id"),
                resume: xml::flag(element, "resume"),
                max: xml::parsed_attr(element, "max"),
                location: text("location"),
            },
            "resume" => Self::Resume { h: h()?, previd: text("previd")? },
            "resumed" => Self::Resumed { h: h()? },
            // xmpp-parsers asks for an `h` here, which XEP-0198 §5 does not.
            "failed" => Self::Failed { h: h() },
            _ => return None,
        })
    }

    pub fn to_element(&self) -> Element {
        let sm = |name| element(name, ns::SM);
        let yes = |value: bool| value.then_some("true");
        match self {
            Self::Request => sm("r"),
            Self::Ack(h) => sm("a").with_attr("h", h.to_string()),
            Self::Enable { resume } => sm("enable").with_optional_attr("resume", yes(*resume)),
            Self::Enabled { id, resume, max, location } => sm("enabled")
                .with_optional_attr("id", id.as_ref())
                .with_optional_attr("resume", yes(*resume))
                .with_optional_attr("max", max.map(|n| n.to_string()))
                .with_optional_attr("location", location.as_ref()),
            Self::Resume { h, previd } => sm("resume").with_attr("h", h.to_string()).with_attr("previd", previd),
            Self::Resumed { h } => sm("resumed").with_attr("h", h.to_string()),
            Self::Failed { h } => sm("failed").with_optional_attr("h", h.map(|n| n.to_string())),
        }
    }
}

/// The error condition and the text for people of a stream error or a SASL failure.
pub fn condition_and_text(element: &Element) -> (String, Option<String>) {
    let condition = element.children().find(|c| c.name() != "text").map_or("undefined-condition", |c| c.name());
    let text = element.children().find(|c| c.name() == "text").map(Element::text).filter(|t| !t.trim().is_empty());
    (condition.to_owned(), text)
}

/// `=` stands for nothing (RFC 6120 §6.4.2).
fn base64_text(element: &Element) -> Option<Vec<u8>> {
    let text = element.text();
    if text.trim() == "=" { Some(Vec::new()) } else { xml::decode_base64(&text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_management_goes_there_and_back() {
        for nonza in [
            SmNonza::Enable { resume: true },
            SmNonza::Resume { h: 7, previd: "a'b".into() },
            SmNonza::Enabled { id: Some("x".into()), resume: true, max: Some(3), location: None },
            SmNonza::Failed { h: None },
            SmNonza::Failed { h: Some(4) },
            SmNonza::Ack(u32::MAX),
            SmNonza::Request,
        ] {
            let xml = String::from(&nonza.to_element());
            assert_eq!(SmNonza::read(&xml.parse().unwrap()), Some(nonza), "{xml}");
        }
        assert_eq!(SmNonza::read(&"<a xmlns='urn:xmpp:sm:3'/>".parse().unwrap()), None);
    }

    #[test]
    fn a_challenge_may_be_wrapped_and_success_may_be_empty() {
        let read = |profile, xml: &str| Sasl::read(profile, &xml.parse().unwrap());
        let wrapped = "<challenge xmlns='urn:xmpp:sasl:2'>\n YW\n Jj </challenge>";
        assert!(matches!(read(Profile::Sasl2, wrapped), Some(Sasl::Challenge(data)) if data == b"abc"));
        let empty = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>=</success>";
        assert!(matches!(read(Profile::Sasl1, empty), Some(Sasl::Success { data: None, .. })));
        let odd = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
        assert!(
            matches!(read(Profile::Sasl1, odd), Some(Sasl::Failure { condition, text: None }) if condition == "undefined-condition")
        );
    }
}
