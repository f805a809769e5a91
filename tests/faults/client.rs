//! A client in a process of its own, which can be killed: the engine with a profile on disk, driven by lines of JSON.
//!
//! It is told who it is by the first line, and then `{"befriend": true}`, `{"send": TEXT}` or `{"quit": true}`. It says how its
//! connection stands, what it has `accepted` (the engine has it on disk), and each `trouble` that a person would have to mend.

use std::{
    io::{self, BufRead as _},
    path::PathBuf,
    sync::Arc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use stonechat::engine::{
    self,
    api::{
        Account, AccountId, BareJid, Command, ConnectionState, ConversationId, EngineHandle, Event, Secret, TextFormat,
    },
    secrets::MemorySecrets,
};
use tokio::sync::mpsc;

use super::person::{self, new_account};

/// How patient a person is who presses the button that tries again: the back-off of hours of faults need not be waited for.
const PATIENCE: Duration = Duration::from_millis(150);
pub const PASSWORD: &str = "secret";

/// All of such a process.
pub fn main() {
    env_logger::init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(listen()));
}

/// What is said to this process, line by line. It ends with whoever started it.
fn listen() -> mpsc::UnboundedReceiver<Value> {
    let (sender, lines) = mpsc::unbounded_channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                return;
            }
        }
        std::process::exit(0);
    });
    lines
}

fn say(what: &Value) {
    println!("{what}");
}

struct Client {
    handle: EngineHandle,
    account: AccountId,
    peer: BareJid,
    conversation: ConversationId,
}

async fn run(mut lines: mpsc::UnboundedReceiver<Value>) {
    let who = lines.recv().await.unwrap();
    let text = |key: &str| who[key].as_str().unwrap().to_owned();
    let (address, peer) = (person::jid(&text("address")), person::jid(&text("peer")));
    let secrets = MemorySecrets::with(address.clone(), Secret::new(PASSWORD));
    let (handle, events) = engine::start(person::config(PathBuf::from(text("dir")), Arc::new(secrets)));
    let known = handle.request(|reply| Command::LoadSnapshot { reply }).await.unwrap().accounts;
    let account = if let Some(account) = known.first() {
        account.id
    } else {
        let port = u16::try_from(who["port"].as_u64().unwrap()).unwrap();
        let account = new_account(address.as_str(), PASSWORD, person::server(port, Some(text("ca").into())));
        handle.request(|reply| Command::SignIn { account, reply }).await.unwrap()
    };
    let open = |reply| Command::OpenConversation { account, peer: peer.clone(), reply };
    let conversation = handle.request(open).await.unwrap().id;
    let client = Client { handle, account, peer, conversation };
    say(&json!({"ready": true}));
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) if line["quit"] == true => break,
                Some(line) => client.told(&line).await,
                None => return,
            },
            event = events.recv() => match event {
                Ok(event) => client.heard(event),
                Err(_) => return say(&json!({"trouble": "the engine has ended"})),
            },
        }
    }
    client.handle.shutdown().await;
}

impl Client {
    async fn told(&self, line: &Value) {
        if let Some(text) = line["send"].as_str() {
            let (conversation, body) = (self.conversation, text.to_owned());
            match self
                .handle
                .request(|reply| Command::SendMessage {
                    conversation,
                    body,
                    format: TextFormat::default(),
                    answers: None,
                    preview: None,
                    reply,
                })
                .await
            {
                Ok(_) => say(&json!({"accepted": text})),
                Err(error) => say(&json!({"trouble": format!("{text} is refused: {error}")})),
            }
        }
        if line["befriend"] == true {
            let (account, address) = (self.account, self.peer.clone());
            let (name, groups, text) = (String::new(), Vec::new(), String::new());
            let add = |reply| Command::AddContact { account, address, name, groups, text, reply };
            if let Err(error) = self.handle.request(add).await {
                say(&json!({"trouble": error.to_string()}));
            }
        }
    }

    fn heard(&self, event: Event) {
        match event {
            Event::AccountChanged(Account { connection, .. }) => self.connection(&connection),
            Event::RequestsChanged { account, requests } => {
                for request in requests {
                    let (handle, address) = (self.handle.clone(), request.address);
                    tokio::spawn(async move {
                        let approve = |reply| Command::ApproveRequest { account, address, add: true, reply };
                        let _ = handle.request(approve).await;
                    });
                }
            }
            Event::ContactsChanged(contacts) => {
                let is_friend = contacts.iter().any(|c| c.subscription == engine::api::Subscription::Both);
                if is_friend {
                    say(&json!({"friends": true}));
                }
            }
            Event::StartFailed(problem) => say(&json!({"trouble": problem.to_string()})),
            Event::Notice(notice) => say(&json!({"trouble": format!("{notice:?}")})),
            _ => {}
        }
    }

    fn connection(&self, state: &ConnectionState) {
        match state {
            ConnectionState::Waiting { .. } => {
                let (handle, account) = (self.handle.clone(), self.account);
                tokio::spawn(async move {
                    tokio::time::sleep(PATIENCE).await;
                    let _ = handle.send(Command::ReconnectNow { account });
                });
            }
            ConnectionState::NeedsPerson(problem) => say(&json!({"trouble": problem.to_string()})),
            _ => {}
        }
        say(&json!({"online": *state == ConnectionState::Online}));
    }
}
