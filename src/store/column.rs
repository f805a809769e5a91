//! How the types that several tables share stand in a column.
//!
//! Enums of the tables are integers that the schema checks, each with the Rust twin that [`checked_integer!`] joins to it.

use std::str::FromStr;

use rusqlite::{
    Row, ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};

use crate::{
    ids::{AccountId, AmendmentId, AvatarHash, BareJid, ConversationId, Jid, MessageId, OriginId, Timestamp},
    text_format::TextFormat,
};

macro_rules! integer_column {
    ($($name:ident),+) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    )+};
}

integer_column!(AccountId, AmendmentId, ConversationId, MessageId, Timestamp);

/// Joins each variant of an enum to the integer that means it in the database: `checked_integer!(Colour { 0 => [Colour::Red] })`.
macro_rules! checked_integer {
    ($name:ty { $($code:literal => [$($variant:tt)+]),+ $(,)? }) => {
        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                let code: i64 = match self {
                    $($($variant)+ => $code,)+
                };
                Ok(code.into())
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                match value.as_i64()? {
                    $($code => Ok($($variant)+),)+
                    other => Err(rusqlite::types::FromSqlError::OutOfRange(other)),
                }
            }
        }
    };
}
pub(super) use checked_integer;

impl ToSql for OriginId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for OriginId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        String::column_result(value).map(Self)
    }
}

impl ToSql for AvatarHash {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

impl FromSql for AvatarHash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

/// NULL for a text that says nothing of how it is to be shown.
impl ToSql for TextFormat {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(self.to_json().into()))
    }
}

impl FromSql for TextFormat {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Option::<String>::column_result(value)?.map_or_else(Self::default, |json| Self::from_json(&json)))
    }
}

/// An address out of a column; it goes in with `as_str()`.
pub(super) fn address(row: &Row<'_>, index: usize) -> rusqlite::Result<BareJid> {
    struct Address(BareJid);

    impl FromSql for Address {
        fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
            BareJid::from_str(value.as_str()?).map(Self).map_err(FromSqlError::other)
        }
    }

    row.get::<_, Address>(index).map(|address| address.0)
}

/// An address of any kind out of a column.
pub(super) fn any_address(row: &Row<'_>, index: usize) -> rusqlite::Result<Jid> {
    struct Address(Jid);

    impl FromSql for Address {
        fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
            Jid::from_str(value.as_str()?).map(Self).map_err(FromSqlError::other)
        }
    }

    row.get::<_, Address>(index).map(|address| address.0)
}
