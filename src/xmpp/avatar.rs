//! User Avatar (XEP-0084): the picture's description and its bytes, each in a node of its own.

use super::xml::{self, Build as _, Element};
use crate::ids::AvatarHash;
use xmpp_parsers::ns;

/// The node that says which picture there is.
pub const METADATA: &str = ns::AVATAR_METADATA;
/// The node that holds the picture, in an item whose id is its hash.
pub const DATA: &str = ns::AVATAR_DATA;

/// The account's feature that says that its server copies the picture to the vCard, and its hash into our presence, so that
/// neither is for us to do (XEP-0398 §2).
pub const CONVERSION: &str = "urn:xmpp:pep-vcard-conversion:0";

/// One form of the picture (§4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    pub hash: AvatarHash,
    pub mime: String,
    /// Bytes, as the sender says.
    pub size: u64,
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// It is to be fetched from the web, which this client does not do.
    pub is_remote: bool,
}

/// Reads an item of the metadata node: the picture in its best form that the data node holds, or `None` for no picture
/// (§3.5: metadata without any form), nor one that is here to be had. What is no metadata, or speaks of pictures in a way
/// that can't be read, is an error: it does not take away the picture that there was.
#[allow(clippy::result_unit_err)] // there is nothing to say of it
pub fn parse_metadata(payload: &Element) -> Result<Option<Metadata>, ()> {
    if !payload.is("metadata", METADATA) {
        return Err(());
    }
    let forms: Vec<_> = xml::children(payload, "info", METADATA).map(parse_form).collect();
    if !forms.is_empty() && forms.iter().all(Option::is_none) {
        return Err(());
    }
    Ok(forms.into_iter().flatten().find(|form| !form.is_remote))
}

fn parse_form(info: &Element) -> Option<Metadata> {
    Some(Metadata {
        hash: AvatarHash::parse(xml::attr(info, "id")?)?,
        mime: xml::attr(info, "type").unwrap_or_default().to_owned(),
        size: xml::parsed_attr(info, "bytes").unwrap_or_default(),
        width: xml::parsed_attr(info, "width"),
        height: xml::parsed_attr(info, "height"),
        is_remote: xml::filled_attr(info, "url").is_some(),
    })
}

/// The item for the metadata node; without a picture, that there is none (§3.5).
#[must_use]
pub fn build_metadata(metadata: Option<&Metadata>) -> Element {
    let info = |metadata: &Metadata| {
        xml::element("info", METADATA)
            .with_attr("bytes", metadata.size.to_string())
            .with_optional_attr("height", metadata.height.map(|height| height.to_string()))
            .with_attr("id", metadata.hash.as_str())
            .with_attr("type", &metadata.mime)
            .with_optional_attr("width", metadata.width.map(|width| width.to_string()))
    };
    xml::element("metadata", METADATA).with_children(metadata.map(info))
}

/// The picture's bytes out of an item of the data node.
#[must_use]
pub fn parse_data(payload: &Element) -> Option<Vec<u8>> {
    payload.is("data", DATA).then(|| xml::decode_base64(&payload.text())).flatten().filter(|bytes| !bytes.is_empty())
}

#[must_use]
pub fn build_data(bytes: &[u8]) -> Element {
    xml::element("data", DATA).with_text(xml::encode_base64(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "111f4b3c50d7b0df729d299bc6f8e9ef9066971f";

    fn metadata(inner: &str) -> Result<Option<Metadata>, ()> {
        parse_metadata(&format!("<metadata xmlns='urn:xmpp:avatar:metadata'>{inner}</metadata>").parse().unwrap())
    }

    #[test]
    fn the_first_form_in_the_data_node_is_taken() {
        let read = metadata(&format!(
            "<info bytes='1' id='{HASH}' type='image/gif' url='https://example.org/a.gif'/><info id='../x'/><info/>
             <info bytes='12345' id='{HASH}' height='64' width='many' type='image/png'/>"
        ));
        let read = read.unwrap().unwrap();
        assert_eq!((read.size, read.height, read.width, read.mime.as_str()), (12_345, Some(64), None, "image/png"));
    }

    #[test]
    fn no_picture_and_no_metadata_are_told_apart() {
        assert_eq!(metadata(""), Ok(None));
        for unreadable in ["<info id='x'/>", "<info/>", "<info bytes='9' type='image/png'/><info id=''/>"] {
            assert_eq!(metadata(unreadable), Err(()), "{unreadable}");
        }
        let elsewhere = format!("<info id='{HASH}' url='https://example.org/a.gif'/><info id='x'/>");
        assert_eq!(metadata(&elsewhere), Ok(None));
        assert_eq!(parse_metadata(&xml::element("metadata", "urn:x")), Err(()));
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let picture = Metadata {
            hash: AvatarHash::parse(HASH).unwrap(),
            mime: "image/png".to_owned(),
            size: 3,
            width: Some(1),
            height: Some(2),
            is_remote: false,
        };
        assert_eq!(parse_metadata(&build_metadata(Some(&picture))), Ok(Some(picture)));
        assert_eq!(parse_metadata(&build_metadata(None)), Ok(None));
        assert_eq!(parse_data(&build_data(b"abc")).as_deref(), Some(&b"abc"[..]));
        assert_eq!(parse_data(&xml::element("data", DATA).with_text("???")), None);
        assert_eq!(parse_data(&xml::element("data", DATA)), None);
        let wrapped = xml::element("data", DATA).with_text("\n YW\n Jj \n");
        assert_eq!(parse_data(&wrapped).as_deref(), Some(&b"abc"[..]));
    }
}
