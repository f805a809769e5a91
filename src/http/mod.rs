//! Fetching and uploading files by HTTPS, for addresses that come from anybody.
//!
//! Never without TLS, never from a place that only this machine or its network can reach, never without a limit on time and
//! redirects. Knows nothing of messages and writes no files.
//!
//! | file | duty |
//! |---|---|
//! | `address` | which addresses may be spoken to |
//! | `connection` | one connection to one of them |
//! | `download` | a file from there, or the rest of one |
//! | `upload` | a file to there |

mod address;
mod connection;
mod download;
mod upload;

use std::{io, sync::Arc};

use tokio_rustls::rustls::ClientConfig;

pub use address::{OwnHosts, parse};
pub use download::Download;
pub use url::Url;

/// Why a file is not there.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("not an address that may be spoken to")]
    Forbidden,
    #[error("can't be reached: {0}")]
    Unreachable(io::Error),
    #[error("answered {0}")]
    Status(u16),
    #[error("sent from one place to another too often")]
    Redirects,
    #[error("nothing came for too long")]
    Timeout,
    #[error("broke off: {0}")]
    Broken(#[from] hyper::Error),
    #[error("the file can't be read: {0}")]
    File(io::Error),
}

impl HttpError {
    /// Whether the same may work a little later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Timeout | Self::Broken(_) => true,
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::Forbidden | Self::Redirects | Self::File(_) => false,
        }
    }
}

/// How one account speaks HTTPS.
#[derive(Debug, Clone)]
pub struct Client {
    tls: Arc<ClientConfig>,
    own: OwnHosts,
}

impl Client {
    /// With the certificates that the account trusts. Only `own` hosts may have private addresses.
    #[must_use]
    pub fn new(mut tls: ClientConfig, own: OwnHosts) -> Self {
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { tls: Arc::new(tls), own }
    }
}
