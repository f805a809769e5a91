//! Link Metadata (XEP-0511): what whoever wrote a link says of the page behind it.
//!
//! Nobody vouches for it: neither that the page says so, nor that the link stands in the message. A picture counts only where it
//! lies in the message itself: whoever fetched one from an address in it would tell a stranger when and from where they look.

use rxml::{Namespace, NcName};

use super::xml::{self, Build as _, Element};

pub const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const OPEN_GRAPH: &str = "https://ogp.me/ns#";

/// So many descriptions of one message are looked at.
const MAX_LINKS: usize = 8;
/// The longest address, in bytes.
const MAX_URL: usize = 2_048;
/// How much of each text is taken, in characters.
const MAX_TEXT: usize = 1_000;
/// So many pictures of one link are looked at.
const MAX_PICTURES: usize = 8;
/// The largest picture that is taken, in bytes; a message is no place for larger ones.
pub const MAX_PICTURE: usize = 16 * 1024;

/// What is said of one link; texts are empty where nothing is said, and as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkMetadata {
    /// What it is about.
    pub url: String,
    pub title: String,
    pub description: String,
    /// What the place calls itself to which the page belongs.
    pub site: String,
    /// A picture in the message itself; nobody has looked whether it is one.
    pub picture: Option<Picture>,
}

/// A picture as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// What a message says of links, in its order; of each link what is said first.
#[must_use]
pub fn parse(message: &Element) -> Vec<LinkMetadata> {
    let about = Namespace::from(RDF);
    let mut found: Vec<LinkMetadata> = Vec::new();
    for element in xml::children(message, "Description", RDF).take(MAX_LINKS) {
        // §3.1: `about` stands in the same namespace.
        let Some(url) = element.attrs().get(&about, "about").map(|url| url.trim()) else { continue };
        if url.is_empty() || url.len() > MAX_URL || found.iter().any(|known| known.url == url) {
            continue;
        }
        let text = |name| {
            let text = xml::child(element, name, OPEN_GRAPH).map(Element::text).unwrap_or_default();
            text.chars().take(MAX_TEXT).collect()
        };
        found.push(LinkMetadata {
            url: url.to_owned(),
            title: text("title"),
            description: text("description"),
            site: text("site_name"),
            picture: xml::children(element, "image", OPEN_GRAPH)
                .take(MAX_PICTURES)
                .find_map(|it| from_data(&it.text())),
        });
    }
    found
}

/// To be put into the message in which the link stands.
#[must_use]
pub fn build(link: &LinkMetadata) -> Element {
    let texts = [("title", &link.title), ("description", &link.description), ("site_name", &link.site)];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let mut element = xml::element("Description", RDF)
        .with_children(texts.map(|(name, text)| xml::element(name, OPEN_GRAPH).with_text(text)))
        .with_children(
            link.picture.iter().map(|picture| xml::element("image", OPEN_GRAPH).with_text(to_data(picture))),
        );
    if let Ok(name) = NcName::try_from("about") {
        element.attrs_mut().insert(Namespace::from(RDF), name, xml::legal(&link.url).into_owned());
    }
    element
}

/// `data:image/jpeg;base64,…` (RFC 2397); `None` for everything else, such as an address, and for what is too large.
fn from_data(url: &str) -> Option<Picture> {
    let (media_type, data) = url.trim().strip_prefix("data:")?.split_once(";base64,")?;
    let is_short = data.len() <= MAX_PICTURE.div_ceil(3) * 4;
    let bytes = xml::decode_base64(data).filter(|bytes| is_short && !bytes.is_empty() && bytes.len() <= MAX_PICTURE)?;
    media_type.starts_with("image/").then(|| Picture { media_type: media_type.to_owned(), bytes })
}

