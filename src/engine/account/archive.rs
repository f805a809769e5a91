//! Brings in what the archive holds: asks what [`Fetching`] wants, stores what comes, and lets go what waited for it.

use futures::FutureExt as _;

use super::{Done, Task};
use crate::{
    engine::{
        archive::{After, Archive, Fetching, Lookup, Next, Want, newest, orphans, store_page},
        effect::Released,
    },
    ids::ConversationId,
    store::{StoreError, conversation, message},
    xmpp::{
        archive::{self as mam, Fin},
        session::{IqError, IqKind},
    },
};

impl Task {
    /// A fresh session stands: what was under way in the last one counts no more. Before anything is sent.
    pub(super) async fn begin_fetching(&mut self) -> Result<(), StoreError> {
        self.fetching = Fetching::new(self.shared.store.read(message::newest_id).await?);
        self.tell_progress();
        let (id, scopes) = (self.id, self.shared.scopes());
        let in_flight = self.shared.accounts.with(id, |live| live.outbox.in_flight().clone()).unwrap_or_default();
        let lookups = self.shared.store.read(move |store| Lookup::all(store, scopes.of(id)?, &in_flight));
        let lookups = lookups.await?;
        let held = lookups.iter().map(|lookup| lookup.conversation).collect();
        self.shared.accounts.with(id, |live| live.outbox.hold(held));
        self.fetching.look_up(lookups);
        Ok(())
    }

    /// Messages have come. After a break they may be what the server had kept, and ejabberd now and then gives that in another
    /// order than it was sent in: the archive has the right one.
    pub(super) async fn messages_came(&mut self) {
        self.fetching.messages_came();
        self.confirm_order().await;
    }

    async fn confirm_order(&mut self) {
        if !self.fetching.is_to_confirm_order() {
            return;
        }
        let (id, scopes) = (self.id, self.shared.scopes());
        let begin =
            self.shared.store.read(move |store| Ok((newest(store, scopes.of(id)?)?, message::newest_id(store)?)));
        match begin.await {
            Ok((plan, newest)) => self.fetching.confirm_order(plan, newest),
            Err(error) => return self.failed(error),
        }
        self.fetch_next();
    }

    /// Whether there is an archive is known now.
    pub(super) async fn found_archive(&mut self, archive: Archive) {
        if archive == Archive::Absent {
            let held = self.shared.accounts.with(self.id, |live| live.outbox.held().clone()).unwrap_or_default();
            for conversation in held {
                self.let_go(conversation).await;
            }
            let id = self.id;
            let shown = self.shared.change(move |store, scopes| Ok(((), orphans(store, scopes.of(id)?, None)?)));
            if let Err(error) = shown.await {
                self.failed(error);
            }
            return;
        }
        if archive == Archive::Extended {
            self.fetching.ask_by_ids();
        }
        let (id, scopes) = (self.id, self.shared.scopes());
        let plan = self.shared.store.read(move |store| newest(store, scopes.of(id)?));
        match plan.await {
            Ok(plan) => self.fetching.begin(plan),
            Err(error) => return self.failed(error),
        }
        self.prefer_in_front().await;
        self.fetch_next();
    }

    /// The person looks at a conversation of this account, or wants what is older than all that is here of it.
    pub(super) async fn prefer(&mut self, conversation: ConversationId, is_older: bool) {
        if !self.fetching.is_under_way() {
            return;
        }
        let id = self.id;
        let row = self.shared.store.read(move |store| conversation::by_id(store, conversation)).await;
        if let Ok(row) = row
            && row.account == id
        {
            self.fetching.prefer(conversation, row.peer, is_older);
        }
    }

    async fn prefer_in_front(&mut self) {
        if let Some(conversation) = self.shared.choices.in_front() {
            self.prefer(conversation, false).await;
        }
    }

    pub(super) fn has_rested(&mut self) {
        self.fetching.has_rested();
        self.fetch_next();
    }

    pub(super) fn fetch_next(&mut self) {
        let Some(session) = self.session() else { return };
        match self.fetching.next() {
            Next::Nothing => (),
            Next::Rest(rest) => {
                let job = tokio::time::sleep(rest).map(|()| Done::Rested);
                self.jobs.push(job.boxed());
            }
            Next::Ask(query) => {
                let job = async move {
                    let answer = session.iq(None, IqKind::Set, mam::query(&query)).await;
                    let result = answer.map(|fin| fin.as_ref().and_then(mam::parse_fin));
                    Done::Page { query: query.id, result }
                };
                self.jobs.push(job.boxed());
            }
        }
    }

    /// The archive has answered, or not.
    pub(super) async fn page(&mut self, query: &str, result: Result<Option<Fin>, IqError>) {
        // The page itself came before its end.
        self.catch_up().await;
        let page = match result {
            Ok(Some(fin)) => self.fetching.finish(query, fin),
            Err(IqError::Stanza(error)) if error.condition == "item-not-found" => self.fetching.forgotten(query),
            // What waits for it waits for the session that comes.
            Err(IqError::Lost) => return,
            Err(error) if error.is_passing() => {
                let given_up = self.fetching.unanswered(query);
                return self.give_up(given_up).await;
            }
            Ok(None) | Err(_) => {
                log::warn!("{}: the archive does not answer", self.address);
                let given_up = self.fetching.refused(query);
                return self.give_up(given_up).await;
            }
        };
        let Some(page) = page else { return self.fetch_next() };
        let (id, want) = (self.id, page.want.clone());
        let stored = self.shared.change(move |store, scopes| store_page(store, scopes.of(id)?, &page));
        match stored.await {
            Ok(after) => self.stored(after).await,
            Err(error) => {
                self.failed(error);
                self.fetching.not_stored(want);
            }
        }
        self.tell_progress();
        self.fetch_next();
        self.confirm_order().await;
    }

    fn tell_progress(&self) {
        self.shared.set_history(self.id, self.fetching.progress());
    }

    async fn stored(&mut self, after: After) {
        match after {
            After::Missing(plan) => {
                if plan.is_none() {
                    log::info!("{}: all of the archive is here", self.address);
                }
                // In another gap, what the person looks at comes first again.
                if self.fetching.go_on(plan) {
                    self.prefer_in_front().await;
                }
            }
            After::Ahead { ahead, first_id, is_complete } => self.fetching.went_ahead(ahead, first_id, is_complete),
            After::Lookup { further: Some(lookup), .. } => self.fetching.look_further(lookup),
            After::Lookup { conversation, further: None } => self.let_go(conversation).await,
        }
    }

    /// No answer will come to this. What is not known to have arrived is sent again.
    async fn give_up(&mut self, want: Option<Want>) {
        if let Some(Want::Lookup(lookup)) = want {
            self.let_go(lookup.conversation).await;
        }
        self.tell_progress();
        self.fetch_next();
    }

    async fn let_go(&mut self, conversation: ConversationId) {
        self.send_pending(Some(Released::Conversation(conversation))).await;
    }
}
