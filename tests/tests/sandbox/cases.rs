//! `k8shawk plugin test`: what the cases of each point can say, and what becomes of them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use k8shawk_sandbox::plugins_in;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rstest::rstest;
use serde_json::Value;

use crate::workshop::{Guest, Workshop, dist, product};

/// What a run left behind.
struct Ran {
    code: Option<i32>,
    printed: String,
    complained: String,
}

fn test(directory: &Path, more: &[&str]) -> Ran {
    let output = Command::new(product())
        .args(["plugin", "test"])
        .arg(directory)
        .args(more)
        .output()
        .unwrap();
    Ran {
        code: output.status.code(),
        printed: String::from_utf8(output.stdout).unwrap(),
        complained: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A shipped plugin with other cases.
fn shipped(workshop: &Workshop, id: &str, cases: &str) -> PathBuf {
    let shelf = match id {
        "freeze" | "approvals" => "policies",
        _ => "plugins",
    };
    let (from, to) = (dist().join(shelf).join(id), workshop.plugins().join(id));
    fs::create_dir_all(&to).unwrap();
    for file in ["plugin.toml".to_owned(), format!("{id}.wasm")] {
        fs::copy(from.join(&file), to.join(&file)).unwrap();
    }
    fs::write(to.join("cases.toml"), cases).unwrap();
    to
}

/// A hostile guest with cases.
fn hostile(workshop: &Workshop, guest: Guest, cases: &str) -> PathBuf {
    workshop.plugin("hostile", guest, guest.component());
    let directory = workshop.plugins().join("hostile");
    fs::write(directory.join("cases.toml"), cases).unwrap();
    directory
}

#[test]
fn every_shipped_plugin_answers_its_cases() {
    let home = tempfile::tempdir().unwrap();
    let mut points = Vec::new();
    for shelf in ["plugins", "policies"] {
        for id in plugins_in(&dist().join(shelf)).unwrap() {
            let junit = home.path().join(format!("{id}.xml"));
            let junit_file = junit.to_str().unwrap();
            let directory = dist().join(shelf).join(&id);
            let ran = test(&directory, &["-o", "json", "--junit", junit_file]);
            assert_eq!(ran.code, Some(0), "{id}: {}{}", ran.printed, ran.complained);
            let told: Value = serde_json::from_str(&ran.printed).unwrap();
            let cases = told["cases"].as_array().unwrap();
            assert!(cases.len() >= 2, "{id}: {told}");
            assert_eq!(told["passed"], cases.len(), "{id}");
            assert_eq!(told["plugin"], id.as_str());
            let memory = |case: &Value| case["memory_bytes"].as_u64().unwrap();
            assert!(cases.iter().all(|case| memory(case) > 0), "{told}");
            let xml = fs::read_to_string(junit).unwrap();
            let suite = format!("name=\"{id}\" tests=\"{}\" failures=\"0\"", cases.len());
            assert!(xml.contains(&suite), "{xml}");
            assert_eq!(xml.matches("<testcase ").count(), cases.len(), "{xml}");
            points.push(told["point"].as_str().unwrap().to_owned());
        }
    }
    for point in ["triage", "analysis", "fix", "policy", "voice"] {
        assert!(points.iter().any(|p| p == point), "{point}: {points:?}");
    }
}

/// The book's chapter.
fn chapter() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/cases.md");
    fs::read_to_string(file).unwrap()
}

/// The blocks of the chapter in a language.
fn blocks(chapter: &str, language: &str) -> Vec<String> {
    let begins = format!("```{language}\n");
    let blocks = chapter.split(&begins).skip(1);
    blocks
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

/// The first line of an example names the shipped plugin that answers it.
#[test]
fn the_examples_of_the_book_hold() {
    let workshop = Workshop::new();
    let examples = blocks(&chapter(), "toml");
    assert!(examples.len() >= 5);
    for example in examples {
        let id = example.lines().next().unwrap().trim_start_matches("# ");
        let directory = shipped(&workshop, id, &example);
        let recordings = dist().join("plugins/analysis/bundles");
        fs::create_dir_all(directory.join("bundles")).unwrap();
        for entry in fs::read_dir(recordings).unwrap() {
            let file = entry.unwrap();
            fs::copy(
                file.path(),
                directory.join("bundles").join(file.file_name()),
            )
            .unwrap();
        }
        let ran = test(&directory, &[]);
        assert_eq!(ran.code, Some(0), "{id}: {}{}", ran.printed, ran.complained);
    }
}

fn keys(value: &Value) -> Vec<&String> {
    value.as_object().unwrap().keys().collect()
}

#[test]
fn the_document_has_the_keys_of_the_book() {
    let workshop = Workshop::new();
    let told: Value = serde_json::from_str(&blocks(&chapter(), "json")[0]).unwrap();
    let directory = shipped(&workshop, "freeze", FREEZE);
    let ran = test(&directory, &["-o", "json"]);
    let ran: Value = serde_json::from_str(&ran.printed).unwrap();
    assert_eq!(keys(&told), keys(&ran));
    assert_eq!(keys(&told["cases"][0]), keys(&ran["cases"][2]));
    let difference = |told: &Value, at: usize| told["cases"][at]["differences"][0].clone();
    assert_eq!(keys(&difference(&told, 0)), keys(&difference(&ran, 2)));
}

const POD: &str = "object = { kind = \"Pod\", namespace = \"shop\", name = \"web\" }\n";
const PROPOSAL: &str = "proposal = { action = \"scale\", kind = \"Deployment\", name = \"web\" }\n";

/// Each text is the case `wrong` of a shipped plugin.
#[rstest]
#[case::no_such_key(
    "triage",
    "judgment = 1",
    "unknown key \"judgment\"; a case of a triage plugin may have name, settings, limits, now, bundle, signal, summary, judgement"
)]
#[case::of_another_point(
    "voice",
    "objects = []",
    "unknown key \"objects\"; a case of a voice plugin may have"
)]
#[case::missing("freeze", "risk = \"low\"", "missing field `proposal`")]
#[case::inner_key(
    "triage",
    "signal = { reason = \"X\", objct = 1 }\njudgement = { is = \"pass\" }",
    "key \"signal.objct\": unknown field `objct`, expected one of `reason`"
)]
#[case::in_a_list("analysis", &format!("{POD}findings = [{{ class = \"a\" }}, {{ confidence = \"high\" }}]"), "key \"findings[1].confidence\": invalid type: string \"high\", expected u8")]
#[case::word("freeze", &format!("risk = \"urgent\"\n{PROPOSAL}verdict = {{ is = \"allow\" }}"), "key \"risk\": unknown variant `urgent`, expected one of `low`, `medium`, `high`")]
#[case::number("freeze", &format!("risk = \"low\"\n{}verdict = {{ is = \"allow\" }}", PROPOSAL.replace(" }", ", parameters = { replicas = 3 } }")), "key \"proposal.parameters.replicas\": invalid type: integer `3`, expected a string")]
#[case::no_such_answer("freeze", &format!("risk = \"low\"\n{PROPOSAL}verdict = {{ is = \"allow\", count = 2 }}"), "key \"verdict\": \"allow\" has no approvers or count")]
#[case::limit(
    "voice",
    "limits = { memory_mib = 0 }",
    "limits.memory_mib must be 1 to 512"
)]
#[case::time(
    "voice",
    "now = \"yesterday\"",
    "key \"now\": \"yesterday\" is no time in RFC 3339, such as 2026-11-20T17:30:00Z"
)]
#[case::reads("analysis", &format!("{POD}denied = [\"pods\"]\nfindings = []"), "key \"denied[0]\": \"pods\" is none of a kind (\"Secret\"), a verb (get, list,")]
#[case::object("analysis", &format!("{POD}objects = [{{ kind = \"Pod\", metadata = {{ name = \"web\" }} }}]\nfindings = []"), "key \"objects[0]\": missing field `metadata.namespace` of a Pod")]
#[case::both_answers("analysis", &format!("{POD}healthy = \"\"\nfindings = []"), "either `findings` or `healthy` is needed")]
#[case::about_nothing(
    "analysis",
    "findings = []",
    "missing field `object`: what the incident is about"
)]
#[case::outside(
    "analysis",
    "bundle = \"../oom.json\"\nfindings = []",
    "key \"bundle\": \"../oom.json\" is outside the plugin's directory"
)]
#[case::no_such_action("freeze", &format!("risk = \"low\"\n{}verdict = {{ is = \"allow\" }}", PROPOSAL.replace("scale", "scael")), "key \"proposal.action\": \"scael\" is no action of the catalogue: delete-pod, evict-pod, ")]
#[case::no_such_kind("freeze", &format!("risk = \"low\"\n{}verdict = {{ is = \"allow\" }}", PROPOSAL.replace("Deployment", "Deploy")), "key \"proposal.kind\": \"Deploy\" is no kind of these: Pod, Service, ")]
#[case::no_such_parameter("freeze", &format!("risk = \"low\"\n{}verdict = {{ is = \"allow\" }}", PROPOSAL.replace(" }", ", parameters = { replica = \"3\" } }")), "key \"proposal.parameters\": scale has no parameter \"replica\"; it has replicas")]
#[case::no_such_action_before("freeze", &format!("risk = \"low\"\n{PROPOSAL}ledger = [{{ at = 2026-11-20T12:00:00Z, outcome = \"recovered\", action = \"scael\" }}]\nverdict = {{ is = \"allow\" }}"), "key \"ledger[0].action\": \"scael\" is no action")]
#[case::no_such_action_wanted(
    "fix",
    "finding = { class = \"out-of-memory\", object = { kind = \"Pod\", namespace = \"shop\", name = \"web\" } }\nproposals = [{ action = \"scael\", kind = \"Deployment\", name = \"web\" }]",
    "key \"proposals[0].action\": \"scael\" is no action"
)]
#[case::not_there("analysis", "bundle = \"oom.json\"\nfindings = []", "oom.json: ")]
#[case::recording_and_objects(
    "analysis",
    "bundle = \"oom.json\"\nobjects = [1]\nfindings = []",
    "key \"bundle\": objects, events, logs and usage come from the recording"
)]
fn what_cannot_be_meant_is_refused_with_file_case_and_key(
    #[case] id: &str,
    #[case] case: &str,
    #[case] says: &str,
) {
    let workshop = Workshop::new();
    let cases = format!("# A comment.\n[[case]]\nname = \"wrong\"\n{case}\n");
    let ran = test(&shipped(&workshop, id, &cases), &[]);
    let told = &ran.complained;
    assert_eq!(ran.code, Some(2), "{}{told}", ran.printed);
    assert!(told.contains(says), "{told}");
    assert!(
        told.contains(&format!("{id}/cases.toml: case \"wrong\" (line 2): ")),
        "{told}"
    );
    assert_eq!(ran.printed, "");
}

