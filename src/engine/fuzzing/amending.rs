//! What a script has people say of messages after they were sent (XEP-0308, XEP-0424, XEP-0444), and what else may stand in a
//! message beside its text.

use super::{
    OWN_IDS,
    message::long,
    script::{Claims, Script},
};
use crate::ids::BareJid;

/// What is amended; some of it is nobody's, or comes later.
const TARGETS: [&str; 9] =
    ["1", "2", "id-0123456789abcdef", "o-1", "o-2", OWN_IDS[0], OWN_IDS[1], "nowhere-0123456789", "LONG"];

/// Where a file lies: the text of a message that has no other.
pub const FILE: &str = "https://chat.test/a";

/// What is said of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Said {
    Text,
    Emoji,
    Nothing,
}

/// Who says what of which message, as they may.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Amending {
    pub peer: BareJid,
    pub sender: BareJid,
    pub said: Said,
    pub target: String,
    /// What the saying is called itself.
    pub own: String,
}

/// An amendment in the making: what stands in its message, and what that message is called.
pub struct Made {
    pub said: Said,
    pub child: String,
    pub id: String,
}

impl Script<'_> {
    /// Says something of another message. Its own id is no other message's.
    pub fn amending(&mut self, truth: Option<&(BareJid, BareJid)>) -> Made {
        let target = self.choose(&TARGETS);
        let number = self.pick(3);
        let (said, child) = match self.pick(4) {
            0 | 1 => (Said::Text, format!("<replace xmlns='urn:xmpp:message-correct:0' id='{}'/>", long(target))),
            2 => {
                let emoji = self.choose(&[
                    "",
                    "<reaction>\u{1f339}</reaction>",
                    "<reaction>\u{1f44d}</reaction><reaction>x</reaction>",
                ]);
                let child =
                    format!("<reactions xmlns='urn:xmpp:reactions:0' id='{}'>{emoji}</reactions>", long(target));
                (Said::Emoji, child)
            }
            _ => (Said::Nothing, format!("<retract xmlns='urn:xmpp:message-retract:1' id='{}'/>", long(target))),
        };
        let id = format!("c-0123456789-{number}-{target}-{}", said as u8);
        if target == "LONG" {
            // It names nothing: what says so is a message of its own.
            return Made { said: Said::Text, child, id };
        }
        if let Some((peer, sender)) = truth.cloned() {
            let (target, own) = (target.to_owned(), id.clone());
            self.claims.amending.push(Amending { peer, sender, said, target, own });
        }
        Made { said, child, id }
    }

    /// What may stand beside a text.
    pub fn beside(&mut self) -> String {
        let target = self.choose(&TARGETS);
        match self.pick(6) {
            0 => "<spoiler xmlns='urn:xmpp:spoiler:0'>\u{202e}hint</spoiler>".to_owned(),
            1 => {
                let (begin, end) = (self.choose(&[0, 3, 9, 400]), self.choose(&[1, 3, 20, 18_446_744_073_709_551_615_u64]));
                let who = self.choose(&["xmpp:bob@chat.test", "xmpp:alice%40chat.test", "xmpp:%ff", "https://chat.test"]);
                format!("<reference xmlns='urn:xmpp:reference:0' type='mention' begin='{begin}' end='{end}' uri='{who}'/>")
            }
            2 => format!(
                "<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><name>../\u{202e}a</name>\
                 <media-type>image/png</media-type><size>{}</size><width>0</width><height>9</height></file><sources>\
                 <url-data xmlns='http://jabber.org/protocol/url-data' target='{}'/></sources></file-sharing>",
                self.choose(&["7", "-1", "18446744073709551615"]),
                self.choose(&[FILE, "http://chat.test/a", "file:///etc/passwd"])
            ),
            3 => format!("<reply xmlns='urn:xmpp:reply:0' to='bob@chat.test' id='{}'/>", long(target)),
            4 => "<unstyled xmlns='urn:xmpp:styling:0'/><x xmlns='jabber:x:oob'><url>https://chat.test/a</url></x>".to_owned(),
            _ => "<Description xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
                  r:about='https://chat.test/'><title xmlns='https://ogp.me/ns#'>T</title></Description>"
                .to_owned(),
        }
    }
}

impl Claims {
    /// Whether somebody may have said this of a message that is called so.
    pub fn says(&self, peer: &BareJid, sender: &BareJid, said: Said, names: &[String]) -> bool {
        self.amending.iter().any(|known| {
            (&known.peer, &known.sender, known.said) == (peer, sender, said) && names.contains(&known.target)
        })
    }

    /// What a message is called: by its own ids, and, where it stands for what it corrects, by that one's.
    pub fn names(&self, peer: &BareJid, sender: &BareJid, own: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut names: Vec<String> = own.into_iter().collect();
        let corrects = self.amending.iter().filter(|known| {
            (&known.peer, &known.sender, known.said) == (peer, sender, Said::Text) && names.contains(&known.own)
        });
        let targets: Vec<_> = corrects.map(|known| known.target.clone()).collect();
        names.extend(targets);
        names
    }
}
