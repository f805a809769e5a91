//! A TCP relay in front of a server: a line that can be cut, stalled, slowed down and refused.
//!
//! It runs on a thread of its own, so that a test that blocks does not stop it.

use std::{
    io,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

#[derive(Default)]
struct Line {
    swallows: AtomicBool,
    refuses: AtomicBool,
    delay_ms: AtomicU64,
    connections: AtomicU32,
    bytes_up: AtomicU64,
}

/// A line to one port on 127.0.0.1.
pub struct Relay {
    port: u16,
    line: Arc<Line>,
    /// How often the line was cut; whoever sees it change goes away.
    cuts: watch::Sender<u32>,
}

impl Relay {
    /// Listens on a free port and connects whoever comes to `target`.
    pub fn start(target: u16) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let port = listener.local_addr().expect("a bound port").port();
        let line = Arc::new(Line::default());
        let (cuts, cut) = watch::channel(0);
        let shared = Arc::clone(&line);
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(accept(listener, target, shared, cut));
        };
        thread::Builder::new().name("relay".into()).spawn(serve).expect("a thread");
        Self { port, line, cuts }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Ends all connections; new ones work.
    pub fn cut(&self) {
        self.cuts.send_modify(|n| *n += 1);
    }

    /// What is sent in either direction vanishes while this is set, and the connections stay open.
    pub fn swallow(&self, on: bool) {
        self.line.swallows.store(on, SeqCst);
    }

    /// New connections are closed at once while this is set.
    pub fn refuse(&self, on: bool) {
        self.line.refuses.store(on, SeqCst);
    }

    /// What is sent from now on arrives so much later.
    pub fn delay(&self, one_way: Duration) {
        self.line.delay_ms.store(u64::try_from(one_way.as_millis()).expect("a delay"), SeqCst);
    }

    /// How many connections there have been, refused ones included.
    pub fn connections(&self) -> u32 {
        self.line.connections.load(SeqCst)
    }

    /// Bytes that clients have sent.
    pub fn bytes_up(&self) -> u64 {
        self.line.bytes_up.load(SeqCst)
    }
}

async fn accept(listener: std::net::TcpListener, target: u16, line: Arc<Line>, mut cut: watch::Receiver<u32>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    loop {
        let client = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => client,
                Err(_) => return,
            },
            changed = cut.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return, // the relay was dropped
            },
        };
        line.connections.fetch_add(1, SeqCst);
        if line.refuses.load(SeqCst) {
            continue;
        }
        let (line, mut cut) = (Arc::clone(&line), cut.clone());
        cut.mark_unchanged();
        tokio::spawn(async move {
            let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else { return };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let (client_read, client_write) = client.into_split();
            let (server_read, server_write) = server.into_split();
            tokio::select! {
                _ = copy(client_read, server_write, &line, true) => (),
                _ = copy(server_read, client_write, &line, false) => (),
                _ = cut.changed() => (),
            }
        });
    }
}

async fn copy(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    line: &Line,
    up: bool,
) -> io::Result<()> {
    let (sender, mut receiver) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async move {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let n = from.read(&mut buffer).await?;
            if n == 0 {
                return Ok::<_, io::Error>(());
            }
            if line.swallows.load(SeqCst) {
                continue;
            }
            if up {
                line.bytes_up.fetch_add(n as u64, SeqCst);
            }
            let due = Instant::now() + Duration::from_millis(line.delay_ms.load(SeqCst));
            let _ = sender.send((due, buffer[..n].to_vec()));
        }
    };
    let write = async {
        while let Some((due, data)) = receiver.recv().await {
            if due > Instant::now() {
                sleep_until(due).await;
            }
            to.write_all(&data).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(read, write).map(|_| ())
}
