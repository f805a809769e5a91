//! Tokens in place of the password (XEP-0484), and the mechanism that they are used with (HT-SHA-256).

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::secret::Secret;

/// Bound to the channel by tls-exporter.
const BOUND: &str = "HT-SHA-256-EXPR";
const UNBOUND: &str = "HT-SHA-256-NONE";

/// What a server gave to sign in with the next time. Good for one mechanism only (XEP-0484 §3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    mechanism: &'static str,
    secret: Secret,
}

impl Token {
    pub(in crate::xmpp::session) fn new(mechanism: &'static str, secret: &str) -> Self {
        Self { mechanism, secret: Secret::new(secret) }
    }

    /// The mechanism to ask a token for: the strongest that both sides can.
    pub(in crate::xmpp::session) fn mechanism_for(offered: &[String], exporter: Option<&[u8]>) -> Option<&'static str> {
        let offers = |name: &&str| offered.iter().any(|mechanism| mechanism == name);
        [exporter.map(|_| BOUND), Some(UNBOUND)].into_iter().flatten().find(offers)
    }

    /// Whether it can be used here.
    pub(in crate::xmpp::session) fn is_usable(&self, offered: &[String], exporter: Option<&[u8]>) -> bool {
        (self.mechanism != BOUND || exporter.is_some()) && offered.iter().any(|mechanism| mechanism == self.mechanism)
    }

    pub(super) const fn mechanism(&self) -> &'static str {
        self.mechanism
    }

    /// What the one side proves to the other.
    fn keyed(&self, role: &[u8], exporter: &[u8]) -> Hmac<Sha256> {
        let keyed = Hmac::new_from_slice(self.secret.expose().as_bytes()).expect("HMAC takes a key of any length");
        let binding = if self.mechanism == BOUND { exporter } else { &[] };
        keyed.chain_update(role).chain_update(binding)
    }

    pub(super) fn initial(&self, user: &str, exporter: &[u8]) -> Vec<u8> {
        let mut initial = user.as_bytes().to_vec();
        initial.push(0);
        initial.extend(self.keyed(b"Initiator", exporter).finalize().into_bytes());
        initial
    }

    pub(super) fn is_proof(&self, data: &[u8], exporter: &[u8]) -> bool {
        self.keyed(b"Responder", exporter).verify_slice(data).is_ok()
    }

    /// As it is kept in the keyring.
    #[must_use]
    pub fn to_secret(&self) -> Secret {
        Secret::new(format!("{} {}", self.mechanism, self.secret.expose()))
    }

    /// `None` for what was kept by a version with other mechanisms.
    #[must_use]
    pub fn from_secret(kept: &Secret) -> Option<Self> {
        let (mechanism, secret) = kept.expose().split_once(' ')?;
        let mechanism = [BOUND, UNBOUND].into_iter().find(|known| *known == mechanism)?;
        Some(Self::new(mechanism, secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::xml;

    fn own(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_channel_is_bound_where_both_can() {
        let all = own(&["HT-SHA-256-NONE", "HT-SHA-256-UNIQ", "HT-SHA-256-EXPR"]);
        assert_eq!(Token::mechanism_for(&all, Some(b"x")), Some(BOUND));
        assert_eq!(Token::mechanism_for(&all, None), Some(UNBOUND));
        assert_eq!(Token::mechanism_for(&own(&["HT-SHA-256-UNIQ"]), Some(b"x")), None);
        let token = Token::new(BOUND, "secret");
        assert!(token.is_usable(&all, Some(b"x")) && !token.is_usable(&all, None));
        assert!(!token.is_usable(&own(&["HT-SHA-256-NONE"]), Some(b"x")), "not with another mechanism");
    }

    #[test]
    fn it_is_kept_and_never_shown() {
        let token = Token::new(BOUND, "a b");
        assert_eq!(Token::from_secret(&token.to_secret()), Some(token.clone()));
        assert_eq!(Token::from_secret(&Secret::new("HT-SHA3-512-EXPR x")), None);
        assert_eq!(Token::from_secret(&Secret::new("x")), None);
        assert!(!format!("{token:?}").contains("a b"));
    }

    #[test]
    fn each_side_proves_that_it_knows_the_token() {
        let token = Token::new(BOUND, "secret-token");
        // Made with Python's hmac module.
        let initial = token.initial("alice", b"binding");
        assert_eq!(&initial[..6], b"alice\0");
        assert_eq!(xml::encode_base64(&initial[6..]), "lubqzOPXDRgq9jUWoyF/5Vc3UgIewzjfZmLHtDBUF4c=");
        let server = Token::new(BOUND, "secret-token").keyed(b"Responder", b"binding").finalize().into_bytes();
        assert!(token.is_proof(&server, b"binding"));
        assert!(!token.is_proof(&server, b"another"));
        assert!(!token.is_proof(b"", b"binding"));
        assert!(!token.is_proof(&initial[6..], b"binding"), "not our own proof come back");
    }
}
