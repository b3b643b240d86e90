//! The thread that copies the log into the file, so that no commit waits for that.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use rusqlite::Connection;
use tracing::warn;

/// The thread. It ends with its writer, when everybody who may tell it something is gone.
pub(super) struct Keeper(Option<JoinHandle<()>>);

impl Keeper {
    /// Begin to keep the file of `path`; writers tell the sender when the WAL has grown.
    ///
    /// # Errors
    /// What SQLite says.
    pub(super) fn start(path: &Path) -> rusqlite::Result<(Keeper, Option<SyncSender<()>>)> {
        let connection = Connection::open(path)?;
        let (grown, told) = sync_channel(1);
        let thread = Builder::new().name("store".to_owned());
        match thread.spawn(move || keep(&connection, &told)) {
            Ok(thread) => Ok((Keeper(Some(thread)), Some(grown))),
            // SQLite copies it within a commit then.
            Err(fault) => {
                warn!(%fault, "no background thread for the database: some commits take longer");
                Ok((Keeper(None), None))
            }
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // It panics nowhere, and nothing depends on how it ended.
            let _ = thread.join();
        }
    }
}

fn keep(connection: &Connection, told: &Receiver<()>) {
    while told.recv().is_ok() {
        // Whatever is read or written meanwhile goes on; what is left is copied the next time.
        let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(fault) = copied {
            warn!(%fault, "the database's WAL was not checkpointed");
        }
    }
}
