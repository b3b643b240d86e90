//! A newcomer to plugins: `plugin new`, one edit, `build`, `test`, and a host obeys, in
//! every language that has templates, with the toolchains that its `plugin.toml` names.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use k8shawk::services::plugins::{Asked, Plugins};
use k8shawk_core::ObjectRef;
use k8shawk_core::fix::Fix;
use k8shawk_core::guard::Reader;
use k8shawk_core::policy::{Origin, Ruling};
use rstest::rstest;

use crate::workshop::{Nothing, Workshop, incident, product};

/// Directories of tools: one set serves the plugins of every point.
const TOOLS: [&str; 3] = ["node_modules", ".venv", "target"];

/// Run `k8shawk` in the workshop: whether it ended well, and what it printed.
fn ran(workshop: &Workshop, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(product())
        .args(arguments)
        .current_dir(workshop.path())
        .env("K8SHAWK_GRANTS", workshop.grants())
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    (output.status.success(), printed)
}

/// The same of what must end well.
fn k8shawk(workshop: &Workshop, arguments: &[&str]) -> String {
    let (ended_well, printed) = ran(workshop, arguments);
    assert!(ended_well, "{arguments:?}: {printed}");
    printed
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{}: {text}", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}

/// What a host with the built policies says of a deletion in a namespace.
async fn ruling(plugins: &Plugins, namespace: &str) -> Ruling {
    let target = ObjectRef::new("v1", "Pod", namespace, "web");
    let (incident, origin) = (incident(), Origin::parse("plugin fix").unwrap());
    let asked = Asked {
        incident: &incident,
        fix: &Fix::parse("delete-pod", target, &[]).unwrap(),
        rationale: "",
        origin: &origin,
    };
    let reader: Arc<dyn Reader> = Arc::new(Nothing);
    plugins.rule(&asked, &reader, 0).await.unwrap().0
}

/// The edits of `prints` make the rule write a line.
#[rstest]
#[case::rust("rust", "src/lib.rs", &[("        // Settings", "        k8shawk::host::log::write(k8shawk::host::log::Level::Info, \"hello\");\n        // Settings")])]
#[case::go("go", "export_k8shawk_policy_policy/policy.go", &[("\"encoding/json\"\n", "\"encoding/json\"\n\t\"fmt\"\n"), ("\tfrozen :=", "\tfmt.Println(\"hello\")\n\tfrozen :=")])]
#[case::c("c", "policy.c", &[("#include", "#include <stdio.h>\n#include"), ("    (void)incident", "    fprintf(stderr, \"hello\\n\");\n    (void)incident")])]
#[case::javascript("javascript", "policy.js", &[("    const frozen", "    console.log(\"hello\");\n    const frozen")])]
#[case::typescript("typescript", "policy.ts", &[("    const frozen", "    console.log(\"hello\");\n    const frozen")])]
#[case::python("python", "policy.py", &[("        frozen =", "        print(\"hello\")\n        frozen =")])]
#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_writes_a_policy_and_the_host_obeys(
    #[case] language: &str,
    #[case] source: &str,
    #[case] prints: &[(&str, &str)],
) {
    let workshop = Workshop::new();
    let project = workshop.path().join("mine");
    k8shawk(
        &workshop,
        &["policy", "new", "mine", "--language", language],
    );
    edit(&project.join(source), "kube-system", "payments");
    for (place, line) in prints {
        edit(&project.join(source), place, line);
    }
    edit(&project.join("cases.toml"), "kube-system", "payments");
    let built = k8shawk(&workshop, &["plugin", "build", "mine"]);
    assert!(built.contains("policies/mine/mine.wasm"), "{built}");
    let tested = k8shawk(&workshop, &["plugin", "test", "policies/mine"]);
    assert!(tested.contains("2 of 2 cases passed"), "{tested}");
    // A case that fails shows what the plugin printed.
    edit(
        &workshop.policies().join("mine/cases.toml"),
        "is = \"allow\"",
        "is = \"auto\"",
    );
    let (passes, told) = ran(&workshop, &["plugin", "test", "policies/mine"]);
    assert!(!passes && told.contains(": hello\n"), "{told}");
    // The settings of the grant would win over what was edited.
    let granted = fs::read_to_string(project.join("grant.toml")).unwrap();
    workshop.grant("mine", &granted.replace("kube-system", "payments"));

    let plugins = workshop.judging("mine").await;
    let denied = ruling(&plugins, "payments").await;
    assert!(
        matches!(&denied, Ruling::Denied(why) if why.concat().contains("by hand")),
        "{denied:?}"
    );
    assert!(!matches!(ruling(&plugins, "shop").await, Ruling::Denied(_)));
    other_points_fit(&workshop, language);
}

/// The templates of the other points build too, with the tools of the first.
fn other_points_fit(workshop: &Workshop, language: &str) {
    for point in ["triage", "analysis", "fix", "voice"] {
        let id = format!("my-{point}");
        let new = [
            "plugin",
            "new",
            &id,
            "--point",
            point,
            "--language",
            language,
        ];
        k8shawk(workshop, &new);
        let project = workshop.path().join(&id);
        for tools in TOOLS {
            let first = workshop.path().join("mine").join(tools);
            if first.exists() {
                symlink(first, project.join(tools)).unwrap();
            }
        }
        k8shawk(workshop, &["plugin", "build", &id]);
        let granted = workshop.grants().join(format!("{id}.toml"));
        fs::copy(project.join("grant.toml"), granted).unwrap();
        let fits = k8shawk(workshop, &["plugin", "check", &format!("plugins/{id}")]);
        assert!(fits.contains(&format!("{id} loads")), "{fits}");
    }
}

#[test]
fn a_missing_tool_is_named_with_the_line_that_installs_it() {
    let workshop = Workshop::new();
    k8shawk(&workshop, &["policy", "new", "mine", "--language", "go"]);
    let output = Command::new(product())
        .args(["plugin", "build", "mine"])
        .current_dir(workshop.path())
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", workshop.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("`go version` fails") && told.contains("apt-get install"),
        "{told}"
    );
}
