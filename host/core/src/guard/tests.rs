use super::*;

fn guard(toml: &str) -> Guard {
    Guard::new(Arc::new(Grant::parse(toml).unwrap()))
}

const TEAM: &str = r#"
[[allow]]
verbs = ["get", "list", "logs"]
kinds = ["Pod", "ConfigMap"]
namespaces = ["team-*", "!team-secret"]
"#;

fn get(kind: &str, namespace: &str) -> Read {
    Read::Get {
        kind: kind.into(),
        namespace: namespace.into(),
        name: "x".into(),
    }
}

fn list(kind: &str, namespace: &str) -> Read {
    Read::List {
        kind: kind.into(),
        namespace: namespace.into(),
        selector: String::new(),
    }
}

#[test]
fn permits_what_the_grant_covers() {
    assert!(guard(TEAM).permit(get("Pod", "team-a")).is_ok());
}

#[test]
fn refuses_an_excluded_namespace() {
    assert!(guard(TEAM).permit(get("Pod", "team-secret")).is_err());
}

#[test]
fn refuses_a_list_over_all_namespaces_under_a_prefix() {
    assert!(guard(TEAM).permit(list("Pod", "")).is_err());
}

#[test]
fn refuses_another_kind_and_another_verb() {
    assert!(guard(TEAM).permit(get("Service", "team-a")).is_err());
    let describe = Read::Describe {
        kind: "Pod".into(),
        namespace: "team-a".into(),
        name: "x".into(),
    };
    assert!(guard(TEAM).permit(describe).is_err());
}

#[test]
fn refuses_a_cluster_scoped_object_without_the_star() {
    assert!(
        guard(&TEAM.replace("\"Pod\"", "\"Node\""))
            .permit(get("Node", ""))
            .is_err()
    );
    let all = TEAM.replace("\"Pod\"", "\"Node\"").replace("team-*", "*");
    assert!(guard(&all).permit(get("Node", "")).is_ok());
}

#[test]
fn an_exclusion_hides_lists_over_all_namespaces() {
    let all = TEAM.replace("team-*", "*");
    assert!(guard(&all).permit(list("Pod", "")).is_err());
    assert!(guard(&all).permit(list("Pod", "other")).is_ok());
}

#[test]
fn a_namespace_with_a_cluster_scoped_kind_escapes_no_exclusion() {
    let all = guard(
        "[[allow]]\nverbs = [\"get\", \"list\", \"describe\", \"events\"]\nkinds = [\"*\"]\nnamespaces = [\"*\", \"!team-secret\"]\n",
    );
    let (kind, namespace) = ("Node".to_owned(), "team-secret".to_owned());
    let mut reads = vec![get("Node", "team-secret"), list("Node", "team-secret")];
    for name in ["", "x"] {
        let (kind, namespace, name) = (kind.clone(), namespace.clone(), name.to_owned());
        reads.push(Read::Events {
            kind,
            namespace,
            name,
        });
    }
    reads.push(Read::Describe {
        kind,
        namespace,
        name: "x".to_owned(),
    });
    for read in reads {
        let permit = all.permit(read.clone()).unwrap();
        assert_eq!(permit.read().coordinates().2, "", "{read:?}");
    }
}

#[test]
fn a_name_cannot_leave_its_path() {
    let all = guard(&TEAM.replace("\"team-*\", \"!team-secret\"", "\"*\""));
    for name in ["../secrets/x", "x/log", "x?y", "x%2f", ".", "..", "a b", ""] {
        let read = Read::Get {
            kind: "Pod".into(),
            namespace: "a".into(),
            name: name.into(),
        };
        assert!(
            matches!(all.permit(read), Err(Refusal::Invalid(_))),
            "{name}"
        );
    }
}

#[test]
fn a_refusal_is_the_same_whether_the_object_exists_or_not() {
    let known = guard(TEAM).permit(get("Pod", "other")).unwrap_err();
    assert!(!known.to_string().contains('x'));
}

#[test]
fn an_unknown_key_names_its_line() {
    let error = Grant::parse("[limits]\ndeadline = 5\n")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("line 2") && error.contains("deadline"),
        "{error}"
    );
}

#[test]
fn all_faults_of_a_grant_are_reported_at_once() {
    let error = Grant::parse(
        "digest = \"12\"\n[limits]\nmemory_mib = 0\n[[allow]]\nverbs = [\"get\"]\nkinds = [\"pod\"]\nnamespaces = [\"a/b\"]\n",
    )
    .unwrap_err()
    .to_string();
    for part in ["digest", "memory_mib", "pod", "a/b"] {
        assert!(error.contains(part), "{part} in {error}");
    }
}
