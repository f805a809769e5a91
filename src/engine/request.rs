//! Who wants to see our presence (RFC 6121 §3): the requests are kept until the person has answered.

use rusqlite::Connection;

use super::{
    api::Event,
    effect::{Effects, Outgoing, Scope},
};
use crate::{
    ids::{BareJid, Jid},
    store::{
        StoreError,
        contact::{self, Subscription},
        request::{self, RequestRow},
    },
    xmpp::{
        incoming::{IncomingPresence, PresenceKind},
        presence,
    },
};

/// More than anybody will read; a flood of them must not fill the disk.
const MAX_REQUESTS: usize = 500;
const MAX_TEXT: usize = 1_024;

/// Takes in a presence that speaks of subscriptions. `pre_approves`: the server lets those in by itself whom we have let in
/// ahead (§3.4); where it can't, we do it for those whom we have asked ourselves.
pub fn received(
    store: &Connection,
    scope: &Scope,
    stanza: &IncomingPresence,
    pre_approves: bool,
) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    let Some(from) = stanza.from.as_ref().map(Jid::to_bare).filter(|from| *from != scope.address) else {
        return Ok(effects);
    };
    match stanza.kind {
        PresenceKind::Subscribe => {
            let contact = contact::find(store, scope.account, &from)?;
            let is_welcome = contact.is_some_and(|c| {
                matches!(c.subscription, Subscription::From | Subscription::Both)
                    || (c.in_roster && c.is_pending && !pre_approves)
            });
            if is_welcome {
                let stanza = presence::subscribed(&from);
                effects.stanzas.push(Outgoing { account: scope.account, stanza, message: None, amendment: None });
            } else if request::all(store, scope.account)?.len() < MAX_REQUESTS {
                let short = |text: &String| text.chars().take(MAX_TEXT).collect();
                let row = RequestRow {
                    account: scope.account,
                    address: from,
                    nickname: stanza.nickname.as_ref().map(short),
                    text: stanza.status.as_ref().map(short),
                    time: scope.now,
                };
                if request::put(store, &row)? {
                    effects.events.push(open(store, scope)?);
                }
            }
        }
        // They do not want it any more (§3.3.3).
        PresenceKind::Unsubscribe if request::remove(store, scope.account, &from)? => {
            effects.events.push(open(store, scope)?);
        }
        // What the others say stands in the push that comes with it.
        _ => {}
    }
    Ok(effects)
}

/// The person has answered.
pub fn answered(store: &Connection, scope: &Scope, address: &BareJid) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    if request::remove(store, scope.account, address)? {
        effects.events.push(open(store, scope)?);
    }
    Ok(effects)
}

/// Contacts who may see our presence by now need no answer: it was given on another device.
pub fn answered_elsewhere(store: &Connection, scope: &Scope, changed: &[BareJid]) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    let mut is_change = false;
    for row in request::all(store, scope.account)? {
        let sees_us = changed.contains(&row.address)
            && contact::find(store, scope.account, &row.address)?
                .is_some_and(|c| matches!(c.subscription, Subscription::From | Subscription::Both));
        is_change |= sees_us && request::remove(store, scope.account, &row.address)?;
    }
    if is_change {
        effects.events.push(open(store, scope)?);
    }
    Ok(effects)
}

fn open(store: &Connection, scope: &Scope) -> Result<Event, StoreError> {
    let requests = request::all(store, scope.account)?.into_iter().map(Into::into).collect();
    Ok(Event::RequestsChanged { account: scope.account, requests })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::fixture::{ALICE, BOB, Fixture, jid},
        store::contact::RosterEntry,
        xmpp::incoming::{self, Incoming},
    };

    fn stanza(from: &str, kind: &str) -> IncomingPresence {
        let stanza = format!(
            "<presence xmlns='jabber:client' from='{from}' type='{kind}'><status>It is me</status>\
             <nick xmlns='http://jabber.org/protocol/nick'>Bobby</nick></presence>"
        );
        let Incoming::Presence(presence) = incoming::parse(&stanza.parse().unwrap()) else { panic!() };
        presence
    }

    fn receive(fixture: &Fixture, kind: &str) -> Effects {
        received(&fixture.store, &fixture.scope, &stanza(BOB, kind), true).unwrap()
    }

    fn on_roster(fixture: &Fixture, subscription: Subscription, is_pending: bool) {
        let entry = RosterEntry {
            address: jid(BOB),
            name: None,
            groups: Vec::new(),
            subscription,
            is_pending,
            is_approved: false,
        };
        contact::put_roster_entry(&fixture.store, fixture.scope.account, &entry, None).unwrap();
    }

    #[test]
    fn a_request_is_kept_and_told_once() {
        let fixture = Fixture::new();
        let effects = receive(&fixture, "subscribe");
        let [Event::RequestsChanged { requests, .. }] = &effects.events[..] else { panic!("{effects:?}") };
        let [request] = &requests[..] else { panic!("{requests:?}") };
        assert_eq!((&request.address, request.nickname.as_deref()), (&jid(BOB), Some("Bobby")));
        assert_eq!(request.text.as_deref(), Some("It is me"));
        assert!(receive(&fixture, "subscribe").is_empty());
    }

    #[test]
    fn a_request_that_is_withdrawn_or_answered_is_gone() {
        let fixture = Fixture::new();
        receive(&fixture, "subscribe");
        let effects = receive(&fixture, "unsubscribe");
        assert!(matches!(&effects.events[..], [Event::RequestsChanged { requests, .. }] if requests.is_empty()));
        receive(&fixture, "subscribe");
        assert_eq!(answered(&fixture.store, &fixture.scope, &jid(BOB)).unwrap().events.len(), 1);
        assert!(answered(&fixture.store, &fixture.scope, &jid(BOB)).unwrap().is_empty());
        receive(&fixture, "subscribe");
        on_roster(&fixture, Subscription::From, false);
        assert_eq!(answered_elsewhere(&fixture.store, &fixture.scope, &[jid(BOB)]).unwrap().events.len(), 1);
    }

    #[test]
    fn who_sees_us_already_is_answered_without_asking() {
        let fixture = Fixture::new();
        on_roster(&fixture, Subscription::Both, false);
        let effects = receive(&fixture, "subscribe");
        assert!(effects.events.is_empty());
        assert_eq!(effects.stanzas[0].stanza.attr("type"), Some("subscribed"));
    }

    #[test]
    fn whom_we_have_asked_is_let_in_where_the_server_does_not_do_it() {
        let fixture = Fixture::new();
        on_roster(&fixture, Subscription::None, true);
        let effects = received(&fixture.store, &fixture.scope, &stanza(BOB, "subscribe"), false).unwrap();
        assert_eq!(effects.stanzas.len(), 1);
        assert_eq!(receive(&fixture, "subscribe").events.len(), 1);
    }

    #[test]
    fn nobody_asks_themselves_and_a_flood_is_bounded() {
        let fixture = Fixture::new();
        assert!(received(&fixture.store, &fixture.scope, &stanza(ALICE, "subscribe"), true).unwrap().is_empty());
        for n in 0..MAX_REQUESTS + 5 {
            received(&fixture.store, &fixture.scope, &stanza(&format!("m{n}@evil.test"), "subscribe"), true).unwrap();
        }
        assert_eq!(request::all(&fixture.store, fixture.scope.account).unwrap().len(), MAX_REQUESTS);
    }
}
