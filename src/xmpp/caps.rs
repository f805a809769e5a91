//! Entity Capabilities (XEP-0115): a hash in the presence that stands for what a client can do.

use std::{collections::HashSet, fmt::Write as _};

use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};

use super::{
    disco::Info,
    xml::{self, Build as _, Element},
};
use xmpp_parsers::ns;

/// What a presence says of its sender's abilities (§4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caps {
    pub node: String,
    /// The verification string, or a version number from a client that follows the legacy format.
    pub ver: String,
    /// The hash function; `None` in the legacy format (§13), whose `ver` proves nothing.
    pub hash: Option<String>,
}

impl Caps {
    #[must_use]
    pub fn build(&self) -> Element {
        xml::element("c", ns::CAPS)
            .with_optional_attr("hash", self.hash.as_deref())
            .with_attr("node", &self.node)
            .with_attr("ver", &self.ver)
    }

    /// The node to ask for what the hash stands for (§6.2).
    #[must_use]
    pub fn query_node(&self) -> String {
        format!("{}#{}", self.node, self.ver)
    }

    /// Whether the answer is what the hash stands for. Only then may it be kept for everybody with the same hash (§5.4, §9.3).
    #[must_use]
    pub fn is_proven_by(&self, info: &Info) -> bool {
        self.hash
            .as_deref()
            .and_then(|hash| verification_string(info, hash))
            .is_some_and(|expected| expected == self.ver)
    }
}

/// Reads the element of a presence.
#[must_use]
pub fn parse(presence: &Element) -> Option<Caps> {
    let element = xml::child(presence, "c", ns::CAPS)?;
    Some(Caps {
        node: xml::filled_attr(element, "node")?,
        ver: xml::filled_attr(element, "ver")?,
        hash: xml::filled_attr(element, "hash"),
    })
}

/// The verification string (§5.1); `None` for a hash that is not known, or for ill-formed information (§5.4, rule 3).
///
/// Beside the duplicates that §5.4 names, a separator inside a part is ill-formed here: with it two different answers could
/// have the same hash, and one of them would be believed for everybody (§5.1's warning, §9.2).
#[must_use]
pub fn verification_string(info: &Info, hash: &str) -> Option<String> {
    if !is_well_formed(info) {
        return None;
    }
    let text = canonical(info);
    Some(match hash {
        "sha-1" => xml::encode_base64(&Sha1::digest(text)),
        "sha-256" => xml::encode_base64(&Sha256::digest(text)),
        "sha-512" => xml::encode_base64(&Sha512::digest(text)),
        _ => return None,
    })
}

fn is_well_formed(info: &Info) -> bool {
    let mut types = HashSet::new();
    are_different(&info.identities)
        && are_different(&info.features)
        && info.forms.iter().all(|form| !form.is_ambiguous && form.form_type.as_ref().is_none_or(|t| types.insert(t)))
        && !has_separators(info)
}

fn has_separators(info: &Info) -> bool {
    info.identities.iter().any(|identity| {
        [&identity.category, &identity.kind, &identity.lang].into_iter().any(|part| part.contains(['/', '<']))
            || identity.name.contains('<')
    }) || info.features.iter().any(|feature| feature.contains('<'))
        || info.forms.iter().any(|form| {
            let is_bad = |text: &String| text.contains('<');
            form.form_type.as_ref().is_some_and(is_bad)
                || form.fields.iter().any(|field| is_bad(&field.var) || field.values.iter().any(is_bad))
        })
}

fn are_different<T: Eq + std::hash::Hash>(items: &[T]) -> bool {
    let mut seen = HashSet::new();
    items.iter().all(|item| seen.insert(item))
}

