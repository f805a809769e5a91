//! What a person does to conversations, apart from writing: parts of a transaction, each with what follows from it.

use rusqlite::Connection;

use super::{
    annotation::annotate,
    api::{Conversation, Event, HistoryAnchor, HistoryPage, TextFormat},
    change::Changes,
    effect::{Effects, Scope},
    file,
    snapshot::note_read,
};
use crate::{
    ids::{AccountId, BareJid, ConversationId, Cursor, MessageId, Timestamp},
    store::{StoreError, contact, conversation, deletion, history, message},
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
    note_read(store, id, peer_read, &mut page.messages)?;
    annotate(store, &mut page.messages)?;
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

pub fn set_draft(
    store: &Connection,
    id: ConversationId,
    text: &str,
    format: &TextFormat,
) -> Result<Effects, StoreError> {
    conversation::set_draft(store, id, text, format)?;
    changed(store, id)
}

pub fn set_language(store: &Connection, id: ConversationId, language: Option<&str>) -> Result<Effects, StoreError> {
    conversation::set_language(store, id, language)?;
    changed(store, id)
}

/// `until`: when a mute ends by itself.
pub fn set_muted(
    store: &Connection,
    id: ConversationId,
    is_muted: bool,
    until: Option<Timestamp>,
) -> Result<Effects, StoreError> {
    conversation::set_muted(store, id, is_muted, until)?;
    changed(store, id)
}

/// Ends each mute whose time has come, before anybody asks whether something is news.
pub fn end_mutes(store: &Connection, now: Timestamp) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    for id in conversation::end_mutes(store, now)? {
        effects.merge(changed(store, id)?);
    }
    Ok(effects)
}

pub fn set_silent(store: &Connection, id: ConversationId, is_silent: bool) -> Result<Effects, StoreError> {
    conversation::set_silent(store, id, is_silent)?;
    changed(store, id)
}

pub fn set_archived(store: &Connection, id: ConversationId, is_archived: bool) -> Result<Effects, StoreError> {
    conversation::set_archived(store, id, is_archived)?;
    changed(store, id)
}

pub fn set_pinned(store: &Connection, id: ConversationId, is_pinned: bool) -> Result<Effects, StoreError> {
    conversation::set_pinned(store, id, is_pinned)?;
    changed(store, id)
}

/// Everything that stands up to here has been seen. What was seen before is no news.
pub fn mark_read(store: &Connection, id: ConversationId, up_to: Cursor) -> Result<Effects, StoreError> {
    let mark = conversation::mark_seen(store, id, up_to)?;
    let mut effects = Effects::default();
    if mark.has_moved {
        effects.read.push(account_of(store, id)?);
        let mut changes = Changes::default();
        changes.of(store, id)?.read(mark);
        changes.finish(store, &mut effects.events)?;
    }
    Ok(effects)
}

/// Deletes what was said, but for what still waits to be sent. The server, other devices and the other side keep theirs; what
/// the archive has does not come back.
pub fn delete_history(store: &Connection, scope: &Scope, id: ConversationId) -> Result<Effects, StoreError> {
    deletion::delete(store, id, scope.now)?;
    let mut effects = changed(store, id)?;
    effects.events.push(Event::HistoryDeleted(id));
    Ok(effects)
}

fn changed(store: &Connection, id: ConversationId) -> Result<Effects, StoreError> {
    let changed = conversation::by_id(store, id)?.into();
    Ok(Effects { events: vec![Event::ConversationsChanged(vec![changed])], ..Effects::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::fixture::{ALICE, BOB, Fixture, jid},
        xmpp::{delay::Delay, incoming::IncomingMessage},
    };

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
        for effects in [
            set_draft(store, id, "half a", &TextFormat::default()),
            set_language(store, id, Some("de_DE")),
            set_muted(store, id, true, None),
            set_silent(store, id, true),
            set_pinned(store, id, true),
        ]
        .map(Result::unwrap)
        {
            assert_eq!(effects.events.len(), 1);
        }
        let [kept] = &all(store, fixture.scope.account).unwrap()[..] else { panic!("one") };
        assert_eq!((kept.draft.as_deref(), kept.is_muted, kept.is_pinned), (Some("half a"), true, true));
        assert_eq!(kept.language.as_deref(), Some("de_DE"));
        set_language(store, id, None).unwrap();
        assert_eq!(conversation::by_id(store, id).unwrap().language, None);
        assert!(matches!(set_muted(store, ConversationId(99), true, None), Err(StoreError::NotFound)));
    }

    #[test]
    fn a_mute_ends_by_itself_before_the_next_message_is_judged() {
        let fixture = Fixture::new();
        let (id, store, now) = (fixture.open(BOB), &fixture.store, fixture.scope.now);
        set_muted(store, id, true, Some(Timestamp(now.0 + 1))).unwrap();
        assert!(end_mutes(store, now).unwrap().is_empty());
        assert!(fixture.receive(&[fixture.from(BOB, "one")]).news.is_empty());
        let effects = end_mutes(store, Timestamp(now.0 + 1)).unwrap();
        let [Event::ConversationsChanged(changed)] = &effects.events[..] else { panic!("{effects:?}") };
        assert_eq!((changed[0].is_muted, changed[0].muted_until), (false, None));
        assert_eq!(fixture.receive(&[fixture.from(BOB, "two")]).news.len(), 1);
        set_muted(store, id, true, None).unwrap();
        assert!(end_mutes(store, Timestamp(i64::MAX)).unwrap().is_empty(), "until the person says otherwise");
    }

    #[test]
    fn an_archived_conversation_comes_back_with_something_new_unless_it_is_muted() {
        let mut fixture = Fixture::new();
        let id = fixture.receive(&[fixture.from(BOB, "one")]).stored[0].conversation;
        let is_archived = |fixture: &Fixture| conversation::by_id(&fixture.store, id).unwrap().is_archived;
        set_archived(&fixture.store, id, true).unwrap();
        open(&fixture.store, &fixture.scope, &jid(BOB)).unwrap();
        assert!(is_archived(&fixture), "who looks at it changes nothing");
        conversation::touch(&fixture.store, id, Timestamp(i64::MAX), false).unwrap();
        assert!(is_archived(&fixture), "what the archive brings from before is not new");
        fixture.scope.now = Timestamp(fixture.scope.now.0 + 1);
        set_muted(&fixture.store, id, true, None).unwrap();
        fixture.receive(&[fixture.from(BOB, "two")]);
        assert!(is_archived(&fixture));
        set_muted(&fixture.store, id, false, None).unwrap();
        fixture.scope.now = Timestamp(fixture.scope.now.0 + 1);
        fixture.receive(&[fixture.from(BOB, "three")]);
        assert!(!is_archived(&fixture));
    }

    #[test]
    fn something_new_brings_an_archived_conversation_back_whatever_our_clock_says() {
        let mut fixture = Fixture::new();
        let now = fixture.scope.now;
        fixture.scope.now = Timestamp(now.0 + 86_400_000);
        let id = fixture.open(BOB);
        fixture.send(id, "from tomorrow");
        let comes_back = |fixture: &Fixture, delay: Option<Delay>| {
            set_archived(&fixture.store, id, true).unwrap();
            fixture.receive(&[IncomingMessage { delay, ..fixture.from(BOB, "today") }]);
            !conversation::by_id(&fixture.store, id).unwrap().is_archived
        };
        assert!(comes_back(&fixture, Some(Delay { stamp: now, from: None })), "it waited at the server");
        fixture.scope.now = now;
        assert!(comes_back(&fixture, None), "the clock was set right");
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
