//! Changes the store and then carries out what follows from it, in the order of [`Effects`].
//!
//! Between the end of a transaction and the last of its events nothing is waited for, so that events come in the order of
//! the transactions.

use std::collections::HashMap;

use minidom::Element;
use rusqlite::{Connection, Transaction};

use super::{
    api::{ChatState, ConnectionState, Contact, Event, HistoryProgress, Presence},
    chat_state::Listener,
    context::Shared,
    effect::{AvatarNotice, Effects, Outgoing, Scope},
    live::Live,
    order::Order,
    outbox::in_hand::Admission,
    overview,
};
use crate::{
    ids::{AccountId, AmendmentId, BareJid, ConversationId, Jid, MessageId},
    store::{
        StoreError,
        account::{self, AccountRow},
        contact::{self, ContactRow, Subscription},
    },
    xmpp::{chat_state, session::Tag, xml},
};

/// What the functions of a transaction have to know of each account.
#[derive(Debug, Clone, Default)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// # Errors
    /// `NotFound` for an account that is no longer there.
    pub fn of(&self, account: AccountId) -> Result<&Scope, StoreError> {
        self.0.iter().find(|scope| scope.account == account).ok_or(StoreError::NotFound)
    }
}

/// Message ids are positive.
const AMENDMENT: u64 = 1 << 63;

/// Effects together with the rows that they name, as they were at the end of the transaction.
#[derive(Debug)]
pub struct Settled {
    contacts: Vec<ContactRow>,
    gone: Vec<(AccountId, BareJid)>,
    accounts: Vec<AccountRow>,
    stanzas: Vec<(Outgoing, Option<Addressee>)>,
    effects: Effects,
}

/// Whom a message of ours goes to.
#[derive(Debug)]
struct Addressee {
    address: BareJid,
    sees_us: bool,
}

/// The last part of a transaction: looks up what its effects name.
pub fn settle(store: &Connection, mut effects: Effects) -> Result<Settled, StoreError> {
    let (mut contacts, mut gone) = (Vec::new(), Vec::new());
    for (account, address) in effects.contacts.drain(..) {
        match contact::find(store, account, &address)? {
            Some(row) => contacts.push(row),
            None => gone.push((account, address)),
        }
    }
    let mut accounts = Vec::new();
    for id in effects.accounts.drain(..) {
        accounts.push(account::by_id(store, id)?);
    }
    let mut stanzas = Vec::new();
    for outgoing in effects.stanzas.drain(..) {
        let to = xml::jid_attr(&outgoing.stanza, "to").filter(|_| outgoing.message.is_some());
        let addressee = match to.map(|to: Jid| to.to_bare()) {
            Some(address) => {
                let row = contact::find(store, outgoing.account, &address)?;
                let sees_us = row.is_some_and(|c| matches!(c.subscription, Subscription::From | Subscription::Both));
                Some(Addressee { address, sees_us })
            }
            None => None,
        };
        stanzas.push((outgoing, addressee));
    }
    Ok(Settled { contacts, gone, accounts, stanzas, effects })
}

impl Shared {
    pub fn scopes(&self) -> Scopes {
        let mut scopes = Vec::new();
        let (now, in_front, privacy) = (self.clock.now(), self.choices.in_front(), self.choices.privacy());
        self.accounts.each(|live| {
            scopes.push(Scope {
                account: live.row.id,
                address: live.row.address.clone(),
                now,
                in_front,
                privacy,
                has_stanza_ids: live.has_stanza_ids,
                is_online: live.outbox.is_online(),
            });
        });
        Scopes(scopes)
    }

