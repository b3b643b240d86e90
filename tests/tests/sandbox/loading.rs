//! What is not as it should be does not load, and the message says what to do.

use std::fs;

use k8shawk_core::Judgement;
use k8shawk_sandbox::{Blame, LoadError, explain, load, plugin_digest};

use crate::workshop::{Guest, READS, Workshop, replace, signal, summary, version};

async fn refusal(workshop: &Workshop, id: &str) -> LoadError {
    load(
        &workshop.engine,
        &workshop.plugins().join(id),
        &workshop.grants(),
    )
    .await
    .err()
    .unwrap()
}

fn parts(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in: {text}");
    }
}

#[tokio::test]
async fn a_capability_without_a_grant_is_named_with_what_to_write() {
    let workshop = Workshop::new();
    workshop.plugin("deny", Guest::Analysis, Guest::Analysis.component());
    let error = refusal(&workshop, "deny").await;
    assert_eq!(error.blame(), Blame::Operator);
    parts(
        &error.to_string(),
        &[
            "k8shawk:kubectl/get@0.1.0",
            "kubectl/logs",
            "[[allow]]",
            "deny.toml",
        ],
    );
}

#[tokio::test]
async fn a_capability_that_is_not_wanted_is_not_linked_whatever_the_grant_says() {
    let workshop = Workshop::new();
    workshop.plugin("meek", Guest::Analysis, Guest::Analysis.component());
    workshop.manifest(
        "meek",
        "id = \"meek\"\nversion = \"1\"\npoint = \"analysis\"\nwants = [\"log\", \"settings\", \"logs\"]\n",
    );
    workshop.grant("meek", READS);
    parts(
        &refusal(&workshop, "meek").await.to_string(),
        &["kubectl/get", "`wants`", "plugin.toml"],
    );
}

#[tokio::test]
async fn a_component_of_another_point_is_named() {
    let workshop = Workshop::new();
    workshop.plugin("world", Guest::Triage, Guest::Analysis.component());
    let error = refusal(&workshop, "world").await;
    assert_eq!(error.blame(), Blame::Guest);
    parts(
        &error.to_string(),
        &[
            "k8shawk:triage/triage@0.1.x",
            "k8shawk:analysis/analysis@0.1.0",
        ],
    );
}

#[tokio::test]
async fn a_newer_interface_is_named() {
    let workshop = Workshop::new();
    let newer = replace(Guest::Triage.component(), b"triage@0.1.0", b"triage@0.2.0");
    workshop.plugin("newer", Guest::Triage, &newer);
    parts(
        &refusal(&workshop, "newer").await.to_string(),
        &["k8shawk:triage/triage@0.2.0", "does not speak"],
    );
    let lent = replace(
        Guest::Triage.component(),
        b"host/settings@0.1.0",
        b"host/settings@0.2.0",
    );
    workshop.plugin("newer", Guest::Triage, &lent);
    parts(
        &refusal(&workshop, "newer").await.to_string(),
        &["host/settings@0.2.0", "0.1.x only"],
    );
}

#[tokio::test]
async fn broken_bytes_are_refused_with_their_file() {
    let workshop = Workshop::new();
    let whole = Guest::Triage.component();
    let module = b"\0asm\x01\0\0\0";
    for bytes in [&whole[..whole.len() / 2], b"", b"not wasm at all", module] {
        workshop.plugin("broken", Guest::Triage, bytes);
        let error = refusal(&workshop, "broken").await;
        assert_eq!(error.blame(), Blame::Guest, "{error}");
        parts(&error.to_string(), &["broken/plugin.wasm"]);
    }
}

#[tokio::test]
async fn a_malformed_grant_is_refused_with_file_and_line() {
    let workshop = Workshop::new();
    workshop.plugin("typo", Guest::Triage, Guest::Triage.component());
    workshop.grant("typo", "[limits]\ndeadline_ms = 5\nmemory = 3\n");
    let error = refusal(&workshop, "typo").await;
    assert_eq!(error.blame(), Blame::Operator);
    parts(
        &error.to_string(),
        &["grants/typo.toml", "line 3", "memory"],
    );
}

