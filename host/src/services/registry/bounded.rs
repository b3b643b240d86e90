//! Bytes from a registry, up to a bound.

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// Collects bytes, and fails at the first one beyond the bound.
pub struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl Bounded {
    /// Nothing yet.
    pub fn new(most: u64) -> Bounded {
        Bounded {
            bytes: Vec::new(),
            most: usize::try_from(most).unwrap_or(usize::MAX),
        }
    }

    /// What came.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        more: &[u8],
    ) -> Poll<Result<usize>> {
        if self.bytes.len().saturating_add(more.len()) > self.most {
            return Poll::Ready(Err(Error::from(ErrorKind::FileTooLarge)));
        }
        self.bytes.extend_from_slice(more);
        Poll::Ready(Ok(more.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}
