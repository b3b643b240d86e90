//! A newcomer to plugins follows the tutorial of each language that has templates, with the
//! toolchains that its `plugin.toml` names, and a host obeys.

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
use k8shawk_tests::markdown::holds;
use k8shawk_tests::tutorial::{LANGUAGES, Tutorial};
use rstest::rstest;

use crate::dossier::languages::sees_all;
use crate::workshop::{Nothing, Workshop, dist, dossier, incident, product};

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
pub fn k8shawk(workshop: &Workshop, arguments: &[&str]) -> String {
    let (ended_well, printed) = ran(workshop, arguments);
    assert!(ended_well, "{arguments:?}: {printed}");
    printed
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{}: {text}", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}

/// A directory of the program, as somebody who follows a tutorial has it.
fn installed(workshop: &Workshop) {
    let target = workshop.path().join("target");
    fs::create_dir(&target).unwrap();
    let copied = Command::new("cp")
        .arg("-r")
        .args([&dist(), &target.join("dist")])
        .status();
    assert!(copied.unwrap().success());
}

/// Follow the tutorial of a language as it is printed; what it printed is what it shows.
fn follow(workshop: &Workshop, language: &str) {
    let tutorial = Tutorial::of(language).unwrap();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &tutorial.script()])
        .current_dir(workshop.path())
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    // The last command is the demo: 1 says that something was broken.
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{code:?}: {printed}\n{why}");
    let mut shown = 0;
    for block in tutorial.shown() {
        let is_there = holds(&printed, &block.text, usize::MAX);
        assert!(is_there, "{} is not in:\n{printed}\n{why}", block.place);
        shown += 1;
    }
    assert_eq!(shown, 2, "build and test, and the host");
}

/// What a host with the policy of the tutorial says of a rollback in a namespace.
async fn ruling(plugins: &Plugins, namespace: &str) -> Ruling {
    let target = ObjectRef::new("apps/v1", "Deployment", namespace, "web");
    let revision = [("revision".to_owned(), "1".to_owned())];
    let asked = Asked {
        incident: &incident(),
        fix: &Fix::parse("rollout-undo", target, &revision).unwrap(),
        rationale: "",
        dossier: &dossier(Origin::Plugin("fix".to_owned())),
    };
    let reader: Arc<dyn Reader> = Arc::new(Nothing);
    plugins.rule(&asked, &reader, 0).await.unwrap().0
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_follows_the_tutorial_and_the_host_obeys(
    #[values("rust", "go", "c", "javascript", "typescript", "python")] language: &str,
) {
    let workshop = Workshop::new();
    installed(&workshop);
    follow(&workshop, language);
    // A case that fails shows what the plugin printed.
    edit(
        &workshop.policies().join("roll-forward/cases.toml"),
        "\"rolls forward\"",
        "\"rolls back\"",
    );
    let (passes, told) = ran(&workshop, &["plugin", "test", "policies/roll-forward"]);
    assert!(!passes && told.contains(": hello from "), "{told}");
    let granted = fs::read_to_string(workshop.path().join("roll-forward/grant.toml")).unwrap();
    workshop.grant("roll-forward", &granted);
    let plugins = workshop.judging("roll-forward").await;
    let denied = ruling(&plugins, "shop").await;
    assert!(
        matches!(&denied, Ruling::Denied(why) if why.concat().contains("rolls forward")),
        "{denied:?}"
    );
    let other = ruling(&plugins, "payments").await;
    assert!(!matches!(other, Ruling::Denied(_)), "{other:?}");
    let by_hand = ruling(&plugins, "kube-system").await;
    assert!(matches!(by_hand, Ruling::Denied(_)), "{by_hand:?}");
    other_points_fit(&workshop, language);
    sees_all(&workshop, language).await;
    if language == "rust" {
        a_panic_is_told(&workshop);
    }
}

/// WebAssembly without WASI has no standard error: the template writes a panic to the log.
fn a_panic_is_told(workshop: &Workshop) {
    let source = workshop.path().join("roll-forward/src/lib.rs");
    let panics = "        panic!(\"my own fault\");";
    edit(&source, "        Verdict::Allow", panics);
    k8shawk(workshop, &["plugin", "build", "roll-forward"]);
    let (_, told) = ran(workshop, &["plugin", "test", "policies/roll-forward"]);
    let text = fs::read_to_string(source).unwrap();
    let line = text.lines().position(|line| line == panics).unwrap() + 1;
    let why = format!("the plugin failed: lib.rs:{line}: my own fault");
    assert!(told.contains(&why), "{told}");
}

#[test]
fn a_tutorial_installs_the_tools_that_the_build_asks_for() {
    let workshop = Workshop::new();
    for language in LANGUAGES {
        let new = ["policy", "new", language, "--language", language];
        k8shawk(&workshop, &new);
        let manifest = workshop.path().join(language).join("plugin.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        let tools = Tutorial::of(language).unwrap().tools();
        for line in tools.lines() {
            assert!(manifest.contains(line), "{language}: {line}");
        }
        assert!(!tools.is_empty(), "{language}");
    }
}

/// The templates of the other points build too and answer what their cases say, with the tools of
/// the first.
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
        built(workshop, &project);
        let tested = k8shawk(workshop, &["plugin", "test", &format!("plugins/{id}")]);
        assert!(tested.contains("2 of 2 cases passed"), "{tested}");
        let granted = workshop.grants().join(format!("{id}.toml"));
        fs::copy(project.join("grant.toml"), granted).unwrap();
        let fits = k8shawk(workshop, &["plugin", "check", &format!("plugins/{id}")]);
        assert!(fits.contains(&format!("{id} loads")), "{fits}");
    }
}

/// Build a project with the tools of the first.
pub fn built(workshop: &Workshop, project: &Path) {
    for tools in TOOLS {
        let first = workshop.path().join("roll-forward").join(tools);
        if first.exists() {
            symlink(first, project.join(tools)).unwrap();
        }
    }
    let name = project.file_name().unwrap().to_str().unwrap();
    k8shawk(workshop, &["plugin", "build", name]);
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
