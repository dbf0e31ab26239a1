//! A connection whose client must read.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep},
};

/// Bytes a second that a client must read on average while there is more for it.
const RATE: u32 = 4 * 1024;

/// A stream that fails with [`io::ErrorKind::TimedOut`] when a client does not read what is written, or less than [`RATE`].
pub(super) struct Paced {
    stream: TcpStream,
    limit: Duration,
    /// Time for which writes have waited, less what the bytes written since have earned.
    waited: Duration,
    /// When the last write ended.
    last: Instant,
    /// Since when the present write waits, and the timer of its end.
    blocked: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Paced {
    pub fn new(stream: TcpStream, limit: Duration) -> Self {
        Paced { stream, limit, waited: Duration::ZERO, last: Instant::now(), blocked: None }
    }

    fn pace(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let now = Instant::now();
        match written {
            Poll::Ready(Ok(bytes)) => {
                let earned = Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / RATE;
                self.waited = match self.blocked.take() {
                    Some((since, _)) => self.waited + (now - since),
                    None => self.waited.saturating_sub(now - self.last),
                };
                self.waited = self.waited.saturating_sub(earned);
                self.last = now;
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(failed) => Poll::Ready(failed),
            Poll::Pending => {
                let left = self.limit.saturating_sub(self.waited);
                let (_, timer) =
                    self.blocked.get_or_insert_with(|| (now, Box::pin(tokio::time::sleep_until(now + left))));
                ready!(timer.as_mut().poll(context));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
            }
        }
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Paced {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.pace(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.pace(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
