//! One of the servers between the clients: how it goes away and comes back, and what its archives hold.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender, TryRecvError},
    },
    thread,
    time::Duration,
};

use rand::{Rng as _, rngs::StdRng};
use rusqlite::Connection;

use super::{
    order::Archived,
    support::{Ejabberd, Options, Prosody},
};

/// How a server goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It is asked to end (SIGTERM).
    Asked,
    /// SIGKILL, in the middle of whatever it does.
    Killed,
}

/// A server goes away and comes back.
#[derive(Debug, Clone, Copy)]
pub struct Restart {
    pub stop: Stop,
    /// How long there is none.
    pub lasts: Duration,
}

impl Restart {
    pub fn draw(stop: Stop, chance: &mut StdRng) -> Self {
        Self { stop, lasts: Duration::from_millis(chance.random_range(0..1_500)) }
    }
}

pub struct Server {
    running: Arc<Mutex<Running>>,
    pub log_file: PathBuf,
    keeps_order_from: Duration,
    restarts: Sender<Restart>,
    /// Whether it had ended in time, each time that it has come back.
    restarted: Receiver<bool>,
    is_restarting: bool,
}

enum Running {
    Prosody(Prosody),
    Ejabberd(Ejabberd, Options),
}

impl Server {
    pub fn prosody(prosody: Prosody) -> Self {
        Self::new(prosody.log_file(), Duration::ZERO, Running::Prosody(prosody))
    }

    pub fn ejabberd(ejabberd: Ejabberd, options: Options) -> Self {
        Self::new(ejabberd.log_file(), Duration::from_secs(1), Running::Ejabberd(ejabberd, options))
    }

    fn new(log_file: PathBuf, keeps_order_from: Duration, running: Running) -> Self {
        let running = Arc::new(Mutex::new(running));
        let (restarts, orders) = mpsc::channel();
        let (done, restarted) = mpsc::channel();
        let its = Arc::clone(&running);
        // One thread for all times: a server dies with the thread that started it (PR_SET_PDEATHSIG).
        thread::spawn(move || {
            for restart in orders {
                let in_time = its.lock().unwrap().restart(restart);
                if done.send(in_time).is_err() {
                    return;
                }
            }
        });
        Self { running, log_file, keeps_order_from, restarts, restarted, is_restarting: false }
    }

    /// Begins this, without waiting for it.
    pub fn restart(&mut self, restart: Restart) {
        self.restarts.send(restart).expect("the server has always started again");
        self.is_restarting = true;
    }

    pub const fn is_restarting(&self) -> bool {
        self.is_restarting
    }

    /// Whether it has just come back, and if so, whether it had ended in time.
    pub fn has_restarted(&mut self) -> Option<bool> {
        match self.restarted.try_recv() {
            Ok(in_time) => {
                self.is_restarting = false;
                Some(in_time)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => panic!("the server does not start again"),
        }
    }

    /// All texts that the archive of a user holds, in its order; what was sent twice is there twice. `None` while it is being
    /// written.
    pub fn archived(&self, user: &str) -> Option<Vec<Archived>> {
        let (file, sql) = self.running.lock().unwrap().archive();
        // A server that finds its file locked by somebody else could not store a message.
        let copy = tempfile::tempdir().unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        for name in [name.to_owned(), format!("{name}-wal"), format!("{name}-journal")] {
            let _ = fs::copy(file.with_file_name(&name), copy.path().join(name));
        }
        stanzas(&copy.path().join(name), sql, user).ok()
    }

    /// So far apart is what it delivers in the order of its archive.
    pub const fn keeps_order_from(&self) -> Duration {
        self.keeps_order_from
    }
}

impl Running {
    fn restart(&mut self, Restart { stop, lasts }: Restart) -> bool {
        let in_time = match (&mut *self, stop) {
            (Self::Prosody(prosody), Stop::Asked) => prosody.end(),
            (Self::Ejabberd(ejabberd, _), Stop::Asked) => ejabberd.end(),
            (Self::Prosody(prosody), Stop::Killed) => {
                prosody.stop();
                true
            }
            (Self::Ejabberd(ejabberd, _), Stop::Killed) => {
                ejabberd.stop();
                true
            }
        };
        thread::sleep(lasts);
        match self {
            Self::Prosody(prosody) => prosody.start_again(),
            Self::Ejabberd(ejabberd, options) => ejabberd.start_again(options),
        }
        in_time
    }

    /// The file with its archives, and how the stanzas of a user are asked for.
    fn archive(&self) -> (PathBuf, &'static str) {
        match self {
            Self::Prosody(prosody) => (
                prosody.path("data/archive.sqlite"),
                "SELECT value, 0 FROM prosodyarchive WHERE user = ?1 AND store = 'archive' ORDER BY sort_id",
            ),
            Self::Ejabberd(ejabberd, _) => (
                ejabberd.path("archive.sqlite"),
                "SELECT xml, timestamp FROM archive WHERE username = ?1 ORDER BY timestamp",
            ),
        }
    }
}

fn stanzas(file: &Path, sql: &str, user: &str) -> rusqlite::Result<Vec<Archived>> {
    let connection = Connection::open(file)?;
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([user], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let texts = rows.filter_map(|row| match row {
        Ok((stanza, micros)) => body(&stanza).map(|text| Ok(Archived { text, micros: micros.unsigned_abs() })),
        Err(error) => Some(Err(error)),
    });
    texts.collect()
}

/// The text of a stanza, where it has one. Our own texts have nothing in them that XML would escape.
fn body(stanza: &str) -> Option<String> {
    let (_, rest) = stanza.split_once("<body>")?;
    Some(rest.split_once("</body>")?.0.to_owned())
}