/// §5.1: everything sorted by bytes, each part ended by `<`.
fn canonical(info: &Info) -> String {
    let mut text = String::new();
    let mut identities: Vec<_> = info.identities.iter().collect();
    identities.sort();
    for identity in identities {
        let _ = write!(text, "{}/{}/{}/{}<", identity.category, identity.kind, identity.lang, identity.name);
    }
    let mut features: Vec<_> = info.features.iter().collect();
    features.sort();
    for feature in features {
        let _ = write!(text, "{feature}<");
    }
    // A form without a FORM_TYPE is left out (§5.4, rule 3.6).
    let mut forms: Vec<_> = info.forms.iter().filter_map(|form| Some((form.form_type.as_ref()?, form))).collect();
    forms.sort();
    for (form_type, form) in forms {
        let _ = write!(text, "{form_type}<");
        let mut fields: Vec<_> = form.fields.iter().collect();
        fields.sort();
        for field in fields {
            let _ = write!(text, "{}<", field.var);
            let mut values: Vec<_> = field.values.iter().collect();
            values.sort();
            for value in values {
                let _ = write!(text, "{value}<");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::disco;

    fn info(inner: &str) -> Info {
        let xml = format!("<query xmlns='http://jabber.org/protocol/disco#info'>{inner}</query>");
        disco::parse_info(&xml.parse().unwrap()).unwrap()
    }

    const FEATURES: &str = "<feature var='http://jabber.org/protocol/disco#items'/>
        <feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>
        <feature var='http://jabber.org/protocol/muc'/>";

    #[test]
    fn the_simple_example_has_its_hash() {
        // XEP-0115 §5.2.
        let info = info(&format!("<identity category='client' name='Exodus 0.9.1' type='pc'/>{FEATURES}"));
        assert_eq!(verification_string(&info, "sha-1").as_deref(), Some("QgayPKawpkPSDYmwT/WM94uAlu0="));
    }

    #[test]
    fn the_complex_example_has_its_hash() {
        // XEP-0115 §5.3.
        let info = info(&format!(
            "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>
             <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>{FEATURES}
             <x xmlns='jabber:x:data' type='result'>
               <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>
               <field var='ip_version'><value>ipv4</value><value>ipv6</value></field>
               <field var='os'><value>Mac</value></field><field var='os_version'><value>10.5.1</value></field>
               <field var='software'><value>Psi</value></field><field var='software_version'><value>0.11</value></field>
             </x>"
        ));
        assert_eq!(verification_string(&info, "sha-1").as_deref(), Some("q07IKJEyjvHSyhy//CH0CxmKi8w="));
    }

    #[test]
    fn ill_formed_information_proves_nothing() {
        let form = |value: &str| {
            format!("<x xmlns='jabber:x:data'><field var='FORM_TYPE' type='hidden'><value>{value}</value></field></x>")
        };
        for xml in [
            "<identity category='a' type='b'/><identity category='a' type='b'/>".to_owned(),
            "<feature var='a'/><feature var='a'/>".to_owned(),
            form("t").repeat(2),
            form("t</value><value>u"),
            form("t</value></field><field var='FORM_TYPE' type='hidden'><value>u"),
            form("t&lt;"),
            form("t</value></field><field var='v'><value>1&lt;2"),
            "<identity category='a' type='b' name='c&lt;http://example.org'/>".to_owned(),
            "<identity category='a/b' type='c'/>".to_owned(),
            "<feature var='a&lt;b'/>".to_owned(),
        ] {
            assert_eq!(verification_string(&info(&xml), "sha-1"), None, "{xml}");
        }
        assert!(verification_string(&info(&form("t</value><value>t")), "sha-1").is_some());
        assert_eq!(verification_string(&info(""), "md5"), None);
    }

    #[test]
    fn a_form_without_a_hidden_type_does_not_count() {
        let expected = verification_string(&info(FEATURES), "sha-1");
        for form in [
            "<x xmlns='jabber:x:data'/>",
            "<x xmlns='jabber:x:data'><field var='a'><value>1</value></field></x>",
            "<x xmlns='jabber:x:data'><field var='FORM_TYPE'><value>f</value></field></x>",
            "<x xmlns='jabber:x:data'><field var='FORM_TYPE' type='hidden'/></x>",
        ] {
            assert_eq!(verification_string(&info(&format!("{FEATURES}{form}")), "sha-1"), expected, "{form}");
        }
    }

    #[test]
    fn only_the_hashed_information_is_a_proof() {
        let info = info("<feature var='a'/>");
        let ver = verification_string(&info, "sha-1").unwrap();
        let caps = |ver: &str, hash: Option<&str>| Caps {
            node: "n".to_owned(),
            ver: ver.to_owned(),
            hash: hash.map(str::to_owned),
        };
        assert!(caps(&ver, Some("sha-1")).is_proven_by(&info));
        assert!(!caps(&ver, Some("sha-256")).is_proven_by(&info));
        for hash in ["sha-256", "sha-512"] {
            let ver = verification_string(&info, hash).unwrap();
            assert!(caps(&ver, Some(hash)).is_proven_by(&info));
        }
        assert!(!caps(&ver, None).is_proven_by(&info));
        assert!(!caps("1.0", Some("sha-1")).is_proven_by(&info));
    }

    #[test]
    fn what_is_built_is_read_as_the_same_and_half_an_element_is_none() {
        let caps = Caps { node: "n".to_owned(), ver: "v=".to_owned(), hash: Some("sha-1".to_owned()) };
        let presence = xml::element("presence", ns::JABBER_CLIENT).with_child(caps.build());
        assert_eq!(parse(&presence), Some(caps));
        for xml in [
            "<c xmlns='http://jabber.org/protocol/caps' ver='1'/>",
            "<c xmlns='http://jabber.org/protocol/caps' node='1'/>",
        ] {
            let presence = format!("<presence xmlns='jabber:client'>{xml}</presence>").parse().unwrap();
            assert_eq!(parse(&presence), None);
        }
    }
}
