//! Quarantine, hot swap and everything that can go wrong on the disk meanwhile.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use k8shawk_core::Judgement;
use k8shawk_sandbox::{
    CallError, Outcome, Point, Registry, ReloadEvent, ReloadOptions, Reloader, Shelf,
};
use tokio::sync::mpsc;

use crate::workshop::{Guest, READS, Workshop, signal, summary, version};

fn says(registry: &Registry, id: &str) -> String {
    match registry
        .get(id)
        .unwrap()
        .triage(&signal(), &summary())
        .result
    {
        Ok(Judgement::Drop(version)) => version,
        other => panic!("{other:?}"),
    }
}

fn kept(events: &[ReloadEvent]) -> &str {
    match events {
        [
            ReloadEvent {
                outcome: Outcome::Kept { reason },
                ..
            },
        ] => reason,
        other => panic!("{other:?}"),
    }
}

/// A registry with one triage plugin, as the first pass loads it.
async fn live(workshop: &Workshop) -> (Arc<Registry>, Reloader) {
    workshop.plugin("live", Guest::Triage, Guest::Triage.component());
    let registry = Arc::new(Registry::default());
    let (plugins, grants) = (workshop.plugins(), workshop.grants());
    let mut reloader = Reloader::new(
        workshop.engine.clone(),
        registry.clone(),
        (Shelf::Plugins, &plugins),
        &grants,
    );
    let events = reloader.pass().await;
    assert!(
        matches!(
            events[..],
            [ReloadEvent {
                outcome: Outcome::Loaded { .. },
                ..
            }]
        ),
        "{events:?}"
    );
    (registry, reloader)
}

#[tokio::test]
async fn five_faults_in_a_row_are_quarantine_until_the_digest_changes() {
    let workshop = Workshop::new();
    let registry = Registry::default();
    registry
        .put(workshop.hostile(Guest::Triage, "panic", "").await)
        .unwrap();
    let live = registry.get("panic").unwrap();
    for _ in 0..5 {
        let error = live.triage(&signal(), &summary()).result.unwrap_err();
        assert!(matches!(error, CallError::Trap(_)), "{error}");
    }
    let error = live.triage(&signal(), &summary()).result.unwrap_err();
    assert!(
        matches!(error, CallError::Quarantined { faults: 5, .. }),
        "{error}"
    );
    let status = live.status().lines().concat();
    assert!(status.contains("digest changes"));
    assert!(status.contains("the plugin aborted"), "{status}");
    registry
        .put(workshop.prepare("panic").await.unwrap())
        .unwrap();
    assert!(
        live.quarantine().is_some(),
        "the same component is not released"
    );
    workshop.component("panic", &version(Guest::Triage.component(), b'b'));
    registry
        .put(workshop.prepare("panic").await.unwrap())
        .unwrap();
    assert_eq!(live.quarantine(), None);
    assert_eq!((live.counts().guest_faults, live.counts().refused), (5, 1));
}

