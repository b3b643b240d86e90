//! A component that imports WASI runs, and gets nothing by it. The guest is Rust's standard
//! library on `wasm32-wasip2`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use k8shawk_core::Judgement;
use k8shawk_core::finding::Conclusion;
use k8shawk_core::guard::{Permit, ReadError, Reader, Reading};
use k8shawk_sandbox::{CallContext, CallError, CallRecord, Called, Level, explain, load};

use crate::workshop::{Guest, READS, Workshop, incident, replace, signal, summary};

async fn call(mode: &str, grant: &str) -> Called<Judgement> {
    let workshop = Workshop::new();
    let guest = workshop.hostile(Guest::Wasi, mode, grant).await;
    guest.triage(&signal(), &summary())
}

async fn answer(mode: &str) -> (String, CallRecord) {
    let called = call(mode, "").await;
    match called.result {
        Ok(Judgement::Drop(text)) => (text, called.record),
        other => panic!("{mode}: {other:?}"),
    }
}

#[tokio::test]
async fn a_component_that_imports_wasi_loads_and_says_so() {
    let workshop = Workshop::new();
    workshop.plugin("foreign", Guest::Wasi, Guest::Wasi.component());
    let (dir, grants) = (workshop.plugins().join("foreign"), workshop.grants());
    let plugin = load(&workshop.engine, &dir, &grants).await.unwrap();
    let judgement = plugin.triage(&signal(), &summary()).result;
    assert_eq!(judgement, Ok(Judgement::Drop("version-aaaa".to_owned())));
    let said = explain(&plugin).join("\n");
    assert!(
        said.contains("WASI is linked without access to anything"),
        "{said}"
    );
    let plain = workshop.hostile(Guest::Triage, "good", "").await;
    assert!(!explain(&plain).join("\n").contains("WASI"));
}

#[tokio::test]
async fn there_are_no_files_no_network_and_no_environment() {
    for mode in ["files", "network"] {
        let (text, _) = answer(mode).await;
        let tries: Vec<&str> = text.split("; ").collect();
        assert!(tries.len() >= 4, "{text}");
        assert!(tries.iter().all(|one| one.ends_with(": refused")), "{text}");
    }
    let (text, _) = answer("environment").await;
    assert_eq!(text, "0 variables, 0 arguments, None");
}

#[tokio::test]
async fn time_and_randomness_are_the_same_in_two_calls() {
    let begun = Instant::now();
    let (time, _) = answer("time").await;
    assert!(begun.elapsed() < Duration::from_secs(60));
    assert!(time.starts_with("slept 3600 s, it is Ok(3600."), "{time}");
    let (random, _) = answer("randomness").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(answer("time").await.0, time);
    assert_eq!(answer("randomness").await.0, random);
}

/// Where a plugin may wait for the cluster, a runtime polls what it waits for.
#[tokio::test]
async fn a_guest_that_may_wait_for_the_cluster_waits_for_nothing_else() {
    let workshop = Workshop::new();
    let guest = workshop.hostile(Guest::WasiAnalysis, "time", READS).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let context = CallContext {
            reader: Arc::new(NoCluster),
            now_ms: 86_400_000,
        };
        let called = guest.analyse(&incident(), context).await;
        match called.result {
            Ok(Conclusion::Healthy(text)) => told.push(text),
            other => panic!("{other:?}"),
        }
    }
    // It did not ask for the clock: its day is the first of 1970, whatever the call is told.
    assert!(
        told[0].starts_with("slept 3600 s, it is Ok(3600."),
        "{told:?}"
    );
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn the_limits_of_a_call_hold_on_a_fiber_too() {
    let limits = "[limits]\ndeadline_ms = 50\nmemory_mib = 4\n";
    let limit = Duration::from_millis(50);
    let looping = call("loop", limits).await.result;
    assert_eq!(looping.unwrap_err(), CallError::Deadline { limit });
    let filling = call("memory", limits).await.result.unwrap_err();
    assert!(matches!(filling, CallError::Memory { .. }), "{filling}");
    let bounded = call("recursion", "").await.result;
    assert!(matches!(bounded, Err(CallError::Trap(_))), "{bounded:?}");
}

struct NoCluster;

impl Reader for NoCluster {
    fn read(&self, _: Permit) -> Reading<'_> {
        Box::pin(std::future::ready(Err(ReadError::NotFound)))
    }
}

#[tokio::test]
async fn what_is_printed_goes_to_the_log_of_the_plugin() {
    let (_, record) = answer("print").await;
    let line = |level, text: &str| (level, text.to_owned());
    let expected = [
        line(Level::Info, "one line"),
        line(Level::Info, "two parts"),
        line(Level::Warn, "a complaint"),
        line(Level::Info, "no end"),
    ];
    assert_eq!(record.log, expected);
}

#[tokio::test]
async fn printing_without_end_is_cut_and_then_ended() {
    let limits = "[limits]\nhost_calls = 100\ndeadline_ms = 20000\n";
    let called = call("print-flood", limits).await;
    assert_eq!(
        called.result.unwrap_err(),
        CallError::HostCalls { limit: 100 }
    );
    // One call went for the setting.
    assert_eq!(called.record.log.len(), 99);
    let called = call("print-bulk", limits).await;
    assert_eq!(
        called.result.unwrap_err(),
        CallError::HostCalls { limit: 100 }
    );
    assert!(called.record.log.iter().all(|(_, line)| line.len() <= 8192));
}

#[tokio::test]
async fn exit_and_panic_end_the_call_and_nothing_else() {
    let called = call("exit", "").await;
    let error = called.result.unwrap_err().to_string();
    assert!(error.contains("the plugin called exit"), "{error}");
    let called = call("panic", "").await;
    assert!(matches!(called.result, Err(CallError::Trap(_))));
    let log: Vec<String> = called
        .record
        .log
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert!(log.join("\n").contains("on purpose"), "{log:?}");
}

#[tokio::test]
async fn another_version_of_wasi_is_named() {
    let workshop = Workshop::new();
    let wasm = Guest::Wasi.component();
    let newer = replace(wasm, b"wasi:cli/stdout@0.2.", b"wasi:cli/stdout@0.4.");
    workshop.plugin("newer", Guest::Wasi, &newer);
    let error = workshop.prepare("newer").await.err().unwrap().to_string();
    assert!(
        error.contains("wasi:cli/stdout@0.4.") && error.contains("WASI 0.2.x only"),
        "{error}"
    );
}
