//! A private Prosody on free ports of the loopback interface, with a throw-away certificate authority.
//!
//! All it has lies in a temporary directory; dropping it, by a panic too, stops the server and removes that.

use std::{
    fmt::Write as _,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

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
    dir: TempDir,
    domain: String,
    port: u16,
    direct_tls_port: u16,
    child: Option<Child>,
}

impl Prosody {
    /// Starts a server and waits until it answers on both ports.
    pub fn start(options: &Options) -> Self {
        let dir = tempfile::Builder::new().prefix("stonechat-prosody-").tempdir().expect("a temporary directory");
        fs::create_dir(dir.path().join("data")).expect("a directory for the server's data");
        fs::write(dir.path().join("mod_peers.lua"), PEERS).expect("a module for the server");
        make_certificates(dir.path(), options);
        let mut me = Self { dir, domain: options.domain.clone(), port: 0, direct_tls_port: 0, child: None };
        for (name, password) in &options.users {
            me.add_user(name, password);
        }
        // Between our looking for free ports and the server's taking them somebody else may have done so.
        for _ in 0..5 {
            (me.port, me.direct_tls_port) = free_ports();
            fs::write(me.path("prosody.cfg.lua"), me.configuration(options)).expect("the configuration is written");
            if me.try_start() {
                return me;
            }
        }
        panic!("Prosody does not start; its log:\n{}", me.log());
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

    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The address of a user here.
    pub fn address(&self, name: &str) -> String {
        format!("{name}@{}", self.domain)
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
        self.path("data").join(encoded(&self.domain))
    }

    /// All that the server has logged.
    pub fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.path(name)).unwrap_or_default();
        format!("{}{}", read("prosody.log"), read("prosody.out"))
    }

    pub fn log_file(&self) -> PathBuf {
        self.path("prosody.log")
    }

    /// Stops the server at once, as a crash would.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again after `stop`, with the same data on the same ports.
    pub fn start_again(&mut self) {
        self.stop();
        assert!(self.try_start(), "Prosody does not start again; its log:\n{}", self.log());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn try_start(&mut self) -> bool {
        let out = fs::File::create(self.path("prosody.out")).expect("a file for the server's output");
        let err = out.try_clone().expect("a file for the server's output");
        // Killed with the test that started it, even when that is killed itself.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "prosody", "-F", "--config"])
            .arg(self.path("prosody.cfg.lua"))
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .expect("setpriv and Prosody are installed");
        let until = Instant::now() + START;
        let is_up = loop {
            let answers = [self.port, self.direct_tls_port].into_iter().all(is_answering);
            let has_ended = child.try_wait().expect("the server's state").is_some();
            if answers || has_ended || Instant::now() > until {
                break answers && !has_ended;
            }
            thread::sleep(Duration::from_millis(10));
        };
        self.child = Some(child);
        if !is_up || self.log().contains("Failed to open server port") {
            self.stop();
            return false;
        }
        true
    }

    fn configuration(&self, options: &Options) -> String {
        let dir = self.dir.path().display();
        let usual = MODULES.iter().map(|m| (*m).to_owned());
        let federated = ["s2s", "dialback", "peers"].iter().filter(|_| options.federation.is_some());
        let modules = usual.chain(options.modules.iter().cloned()).chain(federated.map(|m| (*m).to_owned()));
        let modules = modules.filter(|m| !options.without.contains(m));
        let modules = modules.fold(String::new(), |mut all, m| {
            let _ = write!(all, "{m:?}, ");
            all
        });
        let Options { domain, hibernation, global, hosts, .. } = options;
        let (port, direct_tls_port) = (self.port, self.direct_tls_port);
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
ssl = {{ key = "{dir}/server.key", certificate = "{dir}/server.pem" }}
{global}
VirtualHost "{domain}"
{hosts}
"#
        )
    }
}

impl Drop for Prosody {
    fn drop(&mut self) {
        self.stop();
        if thread::panicking() {
            // The directory goes, so what the server had to say has to be said now.
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(60)..].join("\n");
            eprintln!("the end of {}:\n{last}", self.log_file().display());
        }
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

/// Two that nobody listens on now.
pub fn free_ports() -> (u16, u16) {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = |l: &TcpListener| l.local_addr().expect("a bound port").port();
    let (a, b) = (bind(), bind());
    (port(&a), port(&b))
}

fn is_answering(port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), Duration::from_secs(1)).is_ok()
}

/// An authority, and a server's certificate that it signed: `ca.pem`, `server.pem`, `server.key`.
pub fn make_certificates(dir: &Path, options: &Options) {
    let name = if options.certificate == Certificate::WrongName { "other.test" } else { &options.domain };
    let sections = format!(
        "[req]\nprompt = no\ndistinguished_name = dn\n[dn]\nCN = {name}\n\
         [ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = keyCertSign\nsubjectKeyIdentifier = hash\n\
         [leaf]\nbasicConstraints = critical, CA:FALSE\nsubjectAltName = DNS:{name}, DNS:*.{name}, IP:127.0.0.1\n"
    );
    fs::write(dir.join("openssl.cnf"), sections).expect("the configuration is written");
    let new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-config", "openssl.cnf"];
    let authority = ["-extensions", "ca", "-subj", "/CN=A throw-away authority", "-days", "3"];
    openssl(dir, &new_key, &authority, &["-keyout", "ca.key", "-out", "ca.pem"]);
    let dates: &[&str] = match options.certificate {
        Certificate::Expired => &["-not_before", "20200101000000Z", "-not_after", "20200201000000Z"],
        _ => &["-days", "3"],
    };
    let leaf =
        ["-extensions", "leaf", "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.pem"];
    openssl(dir, &new_key, dates, &leaf);
}

fn openssl(dir: &Path, a: &[&str], b: &[&str], c: &[&str]) {
    let made = Command::new("openssl").args(["req", "-x509"]).args(a).args(b).args(c).current_dir(dir).output();
    let made = made.expect("openssl is installed");
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
}
