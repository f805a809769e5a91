//! What all private servers have in common: a temporary directory with a certificate, two ports on loopback, a process and its
//! log. Dropping it, by a panic too, stops the process and removes the directory.

use std::{
    fs,
    io::{Read as _, Seek as _, SeekFrom},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::prosody::{Certificate, Options};

pub struct Server {
    /// Of the program; of its files too.
    name: &'static str,
    dir: TempDir,
    domain: String,
    port: u16,
    direct_tls_port: u16,
    child: Option<Child>,
}

impl Server {
    /// A directory for it, and nothing that runs.
    pub fn new(name: &'static str, options: &Options) -> Self {
        let dir = tempfile::Builder::new().prefix(&format!("stonechat-{name}-")).tempdir();
        let dir = dir.expect("a temporary directory");
        make_certificates(dir.path(), options);
        Self { name, dir, domain: options.domain.clone(), port: 0, direct_tls_port: 0, child: None }
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

    pub fn log_file(&self) -> PathBuf {
        self.path(&format!("{}.log", self.name))
    }

    /// All that the server has logged.
    pub fn log(&self) -> String {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        format!("{}{}", read(self.log_file()), read(self.out_file()))
    }

    /// The same without the first bytes of its log, which are of an earlier start.
    fn log_since(&self, byte: u64) -> String {
        let mut log = Vec::new();
        if let Ok(mut file) = fs::File::open(self.log_file()) {
            let _ = file.seek(SeekFrom::Start(byte)).and_then(|_| file.read_to_end(&mut log));
        }
        String::from_utf8_lossy(&log).into_owned() + &fs::read_to_string(self.out_file()).unwrap_or_default()
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn out_file(&self) -> PathBuf {
        self.path(&format!("{}.out", self.name))
    }

    /// Two ports that nobody listens on now. Until the server takes them, somebody else may.
    pub fn choose_ports(&mut self) {
        (self.port, self.direct_tls_port) = free_ports();
    }

    /// Starts the program and waits until it is up. False: it is not in time, or has ended, or says that somebody else has its
    /// ports.
    pub fn run(
        &mut self,
        program: &mut Command,
        within: Duration,
        ports_are_taken: &str,
        is_up: impl Fn(&Self) -> bool,
    ) -> bool {
        let logged = fs::metadata(self.log_file()).map_or(0, |file| file.len());
        let out = fs::File::create(self.out_file()).expect("a file for the server's output");
        let err = out.try_clone().expect("a file for the server's output");
        let child = program.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        let mut child = child.expect("setpriv and the server are installed");
        let until = Instant::now() + within;
        let is_running = loop {
            let (is_up, has_ended) = (is_up(self), child.try_wait().expect("the server's state").is_some());
            if is_up || has_ended || Instant::now() > until {
                break is_up && !has_ended;
            }
            thread::sleep(Duration::from_millis(10));
        };
        self.child = Some(child);
        if !is_running || self.log_since(logged).contains(ports_are_taken) {
            self.stop();
            return false;
        }
        true
    }

    /// Asks the server to end, as the system does before it goes down. False: it is not in time, and was stopped.
    pub fn end(&mut self, within: Duration) -> bool {
        let Some(child) = &mut self.child else { return true };
        let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(asked.is_ok_and(|asked| asked.success()), "the server can't be asked to end");
        let until = Instant::now() + within;
        let has_ended = loop {
            let has_ended = child.try_wait().expect("the server's state").is_some();
            if has_ended || Instant::now() > until {
                break has_ended;
            }
            thread::sleep(Duration::from_millis(10));
        };
        self.stop();
        has_ended
    }

    /// Stops the server at once, as a crash would.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Server {
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

/// A program that is killed with the test that started it, even when that is killed itself.
pub fn with_the_test(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", program]);
    command
}

/// Two that nobody listens on now.
pub fn free_ports() -> (u16, u16) {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = |l: &TcpListener| l.local_addr().expect("a bound port").port();
    let (a, b) = (bind(), bind());
    (port(&a), port(&b))
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
