//! A server that does what a test tells it, also what no honest server does. It knows one user, takes any password, answers
//! what a client asks at the start, and says everything else only when it is told to.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use minidom::Element;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc},
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        version::{TLS12, TLS13},
    },
    server::TlsStream,
};

use super::{prosody::Options, server::make_certificates};

const DEADLINE: Duration = Duration::from_secs(30);
const SM: &str = "urn:xmpp:sm:3";
const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
                      xmlns:stream='http://etherx.jabber.org/streams' from='chat.test' id='s' version='1.0'>";

/// The server; its domain is `chat.test`.
pub struct Scripted {
    dir: TempDir,
    port: u16,
    to_client: mpsc::UnboundedSender<String>,
    from_client: Mutex<mpsc::UnboundedReceiver<Element>>,
    is_silent: Arc<AtomicBool>,
    connections: Arc<AtomicU32>,
    poison: Arc<std::sync::Mutex<Option<Poison>>>,
}

/// What it answers by itself.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// Items of the roster.
    pub roster: String,
    /// Comes in the same piece as the roster.
    pub after_roster: String,
    /// Stream management (XEP-0198); none where this is not said.
    pub management: Option<Management>,
    /// It offers these instead of PLAIN. It takes any of them, and can prove nothing.
    pub mechanisms: &'static [&'static str],
    /// TLS 1.2 and no more.
    pub has_old_tls: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Management {
    /// A session can be taken up again.
    Resumable,
    /// It says so, and has forgotten it each time.
    Forgetful,
}

/// A message on which it ends the stream instead of handling it.
#[derive(Debug, Clone)]
pub struct Poison {
    /// What its text begins with.
    pub text: &'static str,
    /// With a stream error of this condition, or by closing the line.
    pub error: Option<&'static str>,
}

impl Scripted {
    pub async fn start(script: Script) -> Self {
        let dir = tempfile::tempdir().unwrap();
        make_certificates(dir.path(), &Options::default());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (to_client, from_test) = mpsc::unbounded_channel();
        let (to_test, from_client) = mpsc::unbounded_channel();
        let is_silent = Arc::new(AtomicBool::new(false));
        let acceptor = acceptor(dir.path(), script.has_old_tls);
        let (connections, poison) = (Arc::default(), Arc::default());
        let server = Server {
            script,
            is_silent: Arc::clone(&is_silent),
            connections: Arc::clone(&connections),
            poison: Arc::clone(&poison),
            session: None,
        };
        tokio::spawn(server.serve(listener, acceptor, from_test, to_test));
        Self { dir, port, to_client, from_client: Mutex::new(from_client), is_silent, connections, poison }
    }

    /// How many times somebody has signed in.
    pub fn connections(&self) -> u32 {
        self.connections.load(SeqCst)
    }

    /// From now on, there is a message that it does not survive, or none any more.
    pub fn set_poison(&self, poison: Option<Poison>) {
        *self.poison.lock().unwrap() = poison;
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub fn ca_file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// From now on, no IQ is answered by itself.
    pub fn be_silent(&self) {
        self.is_silent.store(true, SeqCst);
    }

    /// Writes to the client.
    pub fn say(&self, xml: &str) {
        self.to_client.send(xml.to_owned()).unwrap();
    }

    /// The next stanza of the client's of which `pick` makes something.
    pub async fn heard<T>(&self, what: &str, mut pick: impl FnMut(&Element) -> Option<T>) -> T {
        let mut stanzas = self.from_client.lock().await;
        let waiting = async {
            loop {
                let stanza = stanzas.recv().await.expect("the client is there");
                if let Some(picked) = pick(&stanza) {
                    return picked;
                }
            }
        };
        timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("no {what} in time"))
    }

    /// The client's answer to the IQ with this id: its type.
    pub async fn answer_to(&self, id: &str) -> String {
        self.heard(&format!("answer to {id}"), |stanza| {
            let is_answer = stanza.name() == "iq" && stanza.attr("id") == Some(id);
            is_answer.then(|| stanza.attr("type").unwrap_or_default().to_owned())
        })
        .await
    }
}

