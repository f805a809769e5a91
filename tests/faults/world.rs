//! The servers between the two clients.

use std::{any::Any, path::PathBuf};

use super::support::{Federation, Options, Prosody, prosody::free_ports};

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
pub const ALL: [(&str, Begin); 3] =
    [("prosody", World::classic), ("prosody-modern", World::modern), ("federated", World::federated)];

impl World {
    /// Prosody as Debian has it: SASL, bind and all that one after the other.
    pub fn classic() -> Self {
        Self::prosody(&[])
    }

    /// Prosody with all of it inline.
    pub fn modern() -> Self {
        Self::prosody(&["sasl2", "sasl2_bind2", "sasl2_sm"])
    }

    /// Two servers with one of the two each.
    pub fn federated() -> Self {
        let (here, there) = free_ports();
        let sides = [("alice", "chat.test", here), ("bob", "other.test", there)];
        let servers = [0, 1].map(|n| {
            let ((name, domain, port), (_, other, other_port)) = (sides[n], sides[1 - n]);
            let federation = Some(Federation { port, peers: vec![(other.to_owned(), other_port)] });
            Prosody::start(&Options { domain: domain.to_owned(), federation, ..options(&[name], &[]) })
        });
        let homes = [home(&servers[0], "alice"), home(&servers[1], "bob")];
        let logs = servers.iter().map(Prosody::log_file).collect();
        Self { homes, logs, _servers: servers.map(|server| Box::new(server) as Box<dyn Any>).into() }
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

fn home(prosody: &Prosody, name: &'static str) -> Home {
    Home { name, address: prosody.address(name), port: prosody.port(), ca_file: prosody.ca_file() }
}
