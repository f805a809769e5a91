//! Streams over a pipe, with a server that sends what no real one would.

mod hostile;
mod resume;
mod traffic;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_xmpp::xmlstream::initiate_stream;

use super::{
    element::StreamElement,
    guard::{Guard, GuardLimits},
    stream::{Ended, Received, Stream},
    transport::{TIMEOUTS, header},
};

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
                      xmlns:stream='http://etherx.jabber.org/streams' version='1.0' id='1' xml:lang='en'>";

type Pipe = Stream<Guard<DuplexStream>>;

/// Our end of a stream, once the other side has sent its header.
async fn open(ours: DuplexStream) -> Pipe {
    let io = Guard::new(ours, GuardLimits::default());
    let pending = initiate_stream(io, "jabber:client", header("chat.test", None), TIMEOUTS).await.unwrap();
    Stream::new(pending.skip_features())
}

/// A stream from a server that sends this, in pieces of `chunk` bytes, and keeps the line open.
async fn stream(content: String, chunk: usize) -> Pipe {
    let (ours, mut theirs) = tokio::io::duplex(64 << 10);
    tokio::spawn(async move {
        let mut buffer = [0; 4_096];
        assert!(theirs.read(&mut buffer).await.unwrap() > 0);
        for piece in format!("{HEADER}{content}").as_bytes().chunks(chunk) {
            if theirs.write_all(piece).await.is_err() {
                return;
            }
        }
        // Until the other side goes.
        while theirs.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
    });
    open(ours).await
}

async fn next(stream: &mut Pipe) -> Result<StreamElement, Ended> {
    match stream.next(true).await? {
        Received::Element(element) => Ok(element),
        Received::Silence => panic!("silence"),
    }
}
