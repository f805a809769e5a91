//! One connection to one host, after the host's addresses have been judged: the address that was judged is the one that is
//! connected to, whatever the name means a moment later.

use std::{io, sync::Arc, time::Duration};

use hyper::{
    body::Body,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpStream, lookup_host},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use url::Url;

use super::{Client, HttpError, address};

/// How long each step of connecting may take.
const STEP: Duration = Duration::from_secs(15);
/// A host may have many addresses; after so many it is given up.
const MAX_ADDRESSES: usize = 8;

/// The task that moves the bytes; ends with whoever holds this.
#[derive(Debug)]
pub(super) struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Client {
    /// Connects to where the address leads.
    pub(super) async fn connect<B>(&self, url: &Url) -> Result<(SendRequest<B>, Driver), HttpError>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(HttpError::Forbidden);
        };
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let stream = self.reach(&name, port).await?;
        let server = ServerName::try_from(name).map_err(|_| HttpError::Forbidden)?;
        let tls = TlsConnector::from(Arc::clone(&self.tls)).connect(server, stream);
        let tls = timeout(STEP, tls).await.map_err(|_| HttpError::Timeout)?.map_err(HttpError::Unreachable)?;
        let (sender, connection) =
            timeout(STEP, http1::handshake(TokioIo::new(tls))).await.map_err(|_| HttpError::Timeout)??;
        let driver = Driver(tokio::spawn(async move {
            if let Err(error) = connection.await {
                log::debug!("a connection broke off: {error}");
            }
        }));
        Ok((sender, driver))
    }

    async fn reach(&self, name: &str, port: u16) -> Result<TcpStream, HttpError> {
        let found = timeout(STEP, lookup_host((name, port))).await.map_err(|_| HttpError::Timeout)?;
        let is_own = self.own.has(name);
        let (mut last, mut is_forbidden) = (None, false);
        let found = found.map_err(HttpError::Unreachable)?;
        for address in found.take(MAX_ADDRESSES) {
            if !is_own && !address::is_public(address.ip()) {
                is_forbidden = true;
                continue;
            }
            match timeout(STEP, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = Some(error),
                Err(_) => last = Some(io::ErrorKind::TimedOut.into()),
            }
        }
        match last {
            Some(error) => Err(HttpError::Unreachable(error)),
            None if is_forbidden => Err(HttpError::Forbidden),
            None => Err(HttpError::Unreachable(io::ErrorKind::NotFound.into())),
        }
    }
}
