//! SCRAM (RFC 5802, RFC 7677) with SHA-1, SHA-256 and SHA-512. The server's proof is always verified.

use std::borrow::Cow;

use hmac::{
    Hmac, Mac,
    digest::{Digest, KeyInit},
};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::{AuthError, Strength};
use crate::{secret::Secret, xmpp::xml};

/// A server that asks for more would stop us from doing anything else; some seconds of work at the most.
const MAX_ITERATIONS: u32 = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    pub const fn mechanism(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }

    pub const fn bound_mechanism(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1-PLUS",
            Self::Sha256 => "SCRAM-SHA-256-PLUS",
            Self::Sha512 => "SCRAM-SHA-512-PLUS",
        }
    }

    pub const fn strength(self) -> Strength {
        match self {
            Self::Sha1 => Strength::Sha1,
            Self::Sha256 => Strength::Sha256,
            Self::Sha512 => Strength::Sha512,
        }
    }

    fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    fn mac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => mac::<Hmac<Sha1>>(key, data),
            Self::Sha256 => mac::<Hmac<Sha256>>(key, data),
            Self::Sha512 => mac::<Hmac<Sha512>>(key, data),
        }
    }

    fn is_mac(self, key: &[u8], data: &[u8], tag: &[u8]) -> bool {
        match self {
            Self::Sha1 => keyed::<Hmac<Sha1>>(key).chain_update(data).verify_slice(tag).is_ok(),
            Self::Sha256 => keyed::<Hmac<Sha256>>(key).chain_update(data).verify_slice(tag).is_ok(),
            Self::Sha512 => keyed::<Hmac<Sha512>>(key).chain_update(data).verify_slice(tag).is_ok(),
        }
    }

    fn salted(self, password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
        match self {
            Self::Sha1 => hi::<Hmac<Sha1>>(password, salt, iterations),
            Self::Sha256 => hi::<Hmac<Sha256>>(password, salt, iterations),
            Self::Sha512 => hi::<Hmac<Sha512>>(password, salt, iterations),
        }
    }
}

fn keyed<M: Mac + KeyInit>(key: &[u8]) -> M {
    <M as Mac>::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn mac<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Vec<u8> {
    keyed::<M>(key).chain_update(data).finalize().into_bytes().to_vec()
}

/// RFC 5802 §2.2: PBKDF2 with one block of output.
fn hi<M: Mac + KeyInit + Clone>(password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
    let keyed: M = keyed(password.as_bytes());
    let step = |data: &[u8]| keyed.clone().chain_update(data).finalize().into_bytes();
    let mut block = keyed.clone().chain_update(salt).chain_update(1_u32.to_be_bytes()).finalize().into_bytes();
    let mut sum = block.to_vec();
    for _ in 1..iterations {
        block = step(&block);
        sum.iter_mut().zip(&block).for_each(|(s, b)| *s ^= b);
    }
    sum
}

/// What the channel says (RFC 5802 §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Binding {
    /// We can't, or the server can't with what we have.
    None,
    /// We could, but the server does not offer it.
    Unsupported,
    /// RFC 9266.
    Exporter(Vec<u8>),
}

impl Binding {
    const fn gs2_header(&self) -> &'static str {
        match self {
            Self::None => "n,,",
            Self::Unsupported => "y,,",
            Self::Exporter(_) => "p=tls-exporter,,",
        }
    }

    fn encoded(&self) -> String {
        let mut data = self.gs2_header().as_bytes().to_vec();
        if let Self::Exporter(binding) = self {
            data.extend(binding);
        }
        xml::encode_base64(&data)
    }
}

/// What the server offered, to be compared with what it says that it did (XEP-0474).
pub(super) struct Advertised {
    list: String,
    /// It is less than before: without the server's word for it, the exchange is given up.
    is_to_be_vouched_for: bool,
}

impl Advertised {
    pub fn new(mechanisms: &[String], channel_bindings: Option<&[String]>, is_to_be_vouched_for: bool) -> Self {
        let joined = |all: &[String]| {
            let mut all: Vec<&str> = all.iter().map(String::as_str).collect();
            // By octets, as Rust compares strings.
            all.sort_unstable();
            all.join("\u{1e}")
        };
        let mut list = joined(mechanisms);
        if let Some(types) = channel_bindings {
            list.push('\u{1f}');
            list.push_str(&joined(types));
        }
        Self { list, is_to_be_vouched_for }
    }
}

/// One authentication.
pub struct Scram {
    hash: Hash,
    advertised: Advertised,
    password: Secret,
    binding: Binding,
    nonce: String,
    first_bare: String,
    /// What the server's proof is made with, once it has sent its challenge.
    expected: Option<Expected>,
}

struct Expected {
    server_key: Vec<u8>,
    auth_message: String,
}

