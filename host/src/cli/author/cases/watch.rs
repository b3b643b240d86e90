//! `plugin test --watch`: the cases again, whenever the component or a file of the cases changes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use console::Term;
use notify_debouncer_full::notify::event::{AccessKind, AccessMode};
use notify_debouncer_full::notify::{EventKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{
    DebounceEventResult, DebouncedEvent, Debouncer, RecommendedCache, new_debouncer,
};
use tokio::sync::Notify;

use super::{Wish, once};
use crate::cli::output::say;
use crate::cli::signals::Interrupts;
use crate::cli::{is_misuse, tell};

/// A build writes several files; this long after the last one, it is done.
const QUIET: Duration = Duration::from_millis(200);
/// Names of what the cases depend on end like this.
const READ: [&str; 3] = ["wasm", "toml", "json"];

type Notices = Debouncer<RecommendedWatcher, RecommendedCache>;

/// Run until somebody ends it; true where every case of the last run held.
///
/// # Errors
/// The directory cannot be watched, or something that no edit fixes.
pub(super) async fn watch(wish: &Wish<'_>) -> anyhow::Result<bool> {
    let changed = Arc::new(Notify::new());
    let _notices = notices(wish.directory, &changed)?;
    let mut interrupts = Interrupts::new();
    let mut passed = false;
    loop {
        clear();
        let run = async {
            match once(wish).await {
                // The next edit may fix it.
                Err(error) if is_misuse(&error) => {
                    tell(&error);
                    Ok(false)
                }
                ended => ended,
            }
        };
        tokio::select! {
            ended = run => passed = ended?,
            _ = interrupts.next() => return Ok(passed),
        }
        say!("watching {}; ctrl-c ends it", wish.directory.display());
        tokio::select! {
            () = changed.notified() => {}
            _ = interrupts.next() => return Ok(passed),
        }
    }
}

/// Each run has the screen for itself; what is no screen gets one run after another.
fn clear() {
    let screen = Term::stdout();
    if screen.is_term() {
        let _ = screen.clear_screen();
    }
}

fn notices(directory: &Path, changed: &Arc<Notify>) -> anyhow::Result<Notices> {
    let changed = changed.clone();
    let notice = move |result: DebounceEventResult| {
        if result.is_ok_and(|events| events.iter().any(is_change)) {
            changed.notify_one();
        }
    };
    let why = || format!("cannot watch {}", directory.display());
    let mut notices = new_debouncer(QUIET, None, notice).with_context(why)?;
    let watched = notices.watch(directory, RecursiveMode::Recursive);
    watched.with_context(why)?;
    Ok(notices)
}

/// Our own reading makes notices too, which would never end.
fn is_change(event: &DebouncedEvent) -> bool {
    let written = match event.kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        _ => true,
    };
    let read = |path: &Path| {
        let end = path.extension().and_then(|end| end.to_str());
        end.is_some_and(|end| READ.contains(&end))
    };
    written && event.paths.iter().any(|path| read(path))
}
