//! The servers between the two clients.

use std::path::PathBuf;

use super::{
    order::Archived,
    server::{Server, Stop},
    support::{Ejabberd, Federation, Options, Prosody, server::free_ports},
};

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
    /// That of the first home, and that of the second if it is another.
    pub servers: Vec<Server>,
}

/// How long a server remembers a session, in seconds: short enough for some not to be resumed.
const HIBERNATION: u32 = 2;

/// At which of the two homes a device is, and the name under which it writes.
pub type Device = (usize, &'static str);

const ONE_EACH: &[Device] = &[(0, "alice"), (1, "bob")];
const ALICE_HAS_TWO: &[Device] = &[(0, "alice"), (0, "alice-phone"), (1, "bob")];

/// Where a run takes place, and what is special about it.
#[derive(Clone, Copy)]
pub struct Scene {
    pub name: &'static str,
    /// Starts the servers.
    pub begin: fn() -> World,
    pub devices: &'static [Device],
    /// How the servers go away now and then, if they do.
    pub stop: Option<Stop>,
}

impl Scene {
    const fn new(name: &'static str, begin: fn() -> World) -> Self {
        Self { name, begin, devices: ONE_EACH, stop: None }
    }

    const fn devices(name: &'static str, begin: fn() -> World) -> Self {
        Self { devices: ALICE_HAS_TWO, ..Self::new(name, begin) }
    }

    const fn restarts(name: &'static str, begin: fn() -> World, stop: Stop) -> Self {
        Self { stop: Some(stop), ..Self::new(name, begin) }
    }
}

/// Every one that there is.
pub const ALL: [Scene; 13] = [
    Scene::new("prosody", World::classic),
    Scene::new("prosody-modern", World::modern),
    Scene::new("unmanaged", World::unmanaged),
    Scene::new("unmanaged-ejabberd", World::unmanaged_ejabberd),
    Scene::new("ejabberd", World::ejabberd),
    Scene::new("federated", World::federated),
    Scene::new("federated-mixed", World::mixed),
    Scene::devices("devices", World::classic),
    Scene::devices("devices-modern", World::modern),
    Scene::devices("devices-ejabberd", World::ejabberd),
    Scene::restarts("restarts", World::classic, Stop::Asked),
    Scene::restarts("restarts-ejabberd", World::ejabberd, Stop::Asked),
    Scene::restarts("crashes", World::classic, Stop::Killed),
];

impl World {
    /// Prosody as Debian has it: SASL, bind and all that one after the other.
    pub fn classic() -> Self {
        Self::prosody(&options(&["alice", "bob"], &[]))
    }

    /// Prosody with all of it inline.
    pub fn modern() -> Self {
        Self::prosody(&options(&["alice", "bob"], &["sasl2", "sasl2_bind2", "sasl2_sm"]))
    }

    /// Prosody without stream management.
    pub fn unmanaged() -> Self {
        Self::prosody(&Options { without: vec!["smacks".to_owned()], ..options(&["alice", "bob"], &[]) })
    }

    pub fn ejabberd() -> Self {
        Self::of_ejabberd(options(&["alice", "bob"], &[]))
    }

    pub fn unmanaged_ejabberd() -> Self {
        Self::of_ejabberd(Options { without: vec!["stream_mgmt".to_owned()], ..options(&["alice", "bob"], &[]) })
    }

    fn of_ejabberd(options: Options) -> Self {
        let ejabberd = Ejabberd::start(&options);
        let home =
            |name| Home { name, address: ejabberd.address(name), port: ejabberd.port(), ca_file: ejabberd.ca_file() };
        let homes = [home("alice"), home("bob")];
        Self { homes, servers: vec![Server::ejabberd(ejabberd, options)] }
    }

    /// Two servers with one of the two each.
    pub fn federated() -> Self {
        let [here, there] = two_domains("chat.test").map(|options| Prosody::start(&options));
        let homes = [home(&here, "alice"), home(&there, "bob")];
        Self { homes, servers: vec![Server::prosody(here), Server::prosody(there)] }
    }

    /// Two servers of different make.
    pub fn mixed() -> Self {
        // ejabberd asks the system where the other one is.
        let [here, there] = two_domains("localhost");
        let options = there;
        let (here, there) = (Prosody::start(&here), Ejabberd::start(&options));
        let other = Home { name: "bob", address: there.address("bob"), port: there.port(), ca_file: there.ca_file() };
        let homes = [home(&here, "alice"), other];
        Self { homes, servers: vec![Server::prosody(here), Server::ejabberd(there, options)] }
    }

    fn prosody(options: &Options) -> Self {
        let prosody = Prosody::start(options);
        let homes = [home(&prosody, "alice"), home(&prosody, "bob")];
        Self { homes, servers: vec![Server::prosody(prosody)] }
    }

    /// What the archive of one of the two holds, in its order; `None` while it is being written.
    pub fn archived(&self, home: usize) -> Option<Vec<Archived>> {
        self.server(home).archived(self.homes[home].name)
    }

    /// The server of one of the two.
    pub fn server(&self, home: usize) -> &Server {
        &self.servers[home.min(self.servers.len() - 1)]
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
