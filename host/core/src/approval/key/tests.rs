use std::collections::HashSet;

use serde_json::json;

use super::*;
use crate::diff::Diff;
use crate::object::ObjectRef;
use crate::redact::REDACTED;

fn key() -> ApprovalKey {
    ApprovalKey::new(&[7; 32])
}

fn fix() -> Fix {
    let target = ObjectRef::new("apps/v1", "Deployment", "shop", "web");
    Fix::parse("rollout-undo", target, &[("revision".into(), "3".into())]).unwrap()
}

/// A Deployment with the fields whose names sound like secrets, and with real ones.
fn deployment() -> Value {
    let container = |name: &str| {
        json!({"name": name, "image": format!("registry.example/{name}:1"),
            "args": ["--port", "8080", "--verbose"],
            "env": [{"name": "DB_PASS", "value": "hunter2"}, {"name": "LEVEL", "value": "info"},
                {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "credentials", "key": "token"}}}],
            "resources": {"limits": {"memory": "64Mi", "cpu": "500m"}},
            "volumeMounts": [{"name": "credentials", "mountPath": "/var/run/secrets/token"}],
            "securityContext": {"privileged": false, "runAsUser": 1000}})
    };
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u1", "resourceVersion": "7",
            "labels": {"app": "web", "password-policy": "strict"}},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "automountServiceAccountToken": false, "serviceAccountName": "token-issuer",
                "hostNetwork": false,
                "containers": [container("app"), container("token-proxy")],
                "initContainers": [container("password-init")],
                "tolerations": [{"key": "a", "operator": "Exists"}],
                "volumes": [{"name": "credentials", "hostPath": {"path": "/var/credentials"}},
                    {"name": "token", "secret": {"secretName": "api-token"}}]}}},
        "status": {"readyReplicas": 1},
    })
}

/// Every place of a value, leaves and branches, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                places(value, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                places(value, &format!("{at}/{i}"), found);
            }
        }
        _ => {}
    }
}

/// One of several changes of what stands at a place; none where it changes nothing.
fn mutated(object: &Value, place: &str, how: usize) -> Option<Value> {
    let mut changed = object.clone();
    let value = changed.pointer_mut(place)?;
    let next = match (&*value, how) {
        (Value::String(text), 0) => json!(format!("{text}x")),
        (Value::String(text), 1) => json!(text.to_uppercase()),
        (Value::String(_), 2) => json!(""),
        (Value::Number(number), _) => json!(number.as_i64()? + 1 + how as i64),
        (Value::Bool(flag), 0) => json!(!flag),
        (Value::Array(items), 0) => json!(items.iter().skip(1).collect::<Vec<_>>()),
        (Value::Array(items), 1) => json!(items.iter().rev().collect::<Vec<_>>()),
        (Value::Array(items), 2) => json!([items.as_slice(), &[json!({"name": "new"})]].concat()),
        (Value::Object(map), 0) => {
            let mut map = map.clone();
            map.insert("extra".to_owned(), json!("1"));
            Value::Object(map)
        }
        (Value::Object(map), 1) => {
            let first = map.keys().next()?.clone();
            let mut map = map.clone();
            map.remove(&first);
            Value::Object(map)
        }
        (_, 3) => Value::Null,
        (_, 4) => json!({"other": true}),
        _ => return None,
    };
    *value = next;
    (changed != *object).then_some(changed)
}

/// Operations that differ from the first one in one place each, a thousand and more.
fn mutations() -> Vec<(String, Value)> {
    let object = deployment();
    let mut all = Vec::new();
    places(&object, "", &mut all);
    // What the server keeps is not sent, and the whole object is no place.
    let ours = |p: &String| {
        !p.is_empty()
            && !p.starts_with("/status")
            && !["/metadata/resourceVersion", "/metadata", "/kind"].contains(&p.as_str())
    };
    all.retain(ours);
    let mut made: Vec<(String, Value)> = Vec::new();
    for place in &all {
        let changed = (0..5).filter_map(|how| mutated(&object, place, how));
        for changed in changed {
            if !made.iter().any(|(_, known)| *known == changed) {
                made.push((place.clone(), changed));
            }
        }
    }
    // Two changes at once, until there are enough.
    let single = made.clone();
    for (i, (place, changed)) in single.iter().enumerate() {
        let (other, _) = &single[(i * 7 + 3) % single.len()];
        if let Some(twice) = mutated(changed, other, 0)
            && !made.iter().any(|(_, known)| *known == twice)
        {
            made.push((format!("{place} {other}"), twice));
        }
    }
    made
}

