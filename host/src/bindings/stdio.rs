//! What a guest prints: kept up to a limit, and logged when the call is over.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::mechanism;

/// Most bytes kept of what a guest prints in one call. The rest is dropped, and the number of dropped bytes logged.
const KEPT_BYTES: usize = 16 * 1024;
/// Most lines kept of it: each becomes a line of the log.
const KEPT_LINES: usize = 200;

/// A stream that keeps its beginning and never makes a guest wait or fail.
#[derive(Debug, Clone, Default)]
pub(crate) struct Printed(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    text: Vec<u8>,
    dropped: usize,
}

impl Printed {
    fn add(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = if mechanism::off("limits.printed") {
            usize::MAX
        } else {
            KEPT_BYTES - kept.text.len()
        };
        let (fits, rest) = bytes.split_at(room.min(bytes.len()));
        kept.text.extend_from_slice(fits);
        kept.dropped += rest.len();
    }

    /// What was printed, line by line, and how many bytes were dropped. Control characters are replaced.
    pub(crate) fn take(&self, scrub: impl Fn(&str) -> String) -> (Vec<String>, usize) {
        let kept = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let text = scrub(&String::from_utf8_lossy(&kept.text));
        let mut lines = text
            .lines()
            .map(crate::log::one_line)
            .filter(|line| !line.trim().is_empty());
        let kept_lines = lines.by_ref().take(KEPT_LINES).collect();
        let rest: usize = lines.map(|line| line.len()).sum();
        (kept_lines, kept.dropped + rest)
    }
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

impl OutputStream for Printed {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.add(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(KEPT_BYTES)
    }
}

impl AsyncWrite for Printed {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.add(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_kept_to_its_beginning() {
        let printed = Printed::default();
        printed.add(b"first\nsecond\x1b[31m\r\n\n");
        printed.add(&vec![b'x'; 3 * KEPT_BYTES]);
        let (lines, dropped) = printed.take(str::to_owned);
        assert_eq!(lines[0], "first");
        assert_eq!(lines[1], "second [31m");
        assert_eq!(dropped, 3 * KEPT_BYTES + 20 - KEPT_BYTES);
        assert_eq!(printed.take(str::to_owned), (Vec::new(), 0));
        printed.add("x\n".repeat(KEPT_LINES + 5).as_bytes());
        let (lines, dropped) = printed.take(str::to_owned);
        assert_eq!((lines.len(), dropped), (KEPT_LINES, 5));
    }
}
