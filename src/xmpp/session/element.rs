//! The one type of everything that is a child of `<stream:stream/>`. Reading never fails: the tree is built within limits,
//! then sorted; what can't be understood stays available as the raw element.

use xmpp_parsers::ns;
use xso::{
    AsXml, Context, FromEventsBuilder, FromXml, Item,
    error::{Error, FromEventsError},
    minidom_compat::AsItemsViaElement,
};

use super::{
    features::Features,
    nonza::{Profile, Sasl, SmNonza, Starttls, condition_and_text},
    tree::{Skipped, TreeBuilder, TreeLimits},
};
use crate::xmpp::xml::{Build as _, Element, element};

/// RFC 6120 §4.9.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamError {
    pub condition: String,
    pub text: Option<String>,
}

impl StreamError {
    pub fn new(condition: &str) -> Self {
        Self { condition: condition.to_owned(), text: None }
    }
}

/// A child of the stream.
pub enum StreamElement {
    Features(Features),
    Starttls(Starttls),
    Sasl(Profile, Sasl),
    Sm(SmNonza),
    Error(StreamError),
    /// A message, presence or IQ; its payloads are parsed one by one where they are needed.
    Stanza(Element),
    /// Anything else, and nonzas that make no sense.
    Unknown(Element),
}

/// Shows what it is, never what is in it: some of it is private, some secret.
impl std::fmt::Debug for StreamElement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Features(_) => f.write_str("features"),
            Self::Starttls(starttls) => starttls.fmt(f),
            Self::Sasl(..) => f.write_str("SASL"),
            Self::Sm(sm) => sm.fmt(f),
            Self::Error(error) => error.fmt(f),
            Self::Stanza(element) | Self::Unknown(element) => write!(f, "<{}/>", element.name()),
        }
    }
}

impl StreamElement {
    fn sort(element: Element, skipped: Skipped) -> Self {
        if skipped.is_any() {
            log::warn!("left out of <{}/>: {skipped:?}", element.name());
        }
        let space = element.ns();
        let known = match (space.as_str(), element.name()) {
            (ns::JABBER_CLIENT, "message" | "presence" | "iq") => return Self::Stanza(element),
            (ns::STREAM, "features") => Some(Self::Features(Features::read(&element))),
            (ns::STREAM, "error") => {
                let (condition, text) = condition_and_text(&element);
                Some(Self::Error(StreamError { condition, text }))
            }
            (ns::SASL, _) => Sasl::read(Profile::Sasl1, &element).map(|sasl| Self::Sasl(Profile::Sasl1, sasl)),
            (ns::SASL2, _) => Sasl::read(Profile::Sasl2, &element).map(|sasl| Self::Sasl(Profile::Sasl2, sasl)),
            (ns::SM, _) => SmNonza::read(&element).map(Self::Sm),
            (ns::TLS, _) => Starttls::read(&element).map(Self::Starttls),
            _ => None,
        };
        known.unwrap_or(Self::Unknown(element))
    }

    /// The XML of what is no stanza. Stanzas are written from where they are.
    fn to_element(&self) -> Element {
        match self {
            Self::Features(_) => element("features", ns::STREAM),
            Self::Error(error) => element("error", ns::STREAM)
                .with_child(element(&error.condition, "urn:ietf:params:xml:ns:xmpp-streams")),
            Self::Stanza(element) | Self::Unknown(element) => element.clone(),
            Self::Starttls(starttls) => starttls.to_element(),
            Self::Sasl(profile, sasl) => sasl.to_element(*profile),
            Self::Sm(sm) => sm.to_element(),
        }
    }
}

/// Builds the tree, then sorts it.
pub struct Builder {
    tree: TreeBuilder,
}

impl FromEventsBuilder for Builder {
    type Output = StreamElement;

    fn feed(&mut self, event: rxml::Event, context: &Context<'_>) -> Result<Option<StreamElement>, Error> {
        Ok(self.tree.feed(event, context)?.map(|(element, skipped)| StreamElement::sort(element, skipped)))
    }
}

impl FromXml for StreamElement {
    type Builder = Builder;

    fn from_events(name: rxml::QName, attrs: rxml::AttrMap, _: &Context<'_>) -> Result<Builder, FromEventsError> {
        Ok(Builder { tree: TreeBuilder::new(&name, attrs, TreeLimits::default()) })
    }
}

/// The parts of an element while it is written.
pub enum Items<'x> {
    Borrowed(<Element as AsXml>::ItemIter<'x>),
    Owned(AsItemsViaElement<'x>),
}

impl<'x> Iterator for Items<'x> {
    type Item = Result<Item<'x>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Borrowed(items) => items.next(),
            Self::Owned(items) => items.next(),
        }
    }
}

impl AsXml for StreamElement {
    type ItemIter<'x> = Items<'x>;

    fn as_xml_iter(&self) -> Result<Items<'_>, Error> {
        Ok(match self {
            Self::Stanza(element) => Items::Borrowed(element.as_xml_iter()?),
            other => Items::Owned(AsItemsViaElement::new(other.to_element())?),
        })
    }
}
