//! A name server of one's own on loopback (RFC 1035): it knows what a test tells it, and fails as it is told to.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    sync::{Arc, Mutex},
    thread,
};

const A: u16 = 1;
const AAAA: u16 = 28;
const SRV: u16 = 33;
const SERVFAIL: u8 = 2;
const NXDOMAIN: u8 = 3;

/// What it does when it is asked for a name and a type.
#[derive(Debug, Clone)]
enum Answer {
    Records(Vec<Vec<u8>>),
    Fails,
    Silence,
}

type Zone = HashMap<(String, u16), Answer>;

/// The server. Its thread ends with the program.
pub struct Names {
    address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
    asked: Arc<Mutex<Vec<(String, u16)>>>,
}

impl Names {
    /// Knows nothing: there is no such name.
    pub fn start() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = socket.local_addr().expect("a bound port");
        let (zone, asked) = (Arc::<Mutex<Zone>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (known, noted) = (Arc::clone(&zone), Arc::clone(&asked));
        thread::Builder::new().name("names".into()).spawn(move || serve(&socket, &known, &noted)).expect("a thread");
        Self { address, zone, asked }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `_xmpp-client._tcp` of `domain`: priority, weight, port, target.
    pub fn starttls(&self, domain: &str, servers: &[(u16, u16, u16, &str)]) {
        self.srv(&format!("_xmpp-client._tcp.{domain}"), servers);
    }

    /// `_xmpps-client._tcp` of `domain` (XEP-0368).
    pub fn direct_tls(&self, domain: &str, servers: &[(u16, u16, u16, &str)]) {
        self.srv(&format!("_xmpps-client._tcp.{domain}"), servers);
    }

    fn srv(&self, name: &str, servers: &[(u16, u16, u16, &str)]) {
        let record = |&(priority, weight, port, target): &(u16, u16, u16, &str)| {
            let numbers = [priority, weight, port].into_iter().flat_map(u16::to_be_bytes);
            numbers.chain(encoded(target)).collect()
        };
        self.set(name, SRV, Answer::Records(servers.iter().map(record).collect()));
    }

    pub fn host(&self, name: &str, addresses: &[IpAddr]) {
        let (v6, v4) = addresses.iter().partition::<Vec<_>, _>(|ip| ip.is_ipv6());
        let octets = |ip: &IpAddr| match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        self.set(name, A, Answer::Records(v4.into_iter().map(octets).collect()));
        self.set(name, AAAA, Answer::Records(v6.into_iter().map(octets).collect()));
    }

    /// The server says that it can't find out, for both services.
    pub fn fail_srv(&self, domain: &str) {
        self.set_services(domain, &Answer::Fails);
    }

    /// It does not answer, for both services.
    pub fn ignore_srv(&self, domain: &str) {
        self.set_services(domain, &Answer::Silence);
    }

    /// It does not answer when it is asked for an IPv6 address of this name.
    pub fn ignore_ipv6(&self, name: &str) {
        self.set(name, AAAA, Answer::Silence);
    }

    /// How often it was asked for addresses of this name.
    pub fn asked_for(&self, name: &str) -> usize {
        let asked = self.asked.lock().expect("no panic");
        asked.iter().filter(|(asked, kind)| asked == name && matches!(*kind, A | AAAA)).count()
    }

    fn set_services(&self, domain: &str, answer: &Answer) {
        for service in ["_xmpp-client", "_xmpps-client"] {
            self.set(&format!("{service}._tcp.{domain}"), SRV, answer.clone());
        }
    }

    fn set(&self, name: &str, kind: u16, answer: Answer) {
        self.zone.lock().expect("no panic").insert((name.to_owned(), kind), answer);
    }
}

fn serve(socket: &UdpSocket, zone: &Mutex<Zone>, asked: &Mutex<Vec<(String, u16)>>) {
    let mut buffer = [0; 4_096];
    while let Ok((length, from)) = socket.recv_from(&mut buffer) {
        if let Some((question, name, kind)) = question(&buffer[..length]) {
            asked.lock().expect("no panic").push((name.clone(), kind));
            if let Some(reply) = reply(&buffer[..2], question, &name, kind, &zone.lock().expect("no panic")) {
                let _ = socket.send_to(&reply, from);
            }
        }
    }
}

/// The first question as it stands, and read: name and type.
fn question(query: &[u8]) -> Option<(&[u8], String, u16)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(str::from_utf8(query.get(at..at + length)?).ok()?.to_ascii_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    Some((query.get(12..at + 4)?, labels.join("."), kind))
}

fn reply(id: &[u8], question: &[u8], name: &str, kind: u16, zone: &Zone) -> Option<Vec<u8>> {
    let is_known = zone.keys().any(|(known, _)| known == name);
    let (code, records) = match zone.get(&(name.to_owned(), kind)) {
        Some(Answer::Silence) => return None,
        Some(Answer::Fails) => (SERVFAIL, &[][..]),
        Some(Answer::Records(records)) => (0, &records[..]),
        None if is_known => (0, &[][..]),
        None => (NXDOMAIN, &[][..]),
    };
    let count = u16::try_from(records.len()).ok()?;
    // An answer to a query that was to be recursive, one question.
    let mut reply = [id, &[0x81, 0x80 | code, 0, 1], &count.to_be_bytes(), &[0; 4], question].concat();
    for record in records {
        // The question's name, its type, class IN, no time to live.
        reply.extend([0xc0, 12]);
        reply.extend(kind.to_be_bytes());
        reply.extend([0, 1, 0, 0, 0, 0]);
        reply.extend(u16::try_from(record.len()).ok()?.to_be_bytes());
        reply.extend(record);
    }
    Some(reply)
}

/// A name as its labels.
fn encoded(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let mut encoded: Vec<u8> = labels
        .flat_map(|label| std::iter::once(u8::try_from(label.len()).expect("a label")).chain(label.bytes()))
        .collect();
    encoded.push(0);
    encoded
}
