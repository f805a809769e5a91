//! The engine as a whole: a thread of its own, the profile's store, the accounts, and the commands of the window.

use std::{path::PathBuf, sync::Arc, thread};

use tokio::sync::oneshot;

use super::{
    account,
    api::{Command, EngineHandle, Event, Events, Notice, Reply, StartProblem},
    clock::{Clock, IdSource},
    command,
    context::{Choices, Shared},
    event_sink::EventSink,
    file::transfer::Transfers,
    live::Accounts,
    order::Order,
    secrets::SecretStore,
};
use crate::{
    store::{OpenError, Opened, Store, StoreError, account as table, held},
    xmpp::session::Trust,
};

/// All that the engine takes from outside, so that a test can decide it.
#[derive(Debug)]
pub struct EngineConfig {
    pub data_dir: PathBuf,
    pub secrets: Arc<dyn SecretStore>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdSource>,
    pub trust: Arc<Trust>,
}

/// Starts the engine. That its profile can't be used is told as an event; its commands then fail with `Stopped`.
#[must_use]
pub fn start(config: EngineConfig) -> (EngineHandle, Events) {
    let (handle, commands) = EngineHandle::pair();
    let (sink, events) = EventSink::new();
    let failure = sink.clone();
    let started = thread::Builder::new().name("engine".to_owned()).spawn(move || run(config, sink, commands));
    if let Err(error) = started {
        log::error!("no thread for the engine: {error}");
        let error = error.to_string();
        failure.emit(Event::StartFailed(StartProblem::Unusable { path: PathBuf::new(), error }));
    }
    (handle, events)
}

fn run(config: EngineConfig, events: EventSink, commands: async_channel::Receiver<Command>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let problem = StartProblem::Unusable { path: config.data_dir, error: error.to_string() };
            return events.emit(Event::StartFailed(problem));
        }
    };
    let EngineConfig { data_dir, secrets, clock, ids, trust } = config;
    let store = match Store::open(&data_dir) {
        Ok(Opened { store, set_aside }) => {
            events.emit_all(set_aside.map(|path| Event::Notice(Notice::DatabaseSetAside(path))));
            store
        }
        Err(error) => {
            log::error!("the profile can't be used: {error}");
            return events.emit(Event::StartFailed(start_problem(error, data_dir)));
        }
    };
    let shared = Arc::new(Shared {
        store,
        events,
        clock,
        ids,
        secrets,
        trust,
        data_dir,
        choices: Choices::default(),
        accounts: Accounts::default(),
        files: Transfers::default(),
    });
    let reply = runtime.block_on(serve(shared, commands));
    // What has been handed to the store is written before it closes.
    drop(runtime);
    if let Some(reply) = reply {
        reply.send(());
    }
}

fn start_problem(error: OpenError, data_dir: PathBuf) -> StartProblem {
    match error {
        OpenError::NewerVersion { found, known } => StartProblem::NewerVersion { found, known },
        OpenError::DiskFull => StartProblem::DiskFull,
        OpenError::NotReady => StartProblem::Unusable { path: data_dir, error: error.to_string() },
        OpenError::Io { path, error } => StartProblem::Unusable { path, error: error.to_string() },
        OpenError::Sqlite { path, error } => StartProblem::Unusable { path, error: error.to_string() },
    }
}

/// Serves commands until the window wants to end, or is gone.
async fn serve(shared: Arc<Shared>, commands: async_channel::Receiver<Command>) -> Option<Reply<()>> {
    if let Err(error) = start_accounts(&shared).await {
        log::error!("the accounts can't be read: {}", shared.failed(error));
    }
    let mut sign_in = None;
    let reply = loop {
        match commands.recv().await {
            Ok(Command::Shutdown { reply }) => break Some(reply),
            Ok(Command::SignIn { account, reply }) => sign_in = Some(command::sign_in(&shared, account, reply)),
            Ok(Command::CancelSignIn) => sign_in = None,
            Ok(command) => command::carry_out(&shared, command).await,
            // All handles are gone.
            Err(_) => break None,
        }
    };
    commands.close();
    drop(sign_in);
    stop_accounts(&shared).await;
    reply
}

async fn start_accounts(shared: &Arc<Shared>) -> Result<(), StoreError> {
    // Nobody has a message in sight any more that was held when the program ended.
    shared.store.write(|store| held::release_all(store)).await?;
    for row in shared.store.read(table::all).await? {
        account::spawn(shared, row, None);
    }
    Ok(())
}

/// Each says goodbye, all at the same time.
async fn stop_accounts(shared: &Shared) {
    let mut stopped = Vec::new();
    shared.accounts.each(|live| {
        let (reply, done) = oneshot::channel();
        live.order(Order::Stop(reply));
        stopped.push(done);
    });
    futures::future::join_all(stopped).await;
}
