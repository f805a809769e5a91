//! Signing in, and what keeps one from it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use stonechat::{
    engine::{
        api::{
            BareJid, Command, CommandError, ConnectionState, Event, NewAccount, Notice, Problem, Secret, ServerSettings,
        },
        secrets::{Answer, SecretError, SecretStore},
    },
    xmpp::{
        CertificateProblem,
        session::{self, AccountConfig, SessionEvent, SessionState, Token},
    },
};

use crate::{
    person::{Person, jid, new_account, server},
    support::{Certificate, Options, Prosody, Relay},
};

/// Why it failed; nothing of it stays.
async fn failure(account: NewAccount) -> Problem {
    let mut person = Person::nobody();
    let address = account.address.clone();
    let Err(CommandError::SignIn(problem)) = person.join(account).await else { panic!("signed in") };
    assert_eq!(person.snapshot().await.accounts, []);
    assert_eq!(person.secrets.password(&address).await, Ok(None));
    problem
}

#[tokio::test]
async fn an_account_joins_the_profile_when_it_has_signed_in() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let mut person = Person::nobody();
    let account = new_account("alice@chat.test", "secret", server(prosody.port(), Some(prosody.ca_file())));
    let id = person.join(account.clone()).await.unwrap();
    person.wait("progress", |event| matches!(event, Event::SignInProgress { .. }).then_some(())).await;
    let snapshot = person.snapshot().await;
    assert_eq!((snapshot.accounts[0].id, &snapshot.accounts[0].address), (id, &jid("alice@chat.test")));
    assert!(person.secrets.password(&jid("alice@chat.test")).await.unwrap().is_some());
    assert_eq!(person.join(account).await, Err(CommandError::AccountExists));
}

#[tokio::test]
async fn a_password_that_is_not_to_be_remembered_is_not_kept() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let mut person = Person::nobody();
    let settings = server(prosody.port(), Some(prosody.ca_file()));
    let account = new_account("alice@chat.test", "secret", settings);
    person.join(NewAccount { remember: false, ..account.clone() }).await.unwrap();
    assert_eq!(person.secrets.password(&account.address).await, Ok(None));

    person.restart().await;
    let id = person.account;
    let needs = |p| ConnectionState::NeedsPerson(p);
    person.until_account("asking for the password", |a| a.connection == needs(Problem::NoPassword)).await;
    person.tell(Command::SetPassword { account: id, password: account.password, remember: false });
    person.online().await;
    assert_eq!(person.secrets.password(&account.address).await, Ok(None));
}

#[tokio::test]
async fn a_wrong_password_is_named() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let settings = server(prosody.port(), Some(prosody.ca_file()));
    assert_eq!(failure(new_account("alice@chat.test", "wrong", settings.clone())).await, Problem::WrongPassword);
    assert_eq!(failure(new_account("nobody@chat.test", "secret", settings)).await, Problem::WrongPassword);
}

#[tokio::test]
async fn an_unknown_host_is_named() {
    let problem = failure(new_account("alice@nowhere.invalid", "secret", ServerSettings::default())).await;
    assert!(
        matches!(problem, Problem::UnknownHost { .. } | Problem::Unreachable { .. } | Problem::NoNetwork),
        "{problem:?}"
    );
}

