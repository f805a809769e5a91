//! All that the first window needs, and rows of accounts and contacts as the window gets them.
//!
//! On the way from start to window: reads each table once, and no file.

use std::path::Path;

use rusqlite::Connection;

use super::{
    api::{
        Account, Avatar, BlockList, ConnectionState, Contact, HistoryProgress, Presence, ServerSettings, Snapshot,
        SubscriptionRequest,
    },
    avatar::file,
};
use crate::{
    ids::{AvatarHash, Timestamp},
    store::{
        StoreError,
        account::{self, AccountRow, Server},
        blocked,
        contact::{self, ContactRow},
        conversation,
        request::{self, RequestRow},
    },
    xmpp::{Availability, Subscription},
};

/// What is stored. Connections and presences are left as if everybody were offline.
pub fn load(store: &Connection, data_dir: &Path, now: Timestamp) -> Result<Snapshot, StoreError> {
    let mut snapshot = Snapshot::default();
    for row in account::all(store)? {
        let id = row.id;
        snapshot.accounts.push(account(row, ConnectionState::Offline, None, data_dir));
        let contacts = contact::all(store, id)?;
        snapshot.contacts.extend(contacts.into_iter().map(|row| contact(row, Presence::default(), data_dir)));
        snapshot.requests.extend(request::all(store, id)?.into_iter().map(SubscriptionRequest::from));
        snapshot.block_lists.push(BlockList { account: id, addresses: blocked::all(store, id)? });
        snapshot.conversations.extend(conversation::all(store, id)?.into_iter().map(Into::into));
    }
    // A mute that has ended is so in the store with the next message only.
    for conversation in &mut snapshot.conversations {
        if conversation.muted_until.is_some_and(|until| until <= now) {
            (conversation.is_muted, conversation.muted_until) = (false, None);
        }
    }
    Ok(snapshot)
}

#[must_use]
pub fn account(
    row: AccountRow,
    connection: ConnectionState,
    history: Option<HistoryProgress>,
    data_dir: &Path,
) -> Account {
    Account {
        id: row.id,
        address: row.address,
        nickname: row.nickname,
        server: row.server.into(),
        enabled: row.is_enabled,
        connection,
        availability: availability(row.availability),
        status: row.status,
        avatar: row.avatar_hash.map(|hash| avatar(hash, data_dir)),
        history,
    }
}

#[must_use]
pub fn contact(row: ContactRow, presence: Presence, data_dir: &Path) -> Contact {
    Contact {
        account: row.account,
        address: row.address,
        in_roster: row.in_roster,
        name: row.name,
        nickname: row.nickname,
        groups: row.groups,
        subscription: subscription(row.subscription),
        is_pending: row.is_pending,
        presence,
        avatar: row.avatar.filter(|_| row.has_picture).map(|(hash, _)| avatar(hash, data_dir)),
    }
}

fn avatar(hash: AvatarHash, data_dir: &Path) -> Avatar {
    Avatar { path: file::path(data_dir, &hash), hash }
}

impl From<RequestRow> for SubscriptionRequest {
    fn from(row: RequestRow) -> Self {
        let RequestRow { account, address, nickname, text, time } = row;
        Self { account, address, nickname, text, time }
    }
}

impl From<Server> for ServerSettings {
    fn from(server: Server) -> Self {
        let Server { host, port, ca_file, resource } = server;
        Self { host, port, ca_file, resource }
    }
}

impl From<ServerSettings> for Server {
    fn from(server: ServerSettings) -> Self {
        let ServerSettings { host, port, ca_file, resource } = server;
        Self { host, port, ca_file, resource }
    }
}

#[must_use]
pub const fn availability(stored: account::Availability) -> Availability {
    match stored {
        account::Availability::Offline => Availability::Offline,
        account::Availability::ExtendedAway => Availability::ExtendedAway,
        account::Availability::Away => Availability::Away,
        account::Availability::DoNotDisturb => Availability::DoNotDisturb,
        account::Availability::Online => Availability::Online,
        account::Availability::FreeForChat => Availability::FreeForChat,
    }
}

#[must_use]
pub const fn stored_availability(availability: Availability) -> account::Availability {
    match availability {
        Availability::Offline => account::Availability::Offline,
        Availability::ExtendedAway => account::Availability::ExtendedAway,
        Availability::Away => account::Availability::Away,
        Availability::DoNotDisturb => account::Availability::DoNotDisturb,
        Availability::Online => account::Availability::Online,
        Availability::FreeForChat => account::Availability::FreeForChat,
    }
}

#[must_use]
pub const fn subscription(stored: contact::Subscription) -> Subscription {
    match stored {
        contact::Subscription::None => Subscription::None,
        contact::Subscription::To => Subscription::To,
        contact::Subscription::From => Subscription::From,
        contact::Subscription::Both => Subscription::Both,
    }
}

#[must_use]
pub const fn stored_subscription(subscription: Subscription) -> contact::Subscription {
    match subscription {
        Subscription::None => contact::Subscription::None,
        Subscription::To => contact::Subscription::To,
        Subscription::From => contact::Subscription::From,
        Subscription::Both => contact::Subscription::Both,
    }
}
