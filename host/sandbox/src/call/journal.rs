//! What a call writes: its host calls and their bytes are counted, its lines are kept within the
//! limits. Shared by the call and the streams that it prints to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use k8shawk_core::grant::Limits;
use thiserror::Error;

use crate::call::Level;
use crate::call::last_words::{LastWords, Said};

/// Ends a call from within a host function.
#[derive(Debug, Clone, Copy, Error)]
pub(crate) enum Overrun {
    /// Calls went on long after they were used up.
    #[error("too many host calls")]
    HostCalls,
    /// The deadline passed while the cluster was asked.
    #[error("deadline passed in a read")]
    Waiting,
}

/// A handle to what one call wrote; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Journal(Arc<Mutex<Written>>);

/// What a call wrote so far.
#[derive(Debug, Default)]
pub(crate) struct Written {
    limits: Limits,
    /// Host calls, those beyond the limit too.
    pub(crate) host_calls: u32,
    /// Bytes of their arguments.
    pub(crate) output: usize,
    /// Lines of the log.
    pub(crate) log: Vec<(Level, String)>,
    /// Lines dropped for the limits.
    pub(crate) log_dropped: u32,
    last_words: LastWords,
}

impl Journal {
    pub(crate) fn new(limits: Limits) -> Self {
        let written = Written {
            limits,
            ..Written::default()
        };
        Journal(Arc::new(Mutex::new(written)))
    }

    /// Count a host call with its arguments. `false` where the limits are used up: the guest
    /// is told so, and it may still return a result.
    ///
    /// # Errors
    /// [`Overrun::HostCalls`] where a guest takes no notice and calls on.
    pub(crate) fn charge(&self, bytes: usize) -> Result<bool, Overrun> {
        self.written().charge(bytes)
    }

    /// A line in the log, within the limits.
    ///
    /// # Errors
    /// As of [`charge`](Journal::charge).
    pub(crate) fn say(&self, level: Level, message: String) -> Result<(), Overrun> {
        let mut written = self.written();
        if matches!(level, Level::Warn | Level::Error) {
            message
                .lines()
                .for_each(|line| written.last_words.hear(line));
        }
        if written.charge(message.len())? {
            written.log.push((level, message));
        } else {
            written.log_dropped = written.log_dropped.saturating_add(1);
        }
        Ok(())
    }

    /// Forget the calls so far, for an instance that is called again.
    pub(crate) fn again(&self) {
        let mut written = self.written();
        (written.host_calls, written.output) = (0, 0);
        written.last_words = LastWords::default();
    }

    /// What the guest said last as a warning or an error, which is what its standard error is; known
    /// where the log had no room for it too.
    pub(crate) fn last_words(&self) -> Option<Said> {
        self.written().last_words.said()
    }

    /// Bytes that the host calls handed over.
    pub(crate) fn output(&self) -> usize {
        self.written().output
    }

    /// Take out what was written, at the end of the call.
    pub(crate) fn take(&self) -> Written {
        std::mem::take(&mut self.written())
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    fn charge(&mut self, bytes: usize) -> Result<bool, Overrun> {
        self.host_calls = self.host_calls.saturating_add(1);
        if self.host_calls > self.limits.host_calls.saturating_mul(2).max(64) {
            return Err(Overrun::HostCalls);
        }
        let output = self.output.saturating_add(bytes);
        if self.host_calls > self.limits.host_calls || output > self.limits.output {
            return Ok(false);
        }
        self.output = output;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_host_calls_softly_and_then_hard() {
        let journal = Journal::new(Limits {
            host_calls: 100,
            ..Limits::default()
        });
        assert!((0..100).all(|_| journal.charge(1).unwrap()));
        assert!((0..100).all(|_| !journal.charge(1).unwrap()));
        assert!(journal.charge(1).is_err());
    }

    #[test]
    fn refuses_arguments_beyond_the_output_limit_but_not_a_smaller_one_after() {
        let journal = Journal::new(Limits {
            output: 10,
            ..Limits::default()
        });
        assert!(!journal.charge(11).unwrap());
        assert!(journal.charge(10).unwrap());
        assert!(!journal.charge(1).unwrap());
    }
}
