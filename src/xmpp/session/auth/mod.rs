//! SASL: which mechanism is used, and one authentication in progress. Knows nothing of streams.

mod scram;

use scram::{Binding, Hash, Scram};

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
}

/// How strong a mechanism is, as far as it matters when a server offers less than it did before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    Plain,
    Sha1,
    Sha256,
    Sha512,
}

/// One authentication in progress.
pub enum Exchange {
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
    /// PLAIN only where there is no SCRAM at all; the caller makes sure of TLS. `channel_bindings` are the types that the
    /// server names, if it names any (XEP-0440).
    pub fn choose(
        offered: &[String],
        user: &str,
        password: &Secret,
        exporter: Option<&[u8]>,
        channel_bindings: Option<&[String]>,
    ) -> Option<(Self, Strength)> {
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
            return Some((Self::Scram(Box::new(Scram::new(hash, user, password, binding))), hash.strength()));
        }
        let has_scram = offered.iter().any(|mechanism| mechanism.starts_with("SCRAM-"));
        (offers("PLAIN") && !has_scram)
            .then(|| (Self::Plain { user: user.to_owned(), password: password.clone() }, Strength::Plain))
    }

    pub const fn mechanism(&self) -> &'static str {
        match self {
            Self::Scram(scram) => scram.mechanism(),
            Self::Plain { .. } => "PLAIN",
        }
    }

    pub fn initial(&self) -> Vec<u8> {
        match self {
            Self::Scram(scram) => scram.first(),
            Self::Plain { user, password } => format!("\0{user}\0{}", password.expose()).into_bytes(),
        }
    }

    /// Takes long where the server asks for many iterations: not for a thread that has other things to do.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Vec<u8>, AuthError> {
        match self {
            Self::Scram(scram) => scram.respond(challenge),
            Self::Plain { .. } => Err(AuthError::OutOfOrder),
        }
    }

    /// Verifies the server; with SCRAM a success without its proof is a failure.
    pub fn verify(&self, data: Option<&[u8]>) -> Result<(), AuthError> {
        match self {
            Self::Scram(scram) => scram.verify(data),
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
        let (exchange, _) =
            Exchange::choose(&own(offered), "user", &Secret::new("pencil"), exporter, types.as_deref())?;
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
}
