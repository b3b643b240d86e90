//! Every attack ends within its limits, is the guest's fault, and hurts no other call.

use std::time::{Duration, Instant};

use k8shawk_core::Judgement;
use k8shawk_sandbox::{Blame, CallError, CallRecord};

use crate::workshop::{Guest, Workshop, signal, summary};

const SHORT: &str = "[limits]\ndeadline_ms = 200\n";
/// More than any attack may take on a busy machine: deadline, a tick, and the clearing up.
const SLACK: Duration = Duration::from_secs(5);

async fn attack(mode: &str, grant: &str) -> (CallError, CallRecord) {
    let workshop = Workshop::new();
    let hostile = workshop.hostile(Guest::Triage, mode, grant).await;
    let good = workshop.hostile(Guest::Triage, "good", "").await;
    let begun = Instant::now();
    let called = hostile.triage(&signal(), &summary());
    assert!(begun.elapsed() < SLACK, "{mode} took {:?}", begun.elapsed());
    let error = called.result.unwrap_err();
    assert_eq!(error.blame(), Blame::Guest, "{error}");
    assert_eq!(
        hostile
            .triage(&signal(), &summary())
            .result
            .unwrap_err()
            .label(),
        error.label()
    );
    let after = good.triage(&signal(), &summary()).result;
    assert_eq!(
        after,
        Ok(Judgement::Drop("version-aaaa".to_owned())),
        "after {mode}"
    );
    (error, called.record)
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_deadline() {
    let (error, record) = attack("loop", SHORT).await;
    assert_eq!(
        error,
        CallError::Deadline {
            limit: Duration::from_millis(200)
        }
    );
    assert!(
        record.duration >= Duration::from_millis(190),
        "{:?}",
        record.duration
    );
}

#[tokio::test]
async fn a_memory_bomb_is_reported_as_memory_and_not_as_a_panic() {
    let (error, _) = attack("memory", "[limits]\nmemory_mib = 8\n").await;
    assert!(
        matches!(
            error,
            CallError::Memory {
                limit: 0x80_0000,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_panic_and_a_recursion_are_traps() {
    for mode in ["panic", "recursion"] {
        let (error, record) = attack(mode, "").await;
        assert!(matches!(error, CallError::Trap(_)), "{mode}: {error}");
        assert!(
            record.duration < Duration::from_secs(1),
            "{mode}: {:?}",
            record.duration
        );
    }
}

#[tokio::test]
async fn a_result_of_100_mib_is_refused_by_the_memory_limit_first() {
    let (error, _) = attack("huge", "").await;
    assert!(matches!(error, CallError::Memory { .. }), "{error}");
}

#[tokio::test]
async fn a_result_of_100_mib_that_fits_the_memory_is_refused_by_the_output_limit() {
    let (error, _) = attack("huge", "[limits]\nmemory_mib = 256\ndeadline_ms = 5000\n").await;
    assert_eq!(error, CallError::Output { limit: 1 << 20 });
}

#[tokio::test]
async fn a_flood_of_log_lines_is_cut_and_then_ended() {
    let (error, record) = attack("log-flood", "[limits]\nhost_calls = 100\n").await;
    assert_eq!(error, CallError::HostCalls { limit: 100 });
    // One call went for the setting.
    assert_eq!((record.log.len(), record.log_dropped), (99, 100));
}

#[tokio::test]
async fn a_log_line_of_8_mib_is_refused_before_the_host_copies_it() {
    let (error, record) = attack("log-bulk", "").await;
    assert_eq!(error, CallError::Output { limit: 1 << 20 });
    assert!(record.log.is_empty());
}

#[tokio::test]
async fn a_flood_of_host_calls_is_ended() {
    let (error, record) = attack("host-call-flood", "").await;
    assert_eq!(error, CallError::HostCalls { limit: 200 });
    assert_eq!(record.host_calls, 401);
}
