//! The other side with another implementation: slixmpp in a process of its own (`slix.py`), which reads what comes with its own
//! plug-ins, so that a mistake that our reading and writing share is found.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Stdio},
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::{Prosody, server::with_the_test};

/// Nothing on one machine takes so long.
const DEADLINE: Duration = Duration::from_secs(30);

pub struct Slix {
    pub address: String,
    child: Child,
    input: ChildStdin,
    lines: mpsc::UnboundedReceiver<Value>,
    /// What was heard and not yet asked for.
    heard: VecDeque<Value>,
}

impl Slix {
    /// Signs in and is there.
    pub async fn sign_in(prosody: &Prosody, name: &str) -> Self {
        let address = prosody.address(name);
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/slix.py");
        let mut program = with_the_test("python3");
        program.args(["-B", script, &address, "secret", &prosody.port().to_string()]);
        program.env("SSL_CERT_FILE", prosody.ca_file()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = program.spawn().expect("python3 and slixmpp are installed");
        let (input, output) = (child.stdin.take().expect("an input"), child.stdout.take().expect("an output"));
        let (sender, lines) = mpsc::unbounded_channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or_else(|_| panic!("slixmpp says {line:?}"));
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut me = Self { address, child, input, lines, heard: VecDeque::new() };
        me.done("signing in").await;
        me
    }

    /// Has it do something (a method of `Slix` in `slix.py`), and waits for the result.
    pub async fn ask(&mut self, what: &str, arguments: Value) -> Value {
        let Value::Array(arguments) = arguments else { panic!("arguments are a list") };
        let line = Value::Array(std::iter::once(json!(what)).chain(arguments).collect());
        writeln!(self.input, "{line}").expect("slixmpp runs");
        self.done(what).await
    }

    /// The same where the result is a text.
    pub async fn text(&mut self, what: &str, arguments: Value) -> String {
        self.ask(what, arguments).await.as_str().unwrap_or_else(|| panic!("{what}: no text")).to_owned()
    }

    /// The first thing of this name that it heard, or hears, and that is as wanted.
    pub async fn heard(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let is_it = |line: &Value| line["heard"] == name && wanted(line);
        if let Some(at) = self.heard.iter().position(is_it) {
            return self.heard.remove(at).expect("it is there");
        }
        let until = Instant::now() + DEADLINE;
        loop {
            let line = self.line(until, name).await;
            assert!(line.get("done").is_none(), "an answer to nothing: {line}");
            if is_it(&line) {
                return line;
            }
            self.heard.push_back(line);
        }
    }

    async fn done(&mut self, what: &str) -> Value {
        let until = Instant::now() + DEADLINE;
        loop {
            let mut line = self.line(until, what).await;
            if let Some(done) = line.get_mut("done") {
                return done.take();
            }
            self.heard.push_back(line);
        }
    }

    async fn line(&mut self, until: Instant, what: &str) -> Value {
        let Ok(line) = timeout_at(until, self.lines.recv()).await else {
            panic!("slixmpp: {what} did not happen; {:#?}", self.heard);
        };
        line.unwrap_or_else(|| panic!("slixmpp ended before {what}"))
    }
}

impl Drop for Slix {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
