//! What is no message: presence, requests, what somebody publishes, and the examples of the XEPs.

use std::sync::LazyLock;

use minidom::Element;

use super::{
    message::attribute,
    script::{ADDRESSES, Claims, Script, Step},
};
use crate::{
    fuzzing::examples,
    xmpp::{session::fuzzing::stanzas, xml},
};

static EXAMPLES: LazyLock<Vec<Element>> =
    LazyLock::new(|| examples().iter().flat_map(|example| stanzas(&example.text)).collect());

impl Script<'_> {
    /// Presence, and what is pushed to the roster or asked of us.
    pub fn other(&mut self) -> String {
        let from = attribute("from", self.choose(&ADDRESSES));
        let who = self.choose(&ADDRESSES);
        let kind = self.choose(&["", "unavailable", "subscribe", "unsubscribe", "subscribed", "error", "probe"]);
        match self.pick(3) {
            0 => format!(
                "<presence{from}{}><show>away</show><status>\u{202e}x</status><priority>-300</priority>\
                 <c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/><x xmlns='vcard-temp:x:update'>\
                 <photo>111f4b3c50d7b0df729d299bc6f8e9ef9066971f</photo></x></presence>",
                attribute("type", kind)
            ),
            1 => {
                let subscription = self.choose(&["both", "none", "to", "remove", "sideways"]);
                format!(
                    "<iq{from} type='set' id='p'><query xmlns='jabber:iq:roster' ver='7'><item{} name='N' \
                     subscription='{subscription}' ask='subscribe'><group>G</group><group>G</group></item></query></iq>",
                    attribute("jid", who)
                )
            }
            _ => format!("<iq{from} type='get' id='q'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"),
        }
    }

    /// What somebody publishes about themselves (XEP-0163).
    pub fn event(&mut self) -> String {
        let from = attribute("from", self.choose(&ADDRESSES));
        let (node, payload) = self.choose(&[
            (
                "http://jabber.org/protocol/nick",
                "<item><nick xmlns='http://jabber.org/protocol/nick'>Bobby</nick></item>",
            ),
            (
                "urn:xmpp:avatar:metadata",
                "<item><metadata xmlns='urn:xmpp:avatar:metadata'><info id='111f4b3c50d7b0df729d299bc6f8e9ef9066971f' \
                 bytes='99999999999999999999' type='image/png'/></metadata></item>",
            ),
            ("urn:xmpp:avatar:metadata", "<retract id='1'/>"),
            ("urn:xmpp:bookmarks:1", "<item id='@'><conference xmlns='urn:xmpp:bookmarks:1'/></item>"),
        ]);
        format!(
            "<message{from} type='headline'><body>never</body><event xmlns='http://jabber.org/protocol/pubsub#event'>\
             <items node='{node}'>{payload}</items></event></message>"
        )
    }

    /// A stanza of the XEPs, from somebody else.
    pub fn example(&mut self, steps: &mut Vec<Step>) {
        if EXAMPLES.is_empty() {
            return;
        }
        let number = self.pick(256) * 256 + self.pick(256);
        let mut stanza = EXAMPLES[number % EXAMPLES.len()].clone();
        let from = self.choose(&ADDRESSES);
        let is_marked = xml::attr(&stanza, "from").is_some() && !from.is_empty();
        if let Ok(name) = rxml::NcName::try_from("from")
            && is_marked
        {
            stanza.attrs_mut().insert(rxml::Namespace::NONE, name, from.to_owned());
        }
        steps.push(Step::Stanza { stanza, claims: Claims::default() });
    }
}
