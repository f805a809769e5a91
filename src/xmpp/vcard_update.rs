//! vCard-Based Avatars (XEP-0153): the hash of the picture in a presence.

use super::xml::{self, Build as _, Element};
use crate::ids::AvatarHash;
use xmpp_parsers::ns;

/// What a presence says of its sender's picture: nothing, that there is none, or its hash (§4.1). A hash
/// that can't be one says nothing.
#[must_use]
pub fn parse(presence: &Element) -> Option<Option<AvatarHash>> {
    let photo = xml::child(xml::child(presence, "x", ns::VCARD_UPDATE)?, "photo", ns::VCARD_UPDATE)?;
    let text = photo.text();
    if text.trim().is_empty() { Some(None) } else { AvatarHash::parse(&text).map(Some) }
}

/// The element for our own presence. A server that converts avatars puts in the hash by itself unless we say that there is
/// no picture (XEP-0398 §4).
#[must_use]
pub fn build(photo: Option<&AvatarHash>) -> Element {
    let photo = xml::element("photo", ns::VCARD_UPDATE).with_text(photo.map_or("", AvatarHash::as_str));
    xml::element("x", ns::VCARD_UPDATE).with_child(photo)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "01b87fcd030b72895ff8e88db57ec525450f000d";

    #[test]
    fn a_hash_no_picture_and_silence_are_told_apart() {
        let hash = AvatarHash::parse(HASH);
        for (xml, expected) in [
            (format!("<x xmlns='vcard-temp:x:update'><photo>{HASH}</photo></x>"), Some(hash.clone())),
            (format!("<x xmlns='vcard-temp:x:update'><photo> {} </photo></x>", HASH.to_uppercase()), Some(hash)),
            ("<x xmlns='vcard-temp:x:update'><photo/></x>".to_owned(), Some(None)),
            ("<x xmlns='vcard-temp:x:update'/>".to_owned(), None),
            ("<x xmlns='vcard-temp:x:update'><photo>../../x</photo></x>".to_owned(), None),
            (format!("<x xmlns='urn:x'><photo>{HASH}</photo></x>"), None),
            (String::new(), None),
        ] {
            let presence = format!("<presence xmlns='jabber:client'>{xml}</presence>").parse().unwrap();
            assert_eq!(parse(&presence), expected, "{xml}");
        }
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        for hash in [None, AvatarHash::parse(HASH)] {
            let presence = xml::element("presence", ns::JABBER_CLIENT).with_child(build(hash.as_ref()));
            assert_eq!(parse(&String::from(&presence).parse().unwrap()), Some(hash));
        }
    }
}
