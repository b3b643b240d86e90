//! What a policy sees, in each language whose bindings are not those of the SDK: the sources are in
//! `tests/seeing`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use k8shawk_core::fix::Risk;
use k8shawk_core::guard::Reader;
use k8shawk_core::policy::{Dossier, Origin, Verdict};
use k8shawk_sandbox::{CallContext, Plugin};

use super::{GETS, chain, full, proposal};
use crate::newcomer::{built, k8shawk};
use crate::workshop::{Nothing, Workshop, dossier, incident};

/// All that it can be shown.
const SEEN: &str = "workload 80 No such tag [e1]. e1=not found \
    | spec.replicas:1>none \
    | inc-9/inc-9+inc-8/inc-7/inc-9+inc-8+inc-7+inc-6 worse ada+grace \
    | Pod web-1-x+ReplicaSet web-1+Deployment web argo-cd=shop \
    operator=Website.web.example.com shop/shop argocd-controller@spec.replicas+Website shop unreadable";
/// Nothing may be concluded from what was not gathered, or what the grant refuses.
const REFUSED: &str = "workload 80 No such tag [e1]. e1=not found \
    | diff unavailable | ledger unavailable | owners denied";

/// The source in `tests/seeing`, and where it stands in a new plugin.
fn source(language: &str) -> Option<(&'static str, &'static str)> {
    match language {
        "c" => Some(("policy.c", "policy.c")),
        "go" => Some(("policy.go", "export_k8shawk_policy_policy/policy.go")),
        "javascript" => Some(("policy.js", "policy.js")),
        "typescript" => Some(("policy.ts", "policy.ts")),
        "python" => Some(("policy.py", "policy.py")),
        // Through the SDK, with a guest of its own.
        _ => None,
    }
}

/// A policy in this language reads the finding, the dry run, earlier fixes and owners. The tools
/// are those of the workshop's first project.
pub async fn sees_all(workshop: &Workshop, language: &str) {
    let Some((from, to)) = source(language) else {
        return;
    };
    let project = workshop.path().join("sees");
    k8shawk(workshop, &["policy", "new", "sees", "--language", language]);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeing");
    fs::copy(sources.join(from), project.join(to)).unwrap();
    let manifest = project.join("plugin.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let all = "\"settings\", \"finding\", \"diff\", \"ledger\", \"owners\"]";
    let wants = text.replace("\"settings\"]", all);
    assert_ne!(wants, text);
    fs::write(&manifest, wants).unwrap();
    built(workshop, &project);
    let directory = workshop.policies().join("sees");
    workshop.grant("sees", GETS);
    let plugin = k8shawk_sandbox::load(&workshop.engine, &directory, &workshop.grants())
        .await
        .unwrap();
    let seen = told(&plugin, full(), chain()).await;
    assert_eq!(seen, SEEN, "{language}");
    let bare = Dossier::clone(&dossier(Origin::Model));
    let grant = GETS.replace("\"Pod\", ", "");
    workshop.grant("sees", &grant);
    let plugin = k8shawk_sandbox::load(&workshop.engine, &directory, &workshop.grants())
        .await
        .unwrap();
    let seen = told(&plugin, bare, Arc::new(Nothing)).await;
    assert_eq!(seen, REFUSED, "{language}");
}

async fn told(plugin: &Plugin, dossier: Dossier, reader: Arc<dyn Reader>) -> String {
    let context = CallContext { reader, now_ms: 5 };
    let called = plugin
        .judge_proposal(
            &incident(),
            &proposal(),
            &Arc::new(dossier),
            Risk::Low,
            context,
        )
        .await;
    match called.result {
        Ok(Verdict::Deny(told)) => told,
        other => panic!("{other:?}"),
    }
}