#[tokio::test]
async fn plugins_of_a_point_come_in_the_order_of_their_ids() {
    let workshop = Workshop::new();
    let registry = Registry::default();
    for id in ["zeta", "alpha", "mid"] {
        registry
            .put(workshop.hostile(Guest::Triage, id, "").await)
            .unwrap();
    }
    let ids: Vec<String> = registry
        .at(Point::Triage)
        .iter()
        .map(|live| live.id().to_owned())
        .collect();
    assert_eq!(ids, ["alpha", "mid", "zeta"]);
    assert!(registry.at(Point::Voice).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_lost_or_failed_while_versions_are_swapped() {
    let workshop = Workshop::new();
    let (registry, mut reloader) = live(&workshop).await;
    let done = Arc::new(AtomicBool::new(false));
    let (calls, stop) = (registry.clone(), done.clone());
    let begun = Instant::now();
    let load = tokio::task::spawn_blocking(move || {
        let mut count = 0_u32;
        while !stop.load(Ordering::Relaxed) {
            assert!(says(&calls, "live").starts_with("version-"));
            count += 1;
        }
        count
    });
    let versions = b"bc".map(|letter| version(Guest::Triage.component(), letter));
    for turn in 0..20 {
        workshop.component("live", &versions[turn % 2]);
        let events = reloader.pass().await;
        assert!(
            matches!(
                events[..],
                [ReloadEvent {
                    outcome: Outcome::Swapped { .. },
                    ..
                }]
            ),
            "{events:?}"
        );
    }
    done.store(true, Ordering::Relaxed);
    let count = load.await.unwrap();
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    assert!(rate > 1000.0, "{rate:.0} calls a second");
    assert_eq!(says(&registry, "live"), "version-cccc");
}

#[tokio::test]
async fn a_broken_replacement_keeps_the_running_version_and_says_why() {
    let workshop = Workshop::new();
    let (registry, mut reloader) = live(&workshop).await;
    workshop.component("live", b"broken");
    assert!(kept(&reloader.pass().await).contains("not a component"));
    assert!(reloader.pass().await.is_empty(), "said once");
    workshop.grant("live", "[limit]\n");
    assert!(kept(&reloader.pass().await).contains("live.toml"));
    assert_eq!(says(&registry, "live"), "version-aaaa");
    workshop.grant("live", "");
    workshop.component("live", &version(Guest::Triage.component(), b'b'));
    assert_eq!(reloader.pass().await.len(), 1);
    assert_eq!(says(&registry, "live"), "version-bbbb");
}

#[tokio::test]
async fn a_version_that_fails_its_smoke_call_does_not_go_live() {
    let workshop = Workshop::new();
    let (registry, mut reloader) = live(&workshop).await;
    workshop.grant("live", "[settings]\nmode = \"panic\"\n");
    assert!(kept(&reloader.pass().await).contains("smoke call"));
    assert_eq!(
        says(&registry, "live"),
        "version-aaaa",
        "the new settings do not hold"
    );
}

#[tokio::test]
async fn directories_that_vanish_keep_what_runs() {
    let workshop = Workshop::new();
    let (registry, mut reloader) = live(&workshop).await;
    fs::rename(workshop.plugins(), workshop.path().join("away")).unwrap();
    assert!(kept(&reloader.pass().await).contains("plugins"));
    fs::rename(workshop.path().join("away"), workshop.plugins()).unwrap();
    assert!(reloader.pass().await.is_empty());
    fs::remove_dir_all(workshop.grants()).unwrap();
    assert!(kept(&reloader.pass().await).contains("grants"));
    fs::create_dir(workshop.grants()).unwrap();
    reloader.pass().await;
    fs::remove_dir_all(workshop.plugins().join("live")).unwrap();
    assert!(kept(&reloader.pass().await).contains("its directory was removed"));
    assert_eq!(says(&registry, "live"), "version-aaaa");
}

#[tokio::test]
async fn a_swapped_symbolic_link_is_a_change() {
    let workshop = Workshop::new();
    let (registry, mut reloader) = live(&workshop).await;
    let dir = workshop.plugins().join("live");
    let (old, new) = (workshop.path().join("old"), workshop.path().join("new"));
    fs::rename(&dir, &old).unwrap();
    fs::create_dir(&new).unwrap();
    fs::copy(old.join("plugin.toml"), new.join("plugin.toml")).unwrap();
    fs::write(
        new.join("plugin.wasm"),
        version(Guest::Triage.component(), b'b'),
    )
    .unwrap();
    std::os::unix::fs::symlink(&new, &dir).unwrap();
    reloader.pass().await;
    assert_eq!(says(&registry, "live"), "version-bbbb");
}

#[tokio::test]
async fn a_grant_that_is_taken_back_holds_for_the_version_that_runs() {
    let workshop = Workshop::new();
    workshop.plugin("probe", Guest::Analysis, Guest::Analysis.component());
    workshop.grant("probe", READS);
    let registry = Arc::new(Registry::default());
    let (plugins, grants) = (workshop.plugins(), workshop.grants());
    let mut reloader = Reloader::new(
        workshop.engine.clone(),
        registry.clone(),
        (Shelf::Plugins, &plugins),
        &grants,
    );
    reloader.pass().await;
    fs::remove_file(workshop.grants().join("probe.toml")).unwrap();
    assert!(kept(&reloader.pass().await).contains("now uses the new grant"));
    assert!(
        registry
            .get("probe")
            .unwrap()
            .plugin()
            .grant()
            .allow
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_file_changes_verdicts_without_being_asked() {
    let workshop = Workshop::new();
    let (registry, mut reloader) = live(&workshop).await;
    let (events, mut seen) = mpsc::channel(16);
    let options = ReloadOptions::new(workshop.plugins(), workshop.grants());
    let reloading = tokio::spawn(async move { reloader.watch(&options, &events).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    for letter in *b"bcd" {
        workshop.component("live", &version(Guest::Triage.component(), letter));
        let event = tokio::time::timeout(Duration::from_secs(10), seen.recv()).await;
        let event = event.expect("no event within 10 s").unwrap();
        assert!(
            matches!(event.outcome, Outcome::Swapped { .. }),
            "{event:?}"
        );
        assert!(says(&registry, "live").ends_with(char::from(letter)));
    }
    // How long it takes is what `make bench` measures.
    reloading.abort();
}