impl Scram {
    pub(super) fn new(hash: Hash, user: &str, password: &Secret, binding: Binding, advertised: Advertised) -> Self {
        let nonce = xml::encode_base64(&rand::random::<[u8; 24]>());
        Self { advertised, ..Self::with_nonce(hash, user, password, binding, nonce) }
    }

    fn with_nonce(hash: Hash, user: &str, password: &Secret, binding: Binding, nonce: String) -> Self {
        let advertised = Advertised::new(&[], None, false);
        let user = prepared(user).replace('=', "=3D").replace(',', "=2C");
        let first_bare = format!("n={user},r={nonce}");
        Self { hash, advertised, password: password.clone(), binding, nonce, first_bare, expected: None }
    }

    pub const fn mechanism(&self) -> &'static str {
        match self.binding {
            Binding::Exporter(_) => self.hash.bound_mechanism(),
            _ => self.hash.mechanism(),
        }
    }

    pub fn first(&self) -> Vec<u8> {
        format!("{}{}", self.binding.gs2_header(), self.first_bare).into_bytes()
    }

    pub fn respond(&mut self, challenge: &[u8]) -> Result<Vec<u8>, AuthError> {
        if self.expected.is_some() {
            return Err(AuthError::OutOfOrder);
        }
        let challenge = str::from_utf8(challenge).map_err(|_| AuthError::Malformed)?;
        if challenge.starts_with("m=") {
            return Err(AuthError::Extension);
        }
        let nonce = part(challenge, "r=").ok_or(AuthError::Malformed)?;
        // RFC 5802 §5.1: else somebody replays another exchange.
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(AuthError::Nonce);
        }
        // Both sides' proofs cover it, so that nobody on the way can make it fit.
        match part(challenge, "h=") {
            Some(hash) if hash != xml::encode_base64(&self.hash.digest(self.advertised.list.as_bytes())) => {
                return Err(AuthError::Tampered);
            }
            None if self.advertised.is_to_be_vouched_for => return Err(AuthError::Weaker),
            _ => (),
        }
        let salt = part(challenge, "s=").and_then(xml::decode_base64).ok_or(AuthError::Malformed)?;
        let iterations = part(challenge, "i=").and_then(|i| i.parse().ok()).ok_or(AuthError::Malformed)?;
        if !(1..=MAX_ITERATIONS).contains(&iterations) {
            return Err(AuthError::Iterations);
        }
        let salted = self.hash.salted(&prepared(self.password.expose()), &salt, iterations);
        let client_key = self.hash.mac(&salted, b"Client Key");
        let server_key = self.hash.mac(&salted, b"Server Key");
        let without_proof = format!("c={},r={nonce}", self.binding.encoded());
        let auth_message = format!("{},{challenge},{without_proof}", self.first_bare);
        let signature = self.hash.mac(&self.hash.digest(&client_key), auth_message.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(&signature).map(|(key, signature)| key ^ signature).collect();
        self.expected = Some(Expected { server_key, auth_message });
        Ok(format!("{without_proof},p={}", xml::encode_base64(&proof)).into_bytes())
    }

    pub fn verify(&self, data: Option<&[u8]>) -> Result<(), AuthError> {
        let expected = self.expected.as_ref().ok_or(AuthError::NoProof)?;
        let text = data.and_then(|data| str::from_utf8(data).ok()).ok_or(AuthError::NoProof)?;
        let proof = part(text, "v=").and_then(xml::decode_base64).ok_or(AuthError::NoProof)?;
        if self.hash.is_mac(&expected.server_key, expected.auth_message.as_bytes(), &proof) {
            Ok(())
        } else {
            Err(AuthError::WrongProof)
        }
    }
}

fn part<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.split(',').find_map(|part| part.strip_prefix(name))
}

