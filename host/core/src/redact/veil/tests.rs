use serde_json::json;

use super::*;

fn veil() -> Veil {
    Veil::new("n")
}

#[test]
fn one_value_has_one_token_within_a_conversation() {
    let veil = veil();
    let token = veil.value("FEED", "hunter2");
    assert!(is_token(&token), "{token}");
    assert_eq!(veil.value("DB_PASS", "hunter2"), token);
    assert_ne!(veil.value("FEED", "hunter3"), token);
    assert_ne!(Veil::new("m").value("FEED", "hunter2"), token);
    // What was hidden is not hidden again, nor does a later pass hide the token.
    assert_eq!(veil.value("DB_PASS", &token), token);
    let line = format!("name: DB_PASS\nvalue: {token}");
    assert_eq!(redact(&line), line);
}

#[test]
fn an_object_shows_no_literal_that_may_be_a_secret() {
    let pod = json!({
        "kind": "Pod",
        "metadata": {"name": "api", "annotations": {"note": "by hand",
            "kubectl.kubernetes.io/last-applied-configuration":
                json!({"spec": {"containers": [{"env": [{"name": "FEED", "value": "hunter2"}]}]}}).to_string()}},
        "spec": {"containers": [{"name": "app", "image": "app:1",
            "env": [{"name": "FEED", "value": "hunter2"}, {"name": "PORT", "value": "8080"},
                {"name": "DB", "value": "postgres://app:hunter2@db:5432/x"}],
            "args": ["--port=8080", "--login", "hunter2", "--token", "plain", "-phunter2", "sleep 3600; X=hunter2 run"],
            "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "X-Feed", "value": "hunter2"}]}}}]},
    });
    let shown = veil().object(pod).to_string();
    assert!(
        !shown.contains("hunter2") && !shown.contains("plain"),
        "{shown}"
    );
    for kept in [
        "--port=8080",
        "@db:5432/x",
        "\"8080\"",
        "by hand",
        "sleep 3600",
        "app:1",
    ] {
        assert!(shown.contains(kept), "{kept} in {shown}");
    }
}

#[test]
fn a_file_in_a_configmap_keeps_its_keys_and_what_is_harmless() {
    let map = json!({"kind": "ConfigMap", "data": {
        "app.yaml": "listen: 8080\nfeed: hunter2\ndb:\n  host: db.shop\n  password: plain\n",
        "json": "{\"feed\":\"hunter2\",\"n\":3}", "mode": "fast"}});
    let shown = veil().object(map);
    let text = shown["data"]["app.yaml"].as_str().unwrap();
    assert!(
        text.contains("listen: 8080") && text.contains("host: db.shop"),
        "{text}"
    );
    let all = shown.to_string();
    assert!(!all.contains("hunter2") && !all.contains("plain"), "{all}");
    assert_eq!(shown["data"]["mode"], "fast");
}
