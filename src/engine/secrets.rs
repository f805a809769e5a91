//! Where passwords are kept: in the desktop's keyring, and nowhere else.
//!
//! A keyring may ask the person to unlock it, for as long as they please; so each call has a deadline and nobody's start
//! waits for it. It may also end and begin again while we run, so each call finds it anew: there are few of them.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Mutex as TurnMutex;

use crate::{config, ids::BareJid, secret::Secret};

/// How long the keyring may take: long enough for a person to type its password.
const DEADLINE: Duration = Duration::from_mins(2);

/// Why a secret could not be kept or found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is no keyring, it stays locked, or it does not answer.
    #[error("no keyring: {0}")]
    Unavailable(String),
}

/// A secret store's answer, which may take as long as a person does.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SecretError>> + Send + 'a>>;

/// A place for passwords, by account address.
pub trait SecretStore: fmt::Debug + Send + Sync {
    /// `None` where there is none for this account.
    fn password<'a>(&'a self, account: &'a BareJid) -> Answer<'a, Option<Secret>>;
    fn set_password<'a>(&'a self, account: &'a BareJid, password: &'a Secret) -> Answer<'a, ()>;
    /// What the server gave to sign in with in place of the password (XEP-0484).
    fn token<'a>(&'a self, account: &'a BareJid) -> Answer<'a, Option<Secret>>;
    /// `None` forgets it.
    fn set_token<'a>(&'a self, account: &'a BareJid, token: Option<&'a Secret>) -> Answer<'a, ()>;
    /// Forgets all of the account.
    fn remove<'a>(&'a self, account: &'a BareJid) -> Answer<'a, ()>;
}

/// Keeps secrets while the program runs: for tests, and for an account that was given on the command line.
#[derive(Debug, Default)]
pub struct MemorySecrets {
    passwords: Mutex<HashMap<BareJid, Secret>>,
    tokens: Mutex<HashMap<BareJid, Secret>>,
}

impl MemorySecrets {
    /// Knows one password from the start.
    #[must_use]
    pub fn with(account: BareJid, password: Secret) -> Self {
        Self { passwords: Mutex::new(HashMap::from([(account, password)])), tokens: Mutex::default() }
    }
}

impl SecretStore for MemorySecrets {
    fn password<'a>(&'a self, account: &'a BareJid) -> Answer<'a, Option<Secret>> {
        let found = self.passwords.lock().unwrap_or_else(PoisonError::into_inner).get(account).cloned();
        Box::pin(async move { Ok(found) })
    }

    fn set_password<'a>(&'a self, account: &'a BareJid, password: &'a Secret) -> Answer<'a, ()> {
        self.passwords.lock().unwrap_or_else(PoisonError::into_inner).insert(account.clone(), password.clone());
        Box::pin(async { Ok(()) })
    }

    fn token<'a>(&'a self, account: &'a BareJid) -> Answer<'a, Option<Secret>> {
        let found = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(account).cloned();
        Box::pin(async move { Ok(found) })
    }

    fn set_token<'a>(&'a self, account: &'a BareJid, token: Option<&'a Secret>) -> Answer<'a, ()> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        match token {
            Some(token) => tokens.insert(account.clone(), token.clone()),
            None => tokens.remove(account),
        };
        Box::pin(async { Ok(()) })
    }

    fn remove<'a>(&'a self, account: &'a BareJid) -> Answer<'a, ()> {
        self.passwords.lock().unwrap_or_else(PoisonError::into_inner).remove(account);
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).remove(account);
        Box::pin(async { Ok(()) })
    }
}

/// The Secret Service, or in a sandbox the file that the secret portal has the key of.
#[derive(Debug, Default)]
pub struct Keyring {
    /// One call at a time: a person is asked once to unlock it, not once for each account.
    turn: TurnMutex<()>,
}

/// An unlocked keyring. It may have to ask.
async fn open() -> oo7::Result<oo7::Keyring> {
    let keyring = oo7::Keyring::new().await?;
    keyring.unlock().await?;
    Ok(keyring)
}

/// By these a secret is found again, by us and by a person who looks through the keyring.
fn attributes(account: &BareJid) -> HashMap<&'static str, String> {
    HashMap::from([("app-id", config::APP_ID.to_owned()), ("account", account.to_string())])
}

const PASSWORD: &str = "password";
const TOKEN: &str = "token";

/// The same for one kind of secret.
fn attributes_of(account: &BareJid, kind: &str) -> HashMap<&'static str, String> {
    let mut attributes = attributes(account);
    attributes.insert("kind", kind.to_owned());
    attributes
}

async fn find(account: &BareJid, kind: &str) -> oo7::Result<Option<Secret>> {
    let items = open().await?.search_items(&attributes_of(account, kind)).await?;
    let Some(item) = items.first() else { return Ok(None) };
    let secret = item.secret().await?;
    Ok(std::str::from_utf8(secret.as_bytes()).ok().map(Secret::new))
}

async fn keep(label: &str, account: &BareJid, kind: &str, secret: &Secret) -> oo7::Result<()> {
    let secret = oo7::Secret::text(secret.expose());
    open().await?.create_item(label, &attributes_of(account, kind), secret, true).await
}

impl Keyring {
    async fn in_turn<T>(&self, work: impl Future<Output = oo7::Result<T>>) -> Result<T, SecretError> {
        let work = async {
            let _turn = self.turn.lock().await;
            work.await
        };
        match tokio::time::timeout(DEADLINE, work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(SecretError::Unavailable(error.to_string())),
            Err(_) => Err(SecretError::Unavailable("no answer in time".to_owned())),
        }
    }
}

impl SecretStore for Keyring {
    fn password<'a>(&'a self, account: &'a BareJid) -> Answer<'a, Option<Secret>> {
        Box::pin(self.in_turn(find(account, PASSWORD)))
    }

    fn set_password<'a>(&'a self, account: &'a BareJid, password: &'a Secret) -> Answer<'a, ()> {
        Box::pin(self.in_turn(async move {
            let label = format!("{} ({account})", config::APP_NAME);
            keep(&label, account, PASSWORD, password).await
        }))
    }

    fn token<'a>(&'a self, account: &'a BareJid) -> Answer<'a, Option<Secret>> {
        Box::pin(self.in_turn(find(account, TOKEN)))
    }

    fn set_token<'a>(&'a self, account: &'a BareJid, token: Option<&'a Secret>) -> Answer<'a, ()> {
        Box::pin(self.in_turn(async move {
            let Some(token) = token else { return open().await?.delete(&attributes_of(account, TOKEN)).await };
            keep(&format!("{} ({account}, token)", config::APP_NAME), account, TOKEN, token).await
        }))
    }

    fn remove<'a>(&'a self, account: &'a BareJid) -> Answer<'a, ()> {
        Box::pin(self.in_turn(async move { open().await?.delete(&attributes(account)).await }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_keeps_a_password_until_it_is_removed() {
        futures::executor::block_on(async {
            let (secrets, account) = (MemorySecrets::default(), BareJid::new("a@b").unwrap());
            assert_eq!(secrets.password(&account).await, Ok(None));
            secrets.set_password(&account, &Secret::new("x")).await.unwrap();
            assert_eq!(secrets.password(&account).await, Ok(Some(Secret::new("x"))));
            secrets.set_token(&account, Some(&Secret::new("t"))).await.unwrap();
            assert_eq!(secrets.token(&account).await, Ok(Some(Secret::new("t"))));
            secrets.remove(&account).await.unwrap();
            assert_eq!(secrets.password(&account).await, Ok(None));
            assert_eq!(secrets.token(&account).await, Ok(None));
        });
    }
}
