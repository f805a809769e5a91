//! Who may not reach the account (XEP-0191), and reports of why (XEP-0377).
//!
//! The server keeps the list and enforces it. A push counts only from our own account, as one of the roster does. Without a
//! connection nothing is blocked, and nothing pretends to be.

use rusqlite::Connection;

use super::{
    api::{BlockAbility, BlockList, Event},
    effect::{Effects, Outgoing, Scope},
    question::patient,
    roster::is_own,
};
use crate::{
    ids::{BareJid, Jid},
    store::{
        StoreError, blocked,
        contact::{self, Subscription},
    },
    xmpp::{
        blocking::{self, BlockPush, MAX_BLOCKED},
        disco,
        incoming::{IncomingIq, IqKind},
        presence, report,
        session::{IqError, SessionHandle},
    },
};

/// What the server says at the start of a session.
#[derive(Debug)]
pub struct Answer {
    pub ability: BlockAbility,
    /// `None` where the server did not say it.
    pub list: Option<Vec<Jid>>,
}

/// The change of the list in an IQ, if it is one that counts.
#[must_use]
pub fn push(own: &BareJid, iq: &IncomingIq) -> Option<BlockPush> {
    let is_ours = iq.from.as_ref().is_none_or(|from| is_own(own, from));
    let payload = iq.payload.as_ref().filter(|_| iq.kind == IqKind::Set && is_ours)?;
    blocking::parse_push(payload)
}

/// Takes over one change.
pub fn pushed(store: &Connection, scope: &Scope, push: &BlockPush) -> Result<Effects, StoreError> {
    let account = scope.account;
    let mut is_change = false;
    let entries = match push {
        BlockPush::Blocked(addresses) => {
            let room = MAX_BLOCKED.saturating_sub(blocked::all(store, account)?.len());
            for address in addresses.iter().take(room) {
                is_change |= blocked::add(store, account, address)?;
            }
            addresses.clone()
        }
        BlockPush::Unblocked(addresses) => {
            for address in addresses {
                is_change |= blocked::remove(store, account, address)?;
            }
            addresses.clone()
        }
        BlockPush::UnblockedAll => {
            let all = blocked::all(store, account)?;
            is_change = blocked::clear(store, account)?;
            all
        }
    };
    if !is_change {
        return Ok(Effects::default());
    }
    let mut effects = told(store, scope)?;
    look_again(store, scope, &entries, &mut effects)?;
    Ok(effects)
}

/// While somebody is kept away, nothing is heard of their presence; after that the server tells them ours again (XEP-0191 §3.3),
/// but not us theirs, so it is asked for.
fn look_again(store: &Connection, scope: &Scope, entries: &[Jid], effects: &mut Effects) -> Result<(), StoreError> {
    let account = scope.account;
    let is_meant = |who: &BareJid| {
        entries.iter().any(|entry| match entry.node() {
            Some(_) => entry.to_bare() == *who,
            None => entry.domain() == who.domain(),
        })
    };
    for contact in contact::all(store, account)?.into_iter().filter(|contact| is_meant(&contact.address)) {
        let is_seen = matches!(contact.subscription, Subscription::To | Subscription::Both);
        if is_seen && !blocked::is_blocked(store, account, &contact.address)? {
            let stanza = presence::probe(&contact.address);
            effects.stanzas.push(Outgoing { account, stanza, message: None, amendment: None });
        }
        effects.unseen.push((account, contact.address));
    }
    Ok(())
}

/// Takes over the whole list.
pub fn replaced(store: &Connection, scope: &Scope, list: &[Jid]) -> Result<Effects, StoreError> {
    blocked::clear(store, scope.account)?;
    for address in list {
        blocked::add(store, scope.account, address)?;
    }
    told(store, scope)
}

fn told(store: &Connection, scope: &Scope) -> Result<Effects, StoreError> {
    let list = BlockList { account: scope.account, addresses: blocked::all(store, scope.account)? };
    Ok(Effects { events: vec![Event::BlockListChanged(list)], ..Effects::default() })
}

/// Asks the server whether it blocks, and whom (XEP-0191 §3.1, §3.2); `None` where it does not say.
pub async fn ask(session: SessionHandle, own: BareJid) -> Option<Answer> {
    let server = Jid::new(own.domain().as_str()).ok()?;
    let info = match patient(session.clone(), Some(server), disco::info_query(None)).await {
        Ok(answer) => answer.as_ref().and_then(disco::parse_info).unwrap_or_default(),
        Err(error @ IqError::Stanza(_)) if !error.is_passing() => disco::Info::default(),
        // It may be one that blocks.
        Err(_) => return None,
    };
    let ability = match (info.has(blocking::NAMESPACE), info.has(report::NAMESPACE)) {
        (false, _) => BlockAbility::None,
        (true, false) => BlockAbility::Block,
        (true, true) => BlockAbility::BlockAndReport,
    };
    let list = if ability == BlockAbility::None {
        None
    } else {
        let answer = patient(session, None, blocking::query()).await;
        answer.ok().flatten().as_ref().and_then(blocking::parse_list)
    };
    Some(Answer { ability, list })
}

#[cfg(test)]
mod tests {
    use minidom::Element;

    use super::*;
    use crate::{
        engine::fixture::{ALICE, BOB, Fixture, jid},
        xmpp::incoming::{self, Incoming},
    };

