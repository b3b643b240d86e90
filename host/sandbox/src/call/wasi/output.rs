//! Standard output and error: lines in the plugin's log.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::call::Level;
use crate::call::journal::{Journal, Overrun};

/// A longer line becomes several.
const LINE: usize = 8 << 10;
/// What a write may bring at once.
const ROOM: usize = 64 << 10;

/// One of the two; clones share the line that has not ended yet.
#[derive(Clone)]
pub(super) struct Output {
    level: Level,
    journal: Journal,
    line: Arc<Mutex<Vec<u8>>>,
}

impl Output {
    pub(super) fn new(level: Level, journal: Journal) -> Self {
        let line = Arc::default();
        Output {
            level,
            journal,
            line,
        }
    }

    fn print(&self, bytes: &[u8]) -> Result<(), Overrun> {
        let mut line = self.line();
        for mut part in bytes.split_inclusive(|byte| *byte == b'\n') {
            while !part.is_empty() {
                let room = LINE.saturating_sub(line.len());
                let (now, later) = part.split_at(room.min(part.len()));
                line.extend_from_slice(now);
                if line.len() >= LINE || line.ends_with(b"\n") {
                    self.log(&std::mem::take(&mut *line))?;
                }
                part = later;
            }
        }
        Ok(())
    }

    /// Log what has no end of line. Too much of it is counted as dropped.
    pub(super) fn end(&self) {
        let line = std::mem::take(&mut *self.line());
        if !line.is_empty() {
            let _ = self.log(&line);
        }
    }

    fn log(&self, line: &[u8]) -> Result<(), Overrun> {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\n', '\r']).to_owned();
        self.journal.say(self.level, text)
    }

    fn line(&self) -> MutexGuard<'_, Vec<u8>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let printed = self.print(&bytes);
        printed.map_err(|overrun| StreamError::Trap(overrun.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(ROOM)
    }
}

impl AsyncWrite for Output {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let printed = self.print(bytes).map(|()| bytes.len());
        Poll::Ready(printed.map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
