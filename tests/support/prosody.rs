//! A private Prosody on free ports of the loopback interface, with a throw-away certificate authority.

use std::{
    fmt::Write as _,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    ops::Deref,
    path::PathBuf,
    time::Duration,
};

use super::server::{Server, with_the_test};

/// How long a server may take to answer. Generous, because many tests may start at once on a slow machine.
const START: Duration = Duration::from_secs(30);

const MODULES: [&str; 22] = [
    "roster",
    "saslauth",
    "tls",
    "disco",
    "carbons",
    "pep",
    "private",
    "blocklist",
    "vcard4",
    "vcard_legacy",
    "version",
    "time",
    "ping",
    "mam",
    "smacks",
    "csi_simple",
    "bookmarks",
    "presence",
    "message",
    "iq",
    "offline",
    "c2s",
];

/// What the server shows as its certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Certificate {
    #[default]
    Good,
    /// Signed by our authority, but for `other.test`.
    WrongName,
    /// Signed by our authority, for the right name, some years ago.
    Expired,
}

/// What is special about a server; the default is an ordinary one.
#[derive(Debug, Clone)]
pub struct Options {
    pub domain: String,
    pub certificate: Certificate,
    /// Modules beside the usual ones, such as `sasl2`, `sasl2_bind2`, `sasl2_sm`.
    pub modules: Vec<String>,
    pub without: Vec<String>,
    /// Users made before the start: name and password.
    pub users: Vec<(String, String)>,
    /// Seconds for which the session of a lost connection can be resumed.
    pub hibernation: u32,
    /// Lines for the global section of the configuration.
    pub global: String,
    /// Lines after the virtual host: more hosts and components.
    pub hosts: String,
    /// None for a server that knows no other.
    pub federation: Option<Federation>,
}

/// How a server reaches others (RFC 6120 §2.5). They find each other without DNS, and prove by dialback who they are.
#[derive(Debug, Clone)]
pub struct Federation {
    pub port: u16,
    /// The other servers' domains and ports.
    pub peers: Vec<(String, u16)>,
}

/// Says where other servers are.
const PEERS: &str = r#"
local basic = require "prosody.net.resolvers.basic";
local peers = module:get_option("peers");
module:hook("s2sout-pre-connect", function (event)
    local port = peers[event.session.to_host];
    if port then event.resolver = basic.new("127.0.0.1", port, "tcp"); end
end);
"#;

impl Default for Options {
    fn default() -> Self {
        Self {
            domain: "chat.test".into(),
            certificate: Certificate::Good,
            modules: Vec::new(),
            without: Vec::new(),
            users: Vec::new(),
            hibernation: 60,
            global: String::new(),
            hosts: String::new(),
            federation: None,
        }
    }
}

impl Options {
    /// Takes files up to so many bytes, by HTTPS on `port`, and says that they lie at `public`, which may be a line to that port.
    pub fn with_files(self, port: u16, public: u16, most: u64) -> Self {
        let domain = &self.domain;
        let hosts = format!(
            "{}Component \"upload.{domain}\" \"http_file_share\"\nhttp_host = \"127.0.0.1\"\n\
             http_external_url = \"https://127.0.0.1:{public}/\"\nhttp_file_share_size_limit = {most}\n",
            self.hosts
        );
        let global = format!(
            "{}http_ports = {{}}\nhttps_ports = {{ {port} }}\nhttps_interfaces = {{ \"127.0.0.1\" }}\n",
            self.global
        );
        Self { global, hosts, ..self }
    }

    /// A server with these users, whose password is `secret`.
    pub fn with_users(names: &[&str]) -> Self {
        Self { users: names.iter().map(|n| ((*n).to_owned(), "secret".to_owned())).collect(), ..Self::default() }
    }
}

/// A running server.
pub struct Prosody {
    server: Server,
}

impl Prosody {
    /// Starts a server and waits until it answers on both ports.
    pub fn start(options: &Options) -> Self {
        let mut me = Self { server: Server::new("prosody", options) };
        fs::create_dir(me.path("data")).expect("a directory for the server's data");
        fs::write(me.path("mod_peers.lua"), PEERS).expect("a module for the server");
        for (name, password) in &options.users {
            me.add_user(name, password);
        }
        // Between our looking for free ports and the server's taking them somebody else may have done so.
        for _ in 0..5 {
            me.server.choose_ports();
            fs::write(me.path("prosody.cfg.lua"), me.configuration(options)).expect("the configuration is written");
            if me.try_start() {
                return me;
            }
        }
        panic!("Prosody does not start; its log:\n{}", me.log());
    }