/// Speaks TLS with the certificate that lies in `dir`.
pub fn acceptor(dir: &Path, is_old: bool) -> TlsAcceptor {
    let read = |name| fs::read(dir.join(name)).unwrap();
    let (certificate, key) = (read("server.pem"), read("server.key"));
    let chain = rustls_pemfile::certs(&mut &certificate[..]).map(Result::unwrap).collect();
    let key = rustls_pemfile::private_key(&mut &key[..]).unwrap().unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let versions: &[_] = if is_old { &[&TLS12] } else { &[&TLS13] };
    let config = config.with_protocol_versions(versions).unwrap().with_no_client_auth();
    TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()))
}

/// What outlives a connection.
struct Server {
    script: Script,
    is_silent: Arc<AtomicBool>,
    connections: Arc<AtomicU32>,
    poison: Arc<std::sync::Mutex<Option<Poison>>>,
    /// How many stanzas were handled in the session, where that is counted.
    session: Option<u32>,
}

impl Server {
    async fn serve(
        mut self,
        listener: TcpListener,
        acceptor: TlsAcceptor,
        mut from_test: mpsc::UnboundedReceiver<String>,
        to_test: mpsc::UnboundedSender<Element>,
    ) {
        while let Ok((tcp, _)) = listener.accept().await {
            let Some(tcp) = start_tls(tcp).await else { continue };
            let Ok(tls) = acceptor.accept(tcp).await else { continue };
            let mut line = Line { stream: tls, text: String::new() };
            if line.sign_in(&self.script, &mut self.session, &to_test).await.is_none() {
                continue;
            }
            self.connections.fetch_add(1, SeqCst);
            loop {
                tokio::select! {
                    stanza = line.next() => {
                        let Some(stanza) = stanza else { break };
                        if stanza.has_ns(SM) {
                            self.manage(&mut line, &stanza).await;
                            continue;
                        }
                        if self.ends(&mut line, &stanza).await {
                            break;
                        }
                        if let Some(handled) = &mut self.session {
                            *handled += 1;
                        }
                        if !self.is_silent.load(SeqCst) && let Some(answer) = answer(&stanza, &self.script) {
                            line.write(&answer).await;
                        }
                        if to_test.send(stanza).is_err() {
                            return;
                        }
                    }
                    xml = from_test.recv() => match xml {
                        Some(xml) => line.write(&xml).await,
                        None => return,
                    },
                }
            }
        }
    }

    async fn manage(&mut self, line: &mut Line<TlsStream<TcpStream>>, nonza: &Element) {
        match (nonza.name(), self.session) {
            ("enable", _) => {
                self.session = Some(0);
                line.write(&format!("<enabled xmlns='{SM}' id='s' resume='true'/>")).await;
            }
            ("r", Some(handled)) => line.write(&format!("<a xmlns='{SM}' h='{handled}'/>")).await,
            _ => {}
        }
    }

