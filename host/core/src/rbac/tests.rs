use super::*;
use crate::fix::actions;

const WATCHED: [&str; 3] = ["Event", "Pod", "Deployment"];

fn grant(text: &str) -> Grant {
    Grant::parse(text).unwrap()
}

fn everything() -> Grant {
    grant(
        "[[allow]]\nverbs = [\"get\", \"list\", \"describe\", \"logs\", \"top\", \"events\"]\nkinds = [\"*\"]\nnamespaces = [\"*\"]\n",
    )
}

fn shown(rules: &[Rule]) -> Vec<String> {
    let one = |r: &Rule| format!("{}/{} {}", r.group, r.resource, r.verbs.join(","));
    rules.iter().map(one).collect()
}

#[test]
fn the_reader_never_writes_and_never_reads_a_secret() {
    let rules = reader(&WATCHED, &[everything()], &Enabled::default());
    for rule in &rules {
        let read = |verb: &&str| ["get", "list", "watch"].contains(verb);
        assert!(rule.verbs.iter().all(read), "{rule:?}");
        assert!(!rule.resource.contains("secrets"), "{rule:?}");
        assert!(rule.resource != "*" && rule.group != "*", "{rule:?}");
    }
}

#[test]
fn without_grants_and_fixes_the_reader_only_watches() {
    let rules = reader(&WATCHED, &[], &Enabled::only(&[], &[]));
    let expected = [
        "/events get,list,watch",
        "/pods get,list,watch",
        "apps/deployments get,list,watch",
    ];
    assert_eq!(shown(&rules), expected);
}

#[test]
fn a_grant_adds_what_it_allows() {
    let narrow = grant(
        "[[allow]]\nverbs = [\"get\", \"logs\", \"top\"]\nkinds = [\"ConfigMap\", \"Secret\"]\nnamespaces = [\"shop\"]\n",
    );
    let before = shown(&reader(&WATCHED, &[], &Enabled::only(&[], &[])));
    let after = shown(&reader(&WATCHED, &[narrow], &Enabled::only(&[], &[])));
    let added: Vec<_> = after.iter().filter(|rule| !before.contains(rule)).collect();
    assert_eq!(
        added,
        [
            "/configmaps get",
            "/pods/log get",
            "metrics.k8s.io/pods list"
        ]
    );
}

#[test]
fn what_a_fix_targets_is_read_before_and_after_it() {
    let rules = shown(&reader(
        &[],
        &[],
        &Enabled::only(&["raise-quota"], &["shop"]),
    ));
    let expected = [
        "/resourcequotas get",
        "discovery.k8s.io/endpointslices list",
    ];
    assert_eq!(rules, expected);
}

#[test]
fn the_executor_has_the_verbs_of_its_fixes_and_no_other() {
    let fixes = Enabled::only(
        &["evict-pod", "delete-pod", "retry-job", "set-image"],
        &["shop"],
    );
    let expected = [
        "/pods delete",
        "/pods/eviction create",
        "apps/daemonsets update",
        "apps/deployments update",
        "apps/statefulsets update",
        "batch/jobs create",
        "batch/jobs delete",
    ];
    assert_eq!(shown(&executor(&fixes)), expected);
}

#[test]
fn no_fix_reaches_secrets_or_rights() {
    for rule in executor(&Enabled::default()) {
        assert!(rule.resource != "secrets", "{rule:?}");
        assert!(rule.group != "rbac.authorization.k8s.io", "{rule:?}");
        assert!(!rule.fixes.is_empty(), "{rule:?}");
    }
}

#[test]
fn every_action_of_the_catalogue_needs_a_right() {
    for action in actions() {
        assert!(
            !executor(&Enabled::only(&[action], &["*"])).is_empty(),
            "{action}"
        );
    }
}

fn install(watched: Option<&str>, fixed: Option<&[&str]>) -> Install {
    Install {
        reader: Account::parse("ops/k8shawk-reader").unwrap(),
        executor: Account::parse("ops/k8shawk-executor").unwrap(),
        watched: watched.map(str::to_owned),
        fixed: fixed.map(|names| names.iter().map(|n| (*n).to_owned()).collect()),
    }
}

fn named(all: &[serde_json::Value]) -> Vec<String> {
    let text = |value: &serde_json::Value, pointer| {
        value
            .pointer(pointer)
            .and_then(serde_json::Value::as_str)
            .unwrap_or("-")
            .to_owned()
    };
    all.iter()
        .filter(|value| !text(value, "/kind").ends_with("Binding"))
        .map(|value| {
            format!(
                "{} {}/{}",
                text(value, "/kind"),
                text(value, "/metadata/namespace"),
                text(value, "/metadata/name")
            )
        })
        .collect()
}

#[test]
fn roles_stand_where_the_rights_are_needed() {
    let fixes = Enabled::only(&["delete-pod", "cordon"], &["shop", "bank"]);
    let (reading, writing) = (reader(&["Pod", "Node"], &[], &fixes), executor(&fixes));
    let all = manifests(
        &install(Some("shop"), Some(&["bank", "shop"])),
        &reading,
        &writing,
    );
    let expected = [
        "ServiceAccount ops/k8shawk-reader",
        "ServiceAccount ops/k8shawk-executor",
        "ClusterRole -/k8shawk-reader",
        "Role shop/k8shawk-reader",
        "Role ops/k8shawk-executor-as-reader",
        "ClusterRole -/k8shawk-executor",
        "Role bank/k8shawk-executor",
        "Role shop/k8shawk-executor",
    ];
    assert_eq!(named(&all), expected);
}

#[test]
fn without_a_namespace_for_fixes_the_executor_has_no_right_but_to_act_as_the_reader() {
    let fixes = Enabled::only(&["*"], &[]);
    assert_eq!(executor(&fixes), []);
    let before = reader(&WATCHED, &[], &Enabled::only(&[], &[]));
    assert_eq!(reader(&WATCHED, &[], &fixes), before);
    let all = manifests(&install(None, Some(&[])), &before, &executor(&fixes));
    let roles = named(&all);
    assert!(!roles.contains(&"ClusterRole -/k8shawk-executor".to_owned()));
}

#[test]
fn with_named_namespaces_only_what_targets_nothing_else_reaches_beyond_them() {
    let beyond = |actions: &[&str]| {
        let rules = executor(&Enabled::only(actions, &["shop"]));
        let beyond = rules.iter().filter(|rule| !rule.namespaced);
        shown(&beyond.cloned().collect::<Vec<_>>())
    };
    assert_eq!(beyond(&["*"]), ["/nodes update"]);
    assert_eq!(beyond(&["remove-finalizer"]), [""; 0]);
    assert_eq!(beyond(&["cordon"]), ["/nodes update"]);
}

#[test]
fn a_role_without_rules_is_left_out() {
    let fixes = Enabled::only(&["delete-pod"], &[]);
    let all = manifests(
        &install(None, Some(&[])),
        &reader(&WATCHED, &[], &fixes),
        &executor(&fixes),
    );
    let executor = "ClusterRole -/k8shawk-executor".to_owned();
    assert!(!named(&all).contains(&executor), "{:?}", named(&all));
}