    /// Makes a user, or gives one another password; works while the server runs.
    pub fn add_user(&self, name: &str, password: &str) {
        let dir = self.data_dir().join("accounts");
        fs::create_dir_all(&dir).expect("a directory for accounts");
        let file = dir.join(format!("{}.dat", encoded(name)));
        fs::write(file, format!("return {{ [\"password\"] = {password:?} }};\n")).expect("the account is written");
    }

    /// Where the server keeps what it stores for its domain: `roster/`, `pep/`, ….
    pub fn data_dir(&self) -> PathBuf {
        self.path("data").join(encoded(self.domain()))
    }

    /// Stops the server at once, as a crash would.
    pub fn stop(&mut self) {
        self.server.stop();
    }

    /// Asks the server to end, and waits for that. False: it is not in time, and was stopped.
    pub fn end(&mut self) -> bool {
        self.server.end(START)
    }

    /// What it is from the next start on.
    pub fn reconfigure(&self, options: &Options) {
        fs::write(self.path("prosody.cfg.lua"), self.configuration(options)).expect("the configuration is written");
    }

    /// Starts it again after `stop`, with the same data on the same ports.
    pub fn start_again(&mut self) {
        self.stop();
        assert!(self.try_start(), "Prosody does not start again; its log:\n{}", self.log());
    }

    fn try_start(&mut self) -> bool {
        let mut program = with_the_test("prosody");
        program.args(["-F", "--config"]).arg(self.path("prosody.cfg.lua"));
        self.server.run(&mut program, START, "Failed to open server port", |server| {
            [server.port(), server.direct_tls_port()].into_iter().all(is_answering)
        })
    }

    fn configuration(&self, options: &Options) -> String {
        let dir = self.dir().display();
        let usual = MODULES.iter().map(|m| (*m).to_owned());
        let federated = ["s2s", "dialback", "peers"].iter().filter(|_| options.federation.is_some());
        let modules = usual.chain(options.modules.iter().cloned()).chain(federated.map(|m| (*m).to_owned()));
        let modules = modules.filter(|m| !options.without.contains(m));
        let modules = modules.fold(String::new(), |mut all, m| {
            let _ = write!(all, "{m:?}, ");
            all
        });
        let Options { domain, hibernation, global, hosts, .. } = options;
        let (port, direct_tls_port) = (self.port(), self.direct_tls_port());
        let federation = match &options.federation {
            None => "modules_disabled = { \"s2s\", \"posix\" }\n".to_owned(),
            Some(Federation { port, peers }) => {
                let peers = peers.iter().fold(String::new(), |mut all, (domain, port)| {
                    let _ = write!(all, "[{domain:?}] = {port}; ");
                    all
                });
                format!(
                    "modules_disabled = {{ \"posix\" }}\nplugin_paths = {{ \"{dir}\" }}\ns2s_ports = {{ {port} }}\n\
                     s2s_secure_auth = false\npeers = {{ {peers} }}\n"
                )
            }
        };
        // Prosody trips over an option that is set twice.
        let default = |name: &str, value: &str| {
            let is_set = global.contains(&format!("{name} ="));
            if is_set { String::new() } else { format!("{name} = {value}\n") }
        };
        let ssl = default("ssl", &format!("{{ key = \"{dir}/server.key\", certificate = \"{dir}/server.pem\" }}"));
        let (encryption, storage) = (default("c2s_require_encryption", "true"), default("storage", "\"internal\""));
        format!(
            r#"run_as_root = true
pidfile = "{dir}/prosody.pid"
data_path = "{dir}/data"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ {direct_tls_port} }}
modules_enabled = {{ {modules} }}
{federation}authentication = "internal_plain"
{storage}{encryption}smacks_hibernation_time = {hibernation}
archive_expires_after = "never"
log = {{ debug = "{dir}/prosody.log" }}
{ssl}{global}
VirtualHost "{domain}"
{hosts}
"#
        )
    }
}

impl Deref for Prosody {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// Prosody's names of files: all but letters and digits in hexadecimal.
fn encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |mut all, b| {
        if b.is_ascii_alphanumeric() {
            all.push(b.into());
        } else {
            let _ = write!(all, "%{b:02x}");
        }
        all
    })
}

fn is_answering(port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), Duration::from_secs(1)).is_ok()
}
