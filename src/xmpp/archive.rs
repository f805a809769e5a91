//! Message Archive Management (XEP-0313), with pages as Result Set Management has them (XEP-0059).
//!
//! Only reads and builds. That a result counts only from the archive that was asked, and only while its query is open, is the
//! engine's check.

use super::{
    delay,
    incoming::{self, IncomingMessage},
    xml::{self, Build as _, Element},
};
use crate::{
    ids::{BareJid, Timestamp},
    xmpp::datetime,
};
use xmpp_parsers::ns;

/// Named by an account or a room that has an archive (§7).
pub const NAMESPACE: &str = ns::MAM;
/// Named by an archive that takes ids as bounds (§4.1.4).
pub const EXTENDED: &str = "urn:xmpp:mam:2#extended";

/// A page of an archive, the newest messages of what is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Comes back with each result (§4.1.1).
    pub id: String,
    /// Only messages with this address (§4.1.2).
    pub with: Option<BareJid>,
    /// Only messages from then on (§4.1.3).
    pub start: Option<Timestamp>,
    /// Only messages after the one of this id; only where the archive is extended (§4.1.4).
    pub after: Option<String>,
    /// The messages before the one of this id (XEP-0059 §2.3); without it, the newest.
    pub before: Option<String>,
    /// How many at most; the archive may give fewer.
    pub max: usize,
}

/// A message as an archive keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Archived {
    pub query: Option<String>,
    /// What the archive calls it: its stanza id (XEP-0359).
    pub id: String,
    /// When the archive got it.
    pub stamp: Timestamp,
    pub message: Box<IncomingMessage>,
}

/// The end of a page (§4.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fin {
    /// Nothing older belongs to what was asked for.
    pub is_complete: bool,
    /// How many messages there are of what was asked for, where the archive says so (XEP-0059 §2.6). Some count only those
    /// before the page's end.
    pub count: Option<u64>,
}

/// The request of one page.
#[must_use]
pub fn query(query: &Query) -> Element {
    let Query { id, with, start, after, before, max } = query;
    let start = start.map(datetime::format);
    let with = with.as_ref().map(|with| with.as_str());
    let fields = [("with", with), ("start", start.as_deref()), ("after-id", after.as_deref())].into_iter().filter_map(
        |(var, value)| {
            let value = xml::element("value", ns::DATA_FORMS).with_text(value?);
            Some(xml::element("field", ns::DATA_FORMS).with_attr("var", var).with_child(value))
        },
    );
    let form_type = xml::element("value", ns::DATA_FORMS).with_text(NAMESPACE);
    let form = xml::element("x", ns::DATA_FORMS)
        .with_attr("type", "submit")
        .with_child(
            xml::element("field", ns::DATA_FORMS)
                .with_attr("var", "FORM_TYPE")
                .with_attr("type", "hidden")
                .with_child(form_type),
        )
        .with_children(fields);
    let page = xml::element("set", ns::RSM)
        .with_child(xml::element("max", ns::RSM).with_text(max.to_string()))
        .with_child(xml::element("before", ns::RSM).with_text(before.as_deref().unwrap_or_default()));
    xml::element("query", NAMESPACE).with_attr("queryid", id).with_child(form).with_child(page)
}

/// The archived message in a message (§4.3.1). `None` also where its stamp or the message itself can't be read.
#[must_use]
pub fn parse(message: &Element) -> Option<Archived> {
    let result = xml::child(message, "result", NAMESPACE)?;
    let forwarded = xml::child(result, "forwarded", ns::FORWARD)?;
    Some(Archived {
        query: xml::filled_attr(result, "queryid"),
        id: xml::id(result)?,
        stamp: delay::parse(forwarded)?.stamp,
        message: Box::new(incoming::parse_forwarded(xml::child(forwarded, "message", ns::JABBER_CLIENT)?).ok()?),
    })
}

