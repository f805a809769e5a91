//! Carries out what the person wants of their contacts: places on the roster, and subscriptions both ways.

use futures::FutureExt as _;

use super::{Done, Task};
use crate::{
    engine::{
        api::CommandError,
        order::ContactOrder,
        request,
        roster::{self, NewContact},
    },
    ids::BareJid,
    store::contact::{self, Subscription},
    xmpp::presence,
};

impl Task {
    pub(super) async fn contact_order(&mut self, order: ContactOrder) {
        let session = self.session().filter(|_| self.is_online());
        let Some(session) = session else {
            return order.refuse(CommandError::NotOnline);
        };
        match order {
            ContactOrder::Add { address, name, groups, text, reply } => {
                let has_asked = self.answer_request(&address).await;
                let new = NewContact {
                    address,
                    name: filled(name),
                    groups,
                    text: filled(text),
                    nickname: self.row().and_then(|row| row.nickname),
                    approve: has_asked || self.pre_approves(),
                };
                let change = roster::answering(roster::add(session, new), reply);
                self.jobs.push(change.map(|()| Done::Nothing).boxed());
            }
            ContactOrder::Update { address, name, groups, reply } => {
                let change = roster::answering(roster::update(session, address, filled(name), groups), reply);
                self.jobs.push(change.map(|()| Done::Nothing).boxed());
            }
            ContactOrder::Remove { address, reply } => {
                let change = roster::answering(roster::remove(session, address), reply);
                self.jobs.push(change.map(|()| Done::Nothing).boxed());
            }
            // No server answers a presence: what is on its way is all that can be said (RFC 6121 §3).
            ContactOrder::Subscribe { address, reply } => {
                let nickname = self.row().and_then(|row| row.nickname);
                session.send(presence::subscribe(&address, None, nickname.as_deref()), None);
                reply.send(Ok(()));
            }
            ContactOrder::Approve { address, add, reply } => {
                self.answer_request(&address).await;
                session.send(presence::subscribed(&address), None);
                if add {
                    self.ask_back(address).await;
                }
                reply.send(Ok(()));
            }
            ContactOrder::Deny { address, reply } => {
                self.answer_request(&address).await;
                session.send(presence::unsubscribed(&address), None);
                reply.send(Ok(()));
            }
            ContactOrder::Cancel { address, reply } => {
                session.send(presence::unsubscribed(&address), None);
                reply.send(Ok(()));
            }
        }
    }

    /// Removes somebody's request; whether there was one.
    async fn answer_request(&mut self, address: &BareJid) -> bool {
        let (id, address) = (self.id, address.clone());
        let answered = self.shared.change(move |store, scopes| {
            let effects = request::answered(store, scopes.of(id)?, &address)?;
            Ok((!effects.is_empty(), effects))
        });
        answered.await.unwrap_or_else(|error| {
            log::error!("a request can't be removed: {}", self.shared.failed(error));
            false
        })
    }

    /// Asks for the presence of somebody who may see ours now, and puts them on the roster if they are not there.
    async fn ask_back(&mut self, address: BareJid) {
        let (id, who) = (self.id, address.clone());
        let known = self.shared.store.read(move |store| contact::find(store, id, &who)).await.ok().flatten();
        let Some(session) = self.session() else { return };
        let nickname = self.row().and_then(|row| row.nickname);
        if let Some(contact) = known.filter(|contact| contact.in_roster) {
            let is_open = matches!(contact.subscription, Subscription::None | Subscription::From);
            if is_open && !contact.is_pending {
                session.send(presence::subscribe(&address, None, nickname.as_deref()), None);
            }
            return;
        }
        let new = NewContact { address, name: None, groups: Vec::new(), text: None, nickname, approve: false };
        let add = roster::add(session, new).map(|result| {
            if let Err(error) = result {
                log::warn!("who was let in can't be added: {error}");
            }
            Done::Nothing
        });
        self.jobs.push(add.boxed());
    }

    fn pre_approves(&self) -> bool {
        self.shared.accounts.with(self.id, |live| live.features.pre_approval).unwrap_or_default()
    }
}

fn filled(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}