#[test]
fn no_two_of_a_thousand_operations_have_one_digest() {
    let (key, fix, before) = (key(), fix(), deployment());
    let digest = |after: &Value| {
        let object = after.clone();
        key.digest(&fix, &Operation::Replace { object }, &before, after)
    };
    let mutations = mutations();
    assert!(mutations.len() >= 1000, "{} operations", mutations.len());
    let mut seen = HashSet::from([digest(&before)]);
    let equal: Vec<&String> = mutations
        .iter()
        .filter(|(_, after)| !seen.insert(digest(after)))
        .map(|(place, _)| place)
        .collect();
    println!(
        "{} mutated operations, {} equal digests",
        mutations.len(),
        equal.len()
    );
    assert!(equal.is_empty(), "{equal:?}");
}

#[test]
fn nothing_but_the_environment_is_hidden_of_a_thousand_operations() {
    let before = deployment();
    let (mut hidden, mut silent) = (Vec::new(), Vec::new());
    let mutations = mutations();
    for (place, after) in &mutations {
        let diff = Diff::between(&before, after);
        // Another uid is another object: that binds an approval beside the digest.
        if diff.lines.is_empty() && place != "/metadata/uid" {
            silent.push(place);
        }
        for line in &diff.lines {
            let texts = [&line.before, &line.after];
            let hides = texts.into_iter().flatten().any(|t| t.contains(REDACTED));
            if hides && !line.path.contains(".env") {
                let whole = texts.into_iter().flatten().any(|t| t.contains("\"env\":"));
                (!whole).then(|| hidden.push(line.clone()));
            }
        }
    }
    println!(
        "{} mutated operations, {} hidden fields outside the environment, {} without a line",
        mutations.len(),
        hidden.len(),
        silent.len()
    );
    assert!(hidden.is_empty(), "{hidden:?}");
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn what_the_server_keeps_changes_no_digest() {
    let (key, fix, object) = (key(), fix(), deployment());
    let digest = |object: &Value| {
        let sent = Operation::Replace {
            object: object.clone(),
        };
        key.digest(&fix, &sent, object, object)
    };
    let mut later = object.clone();
    later["metadata"]["resourceVersion"] = json!("8");
    later["metadata"]["generation"] = json!(9);
    later["metadata"]["managedFields"] = json!([{"manager": "x"}]);
    later["status"] = json!({"readyReplicas": 0});
    assert_eq!(digest(&object), digest(&later));
}

#[test]
fn another_verb_object_fix_or_key_has_another_digest() {
    let object = deployment();
    let mut other = object.clone();
    other["metadata"]["uid"] = json!("u2");
    let delete = |object: &Value| Operation::Delete {
        object: object.clone(),
    };
    let evict = Operation::Evict {
        object: object.clone(),
    };
    let recreate = |image: &str| {
        let mut new = object.clone();
        new["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
        let old = object.clone();
        Operation::Recreate { old, new }
    };
    let of = |key: &ApprovalKey, fix: &Fix, sent: &Operation| {
        key.digest(fix, sent, &object, &Value::Null)
    };
    let target = ObjectRef::new("apps/v1", "Deployment", "shop", "web");
    let second = Fix::parse("rollout-undo", target, &[("revision".into(), "2".into())]).unwrap();
    let all = HashSet::from([
        of(&key(), &fix(), &delete(&object)),
        of(&key(), &fix(), &delete(&other)),
        of(&key(), &fix(), &evict),
        of(&key(), &fix(), &recreate("a:1")),
        of(&key(), &fix(), &recreate("a:2")),
        of(&key(), &second, &delete(&object)),
        of(&ApprovalKey::new(&[8; 32]), &fix(), &delete(&object)),
    ]);
    assert_eq!(all.len(), 7);
    assert!(all.iter().all(|d| d.len() == 64));
}
