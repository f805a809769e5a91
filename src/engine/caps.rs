//! What other people's clients can do (XEP-0115): asked once for each hash, proven, and kept in the store for the next time.

use std::collections::{HashMap, HashSet};

use super::presence::Presences;
use crate::{
    ids::{BareJid, Jid},
    store::caps::CapsKey,
    xmpp::{
        caps::{Caps, verification_string},
        disco::{self, Info},
        session::{IqKind, SessionHandle},
    },
};

/// No hash is longer in Base64 (SHA-512).
const MAX_VER: usize = 100;
/// So many questions at a time; what finds no room is asked when it is named again.
const MAX_ASKED: usize = 32;

/// What is known of the clients that contacts of one account use.
#[derive(Debug, Default)]
pub struct Abilities {
    known: HashMap<CapsKey, HashSet<String>>,
    asked: HashSet<CapsKey>,
}

impl Abilities {
    pub fn is_known(&self, key: &CapsKey) -> bool {
        self.known.contains_key(key)
    }

    pub fn learn(&mut self, key: CapsKey, features: impl IntoIterator<Item = String>) {
        self.asked.remove(&key);
        self.known.insert(key, features.into_iter().collect());
    }

    /// Whether to ask for what this stands for; notes that it is being asked.
    pub fn ask(&mut self, key: &CapsKey) -> bool {
        !self.is_known(key) && self.asked.len() < MAX_ASKED && self.asked.insert(key.clone())
    }

    /// The question had no good answer: the next who names the hash is asked.
    pub fn give_up(&mut self, key: &CapsKey) {
        self.asked.remove(key);
    }

    /// Whether one of somebody's clients names a feature; `None` while that is not known.
    pub fn supports(&self, presences: &Presences, who: &BareJid, feature: &str) -> Option<bool> {
        let clients: Vec<_> = presences.caps(who).map(|caps| caps.and_then(|key| self.known.get(key))).collect();
        if clients.iter().flatten().any(|features| features.contains(feature)) {
            return Some(true);
        }
        (!clients.is_empty() && clients.iter().all(Option::is_some)).then_some(false)
    }
}

/// By what a hash is kept; `None` for one that can't be proven.
#[must_use]
pub fn key(caps: &Caps) -> Option<CapsKey> {
    let algorithm = caps.hash.clone()?;
    verification_string(&Info::default(), &algorithm)?;
    (caps.ver.len() <= MAX_VER).then(|| CapsKey { algorithm, ver: caps.ver.clone() })
}

/// Asks one client what it can do; `None` unless the answer is what its hash stands for (§5.4): anything else could put
/// words into the mouths of all who have the same hash.
pub async fn ask(session: SessionHandle, who: Jid, caps: Caps) -> Option<Info> {
    let query = disco::info_query(Some(&caps.query_node()));
    match session.iq(Some(who), IqKind::Get, query).await {
        Ok(answer) => answer.as_ref().and_then(disco::parse_info).filter(|info| caps.is_proven_by(info)),
        Err(error) => {
            log::debug!("abilities: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::incoming::{self, Incoming};

    fn key_of(ver: &str) -> CapsKey {
        CapsKey { algorithm: "sha-1".into(), ver: ver.into() }
    }

    fn presences(of: &[(&str, Option<&str>)]) -> Presences {
        let mut presences = Presences::default();
        for (from, ver) in of {
            let stanza = format!("<presence xmlns='jabber:client' from='{from}'/>").parse().unwrap();
            let Incoming::Presence(presence) = incoming::parse(&stanza) else { panic!() };
            presences.update(presence.from.as_ref().unwrap(), &presence, ver.map(key_of));
        }
        presences
    }

    #[test]
    fn one_client_that_can_is_enough_and_one_that_is_unknown_leaves_it_open() {
        let mut abilities = Abilities::default();
        abilities.learn(key_of("yes"), ["f".to_owned()]);
        abilities.learn(key_of("no"), []);
        for (clients, expected) in [
            (&[("a@b/1", Some("no")), ("a@b/2", Some("yes"))][..], Some(true)),
            (&[("a@b/1", Some("no"))], Some(false)),
            (&[("a@b/1", Some("no")), ("a@b/2", Some("?"))], None),
            (&[("a@b/1", None)], None),
            (&[], None),
        ] {
            let who = BareJid::new("a@b").unwrap();
            assert_eq!(abilities.supports(&presences(clients), &who, "f"), expected, "{clients:?}");
        }
    }

    #[test]
    fn each_hash_is_asked_for_once() {
        let mut abilities = Abilities::default();
        assert!(abilities.ask(&key_of("v")));
        assert!(!abilities.ask(&key_of("v")));
        abilities.give_up(&key_of("v"));
        assert!(abilities.ask(&key_of("v")));
        abilities.learn(key_of("v"), []);
        assert!(!abilities.ask(&key_of("v")));
    }

    #[test]
    fn only_a_hash_that_can_be_proven_is_asked_for() {
        let caps =
            |hash: Option<&str>, ver: &str| Caps { node: "n".into(), ver: ver.into(), hash: hash.map(str::to_owned) };
        assert_eq!(key(&caps(Some("sha-1"), "v")), Some(key_of("v")));
        for bad in [caps(None, "v"), caps(Some("md2"), "v"), caps(Some("sha-1"), &"v".repeat(101))] {
            assert_eq!(key(&bad), None, "{bad:?}");
        }
    }
}
