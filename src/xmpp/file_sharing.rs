//! Files in messages: stateless file sharing (XEP-0447) with its metadata (XEP-0446), beside the address out of band
//! (XEP-0066) that every client understands.
//!
//! Says what a message claims. Whether the file is what is claimed is found out by whoever fetches it.

use super::{
    fallback, reply,
    xml::{self, Build as _, Element},
};

pub const SHARING: &str = "urn:xmpp:sfs:0";
const METADATA: &str = "urn:xmpp:file:metadata:0";
const URL_DATA: &str = "http://jabber.org/protocol/url-data";
pub const OUT_OF_BAND: &str = "jabber:x:oob";
const HASHES: &str = "urn:xmpp:hashes:2";
const THUMBNAILS: &str = "urn:xmpp:thumbs:1";

/// Addresses that are longer are none.
const MAX_URL: usize = 4_096;
const MAX_TEXT: usize = 1_024;
/// A thumbhash has at most 25 bytes (<https://evanw.github.io/thumbhash/>).
const MAX_THUMBHASH: usize = 32;
/// More pixels on a side are a mistake or a lie.
const MAX_SIDE: u32 = 1 << 20;
const THUMBHASH_PREFIX: &str = "data:image/thumbhash";

/// A file as a message names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SharedFile {
    /// Begins with `https://`.
    pub url: String,
    pub name: Option<String>,
    pub media_type: Option<String>,
    pub size: Option<u64>,
    /// Width and height in pixels, neither of them 0.
    pub dimensions: Option<(u32, u32)>,
    /// How long sound or a film lasts, in milliseconds.
    pub length: Option<u32>,
    pub sha256: Option<[u8; 32]>,
    pub thumbhash: Option<Vec<u8>>,
    /// What the body says beside the address.
    pub caption: String,
}

/// The file that a message shares. `body` is the message's text.
///
/// Of several files in one message the first counts, and the text keeps the addresses of all of them.
#[must_use]
pub fn parse(message: &Element, body: Option<&str>) -> Option<SharedFile> {
    let mut all = xml::children(message, "file-sharing", SHARING);
    if let Some(mut file) = all.next().and_then(parse_sharing) {
        file.caption = match body {
            Some(body) if all.next().is_none() => caption(message, body, &file.url),
            body => body.unwrap_or_default().to_owned(),
        };
        return Some(file);
    }
    // XEP-0363 §10 and what clients made of it: a file is an address alone, which stands out of band as well. Where it answers
    // something, the quote stands before it.
    let url = address(&xml::child_text(xml::child(message, "x", OUT_OF_BAND)?, "url", OUT_OF_BAND)?)?;
    let body = body?;
    let without_quote = fallback::split(message, body, &[reply::NAMESPACE]).map(|(rest, _)| rest);
    let is_alone = without_quote.as_deref().unwrap_or(body).trim() == url;
    is_alone.then(|| SharedFile { url, ..SharedFile::default() })
}

/// What says to every client that this is a file; the message's body has to be `file.url`.
#[must_use]
pub fn build(file: &SharedFile) -> Vec<Element> {
    let text = |name: &str, value: String| xml::element(name, METADATA).with_text(value);
    let hash =
        |hash: [u8; 32]| xml::element("hash", HASHES).with_attr("algo", "sha-256").with_text(xml::encode_base64(&hash));
    let (width, height) = file.dimensions.unzip();
    let thumbnail = file.thumbhash.as_ref().map(|bytes| {
        xml::element("thumbnail", THUMBNAILS)
            .with_attr("uri", format!("{THUMBHASH_PREFIX};base64,{}", xml::encode_base64(bytes)))
            .with_attr("media-type", "image/thumbhash")
            .with_optional_attr("width", width.map(|width| width.to_string()))
            .with_optional_attr("height", height.map(|height| height.to_string()))
    });
    let metadata = xml::element("file", METADATA)
        .with_children(file.media_type.clone().map(|value| text("media-type", value)))
        .with_children(file.name.clone().map(|value| text("name", value)))
        .with_children(file.size.map(|value| text("size", value.to_string())))
        .with_children(width.map(|value| text("width", value.to_string())))
        .with_children(height.map(|value| text("height", value.to_string())))
        .with_children(file.length.map(|value| text("length", value.to_string())))
        .with_children(file.sha256.map(hash))
        .with_children(thumbnail);
    let source = xml::element("url-data", URL_DATA).with_attr("target", &file.url);
    let sharing = xml::element("file-sharing", SHARING)
        .with_attr("disposition", "inline")
        .with_child(metadata)
        .with_child(xml::element("sources", SHARING).with_child(source));
    let out_of_band = xml::element("x", OUT_OF_BAND).with_child(xml::element("url", OUT_OF_BAND).with_text(&file.url));
    // XEP-0428 §2: the whole body is there for those who don't understand the rest.
    let fallback = fallback::build(SHARING, None).with_child(xml::element("body", fallback::NAMESPACE));
    vec![sharing, out_of_band, fallback]
}

