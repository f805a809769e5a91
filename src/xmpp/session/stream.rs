//! A stream that is online: full duplex, with a line of what is to be written. Knows when the peer has been silent for too
//! long, and nothing of what stanzas mean.
//!
//! `SinkExt::send` never reads, so that two peers who both only write would stop for ever; here both sides are polled at once.

use std::{
    collections::VecDeque,
    future::{Future as _, poll_fn},
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{Sink, StreamExt as _};
use tokio::{
    io::{AsyncBufRead, AsyncWrite},
    time::{Instant, Sleep, sleep_until, timeout},
};
use tokio_xmpp::xmlstream::{ReadError, XmlStream};

use super::{
    element::{StreamElement, StreamError},
    problem::{io_problem, stream_problem},
    sm::{Cause, Evidence, TooHigh},
};
use crate::xmpp::Problem;

/// How long the peer may take to close its side.
const CLOSE_DEADLINE: Duration = Duration::from_secs(2);

/// Why a stream ended.
#[derive(Debug)]
pub enum Ended {
    Io(io::Error),
    /// The server's last word.
    Error(StreamError),
    /// The server closed it.
    Closed,
    /// No answer in time.
    Silent,
    /// The server acknowledged what it was never sent (XEP-0198 §4).
    TooHigh(TooHigh),
}

impl Ended {
    pub fn problem(&self, domain: &str) -> Problem {
        match self {
            Self::Io(error) => io_problem(error),
            Self::Error(error) => stream_problem(error, domain),
            Self::Closed => Problem::Lost,
            Self::Silent => Problem::Timeout,
            Self::TooHigh(_) => Problem::Stream("acknowledged more than was sent".to_owned()),
        }
    }

    /// What this says of the stanzas that were out.
    pub fn evidence(&self) -> Evidence {
        match self {
            Self::Error(error) => match error.condition.as_str() {
                // The whole stream is meant, or the server itself (RFC 6120 §4.9.3).
                "conflict"
                | "connection-timeout"
                | "host-gone"
                | "host-unknown"
                | "not-authorized"
                | "remote-connection-failed"
                | "reset"
                | "resource-constraint"
                | "see-other-host"
                | "system-shutdown" => Evidence::None,
                "internal-server-error" | "undefined-condition" => Evidence::Close,
                _ => Evidence::Word,
            },
            // What came could not be read.
            Self::Io(error) if error.kind() == io::ErrorKind::InvalidData => Evidence::None,
            Self::Io(_) | Self::Closed => Evidence::Close,
            Self::Silent | Self::TooHigh(_) => Evidence::None,
        }
    }

    /// An error of the reader or of the guard, or a stream error, can come again on resuming.
    pub fn cause(&self, domain: &str) -> Cause {
        if super::problem::is_likely_again(&self.problem(domain)) { Cause::Protocol } else { Cause::Network }
    }
}

/// What `next` brings.
#[derive(Debug)]
pub enum Received {
    Element(StreamElement),
    /// Nothing has come for a while: make the peer say something before the hard time-out.
    Silence,
}

pub struct Stream<Io> {
    xml: XmlStream<Io, StreamElement>,
    /// To be written, in order. What has been handed to `xml` is in its buffer.
    out: VecDeque<StreamElement>,
    /// When the peer must have said something.
    answer_by: Option<Pin<Box<Sleep>>>,
    /// When it must have acknowledged something, whatever else it says.
    ack_by: Option<Pin<Box<Sleep>>>,
}

impl<Io: AsyncBufRead + AsyncWrite + Unpin> Stream<Io> {
    pub fn new(xml: XmlStream<Io, StreamElement>) -> Self {
        Self { xml, out: VecDeque::new(), answer_by: None, ack_by: None }
    }

    pub fn queue(&mut self, elements: impl IntoIterator<Item = StreamElement>) {
        self.out.extend(elements);
    }

    /// Something was asked: silence for so long means that the peer is gone. A sooner deadline stands.
    pub fn expect_answer(&mut self, within: Duration) {
        let by = Instant::now() + within;
        if self.answer_by.as_ref().is_none_or(|old| old.deadline() > by) {
            self.answer_by = Some(Box::pin(sleep_until(by)));
        }
    }

    /// An acknowledgement was asked for; an earlier deadline stands until one comes.
    pub fn expect_ack(&mut self, within: Duration) {
        self.ack_by.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + within)));
    }

    /// An acknowledgement has come.
    pub fn acked(&mut self) {
        self.ack_by = None;
    }

    /// The next element; writes meanwhile. With `is_reading` unset it only writes, and comes back only with an error.
    ///
    /// All state is in `self`, so it may be dropped at any point.
    pub async fn next(&mut self, is_reading: bool) -> Result<Received, Ended> {
        poll_fn(|cx| {
            if let Poll::Ready(Err(error)) = self.poll_write(cx) {
                // What the server said before it closed the line tells more than that it did.
                return Poll::Ready(match self.poll_read(cx) {
                    Poll::Ready(Ok(element)) if is_reading => Ok(element),
                    _ => Err(Ended::Io(error)),
                });
            }
            if is_reading { self.poll_read(cx) } else { Poll::Pending }
        })
        .await
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            ready!(Sink::<&StreamElement>::poll_ready(Pin::new(&mut self.xml), cx))?;
            if let Some(element) = self.out.pop_front() {
                Pin::new(&mut self.xml).start_send(&element)?;
            }
        }
        Sink::<&StreamElement>::poll_flush(Pin::new(&mut self.xml), cx)
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Received, Ended>> {
        let Poll::Ready(read) = self.xml.poll_next_unpin(cx) else {
            // Only where there is nothing to read: while we did not read, the peer was not silent.
            let mut deadlines = self.answer_by.iter_mut().chain(&mut self.ack_by);
            let is_over = deadlines.any(|deadline| deadline.as_mut().poll(cx).is_ready());
            return if is_over { Poll::Ready(Err(Ended::Silent)) } else { Poll::Pending };
        };
        Poll::Ready(match read {
            Some(Ok(element)) => {
                self.answer_by = None;
                Ok(Received::Element(element))
            }
            Some(Err(ReadError::SoftTimeout)) => Ok(Received::Silence),
            Some(Err(ReadError::HardError(error))) => Err(Ended::Io(error)),
            // Ours never fails to parse; should it ever, the stanza is lost and the count is wrong.
            Some(Err(ReadError::ParseError(error))) => {
                Err(Ended::Io(io::Error::new(io::ErrorKind::InvalidData, error)))
            }
            Some(Err(ReadError::StreamFooterReceived)) | None => Err(Ended::Closed),
        })
    }

    /// An orderly end: writes what is in line and the footer, and waits a little for the other side's.
    pub async fn close(mut self) {
        let work = async {
            poll_fn(|cx| self.poll_write(cx)).await?;
            self.xml.shutdown().await?;
            while let Some(Ok(_)) = self.xml.next().await {}
            Ok::<_, io::Error>(())
        };
        match timeout(CLOSE_DEADLINE, work).await {
            Ok(Ok(())) => (),
            Ok(Err(error)) => log::debug!("closing: {error}"),
            Err(_) => log::debug!("the peer did not close its side in time"),
        }
    }
}
