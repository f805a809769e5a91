//! A line to a server on which all goes wrong that can: it is cut, stalls, becomes slow, loses what it carries.
//!
//! It works below TLS, on bytes, and does nothing by chance: when and how it fails, the test says. It runs on a thread of its
//! own, so that a test that blocks does not stop it, and ends with all its connections when it is dropped.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

/// How often a second a throttled line moves.
const BEATS: u64 = 20;

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cut {
    /// Both sides see that the other has closed it.
    #[default]
    Close,
    /// Both sides get an error.
    Reset,
    /// The client sees its end, the server does not: to it the line is only silent, until it is cut in another way.
    FromClient,
    /// The other way round.
    FromServer,
    /// Nobody sees anything, and nothing comes through any more.
    Silence,
}

/// After how many bytes a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// From the client to the server.
    Up(u64),
    Down(u64),
}

/// In which state the line is.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    delay: Duration,
    bytes_per_second: Option<u64>,
    is_stalled: bool,
    swallows: bool,
    refuses: bool,
    /// Of connections that begin from now on, and how they end there.
    limit: Option<(Limit, Cut)>,
    /// How often the line was cut, and how the last time; whoever sees it change goes away.
    cuts: (u32, Cut),
}

#[derive(Default)]
struct Counters {
    connections: AtomicU32,
    bytes_up: AtomicU64,
    reached: AtomicU32,
}

/// A line to one port on 127.0.0.1.
pub struct Relay {
    port: u16,
    counters: Arc<Counters>,
    state: watch::Sender<State>,
}

impl Relay {
    /// Listens on a free port and connects whoever comes to `target`.
    pub fn start(target: u16) -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), target).expect("a free port")
    }

    /// The same on another address of the loopback interface.
    pub fn start_at(address: SocketAddr, target: u16) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true).expect("a listener that does not block");
        let port = listener.local_addr().expect("a bound port").port();
        let counters = Arc::new(Counters::default());
        let (state, receiver) = watch::channel(State::default());
        let shared = Arc::clone(&counters);
        let target = SocketAddr::from((Ipv4Addr::LOCALHOST, target));
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(accept(listener, target, shared, receiver));
        };
        thread::Builder::new().name("relay".into()).spawn(serve).expect("a thread");
        Ok(Self { port, counters, state })
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Ends all connections; new ones work.
    pub fn cut(&self) {
        self.cut_by(Cut::Close);
    }

    /// Ends all connections in this way; new ones work.
    pub fn cut_by(&self, cut: Cut) {
        self.state.send_modify(|state| state.cuts = (state.cuts.0 + 1, cut));
    }

    /// What is sent in either direction vanishes while this is set, and the connections stay open.
    pub fn swallow(&self, on: bool) {
        self.state.send_modify(|state| state.swallows = on);
    }

    /// What is sent in either direction waits while this is set, and arrives afterwards.
    pub fn stall(&self, on: bool) {
        self.state.send_modify(|state| state.is_stalled = on);
    }

    /// New connections are closed at once while this is set.
    pub fn refuse(&self, on: bool) {
        self.state.send_modify(|state| state.refuses = on);
    }

    /// What is sent from now on arrives so much later.
    pub fn delay(&self, one_way: Duration) {
        self.state.send_modify(|state| state.delay = one_way);
    }

    /// How many bytes come through in either direction; all that are sent without a number.
    pub fn throttle(&self, bytes_per_second: Option<u64>) {
        self.state.send_modify(|state| state.bytes_per_second = bytes_per_second);
    }

    /// Connections that begin from now on let so many bytes through and end.
    pub fn truncate(&self, limit: Option<(Limit, Cut)>) {
        self.state.send_modify(|state| state.limit = limit);
    }

    /// How many connections there have been, refused ones included.
    pub fn connections(&self) -> u32 {
        self.counters.connections.load(SeqCst)
    }

    /// How many connections have come to their limit.
    pub fn reached(&self) -> u32 {
        self.counters.reached.load(SeqCst)
    }

    /// Bytes that clients have sent.
    pub fn bytes_up(&self) -> u64 {
        self.counters.bytes_up.load(SeqCst)
    }
}

