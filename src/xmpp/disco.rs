//! Service Discovery (XEP-0030): what an entity is and what it can do.

use super::xml::{self, Build as _, Element};
use crate::ids::Jid;
use xmpp_parsers::ns;

/// What an entity is (§3.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    pub category: String,
    pub kind: String,
    pub lang: String,
    pub name: String,
}

/// One field of a form in the information (XEP-0128).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    pub var: String,
    pub values: Vec<String>,
}

/// A form in the information (XEP-0128).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Form {
    /// The value of `FORM_TYPE`, where that is a hidden field (XEP-0115 §5.4, rule 3.6).
    pub form_type: Option<String>,
    /// Whether `FORM_TYPE` had several different values, which makes the whole ill-formed.
    pub is_ambiguous: bool,
    /// Without `FORM_TYPE`.
    pub fields: Vec<Field>,
}

/// The answer to a query for information.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Info {
    pub identities: Vec<Identity>,
    pub features: Vec<String>,
    pub forms: Vec<Form>,
}

impl Info {
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|known| known == feature)
    }

    /// Whether it is something of this kind, such as `pubsub`, `pep`.
    #[must_use]
    pub fn is(&self, category: &str, kind: &str) -> bool {
        self.identities.iter().any(|identity| identity.category == category && identity.kind == kind)
    }

    /// The first value of a field in the form of this type.
    #[must_use]
    pub fn form_value(&self, form_type: &str, var: &str) -> Option<&str> {
        let form = self.forms.iter().find(|form| form.form_type.as_deref() == Some(form_type))?;
        form.fields.iter().find(|field| field.var == var)?.values.first().map(String::as_str)
    }
}

/// Something that belongs to an entity (§4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    pub jid: Jid,
    pub node: Option<String>,
    pub name: Option<String>,
}

/// Asks for what belongs to an entity (§4.1).
#[must_use]
pub fn items_query(node: Option<&str>) -> Element {
    xml::element("query", ns::DISCO_ITEMS).with_optional_attr("node", node)
}

/// Reads the answer; an item without a readable address is left out.
#[must_use]
pub fn parse_items(payload: &Element) -> Vec<Item> {
    if !payload.is("query", ns::DISCO_ITEMS) {
        return Vec::new();
    }
    let item = |item: &Element| {
        let (node, name) = (xml::filled_attr(item, "node"), xml::filled_attr(item, "name"));
        Some(Item { jid: xml::jid_attr(item, "jid")?, node, name })
    };
    xml::children(payload, "item", ns::DISCO_ITEMS).filter_map(item).collect()
}

/// Asks for information (§3.1).
#[must_use]
pub fn info_query(node: Option<&str>) -> Element {
    xml::element("query", ns::DISCO_INFO).with_optional_attr("node", node)
}

/// Whether this is such a query, and for which node.
#[must_use]
pub fn parse_info_query(payload: &Element) -> Option<Option<&str>> {
    payload.is("query", ns::DISCO_INFO).then(|| xml::attr(payload, "node"))
}

/// Reads the answer; what is not understood is left out.
#[must_use]
pub fn parse_info(payload: &Element) -> Option<Info> {
    if !payload.is("query", ns::DISCO_INFO) {
        return None;
    }
    let text = |element: &Element, name: &str| xml::attr(element, name).unwrap_or_default().to_owned();
    Some(Info {
        identities: xml::children(payload, "identity", ns::DISCO_INFO)
            .map(|identity| Identity {
                category: text(identity, "category"),
                kind: text(identity, "type"),
                lang: xml::lang(identity).unwrap_or_default().to_owned(),
                name: text(identity, "name"),
            })
            .collect(),
        features: xml::children(payload, "feature", ns::DISCO_INFO)
            .filter_map(|feature| xml::filled_attr(feature, "var"))
            .collect(),
        forms: xml::children(payload, "x", ns::DATA_FORMS).map(parse_form).collect(),
    })
}