#[tokio::test]
async fn a_pinned_grant_is_for_one_component_only() {
    let workshop = Workshop::new();
    let (ours, theirs) = (
        Guest::Triage.component(),
        version(Guest::Triage.component(), b'b'),
    );
    workshop.plugin("pin", Guest::Triage, ours);
    let manifest = fs::read(workshop.plugins().join("pin/plugin.toml")).unwrap();
    let pinned = plugin_digest(&manifest, ours);
    workshop.grant("pin", &format!("digest = \"{pinned}\"\n"));
    assert!(workshop.prepare("pin").await.is_ok());
    workshop.component("pin", &theirs);
    parts(
        &refusal(&workshop, "pin").await.to_string(),
        &["pin.toml", &plugin_digest(&manifest, &theirs)],
    );
    // What the plugin says of itself is pinned too.
    workshop.component("pin", ours);
    let wants_less = String::from_utf8(manifest)
        .unwrap()
        .replace("\"log\", ", "");
    workshop.manifest("pin", &wants_less);
    parts(
        &refusal(&workshop, "pin").await.to_string(),
        &["pin.toml", &pinned, "plugin.toml"],
    );
}

#[tokio::test]
async fn a_missing_directory_and_a_missing_component_are_named() {
    let workshop = Workshop::new();
    parts(
        &refusal(&workshop, "nowhere").await.to_string(),
        &["nowhere/plugin.toml"],
    );
    workshop.manifest(
        "empty",
        "id = \"empty\"\nversion = \"1\"\npoint = \"voice\"\n",
    );
    parts(
        &refusal(&workshop, "empty").await.to_string(),
        &["empty", "no .wasm file"],
    );
}

#[tokio::test]
async fn a_guest_built_for_0_1_0_keeps_running() {
    let workshop = Workshop::new();
    let frozen = include_bytes!("../../hostile/frozen/triage-0.1.0.wasm");
    workshop.plugin("frozen", Guest::Triage, frozen);
    let plugin = load(
        &workshop.engine,
        &workshop.plugins().join("frozen"),
        &workshop.grants(),
    )
    .await
    .unwrap();
    let judgement = plugin.triage(&signal(), &summary()).result;
    assert_eq!(judgement, Ok(Judgement::Drop("version-aaaa".to_owned())));
}

#[tokio::test]
async fn a_grant_is_explained_in_sentences() {
    let workshop = Workshop::new();
    let triage = workshop.hostile(Guest::Triage, "good", "").await;
    parts(
        &explain(&triage).join("\n"),
        &["good may read nothing from the cluster."],
    );
    let every = "[[allow]]\nverbs = [\"get\", \"list\", \"logs\", \"top\"]\nkinds = [\"*\"]\nnamespaces = [\"*\"]\n";
    let analysis = workshop.hostile(Guest::Analysis, "read", every).await;
    parts(
        &explain(&analysis).join("\n"),
        &[
            "read may get, list and logs every kind in all namespaces; Secrets come without their values.",
            "One call has 1s, 32 MiB of memory, 200 host calls and 1024 KiB of output.",
            "Settings are given for mode.",
            "The grant allows top, which read does not ask for.",
        ],
    );
}

#[tokio::test]
async fn a_component_is_compiled_once() {
    let workshop = Workshop::new();
    workshop.hostile(Guest::Triage, "good", "").await;
    let count = || {
        std::fs::read_dir(workshop.path().join("cache"))
            .unwrap()
            .count()
    };
    assert_eq!(count(), 1);
    workshop.hostile(Guest::Triage, "panic", "").await;
    assert_eq!(count(), 1, "the same component has one entry");
}