#[tokio::test]
async fn nobody_at_the_port_is_named() {
    let problem = failure(new_account("alice@chat.test", "secret", server(1, None))).await;
    assert!(matches!(problem, Problem::Unreachable { .. }), "{problem:?}");
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_is_named() {
    for (certificate, problem) in
        [(Certificate::WrongName, CertificateProblem::WrongName), (Certificate::Expired, CertificateProblem::Expired)]
    {
        let prosody = Prosody::start(&Options { certificate, ..Options::with_users(&["alice"]) });
        let settings = server(prosody.port(), Some(prosody.ca_file()));
        assert_eq!(failure(new_account("alice@chat.test", "secret", settings)).await, Problem::Certificate(problem));
    }
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_is_named() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let problem = failure(new_account("alice@chat.test", "secret", server(prosody.port(), None))).await;
    assert_eq!(problem, Problem::Certificate(CertificateProblem::Untrusted));
}

#[tokio::test]
async fn a_sign_in_can_be_given_up() {
    // Somebody listens, and says nothing.
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut person = Person::nobody();
    let account = new_account("alice@chat.test", "secret", server(port, None));
    let handle = person.handle.clone();
    let signing_in = tokio::spawn(async move { handle.request(|reply| Command::SignIn { account, reply }).await });
    person.wait("progress", |event| matches!(event, Event::SignInProgress { .. }).then_some(())).await;
    person.tell(Command::CancelSignIn);
    assert_eq!(signing_in.await.unwrap(), Err(CommandError::Stopped));
    person.stop().await;
}

#[tokio::test]
async fn a_new_password_mends_an_account_whose_password_was_changed_elsewhere() {
    let mut prosody = Prosody::start(&Options::with_users(&["alice"]));
    let mut person = Person::new(&prosody, "alice").await;
    let id = person.account;
    person.stop().await;
    prosody.add_user("alice", "another");
    prosody.start_again();
    person.start();
    let needs = ConnectionState::NeedsPerson(Problem::WrongPassword);
    person.until_account("a wrong password", |a| a.connection == needs).await;
    let password = Secret::new("another");
    person.tell(Command::SetPassword { account: id, password: password.clone(), remember: true });
    person.online().await;
    assert_eq!(person.secrets.password(&jid("alice@chat.test")).await, Ok(Some(password)));
}

/// There is none on this machine, or it does not answer.
#[derive(Debug)]
enum BadKeyring {
    Missing,
    Silent,
}

impl BadKeyring {
    fn answer<'a, T: Send + 'a>(&self) -> Answer<'a, T> {
        match self {
            Self::Missing => Box::pin(async { Err(SecretError::Unavailable("no such service".into())) }),
            Self::Silent => Box::pin(std::future::pending()),
        }
    }
}

impl SecretStore for BadKeyring {
    fn password<'a>(&'a self, _: &'a BareJid) -> Answer<'a, Option<Secret>> {
        self.answer()
    }

    fn set_password<'a>(&'a self, _: &'a BareJid, _: &'a Secret) -> Answer<'a, ()> {
        self.answer()
    }

    fn token<'a>(&'a self, _: &'a BareJid) -> Answer<'a, Option<Secret>> {
        self.answer()
    }

    fn set_token<'a>(&'a self, _: &'a BareJid, _: Option<&'a Secret>) -> Answer<'a, ()> {
        self.answer()
    }

    fn remove<'a>(&'a self, _: &'a BareJid) -> Answer<'a, ()> {
        self.answer()
    }
}

#[tokio::test]
async fn without_a_keyring_the_password_is_asked_for_and_the_person_knows_why() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let mut alice = Person::new(&prosody, "alice").await;
    alice.stop().await;
    alice.start_with(Arc::new(BadKeyring::Missing));
    alice.wait("word of it", |event| (*event == Event::Notice(Notice::NoKeyring)).then_some(())).await;
    let needs = ConnectionState::NeedsPerson(Problem::NoPassword);
    alice.until_account("asking for the password", |a| a.connection == needs).await;
    alice.tell(Command::SetPassword { account: alice.account, password: Secret::new("secret"), remember: true });
    alice.online().await;
}

#[tokio::test]
async fn a_keyring_that_does_not_answer_keeps_nobody_waiting() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let mut alice = Person::new(&prosody, "alice").await;
    alice.stop().await;
    alice.start_with(Arc::new(BadKeyring::Silent));
    assert_eq!(alice.snapshot().await.accounts.len(), 1);
    alice.tell(Command::SetPassword { account: alice.account, password: Secret::new("secret"), remember: true });
    alice.online().await;
    alice.stop().await;

    let mut other = Person::nobody();
    other.stop().await;
    other.start_with(Arc::new(BadKeyring::Silent));
    let settings = server(prosody.port(), Some(prosody.ca_file()));
    other.join(new_account("alice@chat.test", "secret", settings)).await.unwrap();
    other.online().await;
}

