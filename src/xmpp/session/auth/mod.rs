//! SASL: which mechanism is used, and one authentication in progress. Knows nothing of streams.

mod scram;
mod token;

use scram::{Advertised, Binding, Hash, Scram};

pub use token::Token;

use crate::secret::Secret;

/// Why an authentication failed on our side: the server could not prove itself, or does not keep to the mechanism.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("a challenge that can't be read")]
    Malformed,
    #[error("the nonce is not a continuation of ours")]
    Nonce,
    #[error("an iteration count out of bounds")]
    Iterations,
    #[error("an extension that is mandatory and unknown")]
    Extension,
    #[error("no proof from the server")]
    NoProof,
    #[error("wrong proof from the server")]
    WrongProof,
    #[error("a challenge out of order")]
    OutOfOrder,
    /// XEP-0474 §5.2.
    #[error("what the server offers was changed on the way")]
    Tampered,
    /// It offers less than it did, and does not vouch for that.
    #[error("a weaker sign-in than before")]
    Weaker,
}

/// How strong a mechanism is, as far as it matters when a server offers less than it did before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    Plain,
    Sha1,
    Sha256,
    Sha512,
}

/// How an account has proved itself, and the server to it: the best that was seen is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assurance {
    pub strength: Strength,
    /// What was proved includes the TLS channel.
    pub is_bound: bool,
}

impl Assurance {
    /// Whether this is as good as what was seen before.
    #[must_use]
    pub fn covers(self, seen: Self) -> bool {
        self.strength >= seen.strength && self.is_bound >= seen.is_bound
    }

    /// The best of both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { strength: self.strength.max(other.strength), is_bound: self.is_bound || other.is_bound }
    }

    /// As a number, to be kept.
    #[must_use]
    pub fn code(self) -> u8 {
        self.strength as u8 * 2 + u8::from(self.is_bound)
    }

    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        let strengths = [Strength::Plain, Strength::Sha1, Strength::Sha256, Strength::Sha512];
        let strength = *strengths.get(usize::from(code / 2))?;
        Some(Self { strength, is_bound: code % 2 == 1 })
    }
}

/// What a server offers.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'o> {
    /// Of the profile that is used.
    pub mechanisms: &'o [String],
    /// The types of channel binding that the server names, if it names any (XEP-0440).
    pub channel_bindings: Option<&'o [String]>,
}

/// One authentication in progress.
pub enum Exchange {
    /// XEP-0484.
    Token {
        token: Token,
        user: String,
        exporter: Vec<u8>,
    },
    Scram(Box<Scram>),
    /// RFC 4616: the server sees the password.
    Plain {
        user: String,
        password: Secret,
    },
}

impl Exchange {
    /// The best of what is offered: strong hash first, bound to the channel where both sides can.
    ///
    /// PLAIN only where there is no SCRAM at all; the caller makes sure of TLS.
    ///
    /// # Errors
    /// `Weaker` where it is less than what was `seen` before. A SCRAM exchange that is less goes on all the same if the server
    /// vouches for what it offers (XEP-0474): nobody has tampered with that then.
    pub fn choose(
        offer: Offer<'_>,
        user: &str,
        password: &Secret,
        exporter: Option<&[u8]>,
        seen: Option<Assurance>,
    ) -> Result<Option<(Self, Assurance)>, AuthError> {
        let Offer { mechanisms: offered, channel_bindings } = offer;
        let is_less = |assurance: Assurance| seen.is_some_and(|seen| !assurance.covers(seen));
        let offers = |name: &str| offered.iter().any(|mechanism| mechanism == name);
        let knows_exporter = channel_bindings.is_none_or(|types| types.iter().any(|t| t == "tls-exporter"));
        let any_bound = offered.iter().any(|mechanism| mechanism.starts_with("SCRAM-") && mechanism.ends_with("-PLUS"));
        for hash in [Hash::Sha512, Hash::Sha256, Hash::Sha1] {
            let binding = match exporter {
                Some(data) if knows_exporter && offers(hash.bound_mechanism()) => Binding::Exporter(data.to_vec()),
                _ if !offers(hash.mechanism()) => continue,
                // RFC 5802 §6: we could, but think that the server can't. A man in the middle who hid -PLUS is found out.
                Some(_) if !any_bound => Binding::Unsupported,
                _ => Binding::None,
            };
            let is_bound = matches!(binding, Binding::Exporter(_));
            let assurance = Assurance { strength: hash.strength(), is_bound };
            let advertised = Advertised::new(offered, channel_bindings, is_less(assurance));
            let scram = Scram::new(hash, user, password, binding, advertised);
            return Ok(Some((Self::Scram(Box::new(scram)), assurance)));
        }
        let has_scram = offered.iter().any(|mechanism| mechanism.starts_with("SCRAM-"));
        if has_scram || !offers("PLAIN") {
            return Ok(None);
        }
        let assurance = Assurance { strength: Strength::Plain, is_bound: false };
        if is_less(assurance) {
            return Err(AuthError::Weaker);
        }
        Ok(Some((Self::Plain { user: user.to_owned(), password: password.clone() }, assurance)))
    }

