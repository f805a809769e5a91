//! Tells others how far has been read here: the other side, where they want to know and may (XEP-0333), and our other devices
//! (XEP-0490). What could not be told is told in the next session.

use futures::FutureExt as _;
use tokio::time::Duration;
use uuid::Uuid;

use super::{Done, Task};
use crate::{
    engine::{
        effect::{Effects, Scope},
        inbound::{Inbound, sees_us},
    },
    ids::{ConversationId, Cursor},
    store::{
        StoreError,
        read_state::{self, Untold},
    },
    xmpp::{
        displayed, marker,
        pubsub::{self, Item},
        session::{IqError, IqKind},
    },
};

/// Who reads down a conversation tells it once.
const SOON: Duration = Duration::from_millis(300);

/// What the server has of all devices.
pub(super) fn synchronised(store: &rusqlite::Connection, scope: &Scope, items: &[Item]) -> Result<Effects, StoreError> {
    let mut inbound = Inbound::new(scope);
    inbound.synchronised(store, items)?;
    inbound.finish(store)
}

impl Task {
    /// Something was read here.
    pub(super) fn tell_read_soon(&mut self) {
        if !std::mem::replace(&mut self.is_to_tell, true) {
            self.jobs.push(tokio::time::sleep(SOON).map(|()| Done::TellRead).boxed());
        }
    }

    pub(super) async fn tell_read(&mut self) {
        self.is_to_tell = false;
        let Some(session) = self.session().filter(|_| self.is_online()) else { return };
        let (id, scopes) = (self.id, self.shared.scopes());
        let untold = self.shared.store.read(move |store| {
            let scope = scopes.of(id)?;
            let all = read_state::untold(store, id, &scope.address)?.into_iter();
            // A marker says that we are there (XEP-0333 §5).
            all.map(|untold| {
                let may_know = scope.privacy.send_markers && sees_us(store, scope, &untold.peer)?;
                Ok(Untold { markable: untold.markable.filter(|_| may_know), ..untold })
            })
            .collect::<Result<Vec<_>, StoreError>>()
        });
        let untold = match untold.await {
            Ok(untold) => untold,
            Err(error) => return self.failed(error),
        };
        for Untold { conversation, peer, read, markable, archive_id } in untold {
            if !self.telling.insert(conversation) {
                continue;
            }
            if let Some(seen) = markable {
                session.send(marker::build(&peer.clone().into(), &Uuid::new_v4().to_string(), &seen), None);
            }
            let (session, own) = (session.clone(), self.address.clone());
            let archive_id = archive_id.filter(|_| self.synchronises);
            let job = async move {
                let result = match archive_id {
                    Some(id) => {
                        let payload = displayed::build(&own, &id);
                        let item = Some(peer.as_str());
                        let request = pubsub::publish(displayed::NODE, item, payload, Some(displayed::OPTIONS));
                        session.iq(None, IqKind::Set, request).await.map(|_| ())
                    }
                    None => Ok(()),
                };
                Done::Told { conversation, read, result }
            };
            self.jobs.push(job.boxed());
        }
    }

    /// Our other devices know, or never will.
    pub(super) async fn told(&mut self, conversation: ConversationId, read: Cursor, result: Result<(), IqError>) {
        self.telling.remove(&conversation);
        match result {
            Err(IqError::Timeout | IqError::Lost) => return,
            Err(IqError::Stanza(error)) => {
                // There is no such node to be had, or it is open to others and so not for this.
                log::info!("{}: what is read stays on this device: {}", self.address, error.condition);
                self.synchronises = false;
            }
            Ok(()) => {}
        }
        let noted = self.shared.store.write(move |store| read_state::told(store, conversation, read)).await;
        if let Err(error) = noted {
            return self.failed(error);
        }
        // More may have been read meanwhile.
        self.tell_read_soon();
    }

    /// There is a session: whatever could not be told before can be now.
    pub(super) fn begin_telling(&mut self) {
        self.synchronises = true;
        self.tell_read_soon();
    }
}
