//! What the server is to keep (XEP-0441), as the person chooses it. Addresses that another client has made exceptions of stay
//! exceptions.

use crate::{
    engine::{
        api::{ArchivePolicy, CommandError},
        question::refused,
    },
    xmpp::{
        archive_preferences::{self as xep, Preferences},
        session::{IqKind, SessionHandle},
    },
};

/// What holds; `None` where the server has no archive, or nothing to choose.
///
/// # Errors
/// When there is no answer.
pub async fn load(session: &SessionHandle) -> Result<Option<ArchivePolicy>, CommandError> {
    match preferences(session).await {
        Ok(preferences) => Ok(preferences.map(|preferences| preferences.default)),
        Err(CommandError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// # Errors
/// What the server says.
pub async fn set(session: &SessionHandle, policy: ArchivePolicy) -> Result<(), CommandError> {
    let known = preferences(session).await?.ok_or(CommandError::NotFound)?;
    let wanted = Preferences { default: policy, ..known };
    session.iq(None, IqKind::Set, xep::build(&wanted)).await.map_err(refused)?;
    Ok(())
}

async fn preferences(session: &SessionHandle) -> Result<Option<Preferences>, CommandError> {
    let answer = session.iq(None, IqKind::Get, xep::query()).await.map_err(refused)?;
    Ok(answer.as_ref().and_then(xep::parse))
}
