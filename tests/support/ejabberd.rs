//! A private ejabberd on free ports of the loopback interface: what Prosody is not, the second opinion.
//!
//! All it has lies in a temporary directory; dropping it, by a panic too, stops the server and removes that.

use std::{
    fmt::Write as _,
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::prosody::{Federation, Options, free_ports, make_certificates};

/// How long it may take to start.
const START: Duration = Duration::from_mins(1);

/// A running server.
pub struct Ejabberd {
    dir: TempDir,
    domain: String,
    port: u16,
    direct_tls_port: u16,
    child: Option<Child>,
}

impl Ejabberd {
    /// Starts a server and waits until its users can sign in. Of the options, it knows the domain, the users, the modules, the
    /// hibernation and the federation, with one peer whose domain the system can look up: `localhost`.
    pub fn start(options: &Options) -> Self {
        let dir = tempfile::Builder::new().prefix("stonechat-ejabberd-").tempdir().expect("a temporary directory");
        fs::create_dir(dir.path().join("spool")).expect("a directory for the server's data");
        make_certificates(dir.path(), options);
        let mut me = Self { dir, domain: options.domain.clone(), port: 0, direct_tls_port: 0, child: None };
        // Between our looking for free ports and the server's taking them somebody else may have done so.
        for _ in 0..3 {
            (me.port, me.direct_tls_port) = free_ports();
            fs::write(me.path("ejabberd.yml"), me.configuration(options)).expect("the configuration is written");
            if me.try_start(options) {
                return me;
            }
        }
        panic!("ejabberd does not start; its log:\n{}", me.log());
    }

    /// The port for STARTTLS on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The port for TLS from the first byte on 127.0.0.1.
    pub const fn direct_tls_port(&self) -> u16 {
        self.direct_tls_port
    }

    /// The authority that signed the server's certificate, as PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// The address of a user here.
    pub fn address(&self, name: &str) -> String {
        format!("{name}@{}", self.domain)
    }

    pub fn log_file(&self) -> PathBuf {
        self.path("ejabberd.log")
    }

    /// All that the server has logged.
    pub fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.path(name)).unwrap_or_default();
        format!("{}{}", read("ejabberd.log"), read("ejabberd.out"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn try_start(&mut self, options: &Options) -> bool {
        let _ = fs::remove_file(self.path("ready"));
        let out = fs::File::create(self.path("ejabberd.out")).expect("a file for the server's output");
        let err = out.try_clone().expect("a file for the server's output");
        let users = options.users.iter().fold(String::new(), |mut all, (name, password)| {
            let domain = &self.domain;
            let register = format!("ejabberd_auth:try_register(<<{name:?}>>, <<{domain:?}>>, <<{password:?}>>)");
            // Where it starts again, they are there.
            let _ = write!(all, "case {register} of ok -> ok; {{error, exists}} -> ok end, ");
            all
        });
        // Its own script insists on a user of its own, so it is started as that would do it. It is killed with the test.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "erl", "-noinput", "+sbwt", "none", "-mnesia", "dir"])
            .arg(format!("\"{}\"", self.path("spool").display()))
            .args(["-s", "ejabberd", "-eval"])
            .arg(format!("{users}file:write_file(\"{}\", <<>>).", self.path("ready").display()))
            .env("ERL_LIBS", format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH))
            .env("ERL_CRASH_DUMP", "/dev/null")
            .env("EJABBERD_CONFIG_PATH", self.path("ejabberd.yml"))
            .env("EJABBERD_LOG_PATH", self.log_file())
            .env("HOME", self.dir.path())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .expect("setpriv and ejabberd are installed");
        let until = Instant::now() + START;
        let is_up = loop {
            let is_ready = self.path("ready").exists();
            let has_ended = child.try_wait().expect("the server's state").is_some();
            if is_ready || has_ended || Instant::now() > until {
                break is_ready && !has_ended;
            }
            thread::sleep(Duration::from_millis(50));
        };
        self.child = Some(child);
        if !is_up || self.log().contains("eaddrinuse") {
            self.stop();
            return false;
        }
        true
    }

    /// Stops the server at once, as a crash would.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again after `stop`, with the same data on the same ports.
    pub fn start_again(&mut self, options: &Options) {
        self.stop();
        assert!(self.try_start(options), "ejabberd does not start again; its log:\n{}", self.log());
    }

    fn configuration(&self, options: &Options) -> String {
        let dir = self.dir.path().display();
        let (domain, port, direct_tls_port) = (&self.domain, self.port, self.direct_tls_port);
        let hibernation = options.hibernation;
        let more = options.modules.iter().fold(String::new(), |all, module| format!("{all}  mod_{module}: {{}}\n"));
        let c2s = "ip: \"127.0.0.1\", module: ejabberd_c2s, max_stanza_size: 262144";
        let (s2s_listener, s2s) = match &options.federation {
            None => (String::new(), "s2s_access: none\n".to_owned()),
            Some(Federation { port, peers }) => {
                let listener = format!("  - {{port: {port}, ip: \"127.0.0.1\", module: ejabberd_s2s_in}}\n");
                let peer = peers.first().map_or(5269, |(_, port)| *port);
                (listener, format!("s2s_use_starttls: optional\noutgoing_s2s_port: {peer}\n"))
            }
        };
        format!(
            r#"hosts: ["{domain}"]
loglevel: info
certfiles: ["{dir}/server.pem", "{dir}/server.key"]
acme: {{auto: false}}
auth_password_format: scram
sql_type: sqlite
sql_database: "{dir}/archive.sqlite"
update_sql_schema: true
listen:
  - {{port: {port}, {c2s}, starttls_required: true}}
  - {{port: {direct_tls_port}, {c2s}, tls: true}}
{s2s_listener}{s2s}shaper: {{}}
modules:
  mod_blocking: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_client_state: {{}}
  mod_disco: {{}}
  mod_mam: {{default: always, assume_mam_usage: true, db_type: sql}}
  mod_offline: {{access_max_user_messages: 100000}}
  mod_ping: {{}}
  mod_privacy: {{}}
  mod_pubsub: {{plugins: [flat, pep]}}
  mod_roster: {{versioning: true}}
  mod_s2s_dialback: {{}}
  mod_stream_mgmt: {{resume_timeout: {hibernation}}}
  mod_vcard: {{}}
{more}"#
        )
    }
}

impl Drop for Ejabberd {
    fn drop(&mut self) {
        self.stop();
        if thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!(
                "the end of {}:\n{}",
                self.log_file().display(),
                lines[lines.len().saturating_sub(60)..].join("\n")
            );
        }
    }
}
