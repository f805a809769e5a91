//! What has become of a message's file: noted, and told.

use rusqlite::Connection;

use crate::{
    engine::{
        api::{AttachmentProblem, MessageId},
        change::Changes,
        context::Shared,
        effect::Effects,
    },
    store::{StoreError, attachment, message},
};

/// What the window is told when something about a message's file has changed.
pub fn changed(store: &Connection, message: MessageId) -> Result<Effects, StoreError> {
    let mut effects = Effects::default();
    let row = match message::by_id(store, message) {
        Ok(row) => row,
        // Deleted meanwhile.
        Err(StoreError::NotFound) => return Ok(effects),
        Err(error) => return Err(error),
    };
    let mut changes = Changes::default();
    changes.of(store, row.conversation)?.change(row.into());
    changes.finish(store, &mut effects.events)?;
    Ok(effects)
}

/// Notes why a file is not here, and tells of it.
pub async fn failed(shared: &Shared, message: MessageId, problem: AttachmentProblem) {
    let noted = shared.change(move |store, _| {
        attachment::set_problem(store, message, Some(problem))?;
        Ok(((), changed(store, message)?))
    });
    if let Err(error) = noted.await {
        log::warn!("a file's problem can't be noted: {}", shared.failed(error));
    }
}
