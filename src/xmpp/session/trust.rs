//! Which certificate authorities are trusted. Knows files and certificates, nothing of XMPP.

use std::sync::{Arc, OnceLock};

use tokio_rustls::rustls::RootCertStore;

/// The authorities that the system trusts, read when they are first needed and shared by all accounts.
#[derive(Debug, Default)]
pub struct Trust {
    roots: OnceLock<Arc<RootCertStore>>,
}
