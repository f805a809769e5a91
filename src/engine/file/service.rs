//! Who takes files on an account's server (XEP-0363 §4): the server itself or one of its services.

use futures::future::join_all;

use crate::{
    ids::Jid,
    xmpp::{
        disco,
        session::{IqError, IqKind, SessionHandle},
        upload,
    },
};

/// How many of a server's services are asked what they do.
const MAX_SERVICES: usize = 32;

/// Who takes files on an account's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub address: Jid,
    /// In bytes.
    pub max_size: Option<u64>,
}

/// What is known in this session of who takes files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Known {
    #[default]
    Nothing,
    Absent,
    Is(Service),
}

/// Asks all of them; the first that takes files, if any does.
///
/// # Errors
/// Where the server does not say what there is, because there is no session or no answer.
pub async fn find(session: &SessionHandle, domain: Jid) -> Result<Option<Service>, IqError> {
    let items = session.iq(Some(domain.clone()), IqKind::Get, disco::items_query(None)).await;
    let items = match items {
        Ok(items) => items.as_ref().map(disco::parse_items).unwrap_or_default(),
        Err(IqError::Stanza(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    let candidates = items.into_iter().filter(|item| item.node.is_none()).map(|item| item.jid).take(MAX_SERVICES);
    let asked = [domain].into_iter().chain(candidates).map(|address| {
        let session = session.clone();
        async move {
            let info = session.iq(Some(address.clone()), IqKind::Get, disco::info_query(None)).await.ok()??;
            let info = disco::parse_info(&info).filter(|info| info.has(upload::NAMESPACE))?;
            Some(Service { address, max_size: upload::max_size(&info) })
        }
    });
    Ok(join_all(asked).await.into_iter().flatten().next())
}
