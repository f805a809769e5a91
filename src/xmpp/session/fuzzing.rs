//! What must hold of a stream, whatever bytes the server sends, and of what is neither a stanza nor a feature.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use rxml::{Event, Options, Parse as _, Parser, WithOptions as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    runtime::{Builder, Runtime},
};
use tokio_xmpp::xmlstream::initiate_stream;
use xmpp_parsers::ns;
use xso::FromEventsBuilder as _;

use super::{
    auth::{Exchange, Offer},
    element::StreamElement,
    features::Features,
    guard::{self, Guard, GuardLimits},
    nonza::{Profile, Sasl, SmNonza, Starttls, condition_and_text},
    stream::{Received, Stream},
    transport::{TIMEOUTS, header},
    tree::{Skipped, TreeBuilder, TreeLimits},
};
use crate::{secret::Secret, xmpp::xml::Element};

const HEADER: &[u8] = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' version='1.0' id='1'>";
/// So small that an input of a fuzzer reaches each of them.
const SMALL_GUARD: GuardLimits = GuardLimits { value: 40, name: 12, attributes: 4, depth: 5, stanza: 400 };
const SMALL_TREE: TreeLimits = TreeLimits { depth: 3, elements: 6, bytes: 60 };
/// An exchange takes as long as the server wants; a fuzzer has better things to do.
const BEARABLE_ITERATIONS: u32 = 100;
/// The stream reader's limit is for what comes in. Written down, a value may be longer for being escaped.
const LONGEST_TOKEN: usize = 1 << 20;

thread_local! {
    static RUNTIME: RefCell<Runtime> =
        RefCell::new(Builder::new_current_thread().enable_time().build().expect("there is a clock"));
}

/// What a server sends. The first byte says how it comes: bit 0, with limits that are easily met; bit 1, behind a stream header
/// and not by itself; the others, in which pieces.
///
/// # Panics
/// Where the stream is not what it must be.
pub fn stream(data: &[u8]) {
    let Some((&way, bytes)) = data.split_first() else { return };
    let limits = if way & 1 == 0 { GuardLimits::default() } else { SMALL_GUARD };
    let header = if way & 2 == 0 { HEADER } else { b"" };
    let document = [header, bytes].concat();
    let pieces = cut(&document, way >> 2);
    guard::fuzzing::check(&pieces, limits);
    let whole = read(&[&document], limits);
    assert_eq!(whole, read(&pieces, limits), "pieces matter");
    if let Some((tree, _)) = tree(&document, SMALL_TREE) {
        check_size(&tree, SMALL_TREE);
    }
}

