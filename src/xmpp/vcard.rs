//! vcard-temp (XEP-0054), as far as pictures go: clients without XEP-0084 keep theirs there.

use super::xml::{self, Element};
use xmpp_parsers::ns;

/// Asks for somebody's card (§3.2).
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

#[cfg(test)]
mod tests {
    use super::*;

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