/// The answer to a query. A `<fin/>` without a page is read as well: what matters is whether it is the last one.
#[must_use]
pub fn parse_fin(fin: &Element) -> Option<Fin> {
    fin.is("fin", NAMESPACE).then(|| {
        let count = xml::child(fin, "set", ns::RSM).and_then(|set| xml::child_text(set, "count", ns::RSM));
        Fin { is_complete: xml::flag(fin, "complete"), count: count.and_then(|count| count.parse().ok()) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(result: &str) -> Option<Archived> {
        let xml = format!("<message xmlns='jabber:client' to='juliet@capulet.lit/chamber'>{result}</message>");
        parse(&xml.parse().unwrap())
    }

    #[test]
    fn a_query_asks_for_the_newest_of_what_is_wanted() {
        let query = query(&Query {
            id: "f27".into(),
            with: Some(BareJid::new("juliet@capulet.lit").unwrap()),
            start: Some(Timestamp(1_275_900_072_000)),
            after: Some("28482-98726-70000".into()),
            before: Some("28482-98726-73623".into()),
            max: 50,
        });
        let expected = "<query xmlns='urn:xmpp:mam:2' queryid='f27'>\
            <x xmlns='jabber:x:data' type='submit'>\
            <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>\
            <field var='with'><value>juliet@capulet.lit</value></field>\
            <field var='start'><value>2010-06-07T08:41:12Z</value></field>\
            <field var='after-id'><value>28482-98726-70000</value></field></x>\
            <set xmlns='http://jabber.org/protocol/rsm'><max>50</max><before>28482-98726-73623</before></set></query>";
        let written: Element = String::from(&query).parse().unwrap();
        assert_eq!(written, expected.parse().unwrap());
    }

    #[test]
    fn without_a_place_to_begin_the_newest_are_asked_for() {
        let query = query(&Query { id: "1".into(), with: None, start: None, after: None, before: None, max: 10 });
        let set = xml::child(&query, "set", ns::RSM).unwrap();
        assert_eq!(xml::child(set, "before", ns::RSM).map(Element::text).as_deref(), Some(""));
    }

    #[test]
    fn the_example_is_read() {
        // XEP-0313 §4.3.1.
        let archived = read(
            "<result xmlns='urn:xmpp:mam:2' queryid='f27' id='28482-98726-73623'><forwarded xmlns='urn:xmpp:forward:0'>
             <delay xmlns='urn:xmpp:delay' stamp='2010-07-10T23:08:25Z'/>
             <message xmlns='jabber:client' to='juliet@capulet.lit/balcony' from='romeo@montague.lit/orchard' type='chat'>
             <body>Call me but love</body></message></forwarded></result>",
        )
        .unwrap();
        assert_eq!((archived.query.as_deref(), &archived.id[..]), (Some("f27"), "28482-98726-73623"));
        assert_eq!(archived.stamp, Timestamp(1_278_803_305_000));
        assert_eq!(archived.message.body.as_deref(), Some("Call me but love"));
    }

    #[test]
    fn what_has_no_id_no_stamp_or_no_message_is_no_result() {
        let forwarded = |stamp: &str, message: &str| {
            format!(
                "<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='{stamp}'/>{message}</forwarded>"
            )
        };
        let (stamp, message) = ("2010-07-10T23:08:25Z", "<message xmlns='jabber:client'/>");
        let result = |attributes: &str, inner: &str| {
            read(&format!("<result xmlns='urn:xmpp:mam:2' {attributes}>{inner}</result>"))
        };
        assert!(result("id='1'", &forwarded(stamp, message)).is_some());
        assert!(result("", &forwarded(stamp, message)).is_none());
        assert!(result("id=''", &forwarded(stamp, message)).is_none());
        assert!(result("id='1'", &forwarded("soon", message)).is_none());
        assert!(result("id='1'", &forwarded(stamp, "")).is_none());
        assert!(result("id='1'", &forwarded(stamp, "<message xmlns='jabber:client' from='@'/>")).is_none());
        assert!(result("id='1'", message).is_none());
    }

    const fn fin(is_complete: bool, count: Option<u64>) -> Fin {
        Fin { is_complete, count }
    }

    #[test]
    fn the_end_says_whether_there_is_more() {
        for (xml, expected) in [
            ("<fin xmlns='urn:xmpp:mam:2' complete='true'/>", Some(fin(true, None))),
            ("<fin xmlns='urn:xmpp:mam:2' complete='1'/>", Some(fin(true, None))),
            ("<fin xmlns='urn:xmpp:mam:2'/>", Some(fin(false, None))),
            (
                "<fin xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><count>72</count></set></fin>",
                Some(fin(false, Some(72))),
            ),
            (
                "<fin xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><count>-1</count></set></fin>",
                Some(fin(false, None)),
            ),
            ("<fin xmlns='urn:xmpp:mam:1' complete='true'/>", None),
        ] {
            assert_eq!(parse_fin(&xml.parse().unwrap()), expected, "{xml}");
        }
    }
}
