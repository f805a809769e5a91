//! What Stonechat is and can do, as it tells others: the one place where a feature is announced.

use std::sync::LazyLock;

use super::{
    caps::{self, Caps},
    disco::{Identity, Info},
};
use crate::config;
use xmpp_parsers::ns;

/// Names the program in entity capabilities (XEP-0115 §4).
const NODE: &str = "https://stonechat.im";

/// Namespaces of what this client answers, understands or wants to be told of (`+notify`, XEP-0163 §4.3).
const FEATURES: [&str; 13] = [
    "urn:xmpp:avatar:metadata+notify",
    ns::CAPS,
    ns::CHATSTATES,
    ns::DELAY,
    ns::DISCO_INFO,
    "http://jabber.org/protocol/nick",
    "http://jabber.org/protocol/nick+notify",
    "jabber:iq:version",
    "urn:xmpp:carbons:2",
    ns::PING,
    ns::RECEIPTS,
    ns::SID,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_announced_is_proven_by_what_is_answered() {
        assert!(caps().is_proven_by(info()));
    }
}
