use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use super::*;

fn writer(path: &std::path::Path) -> Writer {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (x INTEGER)",
        )
        .unwrap();
    Writer::new(connection, None)
}

fn put(writer: &Writer, x: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO t VALUES (?1)";
    writer.write(|c| c.execute(sql, [x]).map(drop), |e| e)
}

fn count(path: &std::path::Path) -> i64 {
    let other = Connection::open(path).unwrap();
    other
        .query_row("SELECT count(*) FROM t", [], |r| r.get(0))
        .unwrap()
}

#[test]
fn writes_that_wait_share_a_commit_and_are_told_when_they_are_on_the_disk() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("w.sqlite");
    let (writer, begun) = (writer(&path), Barrier::new(2));
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            let slow = |c: &Connection| {
                begun.wait();
                // Until the others stand in line.
                while writer.coming.load(Ordering::SeqCst) < 8 {
                    thread::sleep(Duration::from_millis(1));
                }
                c.execute("INSERT INTO t VALUES (0)", []).map(drop)
            };
            writer.write(slow, |e| e).unwrap();
            assert!(count(&path) >= 1, "told before it was written");
        });
        begun.wait();
        for x in 1..=8 {
            let (writer, path) = (&writer, &path);
            scope.spawn(move || {
                put(writer, x).unwrap();
                assert!(count(path) >= 1);
            });
        }
        first.join().unwrap();
    });
    assert_eq!(count(&path), 9);
    let commits = writer.commits.load(Ordering::Relaxed);
    assert!(commits <= 2, "{commits} commits");
}

#[test]
fn a_write_that_fails_takes_nothing_else_with_it() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("w.sqlite");
    let (writer, begun) = (writer(&path), Barrier::new(2));
    thread::scope(|scope| {
        let failing = scope.spawn(|| {
            let work = |c: &Connection| {
                begun.wait();
                while writer.coming.load(Ordering::SeqCst) < 1 {
                    thread::sleep(Duration::from_millis(1));
                }
                c.execute("INSERT INTO t VALUES (1)", [])?;
                Err::<(), _>(rusqlite::Error::InvalidQuery)
            };
            writer.write(work, |e| e)
        });
        begun.wait();
        put(&writer, 2).unwrap();
        assert!(failing.join().unwrap().is_err());
    });
    assert_eq!(count(&path), 1);
}

#[test]
fn a_write_that_panics_leaves_the_others() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("w.sqlite");
    let writer = &writer(&path);
    thread::scope(|scope| {
        let work = |c: &Connection| {
            c.execute("INSERT INTO t VALUES (1)", []).unwrap();
            panic!("on purpose")
        };
        let panics = scope.spawn(move || writer.write::<(), _>(work, |e: rusqlite::Error| e));
        assert!(panics.join().is_err());
    });
    put(writer, 2).unwrap();
    assert_eq!(count(&path), 1);
}

#[test]
fn whoever_takes_part_in_a_commit_that_fails_is_told_so() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("w.sqlite");
    let (writer, begun) = (writer(&path), Barrier::new(2));
    thread::scope(|scope| {
        let breaks = scope.spawn(|| {
            let work = |c: &Connection| {
                begun.wait();
                while writer.coming.load(Ordering::SeqCst) < 1 {
                    thread::sleep(Duration::from_millis(1));
                }
                c.execute("INSERT INTO t VALUES (1)", [])?;
                // As SQLite does by itself where it has no room.
                c.execute_batch("ROLLBACK")
            };
            writer.write(work, |e| e)
        });
        begun.wait();
        // Comes after, in a transaction of its own.
        put(&writer, 2).unwrap();
        assert!(breaks.join().unwrap().is_err());
    });
    assert_eq!(count(&path), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn other_tasks_go_on_while_one_waits_for_the_disk() {
    let (enter, entered) = std::sync::mpsc::channel::<()>();
    let waits = tokio::spawn(async move {
        // A disk that answers only once another task of the only worker has run.
        off_worker(|| entered.recv_timeout(Duration::from_secs(10)).is_ok())
    });
    tokio::task::yield_now().await;
    let other = tokio::spawn(async move { enter.send(()).is_ok() });
    assert!(other.await.unwrap() && waits.await.unwrap());
}
