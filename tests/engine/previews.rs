//! Previews of links: with a message to everybody who reads it, and asked of nobody who may not be asked.

use std::{
    fs,
    io::Cursor,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use stonechat::{
    engine::{
        api::{Command, LinkPreview, Message, MessageState, TextFormat},
        link_preview::{fetch, picture},
    },
    http::{Client, OwnHosts},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::timeout,
};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::{
    person::{Person, befriend},
    support::{Options, Prosody, Relay, scripted::acceptor, server::make_certificates},
};

const ALICE: &str = "alice@chat.test";
const BOB: &str = "bob@chat.test";
const LINK: &str = "https://tea.example/darjeeling";

fn picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::from_fn(300, 200, |x, y| image::Rgb([x, y, 120].map(|colour| colour.to_le_bytes()[0])))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

fn preview() -> LinkPreview {
    LinkPreview {
        url: LINK.to_owned(),
        title: "Darjeeling".to_owned(),
        description: "First flush".to_owned(),
        site: "Tea".to_owned(),
        picture: picture::thumbnail(&picture()),
    }
}

async fn send(from: &Person, to: &str, body: &str, preview: LinkPreview) -> Message {
    let (conversation, body) = (from.open(to).await.id, body.to_owned());
    let preview = Some(preview);
    from.request(|reply| Command::SendMessage {
        conversation,
        body,
        format: TextFormat::default(),
        answers: None,
        preview,
        reply,
    })
    .await
    .unwrap()
}

fn links(message: &Message) -> &[LinkPreview] {
    &message.annotations.links
}

#[tokio::test]
async fn what_is_said_of_a_link_reaches_all_devices_and_the_archive_and_survives_a_restart() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob", "carol"]));
    befriend(&prosody, "alice", "bob");
    let relay = Relay::start(prosody.port());
    let mut alice = Person::sign_in(&prosody, "alice", relay.port()).await;
    let (mut phone, mut bob) = (Person::new(&prosody, "alice").await, Person::new(&prosody, "bob").await);
    assert!(preview().picture.is_some());
    // Written without a line, and sent by the next start of the program.
    relay.refuse(true);
    relay.cut();
    let sent = send(&alice, BOB, &format!("see {LINK}"), preview()).await;
    assert_eq!((links(&sent), sent.state), (&[preview()][..], MessageState::Waiting));
    alice.restart().await;
    relay.refuse(false);
    alice.tell(Command::ReconnectNow { account: alice.account });
    assert_eq!(links(&bob.news().await), [preview()]);
    phone.until_history(BOB, "the copy", |all| all.len() == 1 && links(&all[0]) == [preview()]).await;
    // One that has never been there finds the same in the archive, and what comes twice is there once.
    let mut tablet = Person::new(&prosody, "alice").await;
    tablet.until_history(BOB, "what the archive has", |all| all.len() == 1 && links(&all[0]) == [preview()]).await;
    bob.restart().await;
    let again = bob.history_with(ALICE).await;
    assert_eq!((again.len(), links(&again[0])), (1, &[preview()][..]));
    // A correction brings its own.
    let (message, body) = (sent.cursor.id, "see https://cake.example".to_owned());
    let cake = LinkPreview { url: "https://cake.example".to_owned(), picture: None, ..preview() };
    let new = Some(cake.clone());
    alice
        .request(|reply| Command::CorrectMessage { message, body, format: TextFormat::default(), preview: new, reply })
        .await
        .unwrap();
    bob.until_history(ALICE, "the new link", |all| links(&all[0]) == [cake.clone()]).await;
}

#[tokio::test]
async fn nothing_is_said_of_what_does_not_stand_in_the_text_and_strangers_show_no_pictures() {
    let prosody = Prosody::start(&Options::with_users(&["alice", "bob", "carol"]));
    let (carol, mut bob) = (Person::new(&prosody, "carol").await, Person::new(&prosody, "bob").await);
    let sent = send(&carol, BOB, "see https://other.example", preview()).await;
    assert_eq!(links(&sent), []);
    assert_eq!(links(&bob.news().await), []);
    send(&carol, BOB, LINK, preview()).await;
    assert_eq!(links(&bob.news().await), [LinkPreview { picture: None, ..preview() }]);
}

