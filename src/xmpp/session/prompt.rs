//! A TCP line on which what arrives is acknowledged at once.
//!
//! A server that gathers small writes (Nagle's algorithm, RFC 1122 §4.2.3.4) holds back the rest of an answer until the first
//! part of it is acknowledged, and the kernel delays that by 40 ms: more than the server takes for a whole page of its archive.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

#[derive(Debug)]
pub struct Prompt(pub TcpStream);

impl AsyncRead for Prompt {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(context, buf))?;
        if buf.filled().len() > before {
            // The kernel forgets it by and by. Where it can't be had, all is only slower.
            let _ = self.0.set_quickack(true);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// The kernel's own answer is no proof, for it forgets: so this is looked at right after reading.
    #[tokio::test]
    async fn what_was_read_is_acknowledged_at_once() {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(server.local_addr().unwrap()).await.unwrap();
        client.set_quickack(false).unwrap();
        let (mut peer, _) = server.accept().await.unwrap();
        peer.write_all(b"page").await.unwrap();
        let (mut line, mut buf) = (Prompt(client), [0; 4]);
        line.read_exact(&mut buf).await.unwrap();
        assert!(line.0.quickack().unwrap());
        line.write_all(b"more").await.unwrap();
        peer.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"more");
    }
}
