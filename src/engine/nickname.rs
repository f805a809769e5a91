//! What we call ourselves, told to those who may see us (XEP-0172 §4.3). What others call themselves is `inbound`'s.

use super::{api::CommandError, context::AccountContext, question::refused};
use crate::{
    store::account,
    xmpp::{nickname, pubsub, session::IqKind},
};

/// The one item of the node.
const ITEM: &str = "current";

/// Publishes the nickname and writes it down; a blank one is none. The account's row has changed when this returns `Ok`.
///
/// # Errors
/// What the server or the store says.
pub async fn publish(context: &AccountContext, name: &str) -> Result<(), CommandError> {
    let payload = nickname::build(name);
    // As others will read it.
    let name = nickname::parse_payload(&payload);
    let request = pubsub::publish(nickname::NODE, Some(ITEM), payload, None);
    context.session.iq(None, IqKind::Set, request).await.map_err(refused)?;
    let id = context.id;
    let written = context.shared.store.write(move |store| account::set_nickname(store, id, name.as_deref()));
    written.await.map_err(|error| context.shared.failed(error))
}
