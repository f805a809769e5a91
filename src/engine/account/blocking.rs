//! Blocks and reports whom the person does not want to hear from, and takes over what the server says of that.

use futures::FutureExt as _;
use minidom::Element;

use super::{Done, Task};
use crate::{
    engine::{
        api::{BlockAbility, CommandError, Reply},
        blocking::{Answer, pushed, replaced},
        order::BlockOrder,
        question::refused,
    },
    ids::{BareJid, Jid},
    store::{StoreError, conversation, message},
    xmpp::{
        ReportReason,
        blocking::{self, BlockPush},
        report::Report,
        session::{IqKind, SessionHandle},
        stanza_id::StanzaId,
    },
};

/// As many messages tell whoever reads a report what it is about.
const REPORTED_MESSAGES: usize = 10;

/// Carries out a change of the list.
async fn change(
    session: SessionHandle,
    request: Element,
    change: BlockPush,
    reply: Reply<Result<(), CommandError>>,
) -> Done {
    let result = session.iq(None, IqKind::Set, request).await.map(|_| ()).map_err(refused);
    Done::Blocked { change, reply, result }
}

impl Task {
    pub(super) async fn block_order(&mut self, order: BlockOrder) {
        let Some(session) = self.session().filter(|_| self.is_online()) else {
            return order.refuse(CommandError::NotOnline);
        };
        match order {
            BlockOrder::Ability(reply) => {
                // Until the server has said it, there is nothing to go by.
                let ability = self.shared.accounts.with(self.id, |live| live.blocking).flatten();
                reply.send(ability.ok_or(CommandError::NotOnline));
            }
            BlockOrder::Block { address, report, reply } => {
                let report = match report {
                    Some(reason) => Some(self.report(&address, reason).await),
                    None => None,
                };
                let address = Jid::from(address);
                let request = blocking::block(&address, report.as_ref());
                self.jobs.push(change(session, request, BlockPush::Blocked(vec![address]), reply).boxed());
            }
            BlockOrder::Unblock { address, reply } => {
                let request = blocking::unblock(&address);
                self.jobs.push(change(session, request, BlockPush::Unblocked(vec![address]), reply).boxed());
            }
        }
    }

    /// What the server is told of somebody, with what the archive calls the last that came from them (XEP-0377 §5).
    async fn report(&mut self, who: &BareJid, reason: ReportReason) -> Report {
        let (id, own, who) = (self.id, self.address.clone(), who.clone());
        let ids = self.shared.store.read(move |store| match conversation::find(store, id, &who)? {
            Some(conversation) => message::newest_received_ids(store, conversation, REPORTED_MESSAGES),
            None => Ok(Vec::new()),
        });
        let ids = ids.await.unwrap_or_else(|error| {
            log::warn!("a report goes without messages: {error}");
            Vec::new()
        });
        let own_ids = ids.into_iter().filter(|id| id.by == own);
        Report { reason, messages: own_ids.map(|id| StanzaId { id: id.id, by: id.by.into() }).collect() }
    }

    /// The server has said at the start of the session what it does, and whom it keeps away.
    pub(super) async fn found_blocking(&mut self, answer: Answer) -> Result<(), StoreError> {
        let Answer { ability, list } = answer;
        self.shared.accounts.with(self.id, |live| live.blocking = Some(ability));
        let list = match (ability, list) {
            (_, Some(list)) => list,
            // Nobody is kept away by a server that does not do so.
            (BlockAbility::None, None) => Vec::new(),
            (_, None) => return Ok(()),
        };
        let id = self.id;
        self.shared.change(move |store, scopes| Ok(((), replaced(store, scopes.of(id)?, &list)?))).await
    }

    /// The server has carried out a change, or not. It is noted before whoever wanted it hears of it; the push that comes as
    /// well then changes nothing.
    pub(super) async fn has_blocked(
        &mut self,
        made: BlockPush,
        reply: Reply<Result<(), CommandError>>,
        result: Result<(), CommandError>,
    ) -> Result<(), StoreError> {
        let id = self.id;
        let noted = match &result {
            Ok(()) => self.shared.change(move |store, scopes| Ok(((), pushed(store, scopes.of(id)?, &made)?))).await,
            Err(_) => Ok(()),
        };
        reply.send(result);
        noted
    }
}