    /// An exchange with a token in place of the password.
    pub fn with_token(token: &Token, user: &str, exporter: Option<&[u8]>) -> Self {
        let exporter = exporter.unwrap_or_default().to_vec();
        Self::Token { token: token.clone(), user: user.to_owned(), exporter }
    }

    pub const fn mechanism(&self) -> &'static str {
        match self {
            Self::Token { token, .. } => token.mechanism(),
            Self::Scram(scram) => scram.mechanism(),
            Self::Plain { .. } => "PLAIN",
        }
    }

    pub fn initial(&self) -> Vec<u8> {
        match self {
            Self::Token { token, user, exporter } => token.initial(user, exporter),
            Self::Scram(scram) => scram.first(),
            Self::Plain { user, password } => format!("\0{user}\0{}", password.expose()).into_bytes(),
        }
    }

    /// Takes long where the server asks for many iterations: not for a thread that has other things to do.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Vec<u8>, AuthError> {
        match self {
            Self::Scram(scram) => scram.respond(challenge),
            Self::Plain { .. } | Self::Token { .. } => Err(AuthError::OutOfOrder),
        }
    }

    /// Verifies the server; with SCRAM a success without its proof is a failure.
    pub fn verify(&self, data: Option<&[u8]>) -> Result<(), AuthError> {
        match self {
            Self::Scram(scram) => scram.verify(data),
            Self::Token { token, exporter, .. } => match data {
                Some(data) if token.is_proof(data, exporter) => Ok(()),
                Some(_) => Err(AuthError::WrongProof),
                None => Err(AuthError::NoProof),
            },
            Self::Plain { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(offered: &[&str], exporter: bool, types: Option<&[&str]>) -> Option<(String, String)> {
        let own = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let types = types.map(own);
        let exporter = exporter.then_some(&b"binding"[..]);
        let offer = Offer { mechanisms: &own(offered), channel_bindings: types.as_deref() };
        let (exchange, _) = Exchange::choose(offer, "user", &Secret::new("pencil"), exporter, None).unwrap()?;
        let initial = String::from_utf8(exchange.initial()).unwrap();
        let flag = initial.split(',').next().unwrap().to_owned();
        Some((exchange.mechanism().to_owned(), flag))
    }

    #[test]
    fn the_strongest_that_both_can_is_taken() {
        let all = ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"];
        let some = |mechanism: &str, flag: &str| Some((mechanism.to_owned(), flag.to_owned()));
        assert_eq!(choose(&all, true, None), some("SCRAM-SHA-256-PLUS", "p=tls-exporter"));
        assert_eq!(choose(&all, true, Some(&["tls-exporter"])), some("SCRAM-SHA-256-PLUS", "p=tls-exporter"));
        assert_eq!(choose(&all, true, Some(&["tls-unique"])), some("SCRAM-SHA-256", "n"));
        assert_eq!(choose(&all, false, None), some("SCRAM-SHA-256", "n"));
        assert_eq!(choose(&["SCRAM-SHA-1", "SCRAM-SHA-512"], true, None), some("SCRAM-SHA-512", "y"));
        assert_eq!(choose(&["SCRAM-SHA-512-PLUS"], true, None), some("SCRAM-SHA-512-PLUS", "p=tls-exporter"));
    }

    #[test]
    fn plain_only_where_there_is_no_scram_at_all() {
        assert_eq!(choose(&["PLAIN"], true, None).unwrap().0, "PLAIN");
        assert_eq!(choose(&["PLAIN", "SCRAM-SHA-256-PLUS"], false, None), None);
        assert_eq!(choose(&["PLAIN", "SCRAM-SHA3-512"], true, None), None);
        assert_eq!(choose(&["ANONYMOUS", "EXTERNAL", "DIGEST-MD5"], true, None), None);
    }

    #[test]
    fn plain_is_never_taken_where_better_was_seen() {
        let plain = ["PLAIN".to_owned()];
        let offer = Offer { mechanisms: &plain, channel_bindings: None };
        let choose = |seen| Exchange::choose(offer, "user", &Secret::new("x"), None, seen).map(|found| found.is_some());
        assert_eq!(choose(None), Ok(true));
        let seen = |strength, is_bound| Some(Assurance { strength, is_bound });
        assert_eq!(choose(seen(Strength::Plain, false)), Ok(true));
        assert_eq!(choose(seen(Strength::Sha1, false)), Err(AuthError::Weaker));
    }

    #[test]
    fn the_best_that_was_seen_is_kept_as_a_number() {
        for code in 0..8 {
            assert_eq!(Assurance::from_code(code).unwrap().code(), code);
        }
        assert_eq!(Assurance::from_code(8), None);
        let [weak, strong] = [1, 4].map(|code| Assurance::from_code(code).unwrap());
        assert!(!weak.covers(strong) && !strong.covers(weak), "one is bound, the other stronger");
        assert!(weak.join(strong).covers(weak) && weak.join(strong).covers(strong));
    }
}
