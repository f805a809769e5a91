//! Asking for a place to which a file can be uploaded (XEP-0363). The upload itself is HTTP's.

use super::{
    disco::Info,
    xml::{self, Build as _, Element},
};

pub const NAMESPACE: &str = "urn:xmpp:http:upload:0";
/// Which headers a service may ask for (§5).
const HEADERS: [&str; 3] = ["Authorization", "Cookie", "Expires"];
const MAX_HEADER: usize = 4_096;

/// Where a file goes, and where it can be had afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub put: String,
    pub get: String,
    /// To be sent with the file; names as the standard writes them.
    pub headers: Vec<(&'static str, String)>,
}

/// The largest file that a service takes, in bytes; `None` where it says nothing of it (§4).
#[must_use]
pub fn max_size(info: &Info) -> Option<u64> {
    info.form_value(NAMESPACE, "max-file-size")?.trim().parse().ok()
}

/// Asks for a place (§5).
#[must_use]
pub fn request(name: &str, size: u64, media_type: &str) -> Element {
    xml::element("request", NAMESPACE)
        .with_attr("filename", name)
        .with_attr("size", size.to_string())
        .with_attr("content-type", media_type)
}

/// Reads the answer. Other headers than those three are left out, and line breaks in them (§11).
#[must_use]
pub fn parse_slot(payload: &Element) -> Option<Slot> {
    if !payload.is("slot", NAMESPACE) {
        return None;
    }
    let url = |name: &str| xml::filled_attr(xml::child(payload, name, NAMESPACE)?, "url");
    let put = xml::child(payload, "put", NAMESPACE)?;
    let headers = xml::children(put, "header", NAMESPACE).filter_map(|header| {
        let name = xml::attr(header, "name")?.trim();
        let name = HEADERS.into_iter().find(|known| known.eq_ignore_ascii_case(name))?;
        let value: String = header.text().chars().filter(|c| !c.is_control()).collect();
        (value.len() <= MAX_HEADER).then(|| (name, value.trim().to_owned()))
    });
    Some(Slot { put: url("put")?, get: url("get")?, headers: headers.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(inner: &str) -> Option<Slot> {
        parse_slot(&format!("<slot xmlns='urn:xmpp:http:upload:0'>{inner}</slot>").parse().unwrap())
    }

    #[test]
    fn only_harmless_headers_are_taken_over() {
        let slot = slot(
            "<put url='https://up.example/a'><header name='authorization'>Basic &#10;abc=</header>
             <header name='Host'>evil.example</header><header name='X-Y'>1</header><header>2</header>
             <header name='COOKIE'>a\r\nSet: b</header></put><get url='https://down.example/a'/>",
        )
        .unwrap();
        assert_eq!((slot.put.as_str(), slot.get.as_str()), ("https://up.example/a", "https://down.example/a"));
        let headers = [("Authorization", "Basic abc=".to_owned()), ("Cookie", "aSet: b".to_owned())];
        assert_eq!(slot.headers, headers);
    }

    #[test]
    fn a_slot_needs_both_addresses() {
        for inner in ["", "<put url='https://a'/>", "<get url='https://a'/>", "<put/><get url='https://a'/>"] {
            assert_eq!(slot(inner), None, "{inner}");
        }
        assert_eq!(parse_slot(&xml::element("slot", "urn:x")), None);
    }

    #[test]
    fn a_request_names_the_file() {
        let request = request("très cool.jpg", 23_456, "image/jpeg");
        let written: Element = String::from(&request).parse().unwrap();
        assert_eq!(xml::attr(&written, "filename"), Some("très cool.jpg"));
        assert_eq!(
            (xml::attr(&written, "size"), xml::attr(&written, "content-type")),
            (Some("23456"), Some("image/jpeg"))
        );
    }

    #[test]
    fn the_size_that_a_service_takes_is_in_its_form() {
        let info = |value: &str| {
            super::super::disco::parse_info(
                &format!(
                    "<query xmlns='http://jabber.org/protocol/disco#info'><x type='result' xmlns='jabber:x:data'>
                     <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:http:upload:0</value></field>
                     <field var='max-file-size'><value>{value}</value></field></x></query>"
                )
                .parse()
                .unwrap(),
            )
            .unwrap()
        };
        assert_eq!(max_size(&info("5242880")), Some(5_242_880));
        assert_eq!((max_size(&info("much")), max_size(&Info::default())), (None, None));
    }
}
