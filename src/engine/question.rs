//! Questions to the server that many parts ask: again, where it has no time to answer; and what its refusal means to the
//! window.

use std::time::Duration;

use minidom::Element;
use tokio::time::sleep;

use super::api::CommandError;
use crate::{
    ids::Jid,
    xmpp::session::{IqError, IqKind, SessionHandle},
};

/// So often is asked what has to be known, and so long is waited where the server has no time to answer.
pub(super) const ATTEMPTS: u32 = 3;
pub(super) const REST: Duration = Duration::from_secs(5);

/// Asks again where no answer came in time.
pub async fn patient(session: SessionHandle, to: Option<Jid>, payload: Element) -> Result<Option<Element>, IqError> {
    for _ in 1..ATTEMPTS {
        match session.iq(to.clone(), IqKind::Get, payload.clone()).await {
            Err(error) if error.is_passing() => {
                log::info!("asks once more: {error}");
                if error != IqError::Timeout {
                    sleep(REST).await;
                }
            }
            answer => return answer,
        }
    }
    session.iq(to, IqKind::Get, payload).await
}

/// Why the server did not do what a person wanted, in the window's words.
pub fn refused(error: IqError) -> CommandError {
    match error {
        IqError::Stanza(error) => CommandError::Refused { condition: error.condition, text: error.text },
        IqError::Timeout => CommandError::Timeout,
        IqError::Lost => CommandError::NotOnline,
    }
}
