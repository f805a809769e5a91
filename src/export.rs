//! Prints what a profile stores, as JSON, one object a line. Shows no window, asks no server, changes nothing.

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use serde_json::json;

use crate::{
    options::Export,
    store::{OpenError, ReadOnly, StoreError, contact::Subscription, export},
    xmpp::datetime,
};

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the output can't be written: {0}")]
    Write(#[from] io::Error),
}

impl ExportError {
    /// That nobody reads any more (`| head`) is no failure.
    pub fn ignore_closed_pipe(self) -> Result<(), Self> {
        match self {
            Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            error => Err(error),
        }
    }
}

/// Writes all of it to `output`. A profile that was never used has nothing to export.
pub fn run(profile: &Path, what: Export, output: impl Write) -> Result<(), ExportError> {
    let store = match ReadOnly::open(profile) {
        Err(OpenError::NotReady) => return Ok(()),
        opened => opened?,
    };
    let mut output = BufWriter::new(output);
    // The reading transaction ends before an error of writing is told.
    let mut written = Ok(());
    store.read(|connection| {
        written = match what {
            Export::Messages => messages(connection, &mut output),
            Export::Contacts => contacts(connection, &mut output),
        };
        Ok(())
    })?;
    written?;
    Ok(output.flush()?)
}

fn messages(connection: &rusqlite::Connection, output: &mut impl Write) -> Result<(), ExportError> {
    export::messages(connection, |message| {
        let mut line = json!({
            "id": message.id.0,
            "conversation": message.conversation.as_str(),
            "from": message.sender.as_str(),
            "time": datetime::format(message.time),
            "body": message.body,
        });
        // What may be read of a text that its sender covered.
        if let Some(hint) = message.format.spoiler {
            line["spoiler"] = json!(hint);
        }
        Ok(writeln!(output, "{line}")?)
    })
}

fn contacts(connection: &rusqlite::Connection, output: &mut impl Write) -> Result<(), ExportError> {
    for contact in export::roster(connection)? {
        let line = json!({
            "jid": contact.address.as_str(),
            "name": contact.name,
            "subscription": match contact.subscription {
                Subscription::None => "none",
                Subscription::To => "to",
                Subscription::From => "from",
                Subscription::Both => "both",
            },
            "groups": contact.groups,
        });
        writeln!(output, "{line}")?;
    }
    Ok(())
}