fn parse_sharing(sharing: &Element) -> Option<SharedFile> {
    let sources = xml::child(sharing, "sources", SHARING)?;
    let url = xml::children(sources, "url-data", URL_DATA).find_map(|source| address(xml::attr(source, "target")?))?;
    let mut file = SharedFile { url, ..SharedFile::default() };
    // Without metadata it is a file all the same.
    let Some(metadata) = xml::child(sharing, "file", METADATA) else { return Some(file) };
    let text = |name: &str| xml::child_text(metadata, name, METADATA);
    let short = |name: &str| text(name).filter(|text| text.len() <= MAX_TEXT);
    file.name = short("name");
    file.media_type = short("media-type").map(|text| text.to_ascii_lowercase());
    file.size = text("size").and_then(|size| size.parse().ok()).filter(|size| i64::try_from(*size).is_ok());
    // More than seven weeks is no claim that anybody could check.
    file.length = text("length").and_then(|length| length.trim().parse().ok()).filter(|length| *length > 0);
    let pixels = |text: &str| text.trim().parse().ok().filter(|side| (1..=MAX_SIDE).contains(side));
    let both = |width: &str, height: &str| Some((pixels(width)?, pixels(height)?));
    file.dimensions = match (text("width"), text("height"), text("dimensions")) {
        (Some(width), Some(height), _) => both(&width, &height),
        // Version 0.1 of XEP-0446.
        (_, _, Some(dimensions)) => dimensions.split_once('x').and_then(|(width, height)| both(width, height)),
        _ => None,
    };
    file.sha256 = xml::children(metadata, "hash", HASHES)
        .filter(|hash| xml::attr(hash, "algo") == Some("sha-256"))
        .find_map(|hash| xml::decode_base64(&hash.text())?.try_into().ok());
    file.thumbhash = xml::children(metadata, "thumbnail", THUMBNAILS).find_map(parse_thumbhash);
    Some(file)
}

/// XEP-0264 lets a thumbnail be any address; only what is here already is taken.
fn parse_thumbhash(thumbnail: &Element) -> Option<Vec<u8>> {
    let data = xml::attr(thumbnail, "uri")?.strip_prefix(THUMBHASH_PREFIX)?;
    let data = data.strip_prefix(";base64").unwrap_or(data).strip_prefix(',')?;
    if data.len() > 2 * MAX_THUMBHASH {
        return None;
    }
    xml::decode_base64(data).filter(|bytes| (5..=MAX_THUMBHASH).contains(&bytes.len()))
}

/// The body without the parts that are there for others (XEP-0428 §2.1).
fn caption(message: &Element, body: &str, url: &str) -> String {
    let split = fallback::split(message, body, &[SHARING, OUT_OF_BAND, reply::NAMESPACE]);
    let rest = split.map_or_else(|| body.to_owned(), |(rest, _)| rest);
    let rest = rest.trim();
    // Also of those who do not say that the address is there for others.
    if rest == url { String::new() } else { rest.to_owned() }
}

