//! The accounts of the profile. Passwords are not here: they live in the keyring only.

use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
    str::FromStr,
};

use rusqlite::{Connection, OptionalExtension, Row, params, types::FromSqlError};
use uuid::Uuid;

use super::{
    StoreError,
    column::{address, checked_integer},
};
use crate::ids::{AccountId, AvatarHash, BareJid};

/// What the person chose to appear as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    Offline,
    ExtendedAway,
    Away,
    DoNotDisturb,
    Online,
    FreeForChat,
}

checked_integer!(Availability {
    0 => [Availability::Offline],
    1 => [Availability::ExtendedAway],
    2 => [Availability::Away],
    3 => [Availability::DoNotDisturb],
    4 => [Availability::Online],
    5 => [Availability::FreeForChat],
});

/// How to reach the server where DNS does not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Server {
    pub host: Option<String>,
    pub port: Option<u16>,
    pub ca_file: Option<PathBuf>,
    pub resource: Option<String>,
}

/// An account that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    pub address: BareJid,
    pub is_enabled: bool,
    pub server: Server,
    /// Tells this installation from others of the account; never changes.
    pub agent: Uuid,
    pub availability: Availability,
    pub status: String,
    pub nickname: Option<String>,
}

impl NewAccount {
    /// One that signs in at start, appears as online, and about which nothing else is known.
    #[must_use]
    pub fn new(address: BareJid, agent: Uuid) -> Self {
        Self {
            address,
            is_enabled: true,
            server: Server::default(),
            agent,
            availability: Availability::Online,
            status: String::new(),
            nickname: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    pub id: AccountId,
    pub address: BareJid,
    pub is_enabled: bool,
    pub server: Server,
    pub agent: Uuid,
    pub availability: Availability,
    pub status: String,
    pub nickname: Option<String>,
    /// The avatar we publish; its picture is in `avatar`.
    pub avatar_hash: Option<AvatarHash>,
    /// The version of the roster as it is stored (RFC 6121 §2.6).
    pub roster_version: Option<String>,
    /// The best sign-in that was seen, as the session writes it.
    pub seen: Option<u8>,
}

const COLUMNS: &str = "id, address, is_enabled, host, port, ca_file, resource, agent, availability, status, nickname, \
                       avatar_hash, roster_version, seen";

/// All accounts, the oldest first.
pub fn all(connection: &Connection) -> Result<Vec<AccountRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM account ORDER BY id"))?;
    let rows = statement.query_map([], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// # Errors
/// `NotFound`.
pub fn by_id(connection: &Connection, id: AccountId) -> Result<AccountRow, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM account WHERE id = ?1"))?;
    Ok(statement.query_row([id], from_row)?)
}

pub fn by_address(connection: &Connection, address: &BareJid) -> Result<Option<AccountRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM account WHERE address = ?1"))?;
    Ok(statement.query_row([address.as_str()], from_row).optional()?)
}

/// `None` when the address has an account already, which then stays as it is.
pub fn insert(connection: &Connection, new: &NewAccount) -> Result<Option<AccountRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "INSERT INTO account
            (address, is_enabled, host, port, ca_file, resource, agent, availability, status, nickname)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (address) DO NOTHING
         RETURNING {COLUMNS}"
    ))?;
    let row = statement.query_row(
        params![
            new.address.as_str(),
            new.is_enabled,
            new.server.host,
            new.server.port,
            new.server.ca_file.as_ref().map(|path| path.as_os_str().as_bytes()),
            new.server.resource,
            new.agent.to_string(),
            new.availability,
            new.status,
            new.nickname,
        ],
        from_row,
    );
    Ok(row.optional()?)
}

/// Whether it signs in at start.
pub fn set_enabled(connection: &Connection, id: AccountId, is_enabled: bool) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE account SET is_enabled = ?2 WHERE id = ?1")?;
    found(statement.execute(params![id, is_enabled])?)
}

pub fn set_server(connection: &Connection, id: AccountId, server: &Server) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached("UPDATE account SET host = ?2, port = ?3, ca_file = ?4, resource = ?5 WHERE id = ?1")?;
    let ca_file = server.ca_file.as_ref().map(|path| path.as_os_str().as_bytes());
    found(statement.execute(params![id, server.host, server.port, ca_file, server.resource])?)
}

pub fn set_availability(
    connection: &Connection,
    id: AccountId,
    availability: Availability,
    status: &str,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE account SET availability = ?2, status = ?3 WHERE id = ?1")?;
    found(statement.execute(params![id, availability, status])?)
}

pub fn set_nickname(connection: &Connection, id: AccountId, nickname: Option<&str>) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE account SET nickname = ?2 WHERE id = ?1")?;
    found(statement.execute(params![id, nickname])?)
}

pub fn set_avatar(connection: &Connection, id: AccountId, hash: Option<&AvatarHash>) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE account SET avatar_hash = ?2 WHERE id = ?1")?;
    found(statement.execute(params![id, hash])?)
}

pub fn set_roster_version(connection: &Connection, id: AccountId, version: Option<&str>) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE account SET roster_version = ?2 WHERE id = ?1")?;
    found(statement.execute(params![id, version])?)
}

/// The best sign-in that was seen; `None` where the person has taken whatever there is.
pub fn set_seen(connection: &Connection, id: AccountId, seen: Option<u8>) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE account SET seen = ?2 WHERE id = ?1")?;
    found(statement.execute(params![id, seen])?)
}

/// Forgets the account and all that is stored of it: contacts, requests, conversations and messages.
pub fn remove(connection: &Connection, id: AccountId) -> Result<(), StoreError> {
    found(connection.execute("DELETE FROM account WHERE id = ?1", [id])?)
}

fn found(changed: usize) -> Result<(), StoreError> {
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    let ca_file: Option<Vec<u8>> = row.get(5)?;
    let agent: String = row.get(7)?;
    Ok(AccountRow {
        id: row.get(0)?,
        address: address(row, 1)?,
        is_enabled: row.get(2)?,
        server: Server {
            host: row.get(3)?,
            port: row.get(4)?,
            ca_file: ca_file.map(|bytes| OsString::from_vec(bytes).into()),
            resource: row.get(6)?,
        },
        agent: Uuid::from_str(&agent).map_err(FromSqlError::other)?,
        availability: row.get(8)?,
        status: row.get(9)?,
        nickname: row.get(10)?,
        avatar_hash: row.get(11)?,
        roster_version: row.get(12)?,
        seen: row.get(13)?,
    })
}