/// A place in the web that says what a test wants, over TLS at one address of this machine.
struct Web {
    port: u16,
    /// The first lines of what it was asked, and all headers.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    async fn start(dir: &Path, address: &str, answer: impl Fn(&str, u16) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, acceptor, answer) = (Arc::default(), acceptor(dir, false), Arc::new(answer));
        let list: Arc<Mutex<Vec<String>>> = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                list.lock().unwrap().push("connected".to_owned());
                let (list, acceptor, answer) = (Arc::clone(&list), acceptor.clone(), Arc::clone(&answer));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut request = Vec::new();
                    while !request.ends_with(b"\r\n\r\n") {
                        match stream.read_u8().await {
                            Ok(byte) => request.push(byte),
                            Err(_) => return,
                        }
                    }
                    let request = String::from_utf8(request).unwrap();
                    let path = request.split(' ').nth(1).unwrap().to_owned();
                    list.lock().unwrap().push(request);
                    let _ = stream.write_all(&answer(&path, port)).await;
                    if path == "/stalls" {
                        std::future::pending::<()>().await;
                    }
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { port, asked }
    }

    fn link(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn html(body: &str) -> Vec<u8> {
    answer("200 OK", "Content-Type: text/html; charset=utf-8\r\nSet-Cookie: who=you\r\n", body.as_bytes())
}

fn redirect(to: &str) -> Vec<u8> {
    answer("302 Found", &format!("Location: {to}\r\nSet-Cookie: who=you\r\n"), b"")
}

/// A client that takes 127.0.0.1 for its own, so that a test can have a web at all; everything else holds.
fn client(dir: &Path, own: &str) -> Client {
    let mut roots = RootCertStore::empty();
    let authority = fs::read(dir.join("ca.pem")).unwrap();
    roots.add_parsable_certificates(rustls_pemfile::certs(&mut &authority[..]).map(Result::unwrap));
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let tls = builder.with_root_certificates(roots).with_no_client_auth();
    Client::new(tls, OwnHosts { domain: String::new(), host: Some(own.to_owned()) })
}

fn certificates() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    make_certificates(dir.path(), &Options::default());
    dir
}

#[tokio::test]
async fn a_page_is_asked_without_cookies_or_referrer_and_says_what_it_is() {
    let dir = certificates();
    let web = Web::start(dir.path(), "127.0.0.1", |path, _| match path {
        "/moved" => redirect("/tea?x=1"),
        "/tea?x=1" => html(
            "<html><head><title>Window</title><meta property='og:title' content='Tea &amp; more'>
             <meta property='og:image' content='/tea.png'></head><body>",
        ),
        "/tea.png" => answer("200 OK", "Content-Type: text/plain\r\n", &picture()),
        "/large" => {
            html(&format!("<title>Large</title>{}<meta name=description content=late>", " ".repeat(600 * 1024)))
        }
        "/pictured" => html("<title>Pictured</title><meta property='og:image' content='/large.png'>"),
        "/large.png" => answer("200 OK", "", &vec![0; 1024 * 1024 + 1]),
        "/loop" => redirect("/loop"),
        "/file" => answer("200 OK", "Content-Type: application/pdf\r\n", b"<title>File</title>"),
        _ => answer("404 Not Found", "Content-Type: text/html\r\n", b"<title>No</title>"),
    })
    .await;
    let client = client(dir.path(), "127.0.0.1");
    let found = fetch::preview(&client, &web.link("/moved#part")).await.unwrap();
    assert_eq!((found.url, found.title.as_str()), (web.link("/moved#part"), "Tea & more"));
    let picture = image::load_from_memory(&found.picture.unwrap()).unwrap();
    assert_eq!((picture.width(), picture.height()), (216, 144));
    let requests: Vec<_> = web.asked().into_iter().filter(|line| line.starts_with("GET")).collect();
    assert_eq!(requests.len(), 3);
    for request in requests {
        let request = request.to_lowercase();
        assert!(!request.contains("cookie") && !request.contains("referer") && !request.contains("part"), "{request}");
    }
    let large = fetch::preview(&client, &web.link("/large")).await.unwrap();
    assert_eq!((large.title.as_str(), large.description.as_str()), ("Large", ""), "only the beginning is read");
    let pictured = fetch::preview(&client, &web.link("/pictured")).await.unwrap();
    assert_eq!((pictured.title.as_str(), pictured.picture), ("Pictured", None));
    for path in ["/loop", "/file", "/nowhere"] {
        assert_eq!(fetch::preview(&client, &web.link(path)).await, None, "{path}");
    }
    assert_eq!(web.asked().iter().filter(|line| line.contains("/loop")).count(), 6, "five times elsewhere at most");
}