#[test]
fn all_faults_of_a_file_are_told_at_once() {
    let workshop = Workshop::new();
    let cases = "[[case]]\nname = \"a\"\nx = 1\n[[case]]\ny = 1\n[[case]]\nname = \"a\"\nx = 1\n";
    let ran = test(&shipped(&workshop, "voice", cases), &[]);
    assert_eq!(ran.code, Some(2));
    let lines: Vec<&str> = ran.complained.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[1].contains("the case in line 4: unknown key \"y\""),
        "{lines:?}"
    );
    for (cases, says) in [
        ("", "there is no [[case]]"),
        ("case = 1", "line 1: "),
        ("[[cases]]", "line 1: "),
    ] {
        let ran = test(&shipped(&workshop, "voice", cases), &[]);
        assert_eq!(ran.code, Some(2), "{cases:?}");
        assert!(ran.complained.contains(says), "{}", ran.complained);
    }
}

const FREEZE: &str = r#"
[[case]]
name = "holds"
risk = "low"
proposal = { action = "scale", kind = "Deployment", namespace = "shop", name = "web" }
verdict = { is = "allow" }

[[case]]
name = "another verdict"
now = 2026-11-21T12:00:00Z
risk = "low"
settings = { windows = [{ start = "Fri 16:00", end = "Mon 08:00", reason = "weekend" }] }
proposal = { action = "scale", kind = "Deployment", namespace = "shop", name = "web" }
verdict = { is = "allow" }

