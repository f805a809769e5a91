//! Signs in to an account that is not in the profile yet: connects once, and only when that has worked the account joins.

use std::sync::Arc;

use tokio::{
    sync::oneshot,
    time::{Duration, timeout},
};

use crate::{
    engine::{
        account::{self, Begun},
        api::{CommandError, Event, NewAccount},
        context::Shared,
    },
    ids::AccountId,
    store::account::{self as table, AccountRow},
    xmpp::{
        Problem,
        session::{self, AccountConfig, SessionEvent, SessionState},
    },
};

/// How long the window waits for the keyring.
const PATIENCE: Duration = Duration::from_secs(1);

/// Carries out a sign-in. `cancel` gives it up, whether it is sent to or dropped.
pub async fn sign_in(
    shared: Arc<Shared>,
    new: NewAccount,
    cancel: oneshot::Receiver<()>,
) -> Result<AccountId, CommandError> {
    let address = new.address.clone();
    let known = shared.store.read(move |store| table::by_address(store, &address)).await;
    if known.map_err(|error| shared.failed(error))?.is_some() {
        return Err(CommandError::AccountExists);
    }
    let row = table::NewAccount {
        server: new.server.clone().into(),
        ..table::NewAccount::new(new.address.clone(), shared.ids.uuid())
    };
    let begun = tokio::select! {
        begun = connect(&shared, &new, &row) => begun?,
        _ = cancel => return Err(CommandError::Stopped),
    };
    let row = join(&shared, row).await?;
    let id = row.id;
    account::spawn(&shared, row, Some(begun));
    shared.tell_account(id);
    if new.remember {
        // A keyring that asks the person something goes on doing so behind our back.
        let saving = tokio::spawn(async move { shared.keep_password(&new.address, &new.password).await });
        let _ = timeout(PATIENCE, saving).await;
    }
    Ok(id)
}

/// Tries once. When this is given up, the session ends with its handle.
async fn connect(shared: &Shared, new: &NewAccount, row: &table::NewAccount) -> Result<Begun, CommandError> {
    let (session, mut events) = session::start(AccountConfig {
        address: new.address.clone(),
        password: Some(new.password.clone()),
        host: new.server.host.clone(),
        port: new.server.port,
        name_server: None,
        ca_file: new.server.ca_file.clone(),
        resource: new.server.resource.clone(),
        agent: row.agent,
        token: None,
        seen: None,
        trust: Arc::clone(&shared.trust),
    });
    // What was learnt by signing in comes before it is said that it worked.
    let mut learnt = Vec::new();
    let problem = loop {
        match events.recv().await {
            Some(event @ (SessionEvent::SignedIn(_) | SessionEvent::Token(_))) => learnt.push(event),
            Some(SessionEvent::State(SessionState::Connecting(step))) => {
                shared.events.emit(Event::SignInProgress { step });
            }
            Some(SessionEvent::State(SessionState::Waiting { problem, .. } | SessionState::NeedsPerson(problem))) => {
                break problem;
            }
            Some(first @ SessionEvent::Online { .. }) => {
                learnt.push(first);
                return Ok(Begun { session, events, first: learnt, password: new.password.clone() });
            }
            Some(SessionEvent::State(SessionState::Closed)) | None => break Problem::Lost,
            Some(_) => {}
        }
    };
    // Nobody waits for the goodbye.
    tokio::spawn(async move {
        let drain = async { while events.recv().await.is_some() {} };
        tokio::join!(session.close(), drain);
    });
    Err(CommandError::SignIn(problem))
}

async fn join(shared: &Shared, row: table::NewAccount) -> Result<AccountRow, CommandError> {
    let inserted = shared.store.write(move |store| table::insert(store, &row)).await;
    inserted.map_err(|error| shared.failed(error))?.ok_or(CommandError::AccountExists)
}
