//! vcard-temp (XEP-0054), as far as pictures go: clients without XEP-0084 keep theirs there.

use super::xml::{self, Build as _, Element};
use xmpp_parsers::ns;

/// Asks for somebody's card (§3.3).
#[must_use]
pub fn query() -> Element {
    xml::element("vCard", ns::VCARD)
}

/// The picture's bytes. What the card says of their type is not believed.
#[must_use]
pub fn parse_photo(payload: &Element) -> Option<Vec<u8>> {
    if !payload.is("vCard", ns::VCARD) {
        return None;
    }
    let photo = xml::child(payload, "PHOTO", ns::VCARD)?;
    xml::decode_base64(&xml::child_text(photo, "BINVAL", ns::VCARD)?).filter(|bytes| !bytes.is_empty())
}

/// A card with another picture, or without one, to be set in place of `card`; what else stands in it is kept. Only needed
/// where the server does not convert avatars by itself (XEP-0398).
#[must_use]
pub fn with_photo(card: Option<&Element>, photo: Option<(&str, &[u8])>) -> Element {
    let kept = card.filter(|card| card.is("vCard", ns::VCARD)).into_iter().flat_map(Element::children);
    let kept = kept.filter(|child| !child.is("PHOTO", ns::VCARD)).cloned();
    let text = |name: &str, text: &str| xml::element(name, ns::VCARD).with_text(text);
    let photo = photo.map(|(mime, bytes)| {
        xml::element("PHOTO", ns::VCARD)
            .with_child(text("TYPE", mime))
            .with_child(text("BINVAL", &xml::encode_base64(bytes)))
    });
    query().with_children(kept).with_children(photo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_picture_leaves_the_rest_of_the_card() {
        let card: Element =
            "<vCard xmlns='vcard-temp'><FN>Juliet</FN><PHOTO><BINVAL>eHl6</BINVAL></PHOTO><PHOTO/></vCard>"
                .parse()
                .unwrap();
        let changed = with_photo(Some(&card), Some(("image/png", b"abc")));
        assert_eq!(parse_photo(&changed).as_deref(), Some(&b"abc"[..]));
        assert_eq!(xml::child_text(&changed, "FN", ns::VCARD).as_deref(), Some("Juliet"));
        let removed = with_photo(Some(&changed), None);
        assert_eq!((parse_photo(&removed), removed.children().count()), (None, 1));
        assert_eq!(with_photo(None, None), query());
    }

    #[test]
    fn the_picture_is_read_and_a_broken_one_is_none() {
        let card = |inner: &str| parse_photo(&format!("<vCard xmlns='vcard-temp'>{inner}</vCard>").parse().unwrap());
        let good = "<FN>x</FN><PHOTO><TYPE>image/jpeg</TYPE><BINVAL>\n YW\n Jj</BINVAL></PHOTO>";
        assert_eq!(card(good).as_deref(), Some(&b"abc"[..]));
        for bad in [
            "",
            "<PHOTO/>",
            "<PHOTO><BINVAL/></PHOTO>",
            "<PHOTO><BINVAL>???</BINVAL></PHOTO>",
            "<PHOTO><EXTVAL>https://x</EXTVAL></PHOTO>",
        ] {
            assert_eq!(card(bad), None, "{bad}");
        }
        assert_eq!(parse_photo(&xml::element("vCard", "urn:x")), None);
    }
}
