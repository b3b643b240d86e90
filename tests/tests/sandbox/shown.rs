//! What commands show of a plugin: its digest is the one that a grant pins, and names and texts that come with it
//! stay in their lines.

use std::fs;
use std::path::Path;
use std::process::Command;

use k8shawk_sandbox::plugin_digest;
use serde_json::Value;

use crate::workshop::{Guest, Workshop, dist, product};

fn command(workshop: &Workshop, arguments: &[&str]) -> Command {
    let mut command = Command::new(product());
    command
        .args(arguments)
        .current_dir(workshop.path())
        .env("K8SHAWK_PLUGINS", workshop.plugins())
        .env("K8SHAWK_POLICIES", workshop.policies())
        .env("K8SHAWK_GRANTS", workshop.grants())
        .env("K8SHAWK_STATE", workshop.path());
    command
}

/// Everything that a command printed, on both outputs.
fn printed(workshop: &Workshop, arguments: &[&str]) -> String {
    let output = command(workshop, arguments).output().unwrap();
    let (told, complained) = (output.stdout, output.stderr);
    let text = [told, complained].concat();
    String::from_utf8(text).unwrap()
}

fn lines_of_ours(text: &str) {
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let forged = text.lines().find(|line| line.starts_with("forged"));
    assert_eq!(forged, None, "{text}");
}

#[test]
fn the_name_of_a_directory_begins_no_line() {
    let workshop = Workshop::new();
    let name = "a\nforged: no problems found\u{1b}[31m";
    for shelf in [workshop.plugins(), workshop.policies()] {
        fs::create_dir(shelf.join(name)).unwrap();
    }
    for command in [["plugin", "list"], ["check", "--log-format=text"]] {
        let text = printed(&workshop, &command);
        assert!(text.contains("a forged: no problems found"), "{text}");
        lines_of_ours(&text);
    }
    let directory = Path::new("plugins").join(name);
    for command in [
        ["plugin", "check"],
        ["policy", "inspect"],
        ["plugin", "test"],
    ] {
        let [of, what] = command;
        let text = printed(&workshop, &[of, what, directory.to_str().unwrap()]);
        assert!(text.contains("a forged: no problems found"), "{text}");
        lines_of_ours(&text);
    }
}

#[test]
fn the_texts_of_a_plugin_begin_no_line() {
    let workshop = Workshop::new();
    workshop.plugin("odd", Guest::Triage, Guest::Triage.component());
    let manifest = |key: &str, value: &str| {
        let texts = [("id", "odd"), ("version", "1"), ("point", "triage")];
        let lines = texts.map(|(k, v)| {
            let value = if k == key { value } else { v };
            format!("{k} = {value:?}\n")
        });
        let wants = if key == "wants" { value } else { "log" };
        format!("{}wants = [{wants:?}, \"settings\"]\n", lines.concat())
    };
    for key in ["id", "version", "point", "wants"] {
        let text = manifest(key, "x\nforged: 1\u{1b}[31m").replace("\\u{1b}", "\\u001b");
        workshop.manifest("odd", &text);
        for command in [
            vec!["plugin", "list"],
            vec!["plugin", "check", "plugins/odd"],
        ] {
            let text = printed(&workshop, &command);
            assert!(text.contains("odd/plugin.toml: line "), "{key}: {text}");
            lines_of_ours(&text);
        }
    }
    workshop.manifest("odd", &manifest("version", &"9".repeat(60_000)));
    let text = printed(&workshop, &["plugin", "check", "plugins/odd"]);
    assert!(text.len() < 1000, "{} bytes", text.len());
    assert!(text.contains("line 2: version must be 1 to 64 "), "{text}");
}

#[test]
fn the_paths_of_a_case_begin_no_line() {
    let workshop = Workshop::new();
    workshop.plugin("odd", Guest::Analysis, Guest::Analysis.component());
    let file = workshop.plugins().join("odd/cases.toml");
    for path in ["x\\nforged: 1", "../x\\nforged: 1"] {
        let case =
            format!("[[case]]\nname = \"x\"\nbundle = \"{path}\\u001b[31m\"\nfindings = []\n");
        fs::write(&file, case).unwrap();
        let text = printed(&workshop, &["plugin", "test", "plugins/odd"]);
        assert!(
            text.contains("case \"x\" (line 1): key \"bundle\""),
            "{text}"
        );
        lines_of_ours(&text);
    }
}

/// What `plugin list`, `check`, `explain`, `test` and `inspect` show can be written into a grant.
#[test]
fn every_command_shows_the_digest_that_a_grant_pins() {
    let workshop = Workshop::new();
    let policy = workshop.policies().join("freeze");
    for (from, to) in [
        ("plugins", workshop.plugins()),
        ("grants", workshop.grants()),
        ("policies/freeze", policy.clone()),
    ] {
        let from = dist().join(from);
        fs::create_dir_all(&to).unwrap();
        let copied = Command::new("cp")
            .arg("-r")
            .arg(from.join("."))
            .arg(&to)
            .status();
        assert!(copied.unwrap().success());
    }
    let read = |name: &str| fs::read(policy.join(name)).unwrap();
    let digest = plugin_digest(&read("plugin.toml"), &read("freeze.wasm"));
    let shown = |arguments: &[&str]| {
        let text = printed(&workshop, arguments);
        assert!(text.contains(&digest), "{arguments:?}: {text}");
        let sixty_four =
            |word: &&str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
        let line = text.lines().find(|line| line.contains(&digest)).unwrap();
        line.split(|c: char| !c.is_ascii_alphanumeric())
            .filter(sixty_four)
            .count()
    };
    for arguments in [
        ["plugin", "list", "--log-format=text"],
        ["plugin", "explain", "freeze"],
        ["plugin", "check", "policies/freeze"],
        ["policy", "inspect", "policies/freeze"],
    ] {
        assert_eq!(shown(&arguments), 1, "{arguments:?}");
    }
    shown(&["plugin", "test", "policies/freeze", "-o", "json"]);
    let (told, _, code) = ran(&workshop, &["plugin", "list", "-o", "json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let listed = told
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == "freeze");
    assert_eq!(listed.unwrap()["digest"], digest.as_str());
    assert_eq!((&listed.unwrap()["called"], code), (&Value::Null, Some(0)));
    workshop.grant("freeze", &format!("digest = \"{digest}\"\n"));
    let text = printed(&workshop, &["plugin", "explain", "freeze"]);
    assert!(text.contains("the grant is pinned to it"), "{text}");
}

/// A command with its output, its complaint and its exit code.
fn ran(workshop: &Workshop, arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = command(workshop, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        text(output.stdout),
        text(output.stderr),
        output.status.code(),
    )
}

#[test]
fn without_a_host_history_accept_and_rollback_say_the_same() {
    let workshop = Workshop::new();
    let [first, rest @ ..] = ["history", "accept", "rollback"].map(|what| {
        let (told, complained, code) = ran(&workshop, &["plugin", what, "freeze"]);
        assert_eq!((told.as_str(), code), ("", Some(2)), "{complained}");
        complained
    });
    assert!(first.contains("no host runs here"), "{first}");
    assert!(first.contains("`k8shawk plugin list`"), "{first}");
    for other in rest {
        assert_eq!(other, first);
    }
}
