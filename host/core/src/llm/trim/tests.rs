use serde_json::json;

use super::*;

#[test]
fn an_object_loses_noise_and_keeps_sense() {
    let pod = json!({
        "kind": "Pod",
        "metadata": {"name": "api", "uid": "u", "managedFields": [{"f": 1}], "annotations":
            {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "web"}},
        "spec": {"containers": [{"name": "app", "image": "app:1", "resources": {},
            "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "PORT", "value": "80"}],
            "terminationMessagePath": "/dev/termination-log"}], "dnsPolicy": "ClusterFirst",
            "volumes": [{"name": "kube-api-access-x"}]},
    });
    let read = Read::Get {
        kind: "Pod".into(),
        namespace: "n".into(),
        name: "api".into(),
    };
    let text = answer_text(
        &Veil::new("n"),
        &read,
        &Answer::Text(pod.to_string()),
        10_000,
    );
    for gone in [
        "managedFields",
        "last-applied",
        "hunter2",
        "termination",
        "kube-api",
        "resources",
        "uid",
    ] {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
    let token = Veil::new("n").value("DB_PASSWORD", "hunter2");
    assert_eq!(
        text,
        format!(
            "kind: Pod\nmetadata: {{name: api, annotations: {{team: web}}}}\nspec:\n  containers:\n  - name: app\n    env:\n    - name: DB_PASSWORD\n      value: {token}\n    - name: PORT\n      value: 80\n    image: app:1\n"
        )
    );
}

#[test]
fn a_log_keeps_its_telling_lines_and_its_end() {
    let mut lines = vec!["fatal: no such table \u{1b}[31mpayments\u{1b}[0m".to_owned()];
    lines.extend((0..500).map(|i| format!("request {i} served")));
    lines.extend((0..9).map(|i| format!("2026-01-02T03:04:0{i}Z waiting")));
    let text = log_text(&lines.join("\n"), 1000);
    assert!(text.len() < 1100, "{}", text.len());
    assert!(text.contains("fatal: no such table payments"), "{text}");
    assert!(
        text.ends_with("2026-01-02T03:04:08Z waiting (x9)"),
        "{text}"
    );
}

#[test]
fn a_long_list_becomes_one_line_for_each_object() {
    let pods: Vec<Value> = (0..50)
        .map(|i| json!({"metadata": {"name": format!("p{i}"), "namespace": "n"}, "spec": {"x": "y".repeat(300)},
            "status": {"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}))
        .collect();
    let read = Read::List {
        kind: "Pod".into(),
        namespace: "n".into(),
        selector: String::new(),
    };
    let text = answer_text(
        &Veil::new("n"),
        &read,
        &Answer::Text(Value::Array(pods).to_string()),
        4000,
    );
    assert!(
        text.contains("p7 -n n Running app:CrashLoopBackOff restarts=3"),
        "{text}"
    );
    assert!(text.len() <= 4000);
}

#[test]
fn cutting_respects_characters() {
    for bytes in 0..40 {
        let _ = truncate("ääääääääääääääääääääää", bytes);
    }
}
