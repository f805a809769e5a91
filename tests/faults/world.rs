//! The servers between the two clients.

use std::{any::Any, path::PathBuf};

use super::support::{Options, Prosody};

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

impl World {
    /// One Prosody with both of them.
    pub fn prosody(modules: &[&str]) -> Self {
        let modules = modules.iter().map(|&module| module.to_owned()).collect();
        let global = "storage = { archive = \"sql\" }\nsql = { driver = \"SQLite3\", database = \"archive.sqlite\" }\n";
        let global = global.to_owned();
        let options = Options { hibernation: HIBERNATION, modules, global, ..Options::with_users(&["alice", "bob"]) };
        let prosody = Prosody::start(&options);
        let home =
            |name| Home { name, address: prosody.address(name), port: prosody.port(), ca_file: prosody.ca_file() };
        let (homes, logs) = ([home("alice"), home("bob")], vec![prosody.log_file()]);
        Self { homes, logs, _servers: vec![Box::new(prosody)] }
    }
}
