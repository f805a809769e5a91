//! Message Archive Management Preferences (XEP-0441): what the server keeps of what we say and are told.

use super::xml::{self, Build as _, Element};
use crate::ids::Jid;
use xmpp_parsers::ns;

/// What is kept where nothing is said of one address (§3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchivePolicy {
    Always,
    /// Only what is said with those on the roster.
    Roster,
    Never,
}

/// The whole of it. It can only be set as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    pub default: ArchivePolicy,
    pub always: Vec<Jid>,
    pub never: Vec<Jid>,
}

/// Asks what holds.
#[must_use]
pub fn query() -> Element {
    xml::element("prefs", ns::MAM)
}

/// What is to hold.
#[must_use]
pub fn build(preferences: &Preferences) -> Element {
    let Preferences { default, always, never } = preferences;
    let default = match default {
        ArchivePolicy::Always => "always",
        ArchivePolicy::Roster => "roster",
        ArchivePolicy::Never => "never",
    };
    let list = |name: &str, addresses: &[Jid]| {
        let addresses = addresses.iter().map(|address| xml::element("jid", ns::MAM).with_text(address.as_str()));
        xml::element(name, ns::MAM).with_children(addresses)
    };
    xml::element("prefs", ns::MAM)
        .with_attr("default", default)
        .with_child(list("always", always))
        .with_child(list("never", never))
}

/// What the server says. What is no address in its lists is left out.
#[must_use]
pub fn parse(prefs: &Element) -> Option<Preferences> {
    if !prefs.is("prefs", ns::MAM) {
        return None;
    }
    let default = match xml::attr(prefs, "default")? {
        "always" => ArchivePolicy::Always,
        "roster" => ArchivePolicy::Roster,
        "never" => ArchivePolicy::Never,
        _ => return None,
    };
    let list = |name: &str| {
        let items = xml::child(prefs, name, ns::MAM).into_iter().flat_map(Element::children);
        items.filter(|item| item.is("jid", ns::MAM)).filter_map(|item| Jid::new(item.text().trim()).ok()).collect()
    };
    Some(Preferences { default, always: list("always"), never: list("never") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(xml: &str) -> Option<Preferences> {
        parse(&xml.parse().unwrap())
    }

    #[test]
    fn the_example_is_read_and_written() {
        // XEP-0441, example 2.
        let xml = "<prefs xmlns='urn:xmpp:mam:2' default='roster'><always><jid>romeo@montague.lit</jid></always>\
                   <never><jid>montague@montague.lit</jid></never></prefs>";
        let preferences = read(xml).unwrap();
        assert_eq!(preferences.default, ArchivePolicy::Roster);
        assert_eq!(preferences.always, [Jid::new("romeo@montague.lit").unwrap()]);
        assert_eq!(preferences.never, [Jid::new("montague@montague.lit").unwrap()]);
        assert_eq!(build(&preferences), xml.parse().unwrap());
        assert_eq!(parse(&build(&preferences)), Some(preferences));
    }

    #[test]
    fn what_is_missing_or_no_address_does_no_harm() {
        let empty = |default| Some(Preferences { default, always: Vec::new(), never: Vec::new() });
        for (xml, expected) in [
            ("<prefs xmlns='urn:xmpp:mam:2' default='never'/>", empty(ArchivePolicy::Never)),
            (
                "<prefs xmlns='urn:xmpp:mam:2' default='always'><always><jid>@</jid></always></prefs>",
                empty(ArchivePolicy::Always),
            ),
            ("<prefs xmlns='urn:xmpp:mam:2' default='often'/>", None),
            ("<prefs xmlns='urn:xmpp:mam:2'/>", None),
            ("<prefs xmlns='urn:xmpp:mam:1' default='always'/>", None),
        ] {
            assert_eq!(read(xml), expected, "{xml}");
        }
    }
}
