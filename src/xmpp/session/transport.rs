//! From a domain to a guarded, TLS-protected line: addresses, TCP, STARTTLS or direct TLS, with the data that binds a sign-in
//! to the channel. Knows nothing of accounts' states; a deadline stands on every step.

use std::{borrow::Cow, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use futures::{SinkExt as _, StreamExt as _};
use tokio::{
    net::TcpStream,
    sync::mpsc::UnboundedSender,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, ProtocolVersion, pki_types::ServerName},
};
use tokio_xmpp::xmlstream::{StreamHeader, Timeouts, XmlStream, initiate_stream};
use xmpp_parsers::ns;

use super::{
    dial::{dial, is_no_way},
    element::StreamElement,
    guard::{Guard, GuardLimits},
    handle::AccountConfig,
    nonza::Starttls,
    problem::unexpected,
    prompt::Prompt,
    resolve::{Resolver, Security, Target, ascii},
    trust::{Trust, tls_problem},
};
use crate::xmpp::{ConnectStep, Problem};

/// For all that a domain names, its name servers included: then it is time to say that it does not work.
const DEADLINE: Duration = Duration::from_mins(1);
/// For all addresses of one server.
const TCP_DEADLINE: Duration = Duration::from_secs(12);
/// The same where another server is left to be tried. An answer that is slower than this would not be a pleasure.
const TCP_DEADLINE_BEFORE_OTHERS: Duration = Duration::from_secs(5);
const TLS_DEADLINE: Duration = Duration::from_secs(15);

/// A silent peer is asked after the first and given up after the second. The first is also how often an idle stream wakes us.
pub const TIMEOUTS: Timeouts =
    Timeouts { read_timeout: Duration::from_secs(150), response_timeout: Duration::from_secs(30) };

pub type Io = Guard<TlsStream<Prompt>>;

/// A line to the server.
pub struct Connected {
    pub io: Io,
    /// RFC 9266, with TLS 1.3.
    pub exporter: Option<Vec<u8>>,
}

/// Where to connect, and whom to believe; what is learnt on the way stays for the next time.
#[derive(Clone)]
pub struct Connector {
    domain: String,
    host: Option<String>,
    port: Option<u16>,
    name_server: Option<SocketAddr>,
    ca_file: Option<PathBuf>,
    trust: Arc<Trust>,
    tls: Option<Arc<ClientConfig>>,
    /// How TLS began the last time that it did.
    security: Option<Security>,
}

/// The header for `domain`. `from` only inside TLS: it tells who connects.
pub fn header<'h>(domain: &'h str, from: Option<&'h str>) -> StreamHeader<'h> {
    StreamHeader { to: Some(Cow::Borrowed(domain)), from: from.map(Cow::Borrowed), id: None }
}

impl Connector {
    pub fn new(config: &AccountConfig) -> Self {
        Self {
            domain: config.address.domain().to_string(),
            host: config.host.clone(),
            port: config.port,
            name_server: config.name_server,
            ca_file: config.ca_file.clone(),
            trust: Arc::clone(&config.trust),
            tls: None,
            security: None,
        }
    }

    /// Tries all that the domain names, one after the other; fails with the most telling of the problems.
    pub async fn connect(&mut self, steps: &UnboundedSender<ConnectStep>) -> Result<Connected, Problem> {
        let _ = steps.send(ConnectStep::Resolving);
        let tls = self.tls().await?;
        let resolver = Resolver::new(self.name_server);
        let mut targets = resolver.targets(&self.domain, self.host.as_deref(), self.port).await?;
        if self.host.is_some() || self.port.is_some() {
            targets.sort_by_key(|target| self.security.is_some_and(|last| last != target.security));
        }
        let by = Instant::now() + DEADLINE;
        let mut worst: Option<Problem> = None;
        let mut targets = targets.into_iter().peekable();
        while let Some(target) = targets.next() {
            log::debug!("{}: trying {} port {}, {:?}", self.domain, target.host, target.port, target.security);
            let patience = if targets.peek().is_some() { TCP_DEADLINE_BEFORE_OTHERS } else { TCP_DEADLINE };
            let attempt = self.connect_to(&resolver, &target, patience, &tls, steps);
            match timeout_at(by, attempt).await.unwrap_or(Err(Problem::Timeout)) {
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
            if Instant::now() >= by {
                break;
            }
        }
        Err(worst.unwrap_or_else(|| Problem::Unreachable { host: self.domain.clone() }))
    }

    async fn connect_to(
        &self,
        resolver: &Resolver,
        target: &Target,
        patience: Duration,
        tls: &Arc<ClientConfig>,
        steps: &UnboundedSender<ConnectStep>,
    ) -> Result<Connected, Problem> {
        let addresses = resolver.addresses(&target.host).await?;
        let addresses = addresses.into_iter().map(|ip| SocketAddr::new(ip, target.port)).collect();
        let _ = steps.send(ConnectStep::Connecting);
        let tcp = match timeout(patience, dial(addresses)).await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(e)) if is_no_way(&e) => return Err(Problem::NoNetwork),
            Ok(Err(_)) => return Err(Problem::Unreachable { host: target.host.trim_end_matches('.').to_owned() }),
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
    let tls = TlsConnector::from(Arc::new(config)).connect(name, Prompt(tcp)).await.map_err(|e| tls_problem(&e))?;
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