async fn accept(
    listener: std::net::TcpListener,
    target: SocketAddr,
    counters: Arc<Counters>,
    mut state: watch::Receiver<State>,
) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    loop {
        let client = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => client,
                Err(_) => return,
            },
            changed = state.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return, // the relay was dropped
            },
        };
        counters.connections.fetch_add(1, SeqCst);
        let now = *state.borrow();
        if !now.refuses {
            tokio::spawn(connect(client, target, Arc::clone(&counters), state.clone(), now));
        }
    }
}

/// One connection, from its beginning to its end.
async fn connect(
    mut client: TcpStream,
    target: SocketAddr,
    counters: Arc<Counters>,
    state: watch::Receiver<State>,
    begun: State,
) {
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let budget = |up: bool| match begun.limit {
        Some((Limit::Up(bytes), _)) if up => bytes,
        Some((Limit::Down(bytes), _)) if !up => bytes,
        _ => u64::MAX,
    };
    let cut = {
        let (client_read, client_write) = client.split();
        let (server_read, server_write) = server.split();
        let ended = tokio::select! {
            ended = copy(client_read, server_write, state.clone(), budget(true), Some(&counters.bytes_up)) => ended,
            ended = copy(server_read, client_write, state.clone(), budget(false), None) => ended,
            cut = next_cut(state.clone(), begun.cuts.0) => Ok(Some(cut)),
        };
        match ended {
            // All that was let through has arrived.
            Ok(None) => {
                counters.reached.fetch_add(1, SeqCst);
                begun.limit.map(|(_, cut)| cut).unwrap_or_default()
            }
            Ok(Some(cut)) => cut,
            // One of the two has gone.
            Err(_) => Cut::Close,
        }
    };
    let seen = state.borrow().cuts.0;
    match cut {
        Cut::Close => return,
        Cut::Reset => {
            let _ = (client.set_zero_linger(), server.set_zero_linger());
            return;
        }
        Cut::FromClient => drop(client),
        Cut::FromServer => drop(server),
        Cut::Silence => {}
    }
    // What is left of it stays open.
    next_cut(state, seen).await;
}

/// How the line is cut the next time.
async fn next_cut(mut state: watch::Receiver<State>, seen: u32) -> Cut {
    match state.wait_for(|state| state.cuts.0 != seen).await {
        Ok(state) => state.cuts.1,
        Err(_) => Cut::Close,
    }
}

/// Moves what comes, in the state in which the line is; returns after `budget` bytes with `Ok(None)`, at the end with an error.
async fn copy(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut state: watch::Receiver<State>,
    mut budget: u64,
    counter: Option<&AtomicU64>,
) -> io::Result<Option<Cut>> {
    let (sender, mut receiver) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let line = state.clone();
    let read = async move {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let n = from.read(&mut buffer).await?;
            if n == 0 {
                return Ok::<_, io::Error>(());
            }
            let now = *line.borrow();
            if now.swallows {
                continue;
            }
            if let Some(counter) = counter {
                counter.fetch_add(n as u64, SeqCst);
            }
            let _ = sender.send((Instant::now() + now.delay, buffer[..n].to_vec()));
        }
    };
    let write = async {
        while budget > 0
            && let Some((due, data)) = receiver.recv().await
        {
            sleep_until(due).await;
            let mut rest = &data[..];
            while budget > 0 && !rest.is_empty() {
                let now = *state.wait_for(|state| !state.is_stalled).await.map_err(io::Error::other)?;
                let most = now.bytes_per_second.map_or(u64::MAX, |rate| (rate / BEATS).max(1)).min(budget);
                let (part, left) = rest.split_at(usize::try_from(most).map_or(rest.len(), |most| most.min(rest.len())));
                to.write_all(part).await?;
                (rest, budget) = (left, budget - part.len() as u64);
                if now.bytes_per_second.is_some() {
                    sleep(Duration::from_secs(1) / u32::try_from(BEATS).unwrap_or(1)).await;
                }
            }
        }
        to.flush().await?;
        Ok::<_, io::Error>(budget == 0)
    };
    let mut write = std::pin::pin!(write);
    tokio::select! {
        read = read => read?,
        is_spent = &mut write => return if is_spent? { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) },
    }
    // The end comes after all that was sent before it.
    if write.await? { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
