//! The roster (RFC 6121 §2): what the server says of it, and what the person wants of it.
//!
//! A push counts only from our own account (CVE-2019-16236, CVE-2015-8688, CVE-2016-9928). What the person changes is not
//! written here: the server's push says what has come of it.

use rusqlite::Connection;

use super::{
    api::{CommandError, Reply},
    effect::{Effects, Scope},
    overview::stored_subscription,
    question::refused,
    request,
};
use crate::{
    ids::{BareJid, Jid},
    store::{
        StoreError,
        contact::{self, RosterEntry},
    },
    xmpp::{
        incoming::{IncomingIq, IqKind},
        presence,
        roster::{self, RosterItem, RosterPush, RosterResult},
        session::{IqKind as Ask, SessionHandle},
    },
};

/// Our own bare address, and not that of one of our clients.
pub(super) fn is_own(own: &BareJid, from: &Jid) -> bool {
    from.resource().is_none() && from.to_bare() == *own
}

/// The push in an IQ, if it is one that counts.
#[must_use]
pub fn push(own: &BareJid, iq: &IncomingIq) -> Option<RosterPush> {
    let is_ours = iq.from.as_ref().is_none_or(|from| is_own(own, from));
    let payload = iq.payload.as_ref().filter(|_| iq.kind == IqKind::Set && is_ours)?;
    roster::parse_push(payload)
}

/// Takes over the whole roster.
pub fn replaced(store: &Connection, scope: &Scope, result: RosterResult) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    let RosterResult::Full { ver, items } = result else { return Ok(effects) };
    let entries: Vec<RosterEntry> = items.into_iter().map(entry).collect();
    let change = contact::replace_roster(store, scope.account, &entries, ver.as_deref())?;
    for address in change.changed.iter().chain(&change.removed) {
        effects.contact(scope.account, address);
    }
    effects.merge(request::answered_elsewhere(store, scope, &change.changed)?);
    Ok(effects)
}

/// Takes over one change.
pub fn pushed(store: &Connection, scope: &Scope, push: RosterPush) -> Result<Effects, StoreError> {
    let RosterPush { ver, item, is_removed } = push;
    let (account, address) = (scope.account, item.jid.clone());
    let is_change = if is_removed {
        contact::remove_roster_entry(store, account, &address, ver.as_deref())?
    } else {
        contact::put_roster_entry(store, account, &entry(item), ver.as_deref())?
    };
    let mut effects = Effects::default();
    if is_change {
        effects.contact(account, &address);
        effects.merge(request::answered_elsewhere(store, scope, &[address])?);
    }
    Ok(effects)
}

fn entry(item: RosterItem) -> RosterEntry {
    RosterEntry {
        address: item.jid,
        name: item.name,
        groups: item.groups,
        subscription: stored_subscription(item.subscription),
        is_pending: item.ask,
        is_approved: item.approved,
    }
}

/// Somebody to be added.
#[derive(Debug)]
pub struct NewContact {
    pub address: BareJid,
    pub name: Option<String>,
    pub groups: Vec<String>,
    pub text: Option<String>,
    /// Our own, to be recognised by.
    pub nickname: Option<String>,
    /// They have asked for our presence, or the server takes the answer before they ask (RFC 6121 §3.4).
    pub approve: bool,
}

/// Puts somebody on the roster, and asks for their presence once the server has them.
pub async fn add(session: SessionHandle, new: NewContact) -> Result<(), CommandError> {
    set(&session, roster::set(&new.address, new.name.as_deref(), &new.groups)).await?;
    if new.approve {
        session.send(presence::subscribed(&new.address), None);
    }
    session.send(presence::subscribe(&new.address, new.text.as_deref(), new.nickname.as_deref()), None);
    Ok(())
}

pub async fn update(
    session: SessionHandle,
    address: BareJid,
    name: Option<String>,
    groups: Vec<String>,
) -> Result<(), CommandError> {
    set(&session, roster::set(&address, name.as_deref(), &groups)).await
}

/// Takes somebody off the roster, which ends both subscriptions (RFC 6121 §2.5.2).
pub async fn remove(session: SessionHandle, address: BareJid) -> Result<(), CommandError> {
    match set(&session, roster::remove(&address)).await {
        // They are not there: that is what was wanted (§2.5.3).
        Err(CommandError::Refused { condition, .. }) if condition == "item-not-found" => Ok(()),
        result => result,
    }
}

/// Carries out a change, and answers whoever wanted it.
pub async fn answering(change: impl Future<Output = Result<(), CommandError>>, reply: Reply<Result<(), CommandError>>) {
    reply.send(change.await);
}

async fn set(session: &SessionHandle, query: minidom::Element) -> Result<(), CommandError> {
    session.iq(None, Ask::Set, query).await.map(|_| ()).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::fixture::{ALICE, BOB, Fixture, jid},
        xmpp::incoming::{self, Incoming},
    };

    fn iq(from: Option<&str>, kind: &str, item: &str) -> IncomingIq {
        let from = from.map(|from| format!("from='{from}'")).unwrap_or_default();
        let stanza = format!(
            "<iq xmlns='jabber:client' {from} id='p' type='{kind}'><query xmlns='jabber:iq:roster' ver='2'>{item}</query></iq>"
        );
        let Incoming::Iq(iq) = incoming::parse(&stanza.parse().unwrap()) else { panic!("{stanza}") };
        iq
    }

    #[test]
    fn a_roster_push_counts_only_from_ourselves() {
        let item = format!("<item jid='{BOB}' subscription='both'/>");
        for from in [None, Some(ALICE)] {
            assert!(push(&jid(ALICE), &iq(from, "set", &item)).is_some(), "{from:?}");
        }
        for from in [BOB, "chat.test", "alice@chat.test/other", "alice@chat.test.evil", "mallory@evil.test/x"] {
            assert_eq!(push(&jid(ALICE), &iq(Some(from), "set", &item)), None, "{from}");
        }
        assert_eq!(push(&jid(ALICE), &iq(None, "get", &item)), None);
        assert_eq!(push(&jid(ALICE), &iq(None, "set", &item.repeat(2))), None);
    }

    #[test]
    fn a_push_adds_changes_and_removes() {
        let fixture = Fixture::new();
        let (own, account) = (jid(ALICE), fixture.scope.account);
        let apply = |item: &str| {
            pushed(&fixture.store, &fixture.scope, push(&own, &iq(None, "set", item)).unwrap()).unwrap().contacts
        };
        let added = format!("<item jid='{BOB}' name='B' subscription='to'><group>g</group></item>");
        assert_eq!(apply(&added), [(account, jid(BOB))]);
        assert_eq!(apply(&added), [], "the same again");
        let row = contact::find(&fixture.store, account, &jid(BOB)).unwrap().unwrap();
        assert_eq!((row.name.as_deref(), &row.groups[..]), (Some("B"), &["g".to_owned()][..]));
        assert_eq!(apply(&format!("<item jid='{BOB}' subscription='remove'/>")), [(account, jid(BOB))]);
        assert_eq!(contact::find(&fixture.store, account, &jid(BOB)).unwrap(), None);
    }
}
