//! The servers between the two clients.

use std::{any::Any, path::PathBuf};

use super::support::{Ejabberd, Federation, Options, Prosody, server::free_ports};

/// Where one of the two is at home.
#[derive(Debug, Clone)]
pub struct Home {
    pub name: &'static str,
    pub address: String,
    pub port: u16,
    pub ca_file: PathBuf,
}

pub struct World {
    pub homes: [Home; 2],
    /// What the servers have logged.
    pub logs: Vec<PathBuf>,
    /// They run for as long as this is here.
    _servers: Vec<Box<dyn Any>>,
}

/// How long a server remembers a session, in seconds: short enough for some not to be resumed.
const HIBERNATION: u32 = 2;

/// Starts the servers.
pub type Begin = fn() -> World;

/// Every kind that there is, by its name.
pub const ALL: [(&str, Begin); 5] = [
    ("prosody", World::classic),
    ("prosody-modern", World::modern),
    ("ejabberd", World::ejabberd),
    ("federated", World::federated),
    ("federated-mixed", World::mixed),
];

impl World {
    /// Prosody as Debian has it: SASL, bind and all that one after the other.
    pub fn classic() -> Self {
        Self::prosody(&[])
    }

    /// Prosody with all of it inline.
    pub fn modern() -> Self {
        Self::prosody(&["sasl2", "sasl2_bind2", "sasl2_sm"])
    }

    pub fn ejabberd() -> Self {
        let ejabberd = Ejabberd::start(&options(&["alice", "bob"], &[]));
        let home =
            |name| Home { name, address: ejabberd.address(name), port: ejabberd.port(), ca_file: ejabberd.ca_file() };
        let homes = [home("alice"), home("bob")];
        Self { homes, logs: vec![ejabberd.log_file()], _servers: vec![Box::new(ejabberd)] }
    }

    /// Two servers with one of the two each.
    pub fn federated() -> Self {
        let [here, there] = two_domains("chat.test").map(|options| Prosody::start(&options));
        let homes = [home(&here, "alice"), home(&there, "bob")];
        let logs = vec![here.log_file(), there.log_file()];
        Self { homes, logs, _servers: vec![Box::new(here), Box::new(there)] }
    }

    /// Two servers of different make.
    pub fn mixed() -> Self {
        // ejabberd asks the system where the other one is.
        let [here, there] = two_domains("localhost");
        let (here, there) = (Prosody::start(&here), Ejabberd::start(&there));
        let other = Home { name: "bob", address: there.address("bob"), port: there.port(), ca_file: there.ca_file() };
        let (homes, logs) = ([home(&here, "alice"), other], vec![here.log_file(), there.log_file()]);
        Self { homes, logs, _servers: vec![Box::new(here), Box::new(there)] }
    }

    fn prosody(modules: &[&str]) -> Self {
        let prosody = Prosody::start(&options(&["alice", "bob"], modules));
        let homes = [home(&prosody, "alice"), home(&prosody, "bob")];
        Self { homes, logs: vec![prosody.log_file()], _servers: vec![Box::new(prosody)] }
    }
}

fn options(names: &[&str], modules: &[&str]) -> Options {
    let modules = modules.iter().map(|&module| module.to_owned()).collect();
    // Its own files are slow to search where there are thousands of messages.
    let global = "storage = { archive = \"sql\" }\nsql = { driver = \"SQLite3\", database = \"archive.sqlite\" }\n";
    Options { hibernation: HIBERNATION, modules, global: global.to_owned(), ..Options::with_users(names) }
}

/// Alice's server and Bob's, who know each other.
fn two_domains(first: &str) -> [Options; 2] {
    let (here, there) = free_ports();
    let sides = [("alice", first, here), ("bob", "other.test", there)];
    [0, 1].map(|n| {
        let ((name, domain, port), (_, other, other_port)) = (sides[n], sides[1 - n]);
        let federation = Some(Federation { port, peers: vec![(other.to_owned(), other_port)] });
        Options { domain: domain.to_owned(), federation, ..options(&[name], &[]) }
    })
}

fn home(prosody: &Prosody, name: &'static str) -> Home {
    Home { name, address: prosody.address(name), port: prosody.port(), ca_file: prosody.ca_file() }
}