    /// Runs one transaction and carries out what it decided.
    pub async fn change<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Transaction<'_>, &Scopes) -> Result<(T, Effects), StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let scopes = self.scopes();
        let done = self.store.write(move |store| {
            let (value, effects) = f(store, &scopes)?;
            Ok((value, settle(store, effects)?))
        });
        let (value, settled) = done.await?;
        self.carry_out(settled);
        Ok(value)
    }

    fn forget_presence(&self, account: AccountId, contact: BareJid) {
        let states = self.accounts.with(account, |live| {
            live.presences.is_available(&contact).then(|| {
                live.presences.forget(&contact);
                live.chat_states.went_offline(&contact)
            })
        });
        if let Some(states) = states.flatten() {
            self.events.emit(Event::PresenceChanged { account, changes: vec![(contact, Presence::default())] });
            self.events.emit_all(states);
        }
    }

    /// Tells and sends what a transaction has decided.
    pub fn carry_out(&self, settled: Settled) {
        let Settled { contacts, gone, accounts, stanzas, effects } = settled;
        self.tell_contacts(contacts, gone);
        for row in accounts {
            let id = row.id;
            self.accounts.with(id, |live| live.row = row);
            self.tell_account(id);
        }
        self.events.emit_all(effects.events);
        for (account, contact) in effects.unseen {
            self.forget_presence(account, contact);
        }
        for (account, released) in effects.released {
            self.accounts.with(account, |live| live.outbox.let_go(released));
        }
        for (account, message) in effects.again {
            self.accounts.with(account, |live| live.outbox.send_again(message));
        }
        for (outgoing, addressee) in stanzas {
            self.accounts.with(outgoing.account, |live| self.send(live, outgoing, addressee));
        }
        for (account, up_to) in effects.caught_up {
            self.accounts.with(account, |live| {
                if live.outbox.caught_up(up_to) {
                    live.order(Order::SendPending);
                }
            });
        }
        for (account, peer, state) in effects.chat_states {
            let event = self.accounts.with(account, |live| live.chat_states.received(&peer, state)).flatten();
            self.events.emit_all(event);
        }
        self.fetch_avatars(effects.avatars);
        for account in effects.read {
            self.accounts.with(account, |live| live.order(Order::TellRead));
        }
        for account in effects.uploads {
            self.accounts.with(account, |live| live.order(Order::Upload));
        }
    }

    /// Tells the window how an account stands.
    pub fn tell_account(&self, id: AccountId) {
        let account = self.accounts.with(id, |live| {
            overview::account(live.row.clone(), live.connection.clone(), live.history, &self.data_dir)
        });
        self.events.emit_all(account.map(Event::AccountChanged));
    }

    /// Notes how an account stands, and tells the window if that has changed.
    pub fn set_connection(&self, id: AccountId, connection: &ConnectionState) {
        let is_change =
            self.accounts.with(id, |live| std::mem::replace(&mut live.connection, connection.clone()) != *connection);
        if is_change == Some(true) {
            self.tell_account(id);
        }
    }

    /// The same of how far fetching its history has come.
    pub fn set_history(&self, id: AccountId, history: Option<HistoryProgress>) {
        let is_change = self.accounts.with(id, |live| std::mem::replace(&mut live.history, history) != history);
        if is_change == Some(true) {
            self.tell_account(id);
        }
    }

    /// What the one knows, and may know, who would learn what we do.
    pub fn listener(live: &Live, peer: &BareJid, sees_us: bool) -> Listener {
        Listener {
            sees_us,
            is_available: live.presences.is_available(peer),
            supports: live.abilities.supports(&live.presences, peer, chat_state::NAMESPACE),
        }
    }

    fn tell_contacts(&self, rows: Vec<ContactRow>, gone: Vec<(AccountId, BareJid)>) {
        let mut contacts: Vec<Contact> = Vec::with_capacity(rows.len());
        for row in rows {
            let presence = self.accounts.with(row.account, |live| live.presences.best(&row.address));
            contacts.push(overview::contact(row, presence.unwrap_or_default(), &self.data_dir));
        }
        if !contacts.is_empty() {
            self.events.emit(Event::ContactsChanged(contacts));
        }
        let mut removed: HashMap<AccountId, Vec<BareJid>> = HashMap::new();
        for (account, address) in gone {
            self.accounts.with(account, |live| live.presences.forget(&address));
            removed.entry(account).or_default().push(address);
        }
        let removed = removed.into_iter();
        self.events.emit_all(removed.map(|(account, addresses)| Event::ContactsRemoved { account, addresses }));
    }

    fn send(&self, live: &mut Live, outgoing: Outgoing, addressee: Option<Addressee>) {
        let Some(session) = live.session.clone() else { return };
        let Outgoing { mut stanza, message, amendment, .. } = outgoing;
        if let Some(id) = amendment {
            if live.outbox.admit_amendment(id) {
                session.send(stanza, amendment_tag(id));
            }
            return;
        }
        let Some(message) = message else {
            session.send(stanza, None);
            return;
        };
        match live.outbox.admit(&message) {
            Admission::Now => (),
            // The line came up between the transaction and now, or between that of a message before it and now.
            Admission::NotYet => return live.order(Order::SendPending),
            Admission::No => return,
        }
        if let Some(to) = addressee {
            self.say_active(live, &mut stanza, message.conversation, &to);
        }
        session.send(stanza, tag(message.id));
    }

    fn say_active(&self, live: &mut Live, stanza: &mut Element, conversation: ConversationId, to: &Addressee) {
        let listener = Self::listener(live, &to.address, to.sees_us);
        if self.choices.send_chat_states() && live.chat_states.with_message(conversation, listener) {
            stanza.append_child(ChatState::Active.element());
        }
    }

    fn fetch_avatars(&self, notices: Vec<AvatarNotice>) {
        let mut by_account: HashMap<AccountId, Vec<AvatarNotice>> = HashMap::new();
        for notice in notices {
            by_account.entry(notice.account).or_default().push(notice);
        }
        for (account, notices) in by_account {
            self.accounts.with(account, |live| live.order(Order::Avatars(notices)));
        }
    }
}

/// By what the session speaks of a message.
fn tag(message: MessageId) -> Option<Tag> {
    u64::try_from(message.0).ok().map(Tag)
}

/// By what it speaks of what we say of a message: a number that is no message's.
fn amendment_tag(amendment: AmendmentId) -> Option<Tag> {
    u64::try_from(amendment.0).ok().map(|id| Tag(id | AMENDMENT))
}

/// Which of those the session speaks of.
pub fn amendments(tags: &[Tag]) -> impl Iterator<Item = AmendmentId> {
    let ids = tags.iter().filter(|tag| tag.0 & AMENDMENT != 0).map(|tag| i64::try_from(tag.0 & !AMENDMENT));
    ids.flatten().map(AmendmentId)
}

/// Which messages the session speaks of.
pub fn messages(tags: impl IntoIterator<Item = Tag>) -> impl Iterator<Item = MessageId> {
    tags.into_iter().filter_map(|tag| i64::try_from(tag.0).ok().map(MessageId))
}
