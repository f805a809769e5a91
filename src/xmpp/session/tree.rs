//! Builds a `minidom::Element` from XML events with an explicit stack. xso's own builder recurses, so that a deep message
//! aborts the process; here depth, number of elements and text are limited, and what is beyond is left out.

use minidom::Element;
use xso::{Context, FromEventsBuilder, error::Error};

/// How much of one stanza is kept.
#[derive(Debug, Clone, Copy)]
pub struct TreeLimits {
    /// Levels of elements, the stanza itself being the first. minidom's drop, clone and write recurse.
    pub depth: usize,
    /// Elements; an empty one costs some 200 bytes of memory for 4 on the wire.
    pub elements: usize,
    /// Bytes of text and attribute values.
    pub bytes: usize,
}

impl Default for TreeLimits {
    fn default() -> Self {
        Self { depth: 128, elements: 100_000, bytes: 10 << 20 }
    }
}

/// What had to be left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skipped {
    pub too_deep: u32,
    pub too_many: u32,
    pub text: u32,
}

impl Skipped {
    pub fn is_any(self) -> bool {
        self != Self::default()
    }
}

/// Takes the events of one stanza.
#[derive(Debug)]
pub struct TreeBuilder {
    limits: TreeLimits,
    open: Vec<Element>,
    /// Levels open inside content that is being left out.
    skipping: usize,
    elements: usize,
    bytes: usize,
    skipped: Skipped,
}

impl TreeBuilder {
    pub fn new(name: &rxml::QName, attrs: rxml::AttrMap, limits: TreeLimits) -> Self {
        let open = Vec::with_capacity(8);
        let mut me = Self { limits, open, skipping: 0, elements: 0, bytes: 0, skipped: Skipped::default() };
        me.start(name, attrs);
        me
    }

    fn start(&mut self, (ns, name): &rxml::QName, attrs: rxml::AttrMap) {
        self.elements += 1;
        self.bytes += attrs.values().map(String::len).sum::<usize>();
        let mut element = Element::bare(name.as_str(), ns.as_str());
        *element.attrs_mut() = attrs;
        self.open.push(element);
    }
}

impl FromEventsBuilder for TreeBuilder {
    type Output = (Element, Skipped);

    fn feed(&mut self, event: rxml::Event, _: &Context<'_>) -> Result<Option<Self::Output>, Error> {
        match event {
            rxml::Event::StartElement(_, name, attrs) => {
                if self.skipping > 0 {
                    self.skipping += 1;
                } else if self.open.len() >= self.limits.depth {
                    self.skipping = 1;
                    self.skipped.too_deep += 1;
                } else if self.elements >= self.limits.elements || self.bytes > self.limits.bytes {
                    self.skipping = 1;
                    self.skipped.too_many += 1;
                } else {
                    self.start(&name, attrs);
                }
            }
            rxml::Event::Text(_, text) if self.skipping == 0 => {
                if self.bytes + text.len() > self.limits.bytes {
                    self.skipped.text += 1;
                } else if let Some(element) = self.open.last_mut() {
                    self.bytes += text.len();
                    element.append_text(text);
                }
            }
            rxml::Event::EndElement(_) if self.skipping > 0 => self.skipping -= 1,
            rxml::Event::EndElement(_) => {
                let element = self.open.pop().ok_or(Error::Other("end of element after the last one"))?;
                match self.open.last_mut() {
                    Some(parent) => {
                        parent.append_child(element);
                    }
                    None => return Ok(Some((element, self.skipped))),
                }
            }
            rxml::Event::Text(..) | rxml::Event::XmlDeclaration(..) => (),
        }
        Ok(None)
    }
}
