//! The filter around an IO object; it is the read buffer of the XML reader above it as well.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};

use super::filter::{Filter, GuardError, GuardLimits};

/// Shared with whoever leads the stream, because `XmlStream` hands out only `&Io`.
#[derive(Debug, Default)]
pub struct GuardHandle {
    reset: AtomicBool,
    /// Values shortened so far.
    pub shortened: AtomicU64,
}

impl GuardHandle {
    /// To be called before `XmlStream::initiate_reset()`: the peer sends a new document from its next byte on.
    pub fn stream_reset(&self) {
        self.reset.store(true, Relaxed);
    }
}

/// The Io of every stream.
#[derive(Debug)]
pub struct Guard<Io> {
    io: Io,
    filter: Filter,
    raw: Box<[u8]>,
    out: Vec<u8>,
    pos: usize,
    failed: Option<GuardError>,
    handle: Arc<GuardHandle>,
}

impl<Io> Guard<Io> {
    pub fn new(io: Io, limits: GuardLimits) -> Self {
        Self {
            io,
            filter: Filter::new(limits),
            raw: vec![0; 16 << 10].into(),
            out: Vec::with_capacity(16 << 10),
            pos: 0,
            failed: None,
            handle: Arc::default(),
        }
    }

    pub fn handle(&self) -> Arc<GuardHandle> {
        self.handle.clone()
    }

    /// For STARTTLS. Bytes that came in clear after `<proceed/>` must not be read as if they had been protected; `None` where
    /// there are any (CVE-2011-0411 and its kin).
    pub fn into_inner(self) -> Option<Io> {
        (self.pos >= self.out.len()).then_some(self.io)
    }
}

impl<Io: AsyncRead + Unpin> AsyncBufRead for Guard<Io> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let me = self.get_mut();
        // An empty answer would mean the end of the stream, so read on while everything is being dropped.
        while me.pos >= me.out.len() {
            if let Some(e) = me.failed.clone() {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, e)));
            }
            me.out.clear();
            me.pos = 0;
            let mut buf = ReadBuf::new(&mut me.raw);
            ready!(Pin::new(&mut me.io).poll_read(cx, &mut buf))?;
            let raw = buf.filled();
            if raw.is_empty() {
                // Told apart from what can't be read: the reader would call both invalid data. After the stream's footer
                // nobody reads any more.
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            if me.handle.reset.swap(false, Relaxed) {
                me.filter.reset();
            }
            me.failed = me.filter.run(raw, &mut me.out).err();
            me.handle.shortened.store(me.filter.shortened, Relaxed);
        }
        Poll::Ready(Ok(&me.out[me.pos..]))
    }

    fn consume(self: Pin<&mut Self>, n: usize) {
        self.get_mut().pos += n;
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Guard<Io> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let data = ready!(self.as_mut().poll_fill_buf(cx))?;
        let n = data.len().min(buf.remaining());
        buf.put_slice(&data[..n]);
        self.consume(n);
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Guard<Io> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, data)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
