//! What accounts, contacts, requests and conversations there are, kept true: each object is made once for its identity and
//! changes in place.

use std::collections::HashMap;

use gio::prelude::*;
use glib::subclass::prelude::*;

use super::Messenger;
use crate::{
    engine::api::{self, AccountId, BareJid, ConversationId, Snapshot},
    model::{Account, Contact, Conversation, Request},
};

impl Messenger {
    /// Puts the snapshot in place of what was known; objects that are in both stay.
    pub(super) fn load(&self, snapshot: Snapshot) {
        let accounts: Vec<_> = snapshot.accounts.iter().map(|account| account.id).collect();
        for account in self.each_account().filter(|account| !accounts.contains(&account.id())) {
            self.account_removed(account.id());
        }
        for account in snapshot.accounts {
            self.account_changed(account);
        }
        let mut gone: HashMap<_, Vec<_>> = HashMap::new();
        let present: std::collections::HashSet<_> =
            snapshot.contacts.iter().map(|contact| (contact.account, contact.address.clone())).collect();
        for (account, address) in self.imp().known.borrow().keys() {
            if !present.contains(&(*account, address.clone())) {
                gone.entry(*account).or_default().push(address.clone());
            }
        }
        for (account, addresses) in gone {
            self.contacts_removed(account, addresses);
        }
        self.contacts_changed(snapshot.contacts);
        for account in accounts {
            let requests = snapshot.requests.iter().filter(|request| request.account == account).cloned().collect();
            self.requests_changed(account, requests);
        }
        for list in snapshot.block_lists {
            self.block_list_changed(list);
        }
        let listed: Vec<_> = snapshot.conversations.iter().map(|conversation| conversation.id).collect();
        let closed: Vec<_> = self.imp().by_id.borrow().keys().filter(|id| !listed.contains(id)).copied().collect();
        for id in closed {
            self.conversation_removed(id);
        }
        self.conversations_changed(snapshot.conversations);
        self.finish_batch(true);
        if !self.imp().is_loaded.replace(true) {
            self.notify_is_loaded();
        }
    }

    pub(super) fn account_changed(&self, account: api::Account) {
        match self.account(account.id) {
            Some(known) => known.update(account),
            None => self.accounts().append(&Account::new(account)),
        }
    }

    pub(super) fn account_removed(&self, id: AccountId) {
        let imp = self.imp();
        self.accounts().retain(|account| account.downcast_ref::<Account>().is_none_or(|account| account.id() != id));
        let conversations: Vec<_> = {
            let by_id = imp.by_id.borrow();
            by_id.values().filter(|conversation| conversation.account() == id).map(Conversation::id).collect()
        };
        for conversation in conversations {
            self.conversation_removed(conversation);
        }
        self.requests_changed(id, Vec::new());
        imp.known.borrow_mut().retain(|(account, _), _| *account != id);
        keep(&self.contacts(), |contact: &Contact| contact.account() != id);
    }

    pub(super) fn contacts_changed(&self, contacts: Vec<api::Contact>) {
        let mut joining = Vec::new();
        let mut is_leaving = false;
        for contact in contacts {
            let known = self.contact(contact.account, &contact.address);
            let was_listed = known.as_ref().is_some_and(Contact::in_roster);
            let object = known.unwrap_or_else(|| {
                let object = Contact::new(&contact);
                self.mark_blocked(&object);
                let key = (contact.account, contact.address.clone());
                self.imp().known.borrow_mut().insert(key, object.clone());
                object
            });
            object.update(&contact);
            is_leaving |= was_listed && !contact.in_roster;
            if contact.in_roster && !was_listed {
                joining.push(object);
            }
        }
        if is_leaving {
            keep(&self.contacts(), Contact::in_roster);
        }
        self.contacts().extend_from_slice(&joining);
    }

