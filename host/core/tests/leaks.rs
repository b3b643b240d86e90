//! No secret of a known format, and none behind a secret name, passes: in whatever form name and
//! value stand in a text, an object or a description.

#[path = "secrets/list.rs"]
mod list;

use k8shawk_core::redact::{Redacted, RedactedJson, Veil, redact};
use list::{NAMES, SECRETS};
use serde_json::{Value, json};

/// A name and its value, as texts have them.
fn texts(name: &str, value: &str) -> Vec<String> {
    let quoted = json!(value).to_string();
    let flag = name.to_lowercase().replace(['_', '.'], "-");
    vec![
        format!("{name}={value}"),
        format!("started with {name}={value}"),
        format!("{name}: {value}"),
        format!("  {name}:\n    {value}\n"),
        format!("{{\"{name}\":{quoted},\"ok\":true}}"),
        format!("{{\"name\":\"{name}\",\"value\":{quoted}}}"),
        format!("- name: {name}\n  value: {value}\n- name: PORT\n  value: 80"),
        format!("run --{flag}={value} --port=80"),
        format!("level=info msg=\"login\" {name}={quoted} port=80"),
        format!("env[{name}]={value}"),
        format!("export {name}='{value}'; run"),
        format!("{name}\u{200b}=\u{1b}[31m{value}\u{1b}[0m"),
        format!("${{{name}:-{}}}", value.replace('}', "")),
        format!("<{name}>{}</{name}>", value.replace('<', "")),
    ]
}

#[test]
fn no_secret_behind_a_secret_name_passes_in_any_form() {
    let mut looked = 0;
    for (value, needle) in SECRETS {
        for name in NAMES {
            for text in texts(name, value) {
                let shown = redact(&text);
                assert!(!shown.contains(needle), "{name}: {text}\n{shown}");
                assert_eq!(redact(&shown), shown, "{text}");
                looked += 1;
            }
        }
    }
    println!("0 of {looked} texts leak");
    assert_eq!(looked, 60 * 40 * 14);
}

/// The known formats are secrets wherever they stand.
#[test]
fn no_secret_of_a_known_format_passes_alone() {
    for (value, needle) in &SECRETS[..46] {
        for text in [
            format!("it said {value} and ended"),
            format!("[{value}]"),
            format!("PLAIN=\"{value}\""),
        ] {
            let shown = Redacted::of(&text);
            assert!(!shown.as_str().contains(needle), "{text}\n{shown}");
        }
    }
}

/// A Deployment with the secret in every place that holds literal values.
fn deployment(name: &str, value: &str) -> Value {
    let flag = name.to_lowercase().replace(['_', '.'], "-");
    let variable = json!({"name": name, "value": value});
    let copy = json!({"spec": {"containers": [{"env": [variable]}]}}).to_string();
    json!({"kind": "Deployment", "metadata": {"name": "api", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": copy, "example.com/copy": copy}},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:1",
            "env": [variable, {"name": "FEED", "value": value}, {"name": "PORT", "value": "8080"}],
            "args": [format!("--{flag}={value}"), format!("--{flag}"), value],
            "command": ["sh", "-c", format!("export {name}={value}; exec run")]}]}}}})
}

#[test]
fn no_literal_value_reaches_a_model_whatever_the_name() {
    let veil = Veil::new("n");
    for (value, needle) in SECRETS {
        for name in NAMES {
            let object = deployment(name, value);
            let map = json!({"kind": "ConfigMap", "data": {name: value, "feed": value,
                "app.properties": format!("port=80\n{name}={value}\nfeed={value}\n")}});
            let shown = redact(&veil.object(json!([object, map])).to_string());
            assert!(!shown.contains(needle), "{name}={value}\n{shown}");
            assert!(shown.contains("8080") && shown.contains("app:1"), "{shown}");
        }
    }
}

#[test]
fn no_document_holds_a_literal_of_a_secret_name() {
    for (value, needle) in SECRETS {
        for name in NAMES {
            let document = json!({name: value, "env": [{"name": name, "value": value}],
                "note": format!("{name}={value}")});
            let shown = RedactedJson::of(document).to_string();
            assert!(!shown.contains(needle), "{shown}");
        }
    }
}
