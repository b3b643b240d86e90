//! Requests to end the program: SIGTERM and ctrl-c.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What asks the program to end, from when it is made.
pub(super) struct Interrupts {
    terminate: Option<Signal>,
}

impl Interrupts {
    /// Listen from now on.
    pub(super) fn new() -> Interrupts {
        let terminate = signal(SignalKind::terminate());
        Interrupts {
            terminate: terminate.ok(),
        }
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> SignalKind {
        let terminated = async {
            match &mut self.terminate {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => SignalKind::interrupt(),
            _ = terminated => SignalKind::terminate(),
        }
    }
}
