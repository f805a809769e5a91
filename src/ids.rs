//! Identities that every layer shares: newtypes, so that one kind of id is never taken for another.
//!
//! Knows nothing but the `jid` crate.

pub use jid::{BareJid, FullJid, Jid};

/// The address of a person, as somebody types it: one with a local part. White space is the caller's to take away.
#[must_use]
pub fn person_address(text: &str) -> Option<BareJid> {
    BareJid::new(text).ok().filter(|address| address.node().is_some())
}

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);
    };
}

row_id!(
    /// One account of the profile.
    AccountId
);
row_id!(
    /// One conversation: an account and the address it talks with.
    ConversationId
);
row_id!(
    /// Something that we have said of a message, until a server has it.
    AmendmentId
);
row_id!(
    /// One message, from the moment it is stored and for ever: neither its state nor what the server calls it changes it.
    MessageId
);

/// The id that the sender gave a message (XEP-0359 §3.2); for our own it is also the stanza's `id`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OriginId(pub String);

/// SHA-1 of an avatar's published bytes, in lower-case hexadecimal (XEP-0084 §4, XEP-0153 §3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AvatarHash(String);

impl AvatarHash {
    /// Takes a hash as it came over the network; anything but 40 hexadecimal digits is refused, because the hash names a file.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        (text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())).then_some(Self(text))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

/// Where a message stands in its conversation. Ordered by `position`, then `id`; neither ever changes for a stored message.
///
/// `position` is the message's time in units of 1/1024 ms, raised where needed so that what arrives later live stands later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cursor {
    pub position: i64,
    pub id: MessageId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_avatar_hash_can_not_name_another_file() {
        let good = "DA39a3ee5e6b4b0d3255bfef95601890afd80709";
        assert_eq!(AvatarHash::parse(good).unwrap().as_str(), good.to_ascii_lowercase());
        for bad in ["", "../../etc/passwd", &good[1..], &format!("{good}0"), "zz39a3ee5e6b4b0d3255bfef95601890afd80709"]
        {
            assert_eq!(AvatarHash::parse(bad), None, "{bad}");
        }
    }
}
