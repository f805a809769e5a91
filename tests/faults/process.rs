//! The other end of a client's line: starts its process, gives it messages, kills it, and looks into its profile.

use std::{
    collections::{HashSet, VecDeque},
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
};

use serde_json::{Value, json};

use super::{
    profile::{self, number, text},
    support::Relay,
    world::{Device, Home},
};

/// So many messages are on their way to the engine at once.
const WINDOW: usize = 8;

/// How this program is started again as a client: in the tests it is the test harness that has to be told.
pub type Arguments = &'static [&'static str];

/// A client with its line to its server.
pub struct Client {
    pub name: &'static str,
    /// Which of the two homes it is at.
    pub home: usize,
    pub relay: Relay,
    pub is_online: bool,
    pub is_friend: bool,
    /// What a person would have had to mend.
    pub troubles: Vec<String>,
    dir: PathBuf,
    who: Value,
    arguments: Arguments,
    running: Option<Running>,
    /// Numbers of messages that it has not been given, and of those that it has not accepted.
    queue: VecDeque<usize>,
    given: VecDeque<usize>,
}

struct Running {
    child: Child,
    said: Receiver<Value>,
}

impl Client {
    pub fn new((home, name): Device, homes: &[Home; 2], dir: &Path, arguments: Arguments) -> Self {
        let (own, peer) = (&homes[home], &homes[1 - home]);
        let relay = Relay::start(own.port);
        let dir = dir.join(name);
        fs::create_dir_all(&dir).unwrap();
        let who = json!({
            "address": own.address, "peer": peer.address, "dir": dir.join("profile"), "port": relay.port(), "ca": own.ca_file,
        });
        let (queue, given, troubles) = (VecDeque::new(), VecDeque::new(), Vec::new());
        Self {
            name,
            home,
            relay,
            is_online: false,
            is_friend: false,
            troubles,
            dir,
            who,
            arguments,
            running: None,
            queue,
            given,
        }
    }

    /// One more of the same account, on a good line and with nothing on its disk.
    pub fn another_device(home: usize, homes: &[Home; 2], dir: &Path, arguments: Arguments) -> Self {
        Self::new((home, homes[home].name), homes, &dir.join("another device"), arguments)
    }

    pub fn start(&mut self) {
        fs::create_dir_all(self.profile()).unwrap();
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        let mut child = Command::new(env::current_exe().unwrap())
            .args(self.arguments)
            .env("RUST_LOG", "stonechat=debug")
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let (sender, said) = mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The test harness has its own things to say.
                if let Ok(value) = serde_json::from_str::<Value>(&line)
                    && sender.send(value).is_err()
                {
                    return;
                }
            }
        });
        self.running = Some(Running { child, said });
        self.tell(&self.who.clone());
    }

    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Adds messages with these numbers to what it is to send.
    pub fn give(&mut self, numbers: impl IntoIterator<Item = usize>) {
        self.queue.extend(numbers);
    }

    /// All that it was given is on its disk.
    pub fn has_accepted_all(&self) -> bool {
        self.queue.is_empty() && self.given.is_empty()
    }

    pub fn befriend(&mut self) {
        self.tell(&json!({"befriend": true}));
    }

    fn tell(&mut self, line: &Value) {
        if let Some(running) = &mut self.running {
            // A process that has died is found out when it is listened to.
            let _ = writeln!(running.child.stdin.as_mut().unwrap(), "{line}");
        }
    }

    /// Takes in what it has said, and gives it more to do.
    pub fn attend(&mut self) {
        self.listen();
        while self.running.is_some()
            && self.given.len() < WINDOW
            && let Some(number) = self.queue.pop_front()
        {
            self.given.push_back(number);
            self.tell(&json!({"send": text(self.name, number)}));
        }
        if let Some(running) = &mut self.running
            && let Ok(Some(status)) = running.child.try_wait()
        {
            self.troubles.push(format!("it has ended by itself: {status}"));
            self.gone();
        }
    }

    fn listen(&mut self) {
        let Some(running) = &self.running else { return };
        for said in running.said.try_iter() {
            if let Some(accepted) = said["accepted"].as_str() {
                let first = self.given.pop_front().map(|number| text(self.name, number));
                assert_eq!(first.as_deref(), Some(accepted), "{}: messages are accepted in order", self.name);
            }
            if let Some(online) = said["online"].as_bool() {
                self.is_online = online;
            }
            self.is_friend |= said["friends"] == true;
            self.troubles.extend(said["trouble"].as_str().map(str::to_owned));
        }
    }

    /// Ends it in the middle of whatever it does.
    pub fn kill(&mut self) {
        if let Some(running) = &mut self.running {
            running.child.kill().unwrap();
            self.gone();
        }
    }

    /// Ends it as a person does, and waits for that.
    pub fn quit(&mut self) {
        self.tell(&json!({"quit": true}));
        self.gone();
    }

    /// Finds out which of the messages are on its disk that it had not answered for; the others it is given again.
    fn gone(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        running.child.wait().unwrap();
        let rest: Vec<Value> = running.said.iter().collect();
        for said in rest {
            if said["accepted"].is_string() {
                self.given.pop_front();
            }
        }
        self.is_online = false;
        if self.given.is_empty() {
            return;
        }
        let stored: HashSet<usize> =
            profile::texts(&self.profile()).iter().filter_map(|text| number(self.name, text)).collect();
        while let Some(last) = self.given.pop_back() {
            if !stored.contains(&last) {
                self.queue.push_front(last);
            }
        }
    }

    /// Where its engine keeps everything.
    pub fn profile(&self) -> PathBuf {
        self.dir.join("profile")
    }

    pub fn log_file(&self) -> PathBuf {
        self.dir.join("log")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            let _ = (running.child.kill(), running.child.wait());
        }
    }
}
