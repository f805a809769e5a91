//! What Stonechat is and can do, as it tells others: the one place where a feature is announced.

use std::sync::LazyLock;

use super::{
    caps::{self, Caps},
    correction,
    disco::{Identity, Info},
    fallback, file_sharing, marker, reaction, reference, reply, retraction, spoiler, styling,
};
use crate::config;
use xmpp_parsers::ns;

/// Names the program in entity capabilities (XEP-0115 §4).
const NODE: &str = "https://stonechat.im";

/// Namespaces of what this client answers, understands or wants to be told of (`+notify`, XEP-0163 §4.2).
///
/// Not here: carbons (XEP-0280 §3) and stanza ids (XEP-0359 §5), which are for servers and rooms to announce.
const FEATURES: [&str; 23] = [
    "urn:xmpp:avatar:metadata+notify",
    ns::CAPS,
    ns::CHATSTATES,
    correction::NAMESPACE,
    marker::NAMESPACE,
    "urn:xmpp:mds:displayed:0+notify",
    ns::DELAY,
    ns::DISCO_INFO,
    fallback::NAMESPACE,
    file_sharing::OUT_OF_BAND,
    file_sharing::SHARING,
    ns::NICK,
    "http://jabber.org/protocol/nick+notify",
    ns::VERSION,
    ns::PING,
    reaction::NAMESPACE,
    ns::RECEIPTS,
    reference::NAMESPACE,
    reply::NAMESPACE,
    retraction::NAMESPACE,
    spoiler::NAMESPACE,
    // What is written with styling is shown with it (XEP-0393 §4).
    styling::NAMESPACE,
    ns::TIME,
];

static INFO: LazyLock<Info> = LazyLock::new(|| Info {
    identities: vec![Identity {
        category: "client".to_owned(),
        kind: "pc".to_owned(),
        lang: String::new(),
        name: config::APP_NAME.to_owned(),
    }],
    features: FEATURES.iter().map(|feature| (*feature).to_owned()).collect(),
    forms: Vec::new(),
});

static CAPS: LazyLock<Caps> = LazyLock::new(|| Caps {
    node: NODE.to_owned(),
    ver: caps::verification_string(&INFO, "sha-1").unwrap_or_default(),
    hash: Some("sha-1".to_owned()),
});

/// The answer to a query for information.
#[must_use]
pub fn info() -> &'static Info {
    &INFO
}

/// What goes into every presence.
#[must_use]
pub fn caps() -> &'static Caps {
    &CAPS
}

/// Whether a query is about ourselves: without a node, or for the one that our presence names (XEP-0115 §6.2). Any other
/// deserves `item-not-found`.
#[must_use]
pub fn is_own_node(node: Option<&str>) -> bool {
    node.is_none_or(|node| node.is_empty() || node == CAPS.query_node())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_announced_is_proven_by_what_is_answered() {
        assert!(caps().is_proven_by(info()));
    }

    #[test]
    fn a_query_for_another_node_is_not_about_us() {
        assert!(is_own_node(None) && is_own_node(Some("")) && is_own_node(Some(&caps().query_node())));
        assert!(!is_own_node(Some("https://stonechat.im#old")) && !is_own_node(Some("x")));
    }
}
