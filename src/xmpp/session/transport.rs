//! From a domain to a guarded, TLS-protected line: addresses, TCP, STARTTLS or direct TLS, with the data that binds a sign-in
//! to the channel. Knows nothing of accounts' states; a deadline stands on every step.

use std::{borrow::Cow, collections::VecDeque, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use futures::{SinkExt as _, StreamExt as _, stream::FuturesUnordered};
use tokio::{
    net::TcpStream,
    sync::mpsc::UnboundedSender,
    time::{sleep, timeout},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, ProtocolVersion, pki_types::ServerName},
};
use tokio_xmpp::xmlstream::{StreamHeader, Timeouts, XmlStream, initiate_stream};
use xmpp_parsers::ns;

use super::{
    element::StreamElement,
    guard::{Guard, GuardLimits},
    nonza::Starttls,
    problem::unexpected,
    resolve::{Resolver, Security, Target, ascii},
    trust::{Trust, tls_problem},
};
use crate::xmpp::{ConnectStep, Problem};

const TCP_DEADLINE: Duration = Duration::from_secs(12);
const TLS_DEADLINE: Duration = Duration::from_secs(15);
/// RFC 8305 §5: how long one address has before the next is tried beside it.
const HEAD_START: Duration = Duration::from_millis(250);

/// A silent peer is asked after the first and given up after the second. The first is also how often an idle stream wakes us.
pub const TIMEOUTS: Timeouts =
    Timeouts { read_timeout: Duration::from_secs(150), response_timeout: Duration::from_secs(30) };

pub type Io = Guard<TlsStream<TcpStream>>;

/// A line to the server.
pub struct Connected {
    pub io: Io,
    /// RFC 9266, with TLS 1.3.
    pub exporter: Option<Vec<u8>>,
}

/// Where to connect, and whom to believe; what is learnt on the way stays for the next time.
#[derive(Clone)]
pub struct Connector {
    pub domain: String,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub ca_file: Option<PathBuf>,
    pub trust: Arc<Trust>,
    tls: Option<Arc<ClientConfig>>,
    /// How TLS began the last time that it did.
    security: Option<Security>,
}

/// The header for `domain`. `from` only inside TLS: it tells who connects.
pub fn header<'h>(domain: &'h str, from: Option<&'h str>) -> StreamHeader<'h> {
    StreamHeader { to: Some(Cow::Borrowed(domain)), from: from.map(Cow::Borrowed), id: None }
}

impl Connector {
    pub fn new(
        domain: String,
        host: Option<String>,
        port: Option<u16>,
        ca_file: Option<PathBuf>,
        trust: Arc<Trust>,
    ) -> Self {
        Self { domain, host, port, ca_file, trust, tls: None, security: None }
    }

    /// Tries all that the domain names, one after the other; fails with the most telling of the problems.
    pub async fn connect(&mut self, steps: &UnboundedSender<ConnectStep>) -> Result<Connected, Problem> {
        let _ = steps.send(ConnectStep::Resolving);
        let tls = self.tls().await?;
        let resolver = Resolver::new();
        let mut targets = resolver.targets(&self.domain, self.host.as_deref(), self.port).await?;
        if self.host.is_some() || self.port.is_some() {
            targets.sort_by_key(|target| self.security.is_some_and(|last| last != target.security));
        }
        let mut worst: Option<Problem> = None;
        for target in targets {
            log::debug!("{}: trying {} port {}, {:?}", self.domain, target.host, target.port, target.security);
            match self.connect_to(&resolver, &target, &tls, steps).await {
                Ok(connected) => {
                    self.security = Some(target.security);
                    return Ok(connected);
                }
                Err(problem) => {
                    log::debug!("{}: {problem}", self.domain);
                    if worst.as_ref().is_none_or(|worst| rank(&problem) > rank(worst)) {
                        worst = Some(problem);
                    }
                }
            }
        }
        Err(worst.unwrap_or_else(|| Problem::Unreachable { host: self.domain.clone() }))
    }

