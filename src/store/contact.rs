//! Who is known to an account: its roster, and those with whom there is or was a conversation.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    StoreError, account,
    column::{address, checked_integer},
};
use crate::ids::{AccountId, AvatarHash, BareJid};

/// Who sees whose presence (RFC 6121 §2.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Subscription {
    #[default]
    None,
    To,
    From,
    Both,
}

checked_integer!(Subscription {
    0 => [Subscription::None],
    1 => [Subscription::To],
    2 => [Subscription::From],
    3 => [Subscription::Both],
});

/// Where an avatar was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AvatarSource {
    /// XEP-0084.
    Pep,
    /// XEP-0153.
    Vcard,
}

checked_integer!(AvatarSource {
    0 => [AvatarSource::Pep],
    1 => [AvatarSource::Vcard],
});

/// What the server's roster says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterEntry {
    pub address: BareJid,
    pub name: Option<String>,
    pub groups: Vec<String>,
    pub subscription: Subscription,
    pub is_pending: bool,
    pub is_approved: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column that says yes or no for itself")]
pub struct ContactRow {
    pub account: AccountId,
    pub address: BareJid,
    pub in_roster: bool,
    pub name: Option<String>,
    pub nickname: Option<String>,
    /// In alphabetical order.
    pub groups: Vec<String>,
    pub subscription: Subscription,
    /// We asked to see their presence, and have no answer.
    pub is_pending: bool,
    /// They may see ours as soon as they ask.
    pub is_approved: bool,
    /// What they announced last; the picture itself is in `avatar` once it has been fetched.
    pub avatar: Option<(AvatarHash, AvatarSource)>,
    /// The picture has been fetched and can be shown.
    pub has_picture: bool,
}

/// What replacing the roster has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterChange {
    /// New, or other than before.
    pub changed: Vec<BareJid>,
    /// On the roster no more; the row remains where there is a conversation.
    pub removed: Vec<BareJid>,
}

const SELECT: &str = "
    SELECT c.id, c.account_id, c.address, c.in_roster, c.name, c.nickname, c.subscription, c.is_pending, c.is_approved,
        c.avatar_hash, c.avatar_source, coalesce(a.is_usable, 0)
    FROM contact AS c LEFT JOIN avatar AS a ON a.hash = c.avatar_hash";

