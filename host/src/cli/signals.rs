//! Requests to end the program: SIGTERM and ctrl-c.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What asks the program to end, from when it is made: none is lost between two waits.
pub(super) struct Interrupts {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl Interrupts {
    /// Listen from now on.
    pub(super) fn new() -> Interrupts {
        Interrupts {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> SignalKind {
        tokio::select! {
            () = came(&mut self.interrupt) => SignalKind::interrupt(),
            () = came(&mut self.terminate) => SignalKind::terminate(),
        }
    }
}

/// A signal that cannot be listened to never comes.
async fn came(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
