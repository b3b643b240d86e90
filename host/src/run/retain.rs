//! Stage beside the flow: what has ended is deleted by age and by number.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use k8shawk_core::rca;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::services::Services;
use crate::stages::StageError;

/// Time between two looks.
const EVERY: Duration = Duration::from_secs(3600);

/// Look once an hour, until cancelled.
pub async fn run(services: Arc<Services>, stop: CancellationToken) {
    loop {
        if let Err(fault) = once(&services) {
            warn!(%fault, "cannot delete expired data yet");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Delete what is beyond its limit.
///
/// # Errors
/// [`StageError`]: the rest is deleted the next time.
pub fn once(services: &Services) -> Result<(), StageError> {
    let (keep, now) = (&services.config.retention, services.clock.now());
    let echoes = i64::try_from(services.config.dedup.as_millis()).unwrap_or(i64::MAX);
    let removed = services.store.retain(keep, echoes, now)?;
    if !removed.is_nothing() {
        info!(
            incidents = removed.incidents,
            conversations = removed.conversations,
            messages = removed.messages,
            asked = removed.asked,
            "deleted expired data (retention)"
        );
    }
    if let Some(age) = keep.rcas {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let open = services.store.list(true)?.into_iter().filter_map(|r| r.rca);
        let open: HashSet<PathBuf> = open.map(PathBuf::from).collect();
        let directory = services.config.knowledge_base().join("rca");
        let documents = documents(&directory, now - age, &open).map_err(|why| {
            StageError::File(format!("cannot clean {}: {why}", directory.display()))
        })?;
        if documents > 0 {
            info!(documents, "deleted expired RCAs (retention)");
        }
    }
    Ok(())
}

/// Delete the RCAs of days that ended before a moment, without those of open incidents. Only
/// what the host has written is touched: its names in directories whose names are days.
fn documents(directory: &Path, before: i64, open: &HashSet<PathBuf>) -> std::io::Result<usize> {
    let Ok(before) = Timestamp::from_millisecond(before) else {
        return Ok(0);
    };
    let before = before.to_zoned(TimeZone::UTC).date();
    let mut deleted = 0;
    let days = match fs::read_dir(directory) {
        Ok(days) => days,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(why) => return Err(why),
    };
    for day in days {
        let day = day?;
        let name = day.file_name();
        let date = name.to_str().and_then(|name| name.parse::<Date>().ok());
        if date.is_none_or(|date| date >= before) {
            continue;
        }
        for file in fs::read_dir(day.path())? {
            let path = file?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let ours = name.is_some_and(rca::is_file_name);
            if ours && !open.contains(&path) {
                fs::remove_file(&path)?;
                deleted += 1;
            }
        }
        // It stays where something is left in it.
        let _ = fs::remove_dir(day.path());
    }
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_old_days_are_deleted_but_not_those_of_open_incidents() {
        let place = tempfile::tempdir().unwrap();
        let rca = place.path();
        let write = |name: &str| {
            let path = rca.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            path
        };
        let old = write("2026-01-02/rca_a_20260102T030405678Z.md");
        let open = write("2026-01-02/rca_b_20260102T030405678Z.md");
        let gone = write("2026-01-03/rca_web-1.c_20260103T030405678Z.inc-17.md");
        let fresh = write("2026-02-01/rca_d_20260201T030405678Z.md");
        let theirs = [
            write("notes/rca_e_20260102T030405678Z.md"),
            write("2026-01-02/mine.txt"),
            write("2026-01-02/notes.md"),
            write("2026-01-02/rca_notes.md"),
            write("2026-01-02/rca_my_notes.md"),
        ];
        let before = "2026-01-20T00:00:00Z".parse::<Timestamp>().unwrap();
        let kept = HashSet::from([open.clone()]);
        let deleted = documents(rca, before.as_millisecond(), &kept).unwrap();
        assert_eq!(deleted, 2);
        assert!(!old.exists() && !gone.parent().unwrap().exists());
        assert!(open.exists() && fresh.exists());
        assert!(theirs.iter().all(|path| path.exists()));
        assert_eq!(documents(&rca.join("none"), 0, &kept).unwrap(), 0);
    }
}
