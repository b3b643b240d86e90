use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

fn supervisor() -> (Supervisor, Telemetry, CancellationToken) {
    let (telemetry, stop) = (Telemetry::default(), CancellationToken::new());
    let supervisor = Supervisor::new(telemetry.clone(), stop.clone());
    (supervisor, telemetry, stop)
}

/// Wait until something holds.
async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    waited.unwrap();
}

#[tokio::test]
async fn a_task_that_panics_or_ends_is_begun_again_and_meanwhile_the_host_is_not_ready() {
    let (telemetry, stop) = (Telemetry::default(), CancellationToken::new());
    let pauses = Backoff {
        first: Duration::from_millis(50),
        longest: Duration::from_secs(60),
    };
    let supervisor = Supervisor::pausing(telemetry.clone(), stop.clone(), pauses);
    let begun = Arc::new(AtomicU32::new(0));
    let (count, ends) = (begun.clone(), stop.clone());
    supervisor.keep(Task::Relay, move || {
        let (turn, ends) = (count.fetch_add(1, Ordering::SeqCst), ends.clone());
        async move {
            match turn {
                0 => panic!("a poisoned object"),
                1 => {}
                _ => ends.cancelled().await,
            }
        }
    });
    let down = |why: &str| telemetry.tasks_down() == [(Task::Relay, why.to_owned())];
    until(|| down("panicked: a poisoned object")).await;
    assert_eq!(begun.load(Ordering::SeqCst), 1);
    until(|| down("ended")).await;
    until(|| telemetry.tasks_down().is_empty()).await;
    assert_eq!(begun.load(Ordering::SeqCst), 3);
    assert_eq!(telemetry.task_failures(Task::Relay), 2);
    stop.cancel();
    supervisor.end(Duration::from_secs(5)).await;
}

#[test]
fn pauses_grow_to_a_minute_and_are_short_again_after_a_long_run() {
    let (mut failures, mut all) = (0, Vec::new());
    for ran in [0, 0, 0, 0, 0, 0, 0, 0, 61, 1] {
        failures = in_a_row(PAUSES, failures, Duration::from_secs(ran));
        all.push(PAUSES.after(failures).as_secs());
    }
    assert_eq!(all, [1, 2, 4, 8, 16, 32, 60, 60, 1, 2]);
}

#[tokio::test]
async fn where_a_vital_task_ends_the_host_is_lost_and_says_why() {
    let (supervisor, _, _) = supervisor();
    supervisor.vital(Task::Patrol, async { panic!("index out of bounds") });
    let why = tokio::time::timeout(Duration::from_secs(5), supervisor.lost()).await;
    let expected = "the task patrol panicked: index out of bounds";
    assert_eq!(why.unwrap(), expected);
}

#[tokio::test]
async fn what_ends_because_the_host_stops_is_no_fault() {
    let (supervisor, telemetry, stop) = supervisor();
    let until = stop.clone();
    supervisor.vital(Task::Patrol, async move { until.cancelled().await });
    let until = stop.clone();
    supervisor.keep(Task::Http, move || {
        let until = until.clone();
        async move { until.cancelled().await }
    });
    stop.cancel();
    supervisor.end(Duration::from_secs(5)).await;
    assert!(telemetry.tasks_down().is_empty());
    let lost = tokio::time::timeout(Duration::from_millis(50), supervisor.lost());
    assert!(lost.await.is_err());
}

#[tokio::test]
async fn a_piece_of_work_that_panics_is_counted() {
    let telemetry = Telemetry::default();
    let mut set = JoinSet::new();
    set.spawn(async { panic!("one delivery") });
    while !set.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
        reap(&mut set, Task::SlackInbox, &telemetry);
    }
    assert_eq!(telemetry.task_failures(Task::SlackInbox), 1);
}
