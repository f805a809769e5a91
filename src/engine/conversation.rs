//! What a person does to conversations, apart from writing: parts of a transaction, each with what follows from it.

use rusqlite::Connection;

use super::{
    api::{Conversation, Event, HistoryAnchor, HistoryPage},
    change::Changes,
    effect::{Effects, Scope},
    file,
};
use crate::{
    ids::{AccountId, BareJid, ConversationId, Cursor, MessageId},
    store::{StoreError, contact, conversation, history, message},
};

/// No page is longer, whatever the window asks for.
const MAX_PAGE: usize = 1_000;

/// All conversations of an account, for the first window.
pub fn all(store: &Connection, account: AccountId) -> Result<Vec<Conversation>, StoreError> {
    Ok(conversation::all(store, account)?.into_iter().map(Conversation::from).collect())
}

/// Whose conversation it is.
pub fn account_of(store: &Connection, id: ConversationId) -> Result<AccountId, StoreError> {
    Ok(conversation::by_id(store, id)?.account)
}

/// Whose message it is, and in which conversation it stands.
pub fn place_of(store: &Connection, id: MessageId) -> Result<(AccountId, ConversationId), StoreError> {
    let conversation = message::by_id(store, id)?.conversation;
    Ok((account_of(store, conversation)?, conversation))
}

pub fn history(
    store: &Connection,
    id: ConversationId,
    anchor: HistoryAnchor,
    limit: usize,
) -> Result<HistoryPage, StoreError> {
    let mut page = HistoryPage::from(history::page(store, id, anchor.into(), limit.min(MAX_PAGE))?);
    file::record::fill(store, page.messages.iter_mut())?;
    let peer_read = conversation::by_id(store, id)?.peer_read;
    page.messages.iter_mut().for_each(|message| message.read_up_to(peer_read));
    Ok(page)
}

/// Finds or makes the conversation and puts it into the list.
pub fn open(store: &Connection, scope: &Scope, peer: &BareJid) -> Result<(Conversation, Effects), StoreError> {
    let mut effects = Effects::default();
    let id = conversation::find_or_create(store, scope.account, peer, scope.now)?;
    if contact::ensure(store, scope.account, peer)? {
        effects.contact(scope.account, peer);
    }
    conversation::list(store, id, scope.now)?;
    let opened = Conversation::from(conversation::by_id(store, id)?);
    effects.events.push(Event::ConversationsChanged(vec![opened.clone()]));
    Ok((opened, effects))
}

/// Takes it out of the list.
pub fn close(store: &Connection, id: ConversationId) -> Result<Effects, StoreError> {
    conversation::unlist(store, id)?;
    changed(store, id)
}

pub fn set_draft(store: &Connection, id: ConversationId, text: &str) -> Result<Effects, StoreError> {
    conversation::set_draft(store, id, text)?;
    changed(store, id)
}

pub fn set_muted(store: &Connection, id: ConversationId, is_muted: bool) -> Result<Effects, StoreError> {
    conversation::set_muted(store, id, is_muted)?;
    changed(store, id)
}

pub fn set_pinned(store: &Connection, id: ConversationId, is_pinned: bool) -> Result<Effects, StoreError> {
    conversation::set_pinned(store, id, is_pinned)?;
    changed(store, id)
}

/// Everything up to here has been seen. What was seen before is no news.
pub fn mark_read(store: &Connection, id: ConversationId, up_to: Cursor) -> Result<Effects, StoreError> {
    let mark = conversation::mark_read(store, id, up_to)?;
    let mut effects = Effects::default();
    if mark.has_moved {
        effects.read.push(account_of(store, id)?);
        let mut changes = Changes::default();
        changes.of(store, id)?.read(mark);
        changes.finish(store, &mut effects.events)?;
    }
    Ok(effects)
}

fn changed(store: &Connection, id: ConversationId) -> Result<Effects, StoreError> {
    let changed = conversation::by_id(store, id)?.into();
    Ok(Effects { events: vec![Event::ConversationsChanged(vec![changed])], ..Effects::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fixture::{ALICE, BOB, Fixture, jid};

    #[test]
    fn a_conversation_that_is_opened_stands_in_the_list_and_its_peer_is_known() {
        let fixture = Fixture::new();
        let (opened, effects) = open(&fixture.store, &fixture.scope, &jid(BOB)).unwrap();
        assert!(opened.is_listed);
        assert_eq!(effects.contacts, [(fixture.scope.account, jid(BOB))]);
        assert_eq!(effects.events, [Event::ConversationsChanged(vec![opened.clone()])]);
        let (again, effects) = open(&fixture.store, &fixture.scope, &jid(BOB)).unwrap();
        assert_eq!(again.id, opened.id);
        assert_eq!(effects.contacts, []);
    }

    #[test]
    fn a_closed_conversation_keeps_its_history() {
        let fixture = Fixture::new();
        let id = fixture.receive(&[fixture.from(BOB, "one")]).stored[0].conversation;
        let effects = close(&fixture.store, id).unwrap();
        let [Event::ConversationsChanged(changed)] = &effects.events[..] else { panic!("{effects:?}") };
        assert!(!changed[0].is_listed);
        assert_eq!(history(&fixture.store, id, HistoryAnchor::Newest, 10).unwrap().messages.len(), 1);
    }

    #[test]
    fn settings_are_kept_and_told() {
        let fixture = Fixture::new();
        let (id, store) = (fixture.open(BOB), &fixture.store);
        for effects in [set_draft(store, id, "half a"), set_muted(store, id, true), set_pinned(store, id, true)]
            .map(Result::unwrap)
        {
            assert_eq!(effects.events.len(), 1);
        }
        let [kept] = &all(store, fixture.scope.account).unwrap()[..] else { panic!("one") };
        assert_eq!((kept.draft.as_deref(), kept.is_muted, kept.is_pinned), (Some("half a"), true, true));
        assert!(matches!(set_muted(store, ConversationId(99), true), Err(StoreError::NotFound)));
    }

    #[test]
    fn reading_is_told_once() {
        let fixture = Fixture::new();
        let stored = fixture.receive(&[fixture.from(BOB, "one"), fixture.from(BOB, "two")]).stored;
        let id = stored[0].conversation;
        let effects = mark_read(&fixture.store, id, stored[0].cursor).unwrap();
        let [Event::ConversationsChanged(changed), Event::ReadChanged { up_to, .. }] = &effects.events[..] else {
            panic!("{effects:?}")
        };
        assert_eq!((changed[0].unread, *up_to), (1, stored[0].cursor));
        assert!(mark_read(&fixture.store, id, stored[0].cursor).unwrap().is_empty());
    }

    #[test]
    fn a_message_leads_to_its_conversation_and_account() {
        let fixture = Fixture::new();
        let stored = fixture.receive(&[fixture.from(BOB, "one")]).stored.remove(0);
        let place = place_of(&fixture.store, stored.cursor.id).unwrap();
        assert_eq!(place, (fixture.scope.account, stored.conversation));
        assert_ne!(jid(ALICE), stored.sender);
    }
}
