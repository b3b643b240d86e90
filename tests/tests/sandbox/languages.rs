//! A policy in C, as its toolchain makes it: it loads and judges right. How it was built is in
//! `tests/languages/c`.

use std::fs;
use std::sync::Arc;

use k8shawk::services::plugins::{Asked, Plugins};
use k8shawk_core::fix::Fix;
use k8shawk_core::guard::Reader;
use k8shawk_core::policy::{Origin, Ruling};
use k8shawk_core::{ObjectRef, Severity};
use rstest::rstest;

use crate::workshop::{Nothing, Workshop, dossier, incident};

const C: &[u8] = include_bytes!("../../languages/c/policy.wasm");
const MANIFEST: &str =
    "id = \"c\"\nversion = \"1\"\npoint = \"policy\"\nwants = [\"settings\", \"origin\"]\n";

/// The policy alone, which asks above 3 replicas and may use the least memory that can be given.
async fn judges(workshop: &Workshop) -> Plugins {
    workshop.manifest("c", MANIFEST).component("c", C);
    let policies = workshop.policies();
    fs::rename(workshop.plugins().join("c"), policies.join("c")).unwrap();
    workshop.grant("c", "[limits]\nmemory_mib = 1\n[settings]\nlimit = 3\n");
    workshop.judging("c").await
}

#[rstest]
#[case::few_replicas("scale", "shop", &[("replicas", "3")], "plugin fix", "")]
#[case::many_replicas("scale", "shop", &[("replicas", "4")], "plugin fix", "1 alice more replicas than the limit")]
#[case::of_a_model("delete-pod", "shop", &[], "model", "2  a model proposes it")]
#[case::undone("delete-pod", "shop", &[], "undo", "")]
#[case::in_production("set-image", "prod-shop", &[("container", "app"), ("image", "app:2")], "plugin fix", "no: c: in production only at high severity")]
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_c_judges(
    #[case] action: &str,
    #[case] namespace: &str,
    #[case] parameters: &[(&str, &str)],
    #[case] origin: &str,
    #[case] expected: &str,
) {
    let workshop = Workshop::new();
    let judges = judges(&workshop).await;
    let reader: Arc<dyn Reader> = Arc::new(Nothing);
    let kind = if action == "delete-pod" {
        "Pod"
    } else {
        "Deployment"
    };
    let version = if kind == "Pod" { "v1" } else { "apps/v1" };
    let target = ObjectRef::new(version, kind, namespace, "web");
    let parameters: Vec<(String, String)> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut incident = incident();
    incident.severity = Severity::Low;
    let asked = Asked {
        incident: &incident,
        fix: &Fix::parse(action, target, &parameters).unwrap(),
        rationale: "",
        dossier: &dossier(Origin::parse(origin).unwrap()),
    };
    let said = match judges.rule(&asked, &reader, 0).await.unwrap().0 {
        Ruling::Denied(why) => format!("no: {}", why.join(";")),
        Ruling::Auto => "auto".to_owned(),
        Ruling::Approval(rules) => rules
            .iter()
            .map(|r| format!("{} {} {}", r.count, r.approvers.join(","), r.why))
            .collect(),
    };
    assert_eq!(said, expected);
}
