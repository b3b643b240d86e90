//! Looking again whenever the system says that something changed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tokio::sync::{Notify, mpsc};

use crate::live::{ReloadEvent, ReloadOptions, Reloader};

type Notices = Debouncer<RecommendedWatcher, RecommendedCache>;

impl Reloader {
    /// Watch from now on; it never ends by itself, and may be dropped and called again. Events
    /// that nobody takes are dropped, with a line in the log: a slow reader cannot hold up a
    /// reload.
    pub async fn watch(&mut self, options: &ReloadOptions, events: &mpsc::Sender<ReloadEvent>) {
        let changed = Arc::new(Notify::new());
        let mut watched = Watched::default();
        loop {
            watched.renew(options, &changed);
            for event in self.pass().await {
                if events.try_send(event).is_err() {
                    tracing::warn!("a reload event was dropped: no receiver");
                }
            }
            tokio::select! {
                () = changed.notified() => {}
                () = tokio::time::sleep(options.poll) => {}
            }
        }
    }
}

/// The watches in place, and which directories they are on: one that is replaced by another of
/// the same name needs a new watch.
#[derive(Default)]
struct Watched {
    roots: Vec<(PathBuf, Option<(u64, u64)>)>,
    notices: Option<Notices>,
}

impl Watched {
    fn renew(&mut self, options: &ReloadOptions, changed: &Arc<Notify>) {
        let roots: Vec<_> = [&options.plugins, &options.grants]
            .into_iter()
            .map(|root| (root.clone(), identity(root)))
            .collect();
        if roots == self.roots {
            return;
        }
        self.roots = roots;
        self.notices = match notices(options, changed) {
            Ok(notices) => Some(notices),
            Err(error) => {
                tracing::warn!(%error, "no file change notifications; polling instead");
                None
            }
        };
    }
}

fn notices(options: &ReloadOptions, changed: &Arc<Notify>) -> notify::Result<Notices> {
    let changed = changed.clone();
    let tick = options.debounce / 4;
    let notice = move |result: DebounceEventResult| {
        if is_change(&result) {
            changed.notify_one();
        }
    };
    let mut notices = new_debouncer(options.debounce, Some(tick), notice)?;
    for root in [&options.plugins, &options.grants] {
        if root.is_dir() {
            notices.watch(root, RecursiveMode::Recursive)?;
        }
        if let Some(parent) = root.parent().filter(|p| p.is_dir()) {
            notices.watch(parent, RecursiveMode::NonRecursive)?;
        }
    }
    Ok(notices)
}

/// Our own reading makes notices too, which would never end.
fn is_change(result: &DebounceEventResult) -> bool {
    match result {
        Ok(events) => events.iter().any(|event| match event.kind {
            EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
            _ => true,
        }),
        Err(_) => true,
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}