fn to_data(Picture { media_type, bytes }: &Picture) -> String {
    format!("data:{media_type};base64,{}", xml::encode_base64(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inner: &str) -> Vec<LinkMetadata> {
        let message =
            format!("<message xmlns='jabber:client' xmlns:r='{RDF}' xmlns:og='{OPEN_GRAPH}'>{inner}</message>");
        parse(&message.parse().unwrap())
    }

    #[test]
    fn the_example_is_read() {
        // XEP-0511 §3.1.
        let example = r#"<message xmlns='jabber:client' to='romeo@montague.lit' type='chat'>
          <body>I wanted to mention https://the.link.example.com/what-was-linked-to</body>
          <rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:og="https://ogp.me/ns#"
            xmlns:ogi="https://ogp.me/ns#image:" rdf:about="https://the.link.example.com/what-was-linked-to">
            <og:title>The Best Webpage</og:title>
            <og:description>This is a great webpage and you will really like it</og:description>
            <og:url>https://example.com/canonical-url/for/what-was-linked-to</og:url>
            <og:image>https://link.to.example.com/image.png</og:image>
            <og:image>cid:sha-256+e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855@bob.xmpp.org</og:image>
            <og:image>data:image/jpeg,...</og:image>
            <ogi:alt>Alt text for the social media image</ogi:alt>
            <og:type>website</og:type>
            <og:site_name>Example Website</og:site_name>
          </rdf:Description></message>"#;
        let expected = LinkMetadata {
            url: "https://the.link.example.com/what-was-linked-to".to_owned(),
            title: "The Best Webpage".to_owned(),
            description: "This is a great webpage and you will really like it".to_owned(),
            site: "Example Website".to_owned(),
            picture: None,
        };
        assert_eq!(parse(&example.parse().unwrap()), [expected]);
    }

    #[test]
    fn what_is_about_nothing_or_too_long_is_left_alone() {
        let long = format!("<r:Description r:about='https://a/{}'/>", "x".repeat(MAX_URL));
        for inner in
            ["", "<r:Description/>", "<r:Description about='https://a'/>", "<r:Description r:about=' '/>", &long]
        {
            assert_eq!(read(inner), [], "{inner}");
        }
        let texts = format!("<og:title>{}</og:title><title>b</title>", "ä".repeat(MAX_TEXT + 1));
        let found = read(&format!("<r:Description r:about='https://a'>{texts}</r:Description>"));
        assert_eq!((found[0].title.chars().count(), found[0].site.as_str()), (MAX_TEXT, ""));
    }

    #[test]
    fn of_many_the_first_count_and_each_link_once() {
        let one = |n: usize| format!("<r:Description r:about='https://a/{n}'><og:title>{n}</og:title></r:Description>");
        assert_eq!(read(&(0..1_000).map(one).collect::<String>()).len(), MAX_LINKS);
        let twice = one(1) + "<r:Description r:about='https://a/1'><og:title>other</og:title></r:Description>";
        let found = read(&twice);
        assert_eq!((found.len(), found[0].title.as_str()), (1, "1"));
    }

    #[test]
    fn a_picture_counts_only_where_it_lies_in_the_message() {
        let picture = |images: &[String]| {
            let images = images.join("</og:image><og:image>");
            read(&format!("<r:Description r:about='https://a'><og:image>{images}</og:image></r:Description>"))
                .remove(0)
                .picture
        };
        let png = Picture { media_type: "image/png".to_owned(), bytes: b"abc".to_vec() };
        let large = |length: usize| format!("data:image/png;base64,{}", xml::encode_base64(&vec![0; length]));
        for none in [
            "",
            "https://a.example/a.png",
            "file:///etc/passwd",
            "data:image/png,abc",
            "data:image/png;base64,",
            "data:image/png;base64,***",
            "data:text/html;base64,YWJj",
            &large(MAX_PICTURE + 1),
        ] {
            assert_eq!(picture(&[none.to_owned()]), None, "{none:.40}");
        }
        assert_eq!(picture(&[large(MAX_PICTURE)]).map(|it| it.bytes.len()), Some(MAX_PICTURE));
        let good = " data:image/png;base64,YWJj\n".to_owned();
        assert_eq!(picture(&["https://a.example/a.png".to_owned(), good.clone()]), Some(png));
        let many = vec!["https://a.example/a.png".to_owned(); MAX_PICTURES];
        assert_eq!(picture(&[many, vec![good]].concat()), None, "only the first ones are looked at");
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let link = LinkMetadata {
            url: "https://a.example/?x=1&y='2'".to_owned(),
            title: "<Tea> & \u{1f375}".to_owned(),
            description: String::new(),
            site: "A".to_owned(),
            picture: Some(Picture { media_type: "image/jpeg".to_owned(), bytes: vec![0, 255, 216] }),
        };
        let built = xml::element("message", "jabber:client").with_child(build(&link));
        assert_eq!(parse(&String::from(&built).parse().unwrap()), [link]);
    }
}
