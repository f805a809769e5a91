//! What whoever wrote a message says of the links in its text. It belongs to the text: a new one brings its own.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use rusqlite::{
    Connection, params,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};

use super::StoreError;
use crate::ids::MessageId;

/// What is said of one link; texts are single lines, and empty where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkPreview {
    /// As it stands in the message.
    pub url: String,
    pub title: String,
    pub description: String,
    /// What the place calls itself to which the page belongs.
    pub site: String,
    /// A small one, as a file.
    pub picture: Option<Vec<u8>>,
}

/// Previews in one column, for those that wait for their message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkPreviews(pub Vec<LinkPreview>);

impl ToSql for LinkPreviews {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let rows = self.0.iter().map(|it| {
            let picture = it.picture.as_ref().map(|bytes| BASE64.encode(bytes)).unwrap_or_default();
            [it.url.as_str(), &it.title, &it.description, &it.site]
                .map(str::to_owned)
                .into_iter()
                .chain([picture])
                .collect()
        });
        let json = serde_json::to_string(&rows.collect::<Vec<Vec<String>>>());
        json.map(ToSqlOutput::from).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    }
}

impl FromSql for LinkPreviews {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let rows: Vec<[String; 5]> =
            serde_json::from_str(value.as_str()?).map_err(|error| FromSqlError::Other(error.into()))?;
        let previews = rows.into_iter().map(|[url, title, description, site, picture]| {
            let picture = BASE64.decode(picture).ok().filter(|bytes| !bytes.is_empty());
            LinkPreview { url, title, description, site, picture }
        });
        Ok(Self(previews.collect()))
    }
}

/// What is said of the links in a message's text, in place of what was said before.
pub fn set(connection: &Connection, message: MessageId, previews: &[LinkPreview]) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM link_preview WHERE message_id = ?1")?.execute([message])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO link_preview (message_id, number, url, title, description, site, picture)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (number, LinkPreview { url, title, description, site, picture }) in (0_i64..).zip(previews) {
        insert.execute(params![message, number, url, title, description, site, picture])?;
    }
    Ok(())
}

/// What is said of the links in a message's text, in their order.
pub fn of(connection: &Connection, message: MessageId) -> Result<Vec<LinkPreview>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT url, title, description, site, picture FROM link_preview WHERE message_id = ?1 ORDER BY number",
    )?;
    let rows = statement.query_map([message], |row| {
        let (url, title, description, site) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(LinkPreview { url, title, description, site, picture: row.get(4)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