/// RFC 4013; what it forbids is left to the server to refuse.
fn prepared(text: &str) -> Cow<'_, str> {
    stringprep::saslprep(text).unwrap_or(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Vector {
        hash: Hash,
        nonce: &'static str,
        challenge: &'static str,
        last: &'static str,
        proof: &'static str,
    }

    /// RFC 5802 §5, RFC 7677 §3, and one made by an independent implementation.
    const VECTORS: [Vector; 3] = [
        Vector {
            hash: Hash::Sha1,
            nonce: "fyko+d2lbbFgONRv9qkxdawL",
            challenge: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            last: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            proof: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        },
        Vector {
            hash: Hash::Sha256,
            nonce: "rOprNGfwEbeRWgbNEkqO",
            challenge: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            last: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                   p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            proof: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        },
        Vector {
            hash: Hash::Sha512,
            nonce: "rOprNGfwEbeRWgbNEkqO",
            challenge: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            last: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                   p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
            proof: "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
        },
    ];

    fn scram(vector: &Vector) -> Scram {
        Scram::with_nonce(vector.hash, "user", &Secret::new("pencil"), Binding::None, vector.nonce.to_owned())
    }

    #[test]
    fn the_published_exchanges_come_out() {
        for vector in &VECTORS {
            let mut scram = scram(vector);
            assert_eq!(scram.first(), format!("n,,n=user,r={}", vector.nonce).into_bytes());
            let last = scram.respond(vector.challenge.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(last).unwrap(), vector.last);
            scram.verify(Some(vector.proof.as_bytes())).unwrap();
        }
    }

    #[test]
    fn a_server_without_the_right_proof_is_refused() {
        let vector = &VECTORS[1];
        let mut scram = scram(vector);
        assert_eq!(scram.verify(Some(vector.proof.as_bytes())), Err(AuthError::NoProof), "before its challenge");
        scram.respond(vector.challenge.as_bytes()).unwrap();
        assert_eq!(scram.verify(None), Err(AuthError::NoProof));
        assert_eq!(scram.verify(Some(b"e=other-error")), Err(AuthError::NoProof));
        assert_eq!(scram.verify(Some(b"v=")), Err(AuthError::WrongProof));
        assert_eq!(scram.verify(Some(b"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")), Err(AuthError::WrongProof));
        assert_eq!(scram.respond(vector.challenge.as_bytes()), Err(AuthError::OutOfOrder));
    }

    #[test]
    fn a_hostile_challenge_is_refused() {
        let nonce = VECTORS[1].nonce;
        for (challenge, error) in [
            (format!("r={nonce},s=QUJD,i=4096"), AuthError::Nonce),
            ("r=another,s=QUJD,i=4096".to_owned(), AuthError::Nonce),
            (format!("r={nonce}x,s=QUJD,i=4000000000"), AuthError::Iterations),
            (format!("r={nonce}x,s=QUJD,i=0"), AuthError::Iterations),
            (format!("r={nonce}x,s=QUJD,i=99999999999"), AuthError::Malformed),
            (format!("r={nonce}x,s=QU!D,i=1"), AuthError::Malformed),
            (format!("m=x,r={nonce}x,s=QUJD,i=1"), AuthError::Extension),
            ("e=other-error".to_owned(), AuthError::Malformed),
            (String::new(), AuthError::Malformed),
        ] {
            assert_eq!(scram(&VECTORS[1]).respond(challenge.as_bytes()), Err(error), "{challenge}");
        }
        assert_eq!(scram(&VECTORS[1]).respond(b"r=\xff"), Err(AuthError::Malformed));
    }

    #[test]
    fn what_was_offered_is_compared_with_what_the_server_says() {
        // XEP-0474 §5.3.
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let respond = |mechanisms: &[&str], types: Option<&[&str]>, is_less, attribute: &str| {
            let vector = &VECTORS[0];
            let types = types.map(own);
            let advertised = Advertised::new(&own(mechanisms), types.as_deref(), is_less);
            let mut scram = Scram { advertised, ..scram(vector) };
            scram.respond(format!("{}{attribute}", vector.challenge).as_bytes()).map(|_| ())
        };
        let (both, types) = (["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"], ["tls-server-end-point", "tls-exporter"]);
        let hash = ",h=G6k/rBLDqgOhRRaCuuatSDFkJ08=";
        assert_eq!(respond(&both, Some(&types), false, hash), Ok(()));
        assert_eq!(respond(&both, Some(&types), true, hash), Ok(()));
        assert_eq!(respond(&["SCRAM-SHA-1"], Some(&types), false, hash), Err(AuthError::Tampered));
        assert_eq!(respond(&both, Some(&types[..1]), false, hash), Err(AuthError::Tampered));
        assert_eq!(respond(&both, None, false, hash), Err(AuthError::Tampered));
        assert_eq!(respond(&both, None, false, ""), Ok(()));
        assert_eq!(respond(&both, None, true, ""), Err(AuthError::Weaker));
    }

    #[test]
    fn the_channel_is_part_of_what_is_proved() {
        let with = |binding| {
            let vector = &VECTORS[1];
            let mut scram =
                Scram::with_nonce(vector.hash, "user", &Secret::new("pencil"), binding, vector.nonce.into());
            String::from_utf8(scram.respond(vector.challenge.as_bytes()).unwrap()).unwrap()
        };
        let bound = with(Binding::Exporter(b"abc".to_vec()));
        let encoded = xml::encode_base64(b"p=tls-exporter,,abc");
        assert!(bound.starts_with(&format!("c={encoded},")), "{bound}");
        assert!(with(Binding::Unsupported).starts_with("c=eSws,"));
    }

    #[test]
    fn a_name_is_escaped_and_normalised() {
        let first = |user| {
            let scram = Scram::with_nonce(Hash::Sha1, user, &Secret::new("x"), Binding::None, "n".into());
            String::from_utf8(scram.first()).unwrap()
        };
        assert_eq!(first("a,b=c"), "n,,n=a=2Cb=3Dc,r=n");
        assert_eq!(first("I\u{ad}X\u{2168}"), "n,,n=IXIX,r=n");
    }
}