    pub(super) fn contacts_removed(&self, account: AccountId, addresses: Vec<BareJid>) {
        let imp = self.imp();
        for address in addresses {
            let Some(contact) = self.contact(account, &address) else { continue };
            contact.forget_roster();
            if !imp.by_id.borrow().values().any(|conversation| conversation.contact() == contact) {
                imp.known.borrow_mut().remove(&(account, address));
            }
        }
        keep(&self.contacts(), Contact::in_roster);
    }

    pub(super) fn requests_changed(&self, account: AccountId, requests: Vec<api::SubscriptionRequest>) {
        let list = self.requests();
        let known: Vec<_> = list.iter::<Request>().filter_map(Result::ok).collect();
        keep(&list, |request: &Request| request.account() != account || requests.contains(request.inner()));
        let new: Vec<_> = requests
            .into_iter()
            .filter(|request| !known.iter().any(|object| object.inner() == request))
            .map(Request::new)
            .collect();
        if !new.is_empty() {
            list.extend_from_slice(&new);
        }
    }

    pub(super) fn block_list_changed(&self, list: api::BlockList) {
        let Some(account) = self.account(list.account) else { return };
        account.set_blocked(list.addresses);
        let known: Vec<_> = self.imp().known.borrow().values().cloned().collect();
        for contact in known.iter().filter(|contact| contact.account() == list.account) {
            self.mark_blocked(contact);
        }
    }

    fn mark_blocked(&self, contact: &Contact) {
        contact.set_blocked_by(
            self.account(contact.account()).and_then(|account| account.blocking_entry(contact.address())),
        );
    }

    pub(super) fn conversations_changed(&self, conversations: Vec<api::Conversation>) {
        let imp = self.imp();
        for conversation in conversations {
            if let Some(known) = self.conversation(conversation.id) {
                known.update(&conversation);
            } else {
                let contact = self.contact(conversation.account, &conversation.peer).unwrap_or_else(|| {
                    let stranger = Contact::stranger(conversation.account, conversation.peer.clone());
                    self.mark_blocked(&stranger);
                    let key = (conversation.account, conversation.peer.clone());
                    imp.known.borrow_mut().insert(key, stranger.clone());
                    stranger
                });
                let object = Conversation::new(self.engine().clone(), contact, &conversation);
                imp.by_id.borrow_mut().insert(conversation.id, object);
            }
        }
        imp.is_disarranged.set(true);
    }

    pub(super) fn conversation_removed(&self, id: ConversationId) {
        let Some(conversation) = self.imp().by_id.borrow_mut().remove(&id) else { return };
        self.imp().is_disarranged.set(true);
        self.emit_by_name::<()>("conversation-removed", &[&conversation]);
    }

    /// What depends on many objects is looked at once, after all of them have changed. `is_new`: nothing was shown before.
    pub(super) fn finish_batch(&self, is_new: bool) {
        let imp = self.imp();
        if !imp.is_disarranged.replace(false) {
            return;
        }
        let all: Vec<_> = imp.by_id.borrow().values().cloned().collect();
        imp.conversations.arrange(all.iter().filter(|conversation| !conversation.is_archived()), is_new);
        imp.archived.arrange(all.iter().filter(|conversation| conversation.is_archived()), is_new);
        let unread = all.iter().filter(|conversation| !conversation.is_muted()).map(Conversation::unread).sum();
        if imp.unread.replace(unread) != unread {
            self.notify_unread();
        }
    }
}

/// Takes out what does not pass, with one change of the list at most for each stretch that goes.
fn keep<T: IsA<glib::Object>>(list: &gio::ListStore, passes: impl Fn(&T) -> bool) {
    let mut end = list.n_items();
    while end > 0 {
        let goes = |position: u32| list.item(position).and_downcast::<T>().is_some_and(|item| !passes(&item));
        if !goes(end - 1) {
            end -= 1;
            continue;
        }
        let mut start = end - 1;
        while start > 0 && goes(start - 1) {
            start -= 1;
        }
        list.splice(start, end - start, &[] as &[glib::Object]);
        end = start;
    }
}
