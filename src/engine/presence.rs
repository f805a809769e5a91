//! Who is there: the presences of one account's contacts, in memory only, and what our own says.
//!
//! Pure. Whose presence counts is decided by whoever calls.

use std::collections::HashMap;

use crate::{
    engine::api::Presence,
    ids::{BareJid, Jid},
    store::caps::CapsKey,
    xmpp::{
        Availability,
        incoming::{IncomingPresence, PresenceKind},
    },
};

/// More resources than anybody has; beyond this a contact is playing games.
const MAX_RESOURCES: usize = 64;
const MAX_STATUS: usize = 1_024;

/// All that is known of who is there.
#[derive(Debug, Default)]
pub struct Presences {
    contacts: HashMap<BareJid, Vec<Resource>>,
}

#[derive(Debug)]
struct Resource {
    address: Jid,
    priority: i8,
    presence: Presence,
    caps: Option<CapsKey>,
}

impl Presences {
    /// Takes in a presence of a kind that says whether somebody is there; what is best of them now, if that has changed.
    pub fn update(&mut self, from: &Jid, presence: &IncomingPresence, caps: Option<CapsKey>) -> Option<Presence> {
        let contact = from.to_bare();
        let before = self.best(&contact);
        match presence.kind {
            PresenceKind::Available(availability) => {
                let status = presence.status.as_deref().map(|text| shorten(text).to_owned());
                let resource = Resource {
                    address: from.clone(),
                    priority: presence.priority,
                    presence: Presence { availability, status },
                    caps,
                };
                self.put(contact.clone(), resource);
            }
            // Without a resource, of an account that is gone altogether.
            PresenceKind::Unavailable | PresenceKind::Error if from.resource().is_none() => self.forget(&contact),
            PresenceKind::Unavailable => self.remove(&contact, from),
            _ => return None,
        }
        let after = self.best(&contact);
        (before != after).then_some(after)
    }

    /// The best of somebody's presences: by priority (RFC 6121 §4.7.2.3), then by availability, then the latest.
    #[must_use]
    pub fn best(&self, contact: &BareJid) -> Presence {
        let resources = self.contacts.get(contact).map_or(&[][..], Vec::as_slice);
        let best = resources.iter().max_by_key(|resource| (resource.priority, resource.presence.availability));
        best.map(|resource| resource.presence.clone()).unwrap_or_default()
    }

    #[must_use]
    pub fn is_available(&self, contact: &BareJid) -> bool {
        self.contacts.contains_key(contact)
    }

    /// The abilities that somebody's clients have named; `None` for one that named none.
    pub fn caps<'p>(&'p self, contact: &BareJid) -> impl Iterator<Item = Option<&'p CapsKey>> {
        self.contacts.get(contact).into_iter().flatten().map(|resource| resource.caps.as_ref())
    }

    /// Nothing is known of somebody any more.
    pub fn forget(&mut self, contact: &BareJid) {
        self.contacts.remove(contact);
    }

    /// Nothing is known of anybody any more; who was there.
    pub fn clear(&mut self) -> Vec<BareJid> {
        self.contacts.drain().map(|(contact, _)| contact).collect()
    }

    fn put(&mut self, contact: BareJid, resource: Resource) {
        let resources = self.contacts.entry(contact).or_default();
        resources.retain(|known| known.address != resource.address);
        if resources.len() < MAX_RESOURCES {
            resources.push(resource);
        }
    }

    fn remove(&mut self, contact: &BareJid, address: &Jid) {
        if let Some(resources) = self.contacts.get_mut(contact) {
            resources.retain(|known| known.address != *address);
            if resources.is_empty() {
                self.contacts.remove(contact);
            }
        }
    }
}

/// What we show to others: away while nobody is at the machine, unless the person has said something else than to be there.
#[must_use]
pub const fn shown(chosen: Availability, is_idle: bool) -> Availability {
    match chosen {
        Availability::Online | Availability::FreeForChat if is_idle => Availability::Away,
        chosen => chosen,
    }
}

fn shorten(text: &str) -> &str {
    match text.char_indices().nth(MAX_STATUS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::incoming::{self, Incoming};

    fn update(presences: &mut Presences, xml: &str) -> Option<Presence> {
        let stanza = xml.replace("<presence", "<presence xmlns='jabber:client'").parse().unwrap();
        let Incoming::Presence(presence) = incoming::parse(&stanza) else { panic!("{xml}") };
        presences.update(presence.from.as_ref().unwrap(), &presence, None)
    }

    fn is(availability: Availability, status: Option<&str>) -> Presence {
        Presence { availability, status: status.map(str::to_owned) }
    }

    #[test]
    fn the_highest_priority_counts_then_the_most_available() {
        let mut all = Presences::default();
        assert_eq!(update(&mut all, "<presence from='a@b/1'/>"), Some(is(Availability::Online, None)));
        assert_eq!(update(&mut all, "<presence from='a@b/2'><show>away</show></presence>"), None);
        assert_eq!(
            update(&mut all, "<presence from='a@b/2'><show>away</show><priority>5</priority></presence>"),
            Some(is(Availability::Away, None))
        );
        assert_eq!(
            update(&mut all, "<presence from='a@b/3'><status>hi</status><priority>5</priority></presence>"),
            Some(is(Availability::Online, Some("hi")))
        );
        assert_eq!(update(&mut all, "<presence from='a@b/3' type='unavailable'/>"), Some(is(Availability::Away, None)));
        assert_eq!(
            update(&mut all, "<presence from='a@b/2' type='unavailable'/>"),
            Some(is(Availability::Online, None))
        );
        assert_eq!(update(&mut all, "<presence from='a@b/1' type='unavailable'/>"), Some(Presence::default()));
        assert!(!all.is_available(&BareJid::new("a@b").unwrap()));
    }

    #[test]
    fn a_goodbye_without_a_resource_is_one_of_all_of_them() {
        let mut all = Presences::default();
        update(&mut all, "<presence from='a@b/1'/>");
        update(&mut all, "<presence from='a@b/2'/>");
        assert_eq!(update(&mut all, "<presence from='a@b' type='unavailable'/>"), Some(Presence::default()));
    }

    #[test]
    fn what_says_nothing_of_being_there_changes_nothing() {
        let mut all = Presences::default();
        for kind in ["subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe"] {
            assert_eq!(update(&mut all, &format!("<presence from='a@b/1' type='{kind}'/>")), None);
        }
        assert_eq!(update(&mut all, "<presence from='a@b/1' type='unavailable'/>"), None);
    }

    #[test]
    fn a_flood_of_resources_is_bounded() {
        let mut all = Presences::default();
        for n in 0..1_000 {
            update(&mut all, &format!("<presence from='a@b/{n}'/>"));
        }
        assert_eq!(all.caps(&BareJid::new("a@b").unwrap()).count(), MAX_RESOURCES);
    }

    #[test]
    fn who_is_idle_is_away_unless_they_said_something_else() {
        use Availability::{Away, DoNotDisturb, ExtendedAway, FreeForChat, Offline, Online};
        for (chosen, idle) in [
            (Online, Away),
            (FreeForChat, Away),
            (Away, Away),
            (ExtendedAway, ExtendedAway),
            (DoNotDisturb, DoNotDisturb),
            (Offline, Offline),
        ] {
            assert_eq!(shown(chosen, true), idle);
            assert_eq!(shown(chosen, false), chosen);
        }
    }
}