[[case]]
name = "another reason"
now = "2026-11-21T12:00:00Z"
risk = "low"
settings = { windows = [{ start = "Fri 16:00", end = "Mon 08:00", reason = "weekend" }] }
proposal = { action = "scale", kind = "Deployment", namespace = "shop", name = "web" }
verdict = { is = "deny", reason = "holiday" }
"#;

#[test]
fn a_failed_case_shows_what_was_wanted_and_what_came() {
    let workshop = Workshop::new();
    let directory = shipped(&workshop, "freeze", FREEZE);
    let ran = test(&directory, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.complained);
    let told = &ran.printed;
    assert!(told.contains("ok      holds  ("), "{told}");
    assert!(told.contains("FAILED  another verdict  ("), "{told}");
    assert!(told.contains("        - verdict = {\"is\":\"allow\"}\n        + verdict = {\"is\":\"deny\",\"reason\":\"change freeze"), "{told}");
    assert!(
        told.contains(
            "        - verdict.reason has \"holiday\"\n        + verdict.reason = \"change freeze"
        ),
        "{told}"
    );
    assert!(told.ends_with("1 of 3 cases passed\n"), "{told}");

    let junit = workshop.path().join("junit.xml");
    let ran = test(
        &directory,
        &["-o", "json", "--junit", junit.to_str().unwrap()],
    );
    assert_eq!(ran.code, Some(1));
    let told: Value = serde_json::from_str(&ran.printed).unwrap();
    assert_eq!((&told["passed"], &told["failed"]), (&1.into(), &2.into()));
    let difference = &told["cases"][2]["differences"][0];
    assert_eq!(difference["key"], "verdict.reason");
    assert_eq!(difference["compared"], "has");
    assert_eq!(difference["expected"], "holiday");
    let xml = fs::read_to_string(junit).unwrap();
    assert!(
        xml.contains("tests=\"3\" failures=\"2\" errors=\"0\""),
        "{xml}"
    );
    assert!(
        xml.contains("<failure message=\"not as wanted: verdict.reason\">"),
        "{xml}"
    );
}

