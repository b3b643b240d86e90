//! A database of the version before: what Slack shows is edited, and not posted a second time.

use std::path::Path;
use std::sync::Arc;

use k8shawk::services::store::Store;
use k8shawk_tests::slack_server::{Shown, SlackServer};
use rusqlite::Connection;
use serde_json::Value;

use super::world::World;

/// See `host/src/services/store/schema/tests.rs`.
const INCIDENTS: &str = include_str!("../../stored/92d4046.sql");

/// The migrations up to version 5, in which the store knew channels and timestamps.
const MIGRATIONS: [&str; 5] = [
    include_str!("../../../host/src/services/store/migrations/01-baseline.sql"),
    include_str!("../../../host/src/services/store/migrations/02-columns.sql"),
    include_str!("../../../host/src/services/store/migrations/03-installation.sql"),
    include_str!("../../../host/src/services/store/migrations/04-policies.sql"),
    include_str!("../../../host/src/services/store/migrations/05-sinks.sql"),
];

/// Write such a database; returns the channel and timestamp of each message that it knows.
fn version_5(path: &Path) -> Vec<(String, String)> {
    let old = Connection::open(path).unwrap();
    old.execute_batch(INCIDENTS).unwrap();
    for migration in MIGRATIONS {
        old.execute_batch(migration).unwrap();
    }
    old.pragma_update(None, "user_version", 5).unwrap();
    let mut rows = old.prepare("SELECT channel, ts FROM messages").unwrap();
    let known = rows.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    known.map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_version_posted_is_edited_and_its_thread_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k8shawk.sqlite");
    let known = version_5(&path);
    let server = SlackServer::start().await.unwrap();
    let posted = known.iter().map(|(channel, ts)| Shown {
        channel: channel.clone(),
        ts: ts.clone(),
        thread: None,
        body: Value::Null,
        edits: 0,
        deleted: false,
    });
    server.seen().messages.extend(posted);
    let store = Arc::new(Store::open(&path).unwrap());
    let active = store.list(true).unwrap();
    let told = active.iter().filter(|r| r.asked_at.is_some()).count();
    let w = World::over(server, store, &["U0001"], None).await;
    let edited = || {
        w.server
            .seen()
            .heads()
            .iter()
            .filter(|m| m.edits > 0)
            .count()
    };
    w.until(|| edited() >= told).await;
    w.settled().await;

    let seen = w.server.seen();
    assert!(told > 3 && known.len() > told, "{told} of {}", known.len());
    assert_eq!(seen.heads().len(), known.len(), "nothing is posted again");
    let threads = seen.messages.iter().filter_map(|m| m.thread.as_ref());
    let mut strays = threads.filter(|thread| !known.iter().any(|(_, ts)| ts == *thread));
    assert_eq!(strays.next(), None);
}
