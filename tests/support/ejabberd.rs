//! A private ejabberd on free ports of the loopback interface: what Prosody is not, the second opinion.

use std::{fmt::Write as _, fs, ops::Deref, time::Duration};

use super::{
    prosody::{Federation, Options},
    server::{Server, with_the_test},
};

/// How long it may take to start.
const START: Duration = Duration::from_mins(1);

/// A running server.
pub struct Ejabberd {
    server: Server,
}

impl Ejabberd {
    /// Starts a server and waits until its users can sign in. Of the options, it knows the domain, the users, the modules, the
    /// hibernation and the federation, with one peer whose domain the system can look up: `localhost`.
    pub fn start(options: &Options) -> Self {
        let mut me = Self { server: Server::new("ejabberd", options) };
        fs::create_dir(me.path("spool")).expect("a directory for the server's data");
        // Between our looking for free ports and the server's taking them somebody else may have done so.
        for _ in 0..3 {
            me.server.choose_ports();
            fs::write(me.path("ejabberd.yml"), me.configuration(options)).expect("the configuration is written");
            if me.try_start(options) {
                return me;
            }
        }
        panic!("ejabberd does not start; its log:\n{}", me.log());
    }

    fn try_start(&mut self, options: &Options) -> bool {
        let _ = fs::remove_file(self.path("ready"));
        let users = options.users.iter().fold(String::new(), |mut all, (name, password)| {
            let domain = self.domain();
            let register = format!("ejabberd_auth:try_register(<<{name:?}>>, <<{domain:?}>>, <<{password:?}>>)");
            // Where it starts again, they are there.
            let _ = write!(all, "case {register} of ok -> ok; {{error, exists}} -> ok end, ");
            all
        });
        // Its own script insists on a user of its own, so it is started as that would do it.
        let mut program = with_the_test("erl");
        program
            .args(["-noinput", "+sbwt", "none", "-mnesia", "dir"])
            .arg(format!("\"{}\"", self.path("spool").display()))
            .args(["-s", "ejabberd", "-eval"])
            .arg(format!("{users}file:write_file(\"{}\", <<>>).", self.path("ready").display()))
            .env("ERL_LIBS", format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH))
            .env("ERL_CRASH_DUMP", "/dev/null")
            .env("EJABBERD_CONFIG_PATH", self.path("ejabberd.yml"))
            .env("EJABBERD_LOG_PATH", self.log_file())
            .env("HOME", self.dir());
        self.server.run(&mut program, START, "eaddrinuse", |server| server.path("ready").exists())
    }

    /// Stops the server at once, as a crash would.
    pub fn stop(&mut self) {
        self.server.stop();
    }

    /// Asks the server to end, and waits for that. False: it is not in time, and was stopped.
    pub fn end(&mut self) -> bool {
        self.server.end(START)
    }

    /// Starts it again after `stop`, with the same data on the same ports.
    pub fn start_again(&mut self, options: &Options) {
        self.stop();
        assert!(self.try_start(options), "ejabberd does not start again; its log:\n{}", self.log());
    }

    fn configuration(&self, options: &Options) -> String {
        let dir = self.dir().display();
        let (domain, port, direct_tls_port) = (self.domain(), self.port(), self.direct_tls_port());
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
        let all = format!(
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
        );
        let is_kept = |line: &&str| !options.without.iter().any(|module| line.starts_with(&format!("  mod_{module}:")));
        all.split_inclusive('\n').filter(is_kept).collect()
    }
}

impl Deref for Ejabberd {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}
