//! The session against a real server, through a line that can be cut.

mod support;

use std::{io::Read, net::TcpStream};

use support::{Options, Prosody, Relay};

#[test]
fn a_private_server_answers_through_a_relay_until_it_is_cut() {
    let prosody = Prosody::start(&Options::with_users(&["alice"]));
    let relay = Relay::start(prosody.port());
    let mut line = TcpStream::connect(("127.0.0.1", relay.port())).unwrap();
    std::io::Write::write_all(
        &mut line,
        b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='chat.test' version='1.0'>",
    )
    .unwrap();
    let mut seen = String::new();
    let mut buffer = [0; 4096];
    while !seen.contains("</stream:features>") {
        let n = line.read(&mut buffer).unwrap();
        assert!(n > 0, "{seen}");
        seen.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
    }
    assert!(seen.contains("starttls"), "{seen}");
    relay.cut();
    assert_eq!(line.read(&mut buffer).unwrap(), 0);
    assert_eq!(relay.connections(), 1);
}