/// The same pieces for the same number.
fn cut(mut bytes: &[u8], way: u8) -> Vec<&[u8]> {
    let (mut pieces, mut state) = (Vec::new(), u32::from(way));
    let longest = 1 << (way % 11);
    while !bytes.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = (state >> 16) as usize % longest + 1;
        let (piece, rest) = bytes.split_at(length.min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

/// What the stream delivers of this, written down.
fn read(pieces: &[&[u8]], limits: GuardLimits) -> Vec<String> {
    let line = Line(pieces.iter().map(|piece| piece.to_vec()).collect());
    let read = async {
        let mut delivered = Vec::new();
        let io = Guard::new(line, limits);
        let Ok(pending) = initiate_stream(io, ns::JABBER_CLIENT, header("chat.test", None), TIMEOUTS).await else {
            return delivered;
        };
        let mut stream = Stream::new(pending.skip_features());
        while let Ok(Received::Element(element)) = stream.next(true).await {
            delivered.push(written(&element));
        }
        delivered
    };
    RUNTIME.with_borrow(|runtime| runtime.block_on(read))
}

/// An element in a form that can be compared; what is kept as XML must mean the same once it is written again.
fn written(element: &StreamElement) -> String {
    match element {
        StreamElement::Stanza(element) | StreamElement::Unknown(element) => {
            check_size(element, TreeLimits::default());
            let text = String::from(element);
            assert_eq!(Some(element), document(&text).as_ref(), "{text}");
            text
        }
        StreamElement::Features(features) => format!("{features:?}"),
        other => format!("{other:?}"),
    }
}

fn check_size(tree: &Element, limits: TreeLimits) {
    let (mut elements, mut bytes, mut largest) = (0, 0, 0);
    let mut open = vec![(tree, 1)];
    while let Some((element, depth)) = open.pop() {
        assert!(depth <= limits.depth, "too deep");
        elements += 1;
        let attributes: usize = element.attrs().values().map(String::len).sum();
        largest = largest.max(attributes);
        bytes += attributes + element.texts().map(str::len).sum::<usize>();
        open.extend(element.children().map(|child| (child, depth + 1)));
    }
    assert!(elements <= limits.elements, "too many elements");
    // Weighed before an element is begun, not after.
    assert!(bytes <= limits.bytes + largest, "too large");
}

/// A server that sends this and then goes.
struct Line(VecDeque<Vec<u8>>);

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(piece) = self.0.pop_front() {
            let (now, later) = piece.split_at(piece.len().min(buffer.remaining()));
            buffer.put_slice(now);
            if !later.is_empty() {
                self.0.push_front(later.to_vec());
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Reads one element as the stream does; `None` where that ends in an error.
fn tree(mut bytes: &[u8], limits: TreeLimits) -> Option<(Element, Skipped)> {
    let options = Options { max_token_length: LONGEST_TOKEN, ..Options::default() };
    let (mut parser, mut builder) = (Parser::with_options(options), None::<TreeBuilder>);
    loop {
        let event = parser.parse(&mut bytes, true).ok()??;
        match (&mut builder, event) {
            (None, Event::StartElement(_, name, attrs)) => builder = Some(TreeBuilder::new(&name, attrs, limits)),
            (None, _) => (),
            (Some(builder), event) => {
                if let Some(built) = builder.feed(event, &xso::Context::empty()).ok()? {
                    return Some(built);
                }
            }
        }
    }
}

/// Reads a document of one element.
pub fn document(text: &str) -> Option<Element> {
    tree(text.as_bytes(), TreeLimits::default()).map(|(element, _)| element)
}

/// The stanzas, or what stands in their place, up to the first thing that is not well-formed.
pub fn stanzas(text: &str) -> Vec<Element> {
    let document = [HEADER, text.as_bytes()].concat();
    let (mut bytes, mut parser) = (&document[..], Parser::default());
    let (mut stanzas, mut builder, mut is_open) = (Vec::new(), None::<TreeBuilder>, false);
    while let Ok(Some(event)) = parser.parse(&mut bytes, true) {
        match (&mut builder, event) {
            (None, Event::StartElement(_, name, attrs)) if is_open => {
                builder = Some(TreeBuilder::new(&name, attrs, TreeLimits::default()));
            }
            (None, Event::StartElement(..)) => is_open = true,
            (None, _) => (),
            (Some(open), event) => {
                if let Ok(Some((stanza, _))) = open.feed(event, &xso::Context::empty()) {
                    stanzas.push(stanza);
                    builder = None;
                }
            }
        }
    }
    stanzas
}

/// Everything that a session itself reads, from one element. Whether it is a word of stream management or of a sign-in.
pub fn nonza(element: &Element) -> bool {
    let _ = (Features::read(element), Starttls::read(element), condition_and_text(element));
    let sm = SmNonza::read(element);
    let mut is_known = sm.is_some();
    if let Some(sm) = sm {
        assert_eq!(SmNonza::read(&sm.to_element()), Some(sm));
    }
    for profile in [Profile::Sasl1, Profile::Sasl2] {
        let sasl = Sasl::read(profile, element);
        is_known |= sasl.is_some() && element.has_ns(profile.ns());
        match sasl {
            Some(Sasl::Challenge(data)) => {
                let again = Sasl::read(profile, &Sasl::Challenge(data.clone()).to_element(profile));
                assert!(matches!(again, Some(Sasl::Challenge(same)) if same == data));
                sign_in(&data);
            }
            Some(Sasl::Success { data: Some(data), .. }) => sign_in(&data),
            _ => (),
        }
    }
    is_known
}

/// A server that does not know the password, and can only send `message`, is never believed. Where `NONCE` stands in it, it has
/// listened.
fn sign_in(message: &[u8]) {
    let message = String::from_utf8_lossy(message);
    let counts = message.split(',').filter_map(|part| part.strip_prefix("i=")?.parse().ok());
    if counts.into_iter().any(|count: u32| count > BEARABLE_ITERATIONS) {
        return;
    }
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let offered = [mechanism.to_owned()];
        let offer = Offer { mechanisms: &offered, channel_bindings: None };
        let (mut exchange, _) = Exchange::choose(offer, "juliet", &Secret::new("r0m30myr0m30"), None, None)
            .ok()
            .flatten()
            .expect("it is known");
        let initial = String::from_utf8(exchange.initial()).expect("SCRAM is text");
        let nonce = initial.split_once("r=").map(|(_, nonce)| nonce).expect("it has a nonce");
        let message = message.replace("NONCE", nonce);
        assert!(exchange.verify(Some(message.as_bytes())).is_err(), "before the challenge");
        if exchange.respond(message.as_bytes()).is_ok() {
            assert!(exchange.verify(Some(message.as_bytes())).is_err() && exchange.verify(None).is_err());
        }
    }
}