    /// Whether this ends the stream.
    async fn ends(&self, line: &mut Line<TlsStream<TcpStream>>, stanza: &Element) -> bool {
        let Some(Poison { text, error }) = self.poison.lock().unwrap().clone() else { return false };
        if !stanza.get_child("body", "jabber:client").is_some_and(|body| body.text().starts_with(text)) {
            return false;
        }
        if let Some(condition) = error {
            let condition = format!("<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
            line.write(&format!("<stream:error>{condition}</stream:error></stream:stream>")).await;
        }
        true
    }
}

async fn start_tls(tcp: TcpStream) -> Option<TcpStream> {
    let mut line = Line { stream: tcp, text: String::new() };
    line.header().await?;
    let starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>";
    line.write(&format!("{HEADER}<stream:features>{starttls}</stream:features>")).await;
    line.next().await.filter(|element| element.name() == "starttls")?;
    line.write("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
    Some(line.stream)
}

/// What an ordinary server would say.
fn answer(stanza: &Element, script: &Script) -> Option<String> {
    let is_request = stanza.name() == "iq" && matches!(stanza.attr("type"), Some("get" | "set"));
    let id = stanza.attr("id").filter(|_| is_request)?;
    let payload = stanza.children().next()?;
    Some(if payload.is("query", "jabber:iq:roster") && stanza.attr("type") == Some("get") {
        let Script { roster, after_roster, .. } = script;
        format!(
            "<iq type='result' id='{id}'><query xmlns='jabber:iq:roster' ver='1'>{roster}</query></iq>{after_roster}"
        )
    } else {
        let from = stanza.attr("to").map(|to| format!("from='{to}'")).unwrap_or_default();
        format!("<iq type='result' id='{id}' {from}/>")
    })
}

/// One connection, read stanza by stanza.
struct Line<S> {
    stream: S,
    text: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    async fn sign_in(
        &mut self,
        script: &Script,
        session: &mut Option<u32>,
        to_test: &mpsc::UnboundedSender<Element>,
    ) -> Option<()> {
        let management = script.management;
        self.header().await?;
        let mechanisms = if script.mechanisms.is_empty() { &["PLAIN"] } else { script.mechanisms };
        let offer = mechanisms.join("</mechanism><mechanism>");
        let offer = format!("<mechanism>{offer}</mechanism>");
        let offer = format!("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{offer}</mechanisms>");
        self.write(&format!("{HEADER}<stream:features>{offer}</stream:features>")).await;
        let auth = self.next().await.filter(|element| element.name() == "auth")?;
        to_test.send(auth).ok()?;
        self.write("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>").await;
        self.header().await?;
        let features = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><ver xmlns='urn:xmpp:features:rosterver'/>";
        let sm = management.map(|_| format!("<sm xmlns='{SM}'/>")).unwrap_or_default();
        self.write(&format!("{HEADER}<stream:features>{features}{sm}</stream:features>")).await;
        let mut bind = self.next().await?;
        if bind.is("resume", SM) {
            if let Some(handled) = session.filter(|_| management == Some(Management::Resumable)) {
                self.write(&format!("<resumed xmlns='{SM}' previd='s' h='{handled}'/>")).await;
                return Some(());
            }
            let gone = "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>";
            self.write(&format!("<failed xmlns='{SM}'>{gone}</failed>")).await;
            bind = self.next().await?;
        }
        *session = None;
        let id = bind.attr("id")?;
        let jid = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>alice@chat.test/desk</jid></bind>";
        self.write(&format!("<iq type='result' id='{id}'>{jid}</iq>")).await;
        Some(())
    }

    async fn write(&mut self, xml: &str) {
        // A client that has gone is noticed when it is read from.
        let _ = self.stream.write_all(xml.as_bytes()).await;
        let _ = self.stream.flush().await;
    }

    async fn header(&mut self) -> Option<()> {
        loop {
            if let Some(start) = self.text.find("<stream:stream")
                && let Some(end) = self.text[start..].find('>')
            {
                self.text.drain(..=start + end);
                return Some(());
            }
            self.read().await?;
        }
    }

    /// The next element below the stream.
    async fn next(&mut self) -> Option<Element> {
        loop {
            if let Some(end) = end_of_first(&self.text) {
                let stanza: String = self.text.drain(..end).collect();
                let text =
                    format!("<w xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>{stanza}</w>");
                let wrapper: Element = text.parse().expect("what the client writes is well-formed");
                return wrapper.children().next().cloned();
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Option<()> {
        let mut buffer = [0; 4_096];
        let n = self.stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        self.text.push_str(std::str::from_utf8(&buffer[..n]).expect("the client writes ASCII here"));
        Some(())
    }
}

/// Where the first whole element ends. Enough for what our own client writes: no comments, no CDATA.
fn end_of_first(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    while let Some(start) = text[at..].find('<').map(|found| at + found) {
        let mut quote = None;
        let end = text[start..].char_indices().find_map(|(n, c)| {
            match (quote, c) {
                (None, '>') => return Some(start + n),
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if c == open => quote = None,
                _ => {}
            }
            None
        })?;
        let tag = &text[start..=end];
        if tag.starts_with("</stream") {
            return None;
        } else if tag.starts_with("</") {
            depth -= 1;
        } else if !tag.ends_with("/>") {
            depth += 1;
        }
        at = end + 1;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}