#[tokio::test]
async fn a_token_is_kept_with_the_password_and_goes_with_the_account() {
    let modules = ["sasl2", "sasl2_bind2", "sasl2_sm", "sasl2_fast"].map(str::to_owned).to_vec();
    let prosody = Prosody::start(&Options { modules, ..Options::with_users(&["alice"]) });
    let mut alice = Person::new(&prosody, "alice").await;
    alice.restart().await;
    alice.online().await;
    assert!(prosody.log().contains("authenticating using FAST"), "the second sign-in is by token");
    let kept = alice.secrets.token(&alice.address).await.unwrap();
    assert!(kept.is_some());
    let account = alice.account;
    alice.request(|reply| Command::RemoveAccount { account, reply }).await.unwrap();
    assert_eq!(alice.secrets.token(&alice.address).await.unwrap(), None);
}

/// Signs in by the token alone: whether the server takes it.
async fn is_taken(config: &AccountConfig) -> bool {
    let (session, mut events) = session::start(config.clone());
    let taken = loop {
        match events.recv().await.expect("an answer") {
            SessionEvent::Online { .. } => break true,
            SessionEvent::State(SessionState::NeedsPerson(Problem::WrongPassword)) => break false,
            SessionEvent::State(SessionState::NeedsPerson(problem)) => panic!("{problem}"),
            _ => (),
        }
    };
    let drain = async { while events.recv().await.is_some() {} };
    tokio::join!(session.close(), drain);
    taken
}

#[tokio::test]
async fn the_token_of_an_account_that_is_removed_is_of_no_use_to_anybody() {
    let modules = ["sasl2", "sasl2_bind2", "sasl2_sm", "sasl2_fast"].map(str::to_owned).to_vec();
    let prosody = Prosody::start(&Options { modules, ..Options::with_users(&["alice"]) });
    let mut alice = Person::new(&prosody, "alice").await;
    let kept = alice.secrets.token(&alice.address).await.unwrap().unwrap();
    let agent = rusqlite::Connection::open(alice.dir.path().join("stonechat.db")).unwrap();
    let agent: String = agent.query_row("SELECT agent FROM account", [], |row| row.get(0)).unwrap();
    let thief = AccountConfig {
        address: alice.address.clone(),
        password: Some(Secret::new("not known")),
        host: Some("127.0.0.1".into()),
        port: Some(prosody.port()),
        name_server: None,
        ca_file: Some(prosody.ca_file()),
        resource: None,
        agent: agent.parse().unwrap(),
        token: Token::from_secret(&kept),
        seen: None,
        trust: Arc::default(),
    };
    // The server takes both for the same installation, so not at the same time.
    alice.stop().await;
    assert!(is_taken(&thief).await);
    alice.start();
    alice.online().await;
    let account = alice.account;
    alice.request(|reply| Command::RemoveAccount { account, reply }).await.unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while is_taken(&thief).await {
        assert!(Instant::now() < until, "the server takes it yet");
    }
}

#[tokio::test]
async fn an_account_is_removed_though_the_server_says_nothing_any_more() {
    let modules = ["sasl2", "sasl2_bind2", "sasl2_sm", "sasl2_fast"].map(str::to_owned).to_vec();
    let prosody = Prosody::start(&Options { modules, ..Options::with_users(&["alice"]) });
    let relay = Relay::start(prosody.port());
    let alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    relay.swallow(true);
    let (account, begun) = (alice.account, Instant::now());
    alice.request(|reply| Command::RemoveAccount { account, reply }).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert_eq!(alice.snapshot().await.accounts, []);
}

#[tokio::test]
async fn a_weaker_sign_in_than_before_is_asked_about_also_after_a_restart() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let mut alice = Person::new(&prosody, "alice").await;
    alice.stop().await;
    drop(prosody);
    let global = "disable_sasl_mechanisms = { \"SCRAM-SHA-256\", \"SCRAM-SHA-256-PLUS\" }";
    let weaker = Prosody::start(&Options { global: global.to_owned(), ..Options::with_users(&["alice"]) });
    let settings = server(weaker.port(), Some(weaker.ca_file()));
    alice.start();
    alice.tell(Command::SetServerSettings { account: alice.account, server: settings });
    let needs = ConnectionState::NeedsPerson(Problem::WeakerSignIn);
    alice.until_account("asking", |account| account.connection == needs).await;
    alice.tell(Command::AcceptWeakerSignIn { account: alice.account });
    alice.online().await;
    // And it is not asked again.
    alice.restart().await;
    alice.online().await;
}