/// Only what is encrypted on its way is fetched.
fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let is_usable = text.len() <= MAX_URL
        && text.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    is_usable.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use xmpp_parsers::ns;

    const URL: &str = "https://upload.example/a/tr%C3%A8s%20cool.jpg";

    fn message(inner: &str) -> Option<SharedFile> {
        let message: Element = format!("<message xmlns='jabber:client'>{inner}</message>").parse().unwrap();
        let body = xml::child(&message, "body", ns::JABBER_CLIENT).map(Element::text);
        parse(&message, body.as_deref())
    }

    fn sharing(metadata: &str) -> String {
        format!(
            "<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'>{metadata}</file>
             <sources><url-data xmlns='http://jabber.org/protocol/url-data' target='{URL}'/></sources></file-sharing>"
        )
    }

    #[test]
    fn an_address_alone_is_a_file_only_where_it_stands_out_of_band_too() {
        let oob = |url: &str| format!("<x xmlns='jabber:x:oob'><url>{url}</url></x>");
        let body = |text: &str| format!("<body>{text}</body>");
        for (inner, is_file) in [
            (format!("{}{}", body(URL), oob(URL)), true),
            (format!("{}{}", body(&format!(" {URL}\n")), oob(URL)), true),
            (body(URL), false),
            (oob(URL), false),
            (format!("{}{}", body("look here"), oob(URL)), false),
            (format!("{}{}", body("http://a.example/x"), oob("http://a.example/x")), false),
            (format!("{}{}", body("file:///etc/passwd"), oob("file:///etc/passwd")), false),
            (format!("{}{}", body("https://a.example/x y"), oob("https://a.example/x y")), false),
            (format!("{}<x xmlns='jabber:x:oob'/>", body(URL)), false),
        ] {
            assert_eq!(message(&inner).map(|file| file.url), is_file.then(|| URL.to_owned()), "{inner}");
        }
    }

    #[test]
    fn metadata_is_read_each_on_its_own() {
        let hash = "<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</hash>";
        let thumbnail = "<thumbnail xmlns='urn:xmpp:thumbs:1' uri='data:image/thumbhash;base64,1QcSHQRnh493V4dIh4eXh1h4kJUI' width='32' height='23'/>";
        let file = message(&sharing(&format!(
            "<media-type>Image/JPEG</media-type><name>a.jpg</name><size>7</size><width>4</width><height>3</height><length>63400</length>{hash}{thumbnail}"
        )))
        .unwrap();
        assert_eq!((file.media_type.as_deref(), file.name.as_deref()), (Some("image/jpeg"), Some("a.jpg")));
        assert_eq!((file.size, file.dimensions, file.length), (Some(7), Some((4, 3)), Some(63_400)));
        assert_eq!(file.sha256.unwrap()[..2], [0xe3, 0xb0]);
        assert_eq!(file.thumbhash.unwrap().len(), 21);
        for (metadata, expected) in [
            ("<dimensions>4096x2160</dimensions>", Some((4_096, 2_160))),
            ("<width>4</width>", None),
            ("<width>0</width><height>3</height>", None),
            ("<width>-4</width><height>3</height>", None),
            ("<width>99999999</width><height>3</height>", None),
            ("<dimensions>x</dimensions>", None),
        ] {
            assert_eq!(message(&sharing(metadata)).unwrap().dimensions, expected, "{metadata}");
        }
        for metadata in [
            "<size>-1</size>",
            "<size>18446744073709551615</size>",
            "<size/>",
            "<length>0</length>",
            "<length>-3</length>",
            "<length>99999999999</length>",
            "<length>long</length>",
            "<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>AAAA</hash>",
            "<hash xmlns='urn:xmpp:hashes:2' algo='md5'>AAAA</hash>",
            "<thumbnail xmlns='urn:xmpp:thumbs:1' uri='cid:x'/>",
            "<thumbnail xmlns='urn:xmpp:thumbs:1' uri='https://evil.example/t.png'/>",
            "<thumbnail xmlns='urn:xmpp:thumbs:1' uri='data:image/thumbhash;base64,!!'/>",
            "<name> </name>",
        ] {
            let file = message(&sharing(metadata)).unwrap();
            assert_eq!(file, SharedFile { url: URL.to_owned(), ..SharedFile::default() }, "{metadata}");
        }
    }

    #[test]
    fn a_sharing_without_a_safe_source_is_none() {
        for inner in [
            "<file-sharing xmlns='urn:xmpp:sfs:0'/>",
            "<file-sharing xmlns='urn:xmpp:sfs:0'><sources/></file-sharing>",
            "<file-sharing xmlns='urn:xmpp:sfs:0'><sources><url-data xmlns='http://jabber.org/protocol/url-data'/></sources></file-sharing>",
            "<file-sharing xmlns='urn:xmpp:sfs:0'><sources><url-data xmlns='http://jabber.org/protocol/url-data' target='http://a.example'/></sources></file-sharing>",
        ] {
            assert_eq!(message(inner), None, "{inner}");
        }
        let second = "<file-sharing xmlns='urn:xmpp:sfs:0'><sources>
            <url-data xmlns='http://jabber.org/protocol/url-data' target='ftp://a.example'/>
            <url-data xmlns='http://jabber.org/protocol/url-data' target='https://a.example'/></sources></file-sharing>";
        assert_eq!(message(second).unwrap().url, "https://a.example");
    }

    #[test]
    fn what_is_there_for_others_is_no_caption() {
        let fallback =
            |range: &str| format!("<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:sfs:0'>{range}</fallback>");
        for (body, fallback, expected) in [
            (format!("<body>{URL}</body>"), String::new(), ""),
            (format!("<body>{URL}</body>"), fallback("<body/>"), ""),
            (format!("<body>{URL}</body>"), fallback(""), ""),
            ("<body>Très cöol https://x</body>".to_owned(), fallback("<body start='10' end='19'/>"), "Très cöol"),
            ("<body>abc</body>".to_owned(), fallback("<body start='2' end='1'/>"), "abc"),
            ("<body>abc</body>".to_owned(), fallback("<body start='1' end='99999999999'/>"), "abc"),
            ("<body>abc</body>".to_owned(), fallback("<body start='x' end='1'/>"), "abc"),
            (format!("<body>{URL}</body>"), fallback("<body start='1' end='99999999999'/>"), ""),
            ("<body>abc</body>".to_owned(), String::new(), "abc"),
        ] {
            let inner = format!("{body}{}{fallback}", sharing(""));
            assert_eq!(message(&inner).unwrap().caption, expected, "{inner}");
        }
    }

    #[test]
    fn an_answer_can_be_a_file() {
        let quote =
            "<reply xmlns='urn:xmpp:reply:0' id='1'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>
            <body start='0' end='4'/></fallback>";
        let body = |rest: &str| format!("<body>&gt; a\n{rest}</body>{quote}");
        let out_of_band = format!("<x xmlns='jabber:x:oob'><url>{URL}</url></x>");
        assert_eq!(message(&(body(URL) + &out_of_band)).unwrap().url, URL);
        assert_eq!(message(&(body(&format!("See {URL}")) + &out_of_band)), None);
        assert_eq!(message(&(body(URL) + &sharing(""))).unwrap().caption, "");
        assert_eq!(message(&(body("Look") + &sharing(""))).unwrap().caption, "Look");
    }

    #[test]
    fn of_two_files_the_text_keeps_both_addresses() {
        let file = message(&format!("<body>{URL} {URL}2</body>{}{}", sharing(""), sharing(""))).unwrap();
        assert_eq!(file.caption, format!("{URL} {URL}2"));
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let file = SharedFile {
            url: URL.to_owned(),
            name: Some("a & b.png".to_owned()),
            media_type: Some("image/png".to_owned()),
            size: Some(12),
            dimensions: Some((3, 4)),
            length: Some(61_000),
            sha256: Some([7; 32]),
            thumbhash: Some(vec![1; 20]),
            caption: String::new(),
        };
        let message = xml::element("message", ns::JABBER_CLIENT).with_children(build(&file));
        let message: Element = String::from(&message).parse().unwrap();
        assert_eq!(parse(&message, Some(URL)), Some(file.clone()));
        // And by those who know only the address out of band.
        let x = xml::child(&message, "x", OUT_OF_BAND).unwrap();
        assert_eq!(xml::child_text(x, "url", OUT_OF_BAND).as_deref(), Some(URL));
    }
}