/// Everybody whom an account knows.
pub fn all(connection: &Connection, account: AccountId) -> Result<Vec<ContactRow>, StoreError> {
    let mut groups: HashMap<i64, Vec<String>> = HashMap::new();
    let mut statement = connection.prepare_cached(
        "SELECT g.contact_id, g.name FROM contact_group AS g JOIN contact AS c ON c.id = g.contact_id
         WHERE c.account_id = ?1 ORDER BY g.contact_id, g.name",
    )?;
    let mut rows = statement.query([account])?;
    while let Some(row) = rows.next()? {
        groups.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE c.account_id = ?1 ORDER BY c.id"))?;
    let rows = statement.query_map([account], |row| {
        let id: i64 = row.get(0)?;
        from_row(row, groups.remove(&id).unwrap_or_default())
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn find(connection: &Connection, account: AccountId, who: &BareJid) -> Result<Option<ContactRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE c.account_id = ?1 AND c.address = ?2"))?;
    let found = statement
        .query_row(params![account, who.as_str()], |row| Ok((row.get::<_, i64>(0)?, from_row(row, Vec::new())?)))
        .optional()?;
    let Some((id, mut row)) = found else { return Ok(None) };
    row.groups = groups_of(connection, id)?;
    Ok(Some(row))
}

/// Makes a row for somebody who is not on the roster, where there is none. True when it is new.
pub fn ensure(connection: &Connection, account: AccountId, who: &BareJid) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO contact (account_id, address, in_roster, subscription, is_pending, is_approved)
         VALUES (?1, ?2, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
    )?;
    Ok(statement.execute(params![account, who.as_str()])? > 0)
}

/// The whole roster, as the server has it now.
pub fn replace_roster(
    connection: &Connection,
    account: AccountId,
    entries: &[RosterEntry],
    version: Option<&str>,
) -> Result<RosterChange, StoreError> {
    let mut change = RosterChange::default();
    let before = all(connection, account)?;
    let known: HashMap<&BareJid, &ContactRow> = before.iter().map(|row| (&row.address, row)).collect();
    let mut kept = HashSet::new();
    for entry in entries {
        kept.insert(&entry.address);
        if known.get(&entry.address).is_none_or(|row| !is_same(row, entry)) {
            put(connection, account, entry)?;
            change.changed.push(entry.address.clone());
        }
    }
    for row in before.iter().filter(|row| row.in_roster && !kept.contains(&row.address)) {
        take_off(connection, account, &row.address)?;
        change.removed.push(row.address.clone());
    }
    account::set_roster_version(connection, account, version)?;
    Ok(change)
}

/// One entry, as a push has it. True when it is other than before.
pub fn put_roster_entry(
    connection: &Connection,
    account: AccountId,
    entry: &RosterEntry,
    version: Option<&str>,
) -> Result<bool, StoreError> {
    let is_change = find(connection, account, &entry.address)?.is_none_or(|row| !is_same(&row, entry));
    if is_change {
        put(connection, account, entry)?;
    }
    if version.is_some() {
        account::set_roster_version(connection, account, version)?;
    }
    Ok(is_change)
}

/// Takes somebody off the roster; the row remains where there is a conversation. True when they were on it.
pub fn remove_roster_entry(
    connection: &Connection,
    account: AccountId,
    who: &BareJid,
    version: Option<&str>,
) -> Result<bool, StoreError> {
    let was_there = find(connection, account, who)?.is_some_and(|row| row.in_roster);
    if was_there {
        take_off(connection, account, who)?;
    }
    if version.is_some() {
        account::set_roster_version(connection, account, version)?;
    }
    Ok(was_there)
}

/// What somebody calls themselves. True when it is new.
pub fn set_nickname(
    connection: &Connection,
    account: AccountId,
    who: &BareJid,
    nickname: Option<&str>,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE contact SET nickname = ?3 WHERE account_id = ?1 AND address = ?2 AND nickname IS NOT ?3",
    )?;
    Ok(statement.execute(params![account, who.as_str(), nickname])? > 0)
}

/// What somebody announced. True when it is new.
pub fn set_avatar(
    connection: &Connection,
    account: AccountId,
    who: &BareJid,
    avatar: Option<(&AvatarHash, AvatarSource)>,
) -> Result<bool, StoreError> {
    let (hash, source) = avatar.unzip();
    let mut statement = connection.prepare_cached(
        "UPDATE contact SET avatar_hash = ?3, avatar_source = ?4
         WHERE account_id = ?1 AND address = ?2 AND (avatar_hash IS NOT ?3 OR avatar_source IS NOT ?4)",
    )?;
    Ok(statement.execute(params![account, who.as_str(), hash, source])? > 0)
}

/// Everybody, in any account, who announced this picture.
pub fn with_avatar(connection: &Connection, hash: &AvatarHash) -> Result<Vec<(AccountId, BareJid)>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT account_id, address FROM contact WHERE avatar_hash = ?1 ORDER BY id")?;
    let rows = statement.query_map([hash], |row| Ok((row.get(0)?, address(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn is_same(row: &ContactRow, entry: &RosterEntry) -> bool {
    let mut groups: Vec<&String> = entry.groups.iter().collect();
    groups.sort_unstable();
    groups.dedup();
    row.in_roster
        && row.name == entry.name
        && row.groups.iter().eq(groups)
        && row.subscription == entry.subscription
        && row.is_pending == entry.is_pending
        && row.is_approved == entry.is_approved
}

fn put(connection: &Connection, account: AccountId, entry: &RosterEntry) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO contact (account_id, address, in_roster, name, subscription, is_pending, is_approved)
         VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6)
         ON CONFLICT (account_id, address) DO UPDATE SET in_roster = 1, name = excluded.name,
            subscription = excluded.subscription, is_pending = excluded.is_pending, is_approved = excluded.is_approved
         RETURNING id",
    )?;
    let id: i64 = statement.query_row(
        params![account, entry.address.as_str(), entry.name, entry.subscription, entry.is_pending, entry.is_approved],
        |row| row.get(0),
    )?;
    connection.prepare_cached("DELETE FROM contact_group WHERE contact_id = ?1")?.execute([id])?;
    let mut statement = connection
        .prepare_cached("INSERT INTO contact_group (contact_id, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for group in &entry.groups {
        statement.execute(params![id, group])?;
    }
    Ok(())
}

fn take_off(connection: &Connection, account: AccountId, who: &BareJid) -> Result<(), StoreError> {
    let who = who.as_str();
    connection
        .prepare_cached(
            "DELETE FROM contact_group WHERE contact_id = (SELECT id FROM contact WHERE account_id = ?1 AND address = ?2)",
        )?
        .execute(params![account, who])?;
    connection
        .prepare_cached(
            "UPDATE contact SET in_roster = 0, name = NULL, subscription = 0, is_pending = 0, is_approved = 0
             WHERE account_id = ?1 AND address = ?2",
        )?
        .execute(params![account, who])?;
    connection
        .prepare_cached(
            "DELETE FROM contact WHERE account_id = ?1 AND address = ?2 AND NOT EXISTS
                (SELECT 1 FROM conversation WHERE account_id = ?1 AND peer = ?2)",
        )?
        .execute(params![account, who])?;
    Ok(())
}

fn groups_of(connection: &Connection, id: i64) -> Result<Vec<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT name FROM contact_group WHERE contact_id = ?1 ORDER BY name")?;
    let rows = statement.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn from_row(row: &Row<'_>, groups: Vec<String>) -> rusqlite::Result<ContactRow> {
    let avatar = match row.get::<_, Option<AvatarHash>>(9)? {
        Some(hash) => Some((hash, row.get(10)?)),
        None => None,
    };
    Ok(ContactRow {
        account: row.get(1)?,
        address: address(row, 2)?,
        in_roster: row.get(3)?,
        name: row.get(4)?,
        nickname: row.get(5)?,
        groups,
        subscription: row.get(6)?,
        is_pending: row.get(7)?,
        is_approved: row.get(8)?,
        avatar,
        has_picture: row.get(11)?,
    })
}