#[test]
fn a_file_of_results_that_cannot_be_written_is_said_before_anything_runs() {
    let workshop = Workshop::new();
    let directory = shipped(&workshop, "freeze", FREEZE);
    let ran = test(&directory, &["--junit", "/nowhere/junit.xml"]);
    assert_eq!(
        (ran.code, ran.printed.as_str()),
        (Some(2), ""),
        "{}",
        ran.complained
    );
    assert!(
        ran.complained.contains("/nowhere/junit.xml: No such file"),
        "{}",
        ran.complained
    );
    // Nothing is left where no case could run.
    fs::write(directory.join("cases.toml"), "").unwrap();
    let junit = workshop.path().join("junit.xml");
    let ran = test(&directory, &["--junit", junit.to_str().unwrap()]);
    assert!(ran.code == Some(2) && !junit.exists(), "{}", ran.complained);
}

#[test]
fn too_little_memory_for_the_component_names_the_case() {
    let workshop = Workshop::new();
    let case = "[[case]]\nname = \"tight\"\nlimits = { memory_mib = 1 }\nsignal = { reason = \"X\", object = { kind = \"Pod\", namespace = \"shop\", name = \"web\" } }\njudgement = { is = \"drop\" }\n";
    let directory = hostile(&workshop, Guest::Triage, case);
    let ran = test(&directory, &[]);
    let told = ran.complained;
    assert_eq!(ran.code, Some(2), "{told}");
    assert!(
        told.contains("hostile/cases.toml: case \"tight\": the component starts with "),
        "{told}"
    );
    assert!(
        told.contains("write limits = { memory_mib = ") && !told.contains("[limits]"),
        "{told}"
    );
}