/// The answer to a query about ourselves.
#[must_use]
pub fn info_result(node: Option<&str>, info: &Info) -> Element {
    let identity = |identity: &Identity| {
        let element = xml::element("identity", ns::DISCO_INFO)
            .with_attr("category", &identity.category)
            .with_attr("type", &identity.kind)
            .with_optional_attr("name", Some(&identity.name).filter(|name| !name.is_empty()));
        if identity.lang.is_empty() { element } else { element.with_lang(&identity.lang) }
    };
    let feature = |feature: &String| xml::element("feature", ns::DISCO_INFO).with_attr("var", feature);
    xml::element("query", ns::DISCO_INFO)
        .with_optional_attr("node", node)
        .with_children(info.identities.iter().map(identity))
        .with_children(info.features.iter().map(feature))
}

fn parse_form(form: &Element) -> Form {
    let mut parsed = Form { form_type: None, is_ambiguous: false, fields: Vec::new() };
    for field in xml::children(form, "field", ns::DATA_FORMS) {
        let Some(var) = xml::filled_attr(field, "var") else { continue };
        let values: Vec<String> = xml::children(field, "value", ns::DATA_FORMS).map(Element::text).collect();
        if var == "FORM_TYPE" {
            if xml::attr(field, "type") == Some("hidden") {
                for value in values {
                    parsed.is_ambiguous |= parsed.form_type.as_ref().is_some_and(|known| *known != value);
                    parsed.form_type.get_or_insert(value);
                }
            }
        } else {
            parsed.fields.push(Field { var, values });
        }
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_what_is_strange_left_out() {
        let payload: Element = "<query xmlns='http://jabber.org/protocol/disco#info' node='n'>
            <identity category='client' type='pc' name='Gabber' xml:lang='en'/><identity/>
            <feature var='urn:a'/><feature/><feature var=''/><thing xmlns='urn:x'/>
            <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>t</value></field>
            <field var='os'><value>Mac</value></field><field><value>?</value></field></x></query>"
            .parse()
            .unwrap();
        let info = parse_info(&payload).unwrap();
        assert_eq!(info.identities.len(), 2);
        assert_eq!((info.identities[0].kind.as_str(), info.identities[0].lang.as_str()), ("pc", "en"));
        assert_eq!(info.features, ["urn:a"]);
        assert!(info.has("urn:a") && !info.has("urn:b"));
        assert!(info.is("client", "pc") && !info.is("client", "phone"));
        assert_eq!((info.form_value("t", "os"), info.form_value("u", "os")), (Some("Mac"), None));
        assert_eq!(info.forms[0].form_type.as_deref(), Some("t"));
        assert_eq!(info.forms[0].fields, [Field { var: "os".to_owned(), values: vec!["Mac".to_owned()] }]);
        assert_eq!(parse_info(&xml::element("query", "urn:x")), None);
    }

    #[test]
    fn what_is_built_is_read_as_the_same() {
        let info = Info {
            identities: vec![Identity {
                category: "client".to_owned(),
                kind: "pc".to_owned(),
                lang: String::new(),
                name: "A & B".to_owned(),
            }],
            features: vec!["urn:a".to_owned()],
            forms: Vec::new(),
        };
        assert_eq!(parse_info(&info_result(Some("n"), &info)), Some(info));
    }

    #[test]
    fn items_without_a_readable_address_are_left_out() {
        let items = parse_items(
            &"<query xmlns='http://jabber.org/protocol/disco#items'><item jid='people.shakespeare.lit' name='Directory'/>
              <item jid='@'/><item/><item jid='a@b' node='n'/></query>"
                .parse()
                .unwrap(),
        );
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].name.as_deref(), Some("Directory"));
        assert_eq!(items[1].node.as_deref(), Some("n"));
        assert!(parse_items(&items_query(Some("n"))).is_empty() && parse_items(&info_query(None)).is_empty());
    }

    #[test]
    fn a_query_names_its_node() {
        assert_eq!(parse_info_query(&info_query(Some("n"))), Some(Some("n")));
        assert_eq!(parse_info_query(&info_query(None)), Some(None));
        assert_eq!(parse_info_query(&xml::element("query", "urn:x")), None);
    }
}
