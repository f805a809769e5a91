//! `xmpp:` links (RFC 5122, XEP-0147). They come from anywhere: they open and fill in, and never send.

use gtk::glib;

use crate::ids::BareJid;

/// What a link asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Open the conversation; `body` may stand in an empty composer.
    Message { address: BareJid, body: Option<String> },
    /// Offer to add a contact.
    Roster { address: BareJid },
}

/// Reads a link; one for something that this client can't do opens the conversation.
#[must_use]
pub fn parse(link: &str) -> Option<Link> {
    let rest = link.trim().strip_prefix("xmpp:")?;
    let rest = rest.split('#').next().unwrap_or_default();
    // `//account@host/` in front names the account to use (RFC 5122 §2.2).
    let rest = match rest.strip_prefix("//") {
        Some(with_authority) => with_authority.split_once('/')?.1,
        None => rest,
    };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let address = unescape(path).and_then(|text| crate::ids::Jid::new(&text).ok())?.into_bare();
    address.node()?;
    let mut parts = query.split([';', '&']);
    let action = parts.next().unwrap_or_default();
    let body = parts.find_map(|part| part.strip_prefix("body=")).and_then(unescape).filter(|body| !body.is_empty());
    Some(match action {
        "roster" | "subscribe" => Link::Roster { address },
        _ => Link::Message { address, body },
    })
}

/// Control characters but for line breaks are none that a person meant.
fn unescape(text: &str) -> Option<String> {
    let text = glib::Uri::unescape_string(text, None::<&str>)?;
    Some(text.chars().filter(|c| *c == '\n' || !c.is_control()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::unnecessary_wraps)] // what `parse` is compared with
    fn message(address: &str, body: Option<&str>) -> Option<Link> {
        Some(Link::Message { address: BareJid::new(address).unwrap(), body: body.map(str::to_owned) })
    }

    #[test]
    fn links_are_understood() {
        for (link, expected) in [
            ("xmpp:a@b", message("a@b", None)),
            ("xmpp:a@b?message", message("a@b", None)),
            ("xmpp:a@b/phone?message;body=Hi%20there%0Ayou", message("a@b", Some("Hi there\nyou"))),
            ("xmpp:a@b?message;subject=x;body=y", message("a@b", Some("y"))),
            ("xmpp://me@home/a@b?message", message("a@b", None)),
            ("xmpp:nasty%20node@b", None),
            ("xmpp:a%40x@b", None),
            ("xmpp:a@b?join", message("a@b", None)),
            ("xmpp:a@b?roster;name=A", Some(Link::Roster { address: BareJid::new("a@b").unwrap() })),
            ("xmpp:b", None),
            ("xmpp:", None),
            ("http://a@b", None),
        ] {
            assert_eq!(parse(link), expected, "{link}");
        }
    }
}