    fn iq(from: Option<&str>, kind: &str, payload: &str) -> IncomingIq {
        let from = from.map(|from| format!("from='{from}'")).unwrap_or_default();
        let stanza = format!("<iq xmlns='jabber:client' {from} id='p' type='{kind}'>{payload}</iq>");
        let Incoming::Iq(iq) = incoming::parse(&stanza.parse().unwrap()) else { panic!("{stanza}") };
        iq
    }

    fn block(who: &str) -> String {
        format!("<block xmlns='urn:xmpp:blocking'><item jid='{who}'/></block>")
    }

    #[test]
    fn a_push_of_the_block_list_counts_only_from_ourselves() {
        for from in [None, Some(ALICE)] {
            assert!(push(&jid(ALICE), &iq(from, "set", &block(BOB))).is_some(), "{from:?}");
        }
        let all = "<unblock xmlns='urn:xmpp:blocking'/>";
        for from in [BOB, "chat.test", "alice@chat.test/other", "alice@chat.test.evil", "mallory@evil.test/x"] {
            assert_eq!(push(&jid(ALICE), &iq(Some(from), "set", &block(BOB))), None, "{from}");
            assert_eq!(push(&jid(ALICE), &iq(Some(from), "set", all)), None, "{from}");
        }
        assert_eq!(push(&jid(ALICE), &iq(None, "get", &block(BOB))), None);
    }

    #[test]
    fn a_change_is_kept_and_told_once() {
        let fixture = Fixture::new();
        let (store, scope) = (&fixture.store, &fixture.scope);
        let apply = |push: &BlockPush| match &pushed(store, scope, push).unwrap().events[..] {
            [] => None,
            [Event::BlockListChanged(list)] => Some(list.addresses.iter().map(ToString::to_string).collect::<Vec<_>>()),
            other => panic!("{other:?}"),
        };
        let bob = || vec![Jid::new(BOB).unwrap()];
        assert_eq!(apply(&BlockPush::Blocked(bob())).unwrap(), [BOB]);
        assert_eq!(apply(&BlockPush::Blocked(bob())), None);
        assert!(blocked::is_blocked(store, scope.account, &jid(BOB)).unwrap());
        assert!(apply(&BlockPush::Unblocked(bob())).unwrap().is_empty());
        assert_eq!(apply(&BlockPush::UnblockedAll), None);
        assert!(!blocked::is_blocked(store, scope.account, &jid(BOB)).unwrap());
        let server = vec![Jid::new("chat.test").unwrap(), Jid::new("bob@chat.test/phone").unwrap()];
        assert_eq!(apply(&BlockPush::Blocked(server)).unwrap(), ["bob@chat.test/phone", "chat.test"]);
        assert!(blocked::is_blocked(store, scope.account, &jid(BOB)).unwrap(), "all of the server is");
        assert!(!blocked::is_blocked(store, scope.account, &jid("bob@evil.chat.test")).unwrap());
        assert!(apply(&BlockPush::UnblockedAll).unwrap().is_empty());
    }

    #[test]
    fn who_is_kept_away_no_more_is_looked_for_anew() {
        let fixture = Fixture::new();
        let (store, scope) = (&fixture.store, &fixture.scope);
        fixture.befriend(BOB, crate::store::contact::Subscription::Both);
        fixture.befriend("carol@chat.test", crate::store::contact::Subscription::From);
        fixture.befriend("dave@other.test", crate::store::contact::Subscription::To);
        let apply = |push: &BlockPush| {
            let effects = pushed(store, scope, push).unwrap();
            let to = |stanza: &Element| stanza.attr("to").unwrap_or_default().to_owned();
            let asked: Vec<_> = effects.stanzas.iter().map(|outgoing| to(&outgoing.stanza)).collect();
            (asked, effects.unseen.into_iter().map(|(_, who)| who.to_string()).collect::<Vec<_>>())
        };
        let one = |who: &str| vec![Jid::new(who).unwrap()];
        let all = |of: &[&str]| of.iter().map(|&who| who.to_owned()).collect::<Vec<_>>();
        assert_eq!(apply(&BlockPush::Blocked(one(BOB))), (vec![], all(&[BOB])));
        assert_eq!(apply(&BlockPush::Blocked(one("chat.test"))), (vec![], all(&[BOB, "carol@chat.test"])));
        let (asked, unseen) = apply(&BlockPush::Unblocked(one(BOB)));
        assert!(asked.is_empty() && unseen == [BOB], "their server is still kept away");
        let (asked, _) = apply(&BlockPush::UnblockedAll);
        assert_eq!(asked, [BOB], "carol does not show us hers, and dave was never kept away");
        assert_eq!(apply(&BlockPush::UnblockedAll), (vec![], vec![]), "nothing changes twice");
    }

    #[test]
    fn what_comes_from_somebody_blocked_all_the_same_is_neither_told_nor_acknowledged() {
        let fixture = Fixture::new();
        fixture.befriend(BOB, crate::store::contact::Subscription::Both);
        let before = fixture.receive(&[fixture.from(BOB, "one")]);
        assert_eq!((before.news.len(), before.effects.stanzas.len()), (1, 1));
        pushed(&fixture.store, &fixture.scope, &BlockPush::Blocked(vec![Jid::new(BOB).unwrap()])).unwrap();
        let after = fixture.receive(&[fixture.from(BOB, "two")]);
        assert_eq!(after.bodies(), ["two"]);
        assert!(after.news.is_empty() && after.effects.stanzas.is_empty(), "{after:?}");
    }
}