#[tokio::test]
async fn no_page_leads_to_what_only_this_machine_can_reach() {
    let dir = certificates();
    let hidden = Web::start(dir.path(), "127.0.0.2", |_, _| html("<title>Router</title>")).await;
    let port = hidden.port;
    let web = Web::start(dir.path(), "127.0.0.1", move |path, own| match path {
        "/name" => redirect(&format!("https://localhost:{own}/")),
        "/address" => redirect(&format!("https://127.0.0.2:{port}/")),
        "/mapped" => redirect(&format!("https://[::ffff:127.0.0.2]:{port}/")),
        "/number" => redirect(&format!("https://2130706434:{port}/")),
        "/plain" => redirect(&format!("http://127.0.0.1:{own}/")),
        "/person" => redirect(&format!("https://me@127.0.0.1:{own}/")),
        "/file" => redirect("file:///etc/passwd"),
        _ => html(&format!("<title>Page</title><meta property='og:image' content='https://127.0.0.2:{port}/a.png'>")),
    })
    .await;
    let client = client(dir.path(), "127.0.0.1");
    for path in ["/name", "/address", "/mapped", "/number", "/plain", "/person", "/file"] {
        assert_eq!(fetch::preview(&client, &web.link(path)).await, None, "{path}");
    }
    let found = fetch::preview(&client, &web.link("/page")).await.unwrap();
    assert_eq!((found.title.as_str(), found.picture), ("Page", None));
    assert_eq!(hidden.asked(), [] as [&str; 0], "nobody has even knocked");
    assert_eq!(web.asked().iter().filter(|line| *line == "connected").count(), 8);
}

#[tokio::test]
async fn the_engine_asks_no_page_unless_one_wants_that_and_never_its_own_network() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let alice = Person::new(&prosody, "alice").await;
    let dir = certificates();
    let web = Web::start(dir.path(), "127.0.0.1", |_, _| html("<title>Router</title>")).await;
    for enabled in [false, true] {
        alice.tell(Command::SetLinkPreviews { enabled });
        // Even the account's own server is not asked for a page.
        for url in [web.link("/"), format!("https://localhost:{}/", web.port), "http://tea.example".to_owned()] {
            let found = alice.request(|reply| Command::LoadLinkPreview { url, reply }).await;
            assert_eq!(found, Ok(None));
        }
    }
    assert_eq!(web.asked(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_page_that_does_not_end_is_given_up() {
    let dir = certificates();
    let web = Web::start(dir.path(), "127.0.0.1", |_, _| {
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\n<title>Half".to_vec()
    })
    .await;
    let (client, link) = (client(dir.path(), "127.0.0.1"), web.link("/stalls"));
    assert_eq!(timeout(Duration::from_secs(20), fetch::preview(&client, &link)).await, Ok(None));
}