#[test]
fn a_case_without_an_answer_says_why_within_its_limits() {
    let workshop = Workshop::new();
    let case = |name: &str, mode: &str, limits: &str| {
        let signal = "signal = { reason = \"X\", object = { kind = \"Pod\", namespace = \"shop\", name = \"web\" } }";
        format!(
            "[[case]]\nname = \"{name}\"\nsettings = {{ mode = \"{mode}\" }}\nlimits = {{ {limits} }}\n{signal}\njudgement = {{ is = \"drop\" }}\n"
        )
    };
    let cases = [
        case("fails", "panic", ""),
        case("grows", "memory", "memory_mib = 3"),
        case("never ends", "loop", "deadline_ms = 40"),
        case("talks", "log-flood", "host_calls = 2"),
        case("behaves", "", ""),
    ];
    let directory = hostile(&workshop, Guest::Triage, &cases.concat());
    let junit = workshop.path().join("junit.xml");
    let ran = test(&directory, &["--junit", junit.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1), "{}", ran.complained);
    let told = &ran.printed;
    for line in [
        "its limit is 3 (limits.memory_mib)",
        "its deadline of 40ms (limits.deadline_ms)",
        "twice its 2 host calls (limits.host_calls)",
        // The log of a case that fails.
        "        info: noise\n",
        "ok      behaves",
        "1 of 5 cases passed",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let xml = fs::read_to_string(junit).unwrap();
    assert!(xml.contains("failures=\"0\" errors=\"4\""), "{xml}");
    assert!(
        xml.contains("<system-out>info: noise</system-out>"),
        "{xml}"
    );
}

#[test]
fn the_reads_of_a_plugin_are_answered_from_its_case() {
    let workshop = Workshop::new();
    let case = |name: &str, cluster: &str, mode: &str, answer: &str| {
        format!(
            "[[case]]\nname = \"{name}\"\n{POD}settings = {{ mode = \"{mode}\" }}\n{cluster}\nhealthy = '{answer}'\n"
        )
    };
    let web = r#"objects = [{ kind = "Pod", metadata = { namespace = "default", name = "web", creationTimestamp = 2026-11-20T12:00:00Z } }]"#;
    let secret = r#"
objects = [
  { kind = "Secret", metadata = { namespace = "kube-system", name = "exists" }, data = { password = "aHVudGVyMg==" } },
  { kind = "Pod", metadata = { namespace = "kube-system", name = "exists" } },
]
logs = [{ namespace = "kube-system", pod = "exists", container = "main", text = "one line" }]"#;
    let cases = [
        case("there", web, "read", r#"2026-11-20T12:00:00Z"#),
        case("not there", "", "read", "Err(ReadError::NotFound)"),
        case(
            "denied",
            &format!("{web}\ndenied = [\"Pod\"]"),
            "read",
            "Err(ReadError::Denied)",
        ),
        case(
            "denied verb",
            &format!("{web}\ndenied = [\"get Pod\"]"),
            "read",
            "Err(ReadError::Denied)",
        ),
        case(
            "not served",
            &format!("{web}\nunavailable = [\"get\"]"),
            "read",
            "Err(ReadError::Unavailable(",
        ),
        case(
            "other verb",
            &format!("{web}\ndenied = [\"logs\", \"Secret\"]"),
            "read",
            "Ok(",
        ),
        case("lines", secret, "outside-grant", r#"Ok("one line")"#),
        case("no value of a Secret", secret, "outside-grant", "hunter2"),
    ];
    let directory = hostile(&workshop, Guest::Analysis, &cases.concat());
    let ran = test(&directory, &["-o", "json"]);
    let told: Value = serde_json::from_str(&ran.printed).unwrap();
    let failed = told["cases"].as_array().unwrap().iter();
    let failed: Vec<&Value> = failed.filter(|case| case["passed"] == false).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["name"], "no value of a Secret");
    let got = failed[0]["differences"][0]["got"].as_str().unwrap();
    assert!(
        got.contains("exists") && !got.contains("aHVudGVyMg"),
        "{got}"
    );
}

/// A build puts the recordings of the cases beside the component.
#[test]
fn a_recorded_incident_is_a_case_and_is_built_with_it() {
    let workshop = Workshop::new();
    let source = workshop.path().join("triage");
    fs::create_dir_all(source.join("recorded")).unwrap();
    fs::copy(
        dist().join("plugins/triage/triage.wasm"),
        source.join("made.wasm"),
    )
    .unwrap();
    fs::copy(
        dist().join("incidents/job-deadline.json"),
        source.join("recorded/job.json"),
    )
    .unwrap();
    fs::write(source.join("plugin.toml"), "id = \"triage\"\nversion = \"1\"\npoint = \"triage\"\nwants = [\"log\", \"settings\"]\n[build]\nsteps = [\"true\"]\noutput = \"made.wasm\"\n").unwrap();
    let case = |signal: &str| {
        format!(
            "[[case]]\nname = \"recorded\"\nbundle = \"recorded/job.json\"\nsignal = {{ reason = \"{signal}\" }}\njudgement = {{ is = \"open\", severity = \"medium\" }}\n"
        )
    };
    fs::write(source.join("cases.toml"), case("DeadlineExceeded")).unwrap();
    let built = Command::new(product())
        .args(["plugin", "build", "triage", "--to", "built"])
        .current_dir(workshop.path())
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let directory = workshop.path().join("built/triage");
    let ran = test(&directory, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.printed, ran.complained);
    assert!(ran.printed.contains("ok      recorded"), "{}", ran.printed);

    fs::write(directory.join("cases.toml"), case("OOMKilled")).unwrap();
    let ran = test(&directory, &[]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.complained
            .contains("there are: DeadlineExceeded of Job"),
        "{}",
        ran.complained
    );
}

/// `plugin build` of a directory of the workshop, to `built/`.
fn build(workshop: &Workshop, name: &str) -> Ran {
    let built = Command::new(product())
        .args(["plugin", "build", name, "--to", "built"])
        .current_dir(workshop.path())
        .output()
        .unwrap();
    Ran {
        code: built.status.code(),
        printed: String::from_utf8(built.stdout).unwrap(),
        complained: String::from_utf8(built.stderr).unwrap(),
    }
}

/// Let a build of the plugin take its component as it is.
fn build_nothing(directory: &Path) {
    let file = directory.join("plugin.toml");
    let manifest = fs::read_to_string(&file).unwrap();
    let build = "[build]\nsteps = [\"true\"]\noutput = \"triage.wasm\"\n";
    fs::write(file, format!("{manifest}{build}")).unwrap();
}

/// A link out of the plugin's directory is no file of the plugin; one within it is, as volumes of Kubernetes have them.
#[rstest]
#[case::cases("cases.toml", "cases.toml")]
#[case::recording("recorded.json", "key \"bundle\": \"recorded.json\"")]
#[case::directory("recorded", "key \"bundle\": \"recorded/job.json\"")]
fn a_link_out_of_the_plugins_directory_is_refused(#[case] link: &str, #[case] says: &str) {
    let workshop = Workshop::new();
    let bundle = if link == "recorded" {
        "recorded/job.json"
    } else {
        "recorded.json"
    };
    let case = format!(
        "[[case]]\nname = \"recorded\"\nbundle = \"{bundle}\"\nsignal = {{ reason = \"DeadlineExceeded\" }}\njudgement = {{ is = \"open\" }}\n"
    );
    let directory = shipped(&workshop, "triage", &case);
    let recording = dist().join("incidents/job-deadline.json");
    build_nothing(&directory);
    fs::create_dir_all(directory.join(bundle).parent().unwrap()).unwrap();
    fs::copy(&recording, directory.join(bundle)).unwrap();
    // Within the directory.
    let (name, data) = (directory.join(link), directory.join("..data"));
    fs::rename(&name, &data).unwrap();
    symlink("..data", &name).unwrap();
    assert_eq!(test(&directory, &[]).code, Some(0));
    assert_eq!(build(&workshop, "plugins/triage").code, Some(0));
    // Out of it.
    let theirs = workshop.path().join("theirs");
    fs::rename(&data, &theirs).unwrap();
    fs::remove_file(&name).unwrap();
    symlink(&theirs, &name).unwrap();
    let ran = test(&directory, &[]);
    assert_eq!(ran.code, Some(2), "{}", ran.printed);
    let why = "is a link that leads out of the plugin's directory";
    assert!(
        ran.complained.contains(says) && ran.complained.contains(why),
        "{}",
        ran.complained
    );
    fs::remove_dir_all(workshop.path().join("built")).unwrap();
    let built = build(&workshop, "plugins/triage");
    assert_eq!(built.code, Some(2), "{}", built.printed);
    assert!(built.complained.contains(why), "{}", built.complained);
}

#[test]
fn a_build_writes_through_no_link() {
    let workshop = Workshop::new();
    let directory = shipped(&workshop, "triage", "# none\n");
    build_nothing(&directory);
    let (built, theirs) = (
        workshop.path().join("built/triage"),
        workshop.path().join("theirs"),
    );
    fs::create_dir_all(&built).unwrap();
    fs::write(&theirs, "theirs").unwrap();
    for name in ["plugin.toml", "cases.toml", "triage.wasm", "cases.toml.new"] {
        symlink(&theirs, built.join(name)).unwrap();
    }
    let ran = build(&workshop, "plugins/triage");
    assert_eq!(ran.code, Some(0), "{}", ran.complained);
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs");
    assert_eq!(
        fs::read_to_string(built.join("cases.toml")).unwrap(),
        "# none\n"
    );
}

/// `plugin test --watch`, and what it printed up to where it waits.
struct Watching {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn start(directory: &Path) -> Watching {
        let mut child = Command::new(product())
            .args(["plugin", "test", "--watch"])
            .arg(directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Watching { child, lines }
    }

    fn run(&mut self) -> String {
        let mut printed = String::new();
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            if line.starts_with("watching ") {
                break;
            }
            printed += &format!("{line}\n");
        }
        printed
    }

    fn end(&mut self) -> Option<i32> {
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGINT).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_changed_file_runs_the_cases_again_until_somebody_ends_it() {
    let workshop = Workshop::new();
    let directory = shipped(&workshop, "freeze", FREEZE);
    let mut watching = Watching::start(&directory);
    assert!(watching.run().contains("1 of 3 cases passed"));
    let file = directory.join("cases.toml");
    // A file that cannot be used is no reason to end.
    fs::write(&file, "[[case]]\nnme = 1\n").unwrap();
    assert_eq!(watching.run(), "");
    let one = FREEZE.split("[[case]]").nth(1).unwrap();
    fs::write(&file, format!("[[case]]{one}")).unwrap();
    assert!(watching.run().contains("1 of 1 case passed"));
    // A build replaces the component in one step.
    let component = directory.join("freeze.wasm");
    fs::copy(&component, directory.join("new")).unwrap();
    fs::rename(directory.join("new"), &component).unwrap();
    assert!(watching.run().contains("1 of 1 case passed"));
    assert_eq!(watching.end(), Some(0));

    fs::write(&file, FREEZE).unwrap();
    let mut watching = Watching::start(&directory);
    assert!(watching.run().contains("1 of 3 cases passed"));
    assert_eq!(watching.end(), Some(1));
}