    async fn connect_to(
        &self,
        resolver: &Resolver,
        target: &Target,
        tls: &Arc<ClientConfig>,
        steps: &UnboundedSender<ConnectStep>,
    ) -> Result<Connected, Problem> {
        let addresses = resolver.addresses(target).await?;
        let _ = steps.send(ConnectStep::Connecting);
        let host = || target.host.trim_end_matches('.').to_owned();
        let tcp = match timeout(TCP_DEADLINE, connect_any(addresses)).await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(e)) if matches!(e.kind(), io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown) => {
                return Err(Problem::NoNetwork);
            }
            Ok(Err(_)) => return Err(Problem::Unreachable { host: host() }),
            Err(_) => return Err(Problem::Timeout),
        };
        let _ = steps.send(ConnectStep::Securing);
        timeout(TLS_DEADLINE, secure(tcp, &self.domain, target.security, tls)).await.unwrap_or(Err(Problem::Timeout))
    }

    /// Made once: its session tickets make the next handshake shorter.
    async fn tls(&mut self) -> Result<Arc<ClientConfig>, Problem> {
        if let Some(tls) = &self.tls {
            return Ok(Arc::clone(tls));
        }
        let (trust, ca_file) = (Arc::clone(&self.trust), self.ca_file.clone());
        let made = tokio::task::spawn_blocking(move || trust.client_config(ca_file.as_deref())).await;
        let made = Arc::new(made.map_err(|e| Problem::Tls(e.to_string()))??);
        self.tls = Some(Arc::clone(&made));
        Ok(made)
    }
}

/// Which of several problems a person should hear of: the one that came furthest.
fn rank(problem: &Problem) -> u8 {
    match problem {
        Problem::Certificate(_) => 5,
        Problem::Stream(_) | Problem::NoService { .. } => 4,
        Problem::Tls(_) => 3,
        Problem::Timeout => 2,
        Problem::Unreachable { .. } => 1,
        _ => 0,
    }
}

/// RFC 8305: the next address is tried when one fails, or beside it when it is slow; the first that answers is taken.
async fn connect_any(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = VecDeque::from(addresses);
    let mut attempts = FuturesUnordered::new();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        if let Some(address) = waiting.pop_front() {
            attempts.push(TcpStream::connect(address));
        }
        tokio::select! {
            Some(attempt) = attempts.next() => match attempt {
                Ok(tcp) => {
                    tcp.set_nodelay(true)?;
                    return Ok(tcp);
                }
                Err(e) if waiting.is_empty() && attempts.is_empty() => return Err(e),
                Err(e) => last = e,
            },
            () = sleep(HEAD_START), if !waiting.is_empty() => (),
            else => return Err(last),
        }
    }
}

async fn secure(
    tcp: TcpStream,
    domain: &str,
    security: Security,
    tls: &Arc<ClientConfig>,
) -> Result<Connected, Problem> {
    let mut config = ClientConfig::clone(tls);
    let tcp = match security {
        Security::DirectTls => {
            // XEP-0368 §3, for servers that speak more than one protocol on a port.
            config.alpn_protocols = vec![b"xmpp-client".to_vec()];
            tcp
        }
        Security::Starttls => starttls(tcp, domain).await?,
    };
    // Whatever host was connected to, the certificate must be the account's domain's (RFC 6120 §13.7.2).
    let name = ServerName::try_from(ascii(domain)).map_err(|e| Problem::Tls(e.to_string()))?;
    let tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(|e| tls_problem(&e))?;
    // Only TLS 1.3 gives a binding that is safe without the extended master secret (RFC 9266 §2).
    let (_, session) = tls.get_ref();
    let exporter = (session.protocol_version() == Some(ProtocolVersion::TLSv1_3))
        .then(|| session.export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok())
        .flatten();
    Ok(Connected { io: Guard::new(tls, GuardLimits::default()), exporter })
}

async fn starttls(tcp: TcpStream, domain: &str) -> Result<TcpStream, Problem> {
    let cut_short = |e: io::Error| Problem::Tls(e.to_string());
    let io = Guard::new(tcp, GuardLimits::default());
    let pending = initiate_stream(io, ns::JABBER_CLIENT, header(domain, None), TIMEOUTS).await.map_err(cut_short)?;
    let mut stream: XmlStream<_, StreamElement> = pending.skip_features();
    match stream.next().await {
        Some(Ok(StreamElement::Features(features))) if features.has_starttls => (),
        Some(Ok(StreamElement::Features(_))) => return Err(Problem::Tls("the server offers no TLS".to_owned())),
        other => return Err(unexpected("stream features", other, domain)),
    }
    stream.send(&StreamElement::Starttls(Starttls::Start)).await.map_err(cut_short)?;
    match stream.next().await {
        Some(Ok(StreamElement::Starttls(Starttls::Proceed))) => (),
        Some(Ok(StreamElement::Starttls(Starttls::Failure))) => {
            return Err(Problem::Tls("the server can't begin TLS".to_owned()));
        }
        other => return Err(unexpected("proceed", other, domain)),
    }
    // What came in clear behind it must not be taken for something that TLS protected.
    stream.into_inner().into_inner().ok_or_else(|| Problem::Tls("clear text after the beginning of TLS".to_owned()))
}
