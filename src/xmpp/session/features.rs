//! Stream features, read tolerantly: every part that is not understood is as good as absent.

use xmpp_parsers::ns;

use super::event::ServerFeatures;
use crate::xmpp::xml::{self, Element};

const ROSTER_VERSIONING: &str = "urn:xmpp:features:rosterver";
const PRE_APPROVAL: &str = "urn:xmpp:features:pre-approval";
/// XEP-0484.
pub const FAST: &str = "urn:xmpp:fast:0";
const STREAM_LIMITS: &str = "urn:xmpp:stream-limits:0";

/// `<stream:features/>`.
#[derive(Debug, Clone, Default)]
pub struct Features {
    pub has_starttls: bool,
    /// Mechanisms of the classic profile.
    pub sasl1: Vec<String>,
    pub sasl2: Option<Sasl2Features>,
    /// Channel-binding types as named by the server, known or not (XEP-0440); `None` where it does not say.
    pub channel_bindings: Option<Vec<String>>,
    pub has_sm: bool,
    /// What the engine is told.
    pub server: ServerFeatures,
}

/// SASL2 and what it carries (XEP-0388, XEP-0386).
#[derive(Debug, Clone, Default)]
pub struct Sasl2Features {
    pub mechanisms: Vec<String>,
    /// What Bind2 can switch on by the way, if Bind2 is offered.
    pub bind2: Option<Vec<String>>,
    pub has_sm: bool,
    /// Mechanisms for tokens (XEP-0484).
    pub fast: Vec<String>,
}

impl Features {
    pub fn read(raw: &Element) -> Self {
        let has = |name, ns| xml::child(raw, name, ns).is_some();
        let limit = |name: &str| {
            let limits = xml::child(raw, "limits", STREAM_LIMITS)?;
            xml::child_text(limits, name, STREAM_LIMITS)?.parse().ok()
        };
        Self {
            has_starttls: has("starttls", ns::TLS),
            sasl1: xml::child(raw, "mechanisms", ns::SASL).map(mechanisms).unwrap_or_default(),
            sasl2: xml::child(raw, "authentication", ns::SASL2).map(Sasl2Features::read),
            channel_bindings: xml::child(raw, "sasl-channel-binding", ns::SASL_CB)
                .map(|all| all.children().filter_map(|one| xml::filled_attr(one, "type")).collect()),
            has_sm: has("sm", ns::SM),
            server: ServerFeatures {
                roster_versioning: has("ver", ROSTER_VERSIONING),
                pre_approval: has("sub", PRE_APPROVAL),
                csi: has("csi", ns::CSI),
                max_bytes: limit("max-bytes"),
                idle_seconds: limit("idle-seconds"),
            },
        }
    }
}

impl Sasl2Features {
    fn read(raw: &Element) -> Self {
        let inline = xml::child(raw, "inline", ns::SASL2);
        let part = |name, ns| inline.and_then(|inline| xml::child(inline, name, ns));
        Self {
            mechanisms: mechanisms(raw),
            bind2: part("bind", ns::BIND2).map(|bind| match xml::child(bind, "inline", ns::BIND2) {
                Some(inline) => inline.children().filter_map(|feature| xml::filled_attr(feature, "var")).collect(),
                None => Vec::new(),
            }),
            has_sm: part("sm", ns::SM).is_some(),
            fast: part("fast", FAST).map(mechanisms).unwrap_or_default(),
        }
    }
}

fn mechanisms(parent: &Element) -> Vec<String> {
    parent.children().filter(|c| c.name() == "mechanism").map(|c| c.text().trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_parts_do_not_hide_the_known_ones() {
        let raw = "<s:features xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:client'>
          <sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-from-mars'/><channel-binding/>
            <channel-binding type='tls-exporter'/></sasl-channel-binding>
          <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism> SCRAM-SHA-1 </mechanism><hostname/></mechanisms>
          <limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>262144</max-bytes><idle-seconds>many</idle-seconds></limits>
          <authentication xmlns='urn:xmpp:sasl:2'><mechanism>X</mechanism><inline><bind xmlns='urn:xmpp:bind:0'/></inline></authentication>
          <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><required/></bind><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>
          <ver xmlns='urn:xmpp:features:rosterver'/><sub xmlns='urn:xmpp:features:pre-approval'/>
        </s:features>";
        let features = Features::read(&raw.parse().unwrap());
        assert_eq!(features.sasl1, ["SCRAM-SHA-1"]);
        assert_eq!(features.channel_bindings.unwrap(), ["tls-from-mars", "tls-exporter"]);
        assert!(!features.has_sm && !features.has_starttls);
        let expected = ServerFeatures {
            roster_versioning: true,
            pre_approval: true,
            csi: false,
            max_bytes: Some(262_144),
            idle_seconds: None,
        };
        assert_eq!(features.server, expected);
        let sasl2 = features.sasl2.unwrap();
        assert_eq!((sasl2.mechanisms, sasl2.bind2, sasl2.has_sm), (vec!["X".to_owned()], Some(vec![]), false));
    }
}
