//! No secret of a known format, and none behind a secret name, passes: in whatever form name and
//! value stand in a text, an object or a description.

#[path = "secrets/list.rs"]
mod list;

#[path = "secrets/forms.rs"]
mod forms;

use forms::{behind_a_name, with_its_own_name};
use k8shawk_core::redact::{Redacted, RedactedJson, Veil, redact};
use list::{NAMES, SECRETS};
use serde_json::{Value, json};

#[test]
fn no_secret_behind_a_secret_name_passes_in_any_listed_form() {
    let (mut looked, mut leaks) = (0, Vec::new());
    for (value, needle) in SECRETS {
        for name in NAMES {
            for text in behind_a_name(name, value) {
                look(&text, needle, &mut leaks);
                looked += 1;
            }
        }
    }
    report(looked, &leaks);
    assert_eq!(looked, 60 * 40 * 32);
}

/// Forms whose name is a part of the form.
#[test]
fn no_secret_in_a_form_with_a_name_of_its_own_passes() {
    let (mut looked, mut leaks) = (0, Vec::new());
    for (value, needle) in SECRETS {
        for text in with_its_own_name(value) {
            look(&text, needle, &mut leaks);
            looked += 1;
        }
    }
    report(looked, &leaks);
    assert_eq!(looked, 60 * 24);
}

fn look(text: &str, needle: &str, leaks: &mut Vec<String>) {
    let shown = redact(text);
    if shown.contains(needle) {
        leaks.push(format!("{text:?}\n   {shown:?}"));
    } else {
        assert_eq!(redact(&shown), shown, "{text}");
    }
}

fn report(looked: usize, leaks: &[String]) {
    println!("{} of {looked} texts leak", leaks.len());
    let first: Vec<&String> = leaks.iter().step_by(leaks.len() / 60 + 1).collect();
    assert!(leaks.is_empty(), "{} of {looked}: {first:#?}", leaks.len());
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
