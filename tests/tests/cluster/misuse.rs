//! What is wrong with a command, a setting or a file is said in one line that names the place.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::Cluster;
use k8shawk_tests::fault::Product;
use k8shawk_tests::relay::to_nowhere;
use libtest_mimic::Trial;

use crate::Shared;
use crate::flow::text;

/// Something wrong or refused.
const BROKEN: i32 = 1;
/// Wrong use or configuration.
const MISUSE: i32 = 2;

/// One wrong use: what is typed, in which files, and what must be said.
struct Case {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    environment: &'static [(&'static str, &'static str)],
    arguments: &'static [&'static str],
    code: i32,
    /// What each line must contain, in order.
    lines: &'static [&'static [&'static str]],
}

const PLAIN: Case = Case {
    name: "",
    files: &[],
    environment: &[],
    arguments: &[],
    code: MISUSE,
    lines: &[],
};

const CONFIG: &str = "[watch]\nnamespce = \"shop\"\nqueue = \"many\"\n\n[recovry]\nx = 1\n";
const TWO_CONTEXTS: &str = "apiVersion: v1\nkind: Config\ncurrent-context: prod\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\nusers: [{name: u, user: {}}]\ncontexts:\n- {name: prod, context: {cluster: c, user: u}}\n- {name: test, context: {cluster: c, user: u}}\n";

const CASES: &[Case] = &[
    Case {
        name: "unknown_keys_tables_and_types_are_named_with_their_lines",
        files: &[("k8shawk.toml", CONFIG)],
        arguments: &["check"],
        lines: &[
            &[
                "k8shawk.toml:2: ",
                "watch.namespce",
                "did you mean \"watch.namespace\"",
            ],
            &[
                "k8shawk.toml:3: ",
                "watch.queue",
                "\"many\" is not a whole number",
            ],
            &["k8shawk.toml:5: ", "[recovry]", "did you mean [recovery]"],
        ],
        ..PLAIN
    },
    Case {
        name: "a_file_that_is_no_toml_is_named_with_its_line",
        files: &[("mine.toml", "[watch]\nqueue = = 1\n")],
        arguments: &["--config", "mine.toml", "incidents"],
        lines: &[&["mine.toml:2: "]],
        ..PLAIN
    },
    Case {
        name: "a_configuration_that_is_not_there_is_named",
        arguments: &["--config", "nowhere.toml", "run"],
        lines: &[&["nowhere.toml: ", "No such file"]],
        ..PLAIN
    },
    Case {
        name: "bad_values_of_the_environment_are_named_by_their_variables",
        environment: &[("K8SHAWK_QUEUE", "many"), ("WEBHOOK_PORT", "99999")],
        arguments: &["scan"],
        lines: &[
            &["K8SHAWK_QUEUE: ", "\"many\""],
            &["WEBHOOK_PORT: ", "99999", "65535"],
        ],
        ..PLAIN
    },
    Case {
        name: "a_kubeconfig_that_is_not_there_is_named",
        arguments: &["scan", "--kubeconfig", "nowhere"],
        lines: &[&["cannot use nowhere: ", "No such file"]],
        ..PLAIN
    },
    Case {
        name: "a_kubeconfig_that_is_none_is_named_in_one_line",
        files: &[("kube", "just words\n")],
        arguments: &["run", "--kubeconfig", "kube"],
        lines: &[&["cannot use kube: ", "line 1"]],
        ..PLAIN
    },
    Case {
        name: "an_unknown_context_is_answered_with_the_known_ones",
        files: &[("kube", TWO_CONTEXTS)],
        arguments: &["scan", "--kubeconfig", "kube", "--context", "prdo"],
        lines: &[&["kube", "no context \"prdo\"", "prod, test"]],
        ..PLAIN
    },
    Case {
        name: "a_refused_connection_names_the_address_and_nothing_of_the_client",
        arguments: &["run", "--kubeconfig", "to-nowhere"],
        code: BROKEN,
        lines: &[&[
            "no answer from the API server at http://127.0.0.1:",
            ": Connection refused",
        ]],
        ..PLAIN
    },
    Case {
        name: "a_state_directory_that_cannot_be_made_is_named_with_its_setting",
        files: &[("file", "")],
        environment: &[("K8SHAWK_STATE", "file/state")],
        arguments: &["run"],
        lines: &[&["file/state", "K8SHAWK_STATE", "Not a directory"]],
        ..PLAIN
    },
    Case {
        name: "a_database_that_is_none_is_named",
        files: &[(
            "k8shawk.sqlite",
            "these are just words, and quite a few of them, so that they are not empty\n",
        )],
        arguments: &["run", "--kubeconfig", "to-nowhere"],
        code: MISUSE,
        lines: &[&["k8shawk.sqlite: ", "not a database"]],
        ..PLAIN
    },
    Case {
        name: "a_command_without_a_host_says_what_to_start",
        arguments: &["approve", "1"],
        code: BROKEN,
        lines: &[&["k8shawk.sqlite", "k8shawk run"]],
        ..PLAIN
    },
    Case {
        name: "directories_of_plugins_and_grants_are_named_with_their_settings",
        environment: &[("K8SHAWK_GRANTS", "nowhere")],
        arguments: &["scan", "--kubeconfig", "to-nowhere"],
        lines: &[&["nowhere", "K8SHAWK_GRANTS"]],
        ..PLAIN
    },
    Case {
        name: "a_record_of_nothing_names_the_form",
        arguments: &["record", "web"],
        lines: &[&["\"web\"", "shop/Deployment/web"]],
        ..PLAIN
    },
    Case {
        name: "a_grant_with_an_unknown_verb_is_named_with_its_line",
        files: &[(
            "grants/analysis.toml",
            "[[allow]]\nverbs = [\"get\", \"delete\"]\nkinds = [\"Pod\"]\nnamespaces = [\"*\"]\n",
        )],
        environment: &[("K8SHAWK_GRANTS", "grants")],
        arguments: &["plugin", "check", "DIST/plugins/analysis"],
        code: BROKEN,
        lines: &[&["grants/analysis.toml: line 2: ", "`delete`", "`get`"]],
    },
    Case {
        name: "a_grant_with_an_unknown_kind_or_namespace_is_named_with_its_lines",
        files: &[(
            "grants/analysis.toml",
            "[[allow]]\nverbs = [\"get\"]\nkinds = [\"Pod\", \"pods\", \"Widget\"]\nnamespaces = [\"a/b\"]\n",
        )],
        environment: &[("K8SHAWK_GRANTS", "grants")],
        arguments: &["plugin", "check", "DIST/plugins/analysis"],
        code: BROKEN,
        lines: &[&[
            "grants/analysis.toml: line 3: ",
            "\"pods\"",
            "did you mean \"Pod\"?",
            "line 3: ",
            "\"Widget\"",
            "line 4: ",
            "\"a/b\"",
        ]],
    },
    Case {
        name: "a_grant_with_an_unknown_key_is_named_with_its_line",
        files: &[("grants/analysis.toml", "[limits]\ndeadline = 5\n")],
        environment: &[("K8SHAWK_GRANTS", "grants")],
        arguments: &["plugin", "check", "DIST/plugins/analysis"],
        code: BROKEN,
        lines: &[&[
            "grants/analysis.toml: line 2: ",
            "`deadline`",
            "`deadline_ms`",
        ]],
    },
    Case {
        name: "a_component_of_another_point_is_told_from_what_the_manifest_says",
        files: &[(
            "mine/plugin.toml",
            "id = \"mine\"\nversion = \"1\"\npoint = \"triage\"\n",
        )],
        arguments: &["plugin", "check", "mine"],
        code: BROKEN,
        lines: &[&[
            "mine",
            "must export k8shawk:triage/triage",
            "k8shawk:analysis/analysis@",
        ]],
        ..PLAIN
    },
    Case {
        name: "a_component_for_a_newer_host_is_told_from_one_that_fits",
        files: &[(
            "newer/plugin.toml",
            "id = \"newer\"\nversion = \"1\"\npoint = \"triage\"\nwants = [\"log\", \"settings\"]\n",
        )],
        arguments: &["plugin", "check", "newer"],
        code: BROKEN,
        lines: &[&["newer", "k8shawk:triage/triage@9."]],
        ..PLAIN
    },
    Case {
        name: "a_manifest_that_does_not_parse_is_named_with_its_line",
        files: &[(
            "odd/plugin.toml",
            "id = \"odd\"\nversion = \"1\"\npoint = \"policies\"\n",
        )],
        arguments: &["plugin", "check", "odd"],
        code: BROKEN,
        lines: &[&["odd/plugin.toml: line 3: ", "`policies`", "`policy`"]],
        ..PLAIN
    },
    Case {
        name: "a_plugin_directory_that_is_not_there_is_named_once",
        arguments: &["plugin", "check", "nowhere"],
        lines: &[&["nowhere: ", "no such directory"]],
        ..PLAIN
    },
    Case {
        name: "a_plugin_that_is_not_there_is_answered_with_those_that_are",
        arguments: &["plugin", "explain", "nobody"],
        lines: &[&["\"nobody\"", "triage", "analysis"]],
        ..PLAIN
    },
    Case {
        name: "a_policy_directory_that_is_not_there_is_named_by_build",
        arguments: &["policy", "build", "nowhere"],
        lines: &[&["nowhere: ", "no such directory"]],
        ..PLAIN
    },
    Case {
        name: "a_policy_directory_that_is_not_there_is_named_by_test",
        arguments: &["policy", "test", "nowhere"],
        lines: &[&["nowhere: ", "no such directory"]],
        ..PLAIN
    },
    Case {
        name: "a_policy_directory_that_is_not_there_is_named_by_inspect",
        arguments: &["policy", "inspect", "nowhere"],
        lines: &[&["nowhere: ", "no such directory"]],
        ..PLAIN
    },
    Case {
        name: "a_policy_is_not_made_over_what_is_there",
        files: &[("mine-too/Cargo.toml", "")],
        arguments: &["policy", "new", "mine-too"],
        lines: &[&["mine-too exists already"]],
        ..PLAIN
    },
    Case {
        name: "a_scan_with_a_model_needs_a_key",
        arguments: &["scan", "--model"],
        lines: &[&["--model needs an API key", "GROQ_API_KEY"]],
        ..PLAIN
    },
    Case {
        name: "a_record_with_a_model_needs_a_key",
        arguments: &["record", "--model", "shop/Deployment/web"],
        lines: &[&["--model needs an API key", "GROQ_API_KEY"]],
        ..PLAIN
    },
    Case {
        name: "a_provider_without_its_key_is_named_with_the_variable",
        environment: &[("K8SHAWK_MODEL_PROVIDER", "anthropic")],
        arguments: &["scan", "--model"],
        lines: &[&["anthropic", "ANTHROPIC_API_KEY is not set"]],
        ..PLAIN
    },
    Case {
        name: "a_base_url_that_is_none_is_named_by_its_variable",
        environment: &[
            ("OPENAI_API_KEY", "any"),
            ("OPENAI_BASE_URL", "ftp://127.0.0.1"),
        ],
        arguments: &["scan", "--model"],
        lines: &[&["OPENAI_BASE_URL: "]],
        ..PLAIN
    },
    Case {
        name: "check_of_a_kubeconfig_that_is_not_there_is_wrong_use",
        arguments: &["check", "--kubeconfig", "nowhere"],
        lines: &[&["cannot use nowhere: ", "No such file"]],
        ..PLAIN
    },
    Case {
        name: "check_of_a_cluster_that_is_away_finds_something_broken",
        arguments: &["check"],
        code: BROKEN,
        lines: &[&["no answer from the API server at http://127.0.0.1:"]],
        ..PLAIN
    },
    Case {
        name: "check_names_a_directory_of_grants_that_is_not_there_beside_all_else",
        environment: &[("K8SHAWK_GRANTS", "nowhere")],
        arguments: &["check"],
        lines: &[
            &["nowhere", "K8SHAWK_GRANTS"],
            &["model: nowhere/model.toml: "],
            &["no answer from the API server"],
        ],
        ..PLAIN
    },
    Case {
        name: "a_bundle_that_is_not_there_is_named",
        arguments: &["replay", "nowhere.json"],
        lines: &[&["nowhere.json: ", "No such file"]],
        ..PLAIN
    },
    Case {
        name: "a_file_that_is_no_bundle_is_named",
        files: &[("words.json", "just words\n")],
        arguments: &["replay", "words.json"],
        lines: &[&["words.json: "]],
        ..PLAIN
    },
    Case {
        name: "a_demo_without_bundles_names_the_directory",
        files: &[("empty/readme", "")],
        arguments: &["demo", "empty"],
        lines: &[&["no bundle in empty"]],
        ..PLAIN
    },
    Case {
        name: "an_incident_of_no_database_is_not_found",
        arguments: &["incidents", "inc-1"],
        code: BROKEN,
        lines: &[&["no database", "k8shawk run"]],
        ..PLAIN
    },
    Case {
        name: "a_found_configuration_names_no_kubeconfig_and_starts_no_program",
        files: &[
            ("k8shawk.toml", "[cluster]\nkubeconfig = \"exec\"\n"),
            ("exec", STARTS_A_PROGRAM),
        ],
        arguments: &["scan"],
        lines: &[&[
            "k8shawk.toml:2: ",
            "cluster.kubeconfig",
            "start a program",
            "--config k8shawk.toml",
            "K8SHAWK_KUBECONFIG",
        ]],
        ..PLAIN
    },
    Case {
        name: "a_found_env_file_leads_no_secret_elsewhere_and_starts_no_program",
        files: &[
            (
                ".env",
                "K8SHAWK_KUBECONFIG=exec\nGROQ_API_KEY=any\nGROQ_BASE_URL=http://127.0.0.1:9\nSLACK_API_URL=http://127.0.0.1:9/api/\nSLACK_BOT_TOKEN_FILE=exec\nK8SHAWK_GRANTS=mine\n",
            ),
            ("exec", STARTS_A_PROGRAM),
        ],
        arguments: &["scan", "--model"],
        lines: &[
            &[".env:1: ", "K8SHAWK_KUBECONFIG", "--env-file .env"],
            &[".env:2: ", "GROQ_API_KEY", "--env-file .env"],
            &[".env:3: ", "GROQ_BASE_URL", "--env-file .env"],
            &[".env:4: ", "SLACK_API_URL", "--env-file .env"],
            &[".env:5: ", "SLACK_BOT_TOKEN_FILE", "--env-file .env"],
            &[".env:6: ", "K8SHAWK_GRANTS", "--env-file .env"],
        ],
        ..PLAIN
    },
    Case {
        name: "a_found_env_file_chooses_no_configuration",
        files: &[
            (".env", "K8SHAWK_CONFIG=theirs.toml\n"),
            ("theirs.toml", "[cluster]\nkubeconfig = \"exec\"\n"),
            ("exec", STARTS_A_PROGRAM),
        ],
        arguments: &["scan"],
        lines: &[&[".env:1: ", "K8SHAWK_CONFIG", "--env-file .env"]],
        ..PLAIN
    },
    Case {
        name: "what_somebody_named_may_say_everything",
        files: &[
            (
                "mine.env",
                "K8SHAWK_CONFIG=mine.toml\nSLACK_API_URL=http://127.0.0.1:9/api/\n",
            ),
            ("mine.toml", "[cluster]\nkubeconfig = \"nowhere\"\n"),
        ],
        arguments: &["--env-file", "mine.env", "scan"],
        lines: &[&["cannot use nowhere: ", "No such file"]],
        ..PLAIN
    },
];

/// A kubeconfig whose credentials come from a program that leaves a file behind.
const STARTS_A_PROGRAM: &str = "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh, args: ['-c', 'touch ran']}}}]\n";

/// The tests of this file; only the last needs a cluster.
pub fn trials(shared: &Shared) -> Vec<Trial> {
    let one = |case: &'static Case| {
        Trial::test(format!("misuse::{}", case.name), move || {
            wrong(case).map_err(|e| format!("{e:#}").into())
        })
    };
    let mut trials: Vec<Trial> = CASES.iter().map(one).collect();
    let name = "misuse::a_state_directory_that_cannot_be_written_is_named";
    trials.push(Trial::test(name, || {
        read_only().map_err(|e| format!("{e:#}").into())
    }));
    let shared = shared.clone();
    let name = "misuse::plugins_whose_directory_vanishes_go_on_and_it_is_said";
    trials.push(Trial::test(name, move || shared.beside(vanished)));
    trials
}

fn wrong(case: &Case) -> Result<()> {
    let directory = tempfile::tempdir()?;
    for (name, body) in case.files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().context("no directory")?)?;
        fs::write(path, body)?;
    }
    let nowhere = to_nowhere(directory.path())?;
    fs::rename(&nowhere, directory.path().join("to-nowhere"))?;
    let product = Product::with_kubeconfig(Path::new("to-nowhere"))?;
    let dist = dist(&product)?;
    components(directory.path(), &dist)?;
    let mut command = product.command(directory.path());
    for argument in case.arguments {
        command.arg(argument.replace("DIST", &dist.to_string_lossy()));
    }
    judge(
        &ended(command.envs(case.environment.iter().copied()))?,
        case,
    )?;
    let ran = directory.path().join("ran").exists();
    ensure!(!ran, "a program was started");
    Ok(())
}

/// The components of those manifests that a case has written.
fn components(directory: &Path, dist: &Path) -> Result<()> {
    let shipped = |id: &str| fs::read(dist.join(format!("plugins/{id}/{id}.wasm")));
    if directory.join("mine").is_dir() {
        fs::write(directory.join("mine/mine.wasm"), shipped("analysis")?)?;
    }
    if directory.join("newer").is_dir() {
        let newer = of_another_version(shipped("triage")?, b"k8shawk:triage/triage@", b'9')?;
        fs::write(directory.join("newer/newer.wasm"), newer)?;
    }
    Ok(())
}

/// The component with another major version of an interface.
fn of_another_version(mut component: Vec<u8>, name: &[u8], major: u8) -> Result<Vec<u8>> {
    let found: Vec<usize> = component
        .windows(name.len())
        .enumerate()
        .filter(|(_, part)| *part == name)
        .map(|(at, _)| at + name.len())
        .collect();
    ensure!(!found.is_empty(), "the component has no such interface");
    for at in found {
        *component.get_mut(at).context("cut off")? = major;
    }
    Ok(component)
}

fn dist(product: &Product) -> Result<PathBuf> {
    let directory = product.binary().parent().context("no directory")?;
    Ok(directory.canonicalize()?)
}

/// Wrong use ends at once.
fn ended(command: &mut Command) -> Result<Output> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let minute = Duration::from_secs(60);
    let ended = k8shawk_tests::cluster::wait_until(minute, "it ends", || Ok(child.try_wait()?));
    if ended.is_err() {
        child.kill()?;
    }
    let output = child.wait_with_output()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    ended.context(told)?;
    Ok(output)
}

fn judge(output: &Output, case: &Case) -> Result<()> {
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.code() == Some(case.code),
        "{:?}: {told}",
        output.status
    );
    let lines: Vec<&str> = told.lines().collect();
    ensure!(
        lines.len() == case.lines.len(),
        "{} lines: {told}",
        lines.len()
    );
    for (line, parts) in lines.iter().zip(case.lines) {
        let plain = !line.contains("panicked") && !line.contains("BACKTRACE");
        ensure!(plain && line.starts_with("k8shawk: "), "{line}");
        let mut rest = *line;
        for part in *parts {
            let (_, behind) = rest
                .split_once(part)
                .with_context(|| format!("no {part:?}: {line}"))?;
            rest = behind;
        }
    }
    Ok(())
}

/// Root may write whatever the rights of a directory say, but not a disk that is read-only.
fn read_only() -> Result<()> {
    let directory = tempfile::tempdir()?;
    fs::create_dir(directory.path().join("state"))?;
    let nowhere = to_nowhere(directory.path())?;
    let product = Product::with_kubeconfig(&nowhere)?;
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private", "sh", "-c"])
        .arg("mount -t tmpfs -o ro k8shawk state && exec \"$@\"")
        .arg("sh")
        .arg(product.binary())
        .arg("run")
        .current_dir(directory.path())
        .env("KUBECONFIG", &nowhere)
        .env("K8SHAWK_STATE", "state");
    let case = Case {
        lines: &[&[
            "state directory state",
            "K8SHAWK_STATE",
            "Read-only file system",
        ]],
        ..PLAIN
    };
    judge(&ended(&mut command)?, &case)
}

fn vanished(cluster: &Cluster) -> Result<()> {
    let namespace = cluster.namespace("vanished")?;
    let product = Product::new(cluster)?;
    let copy = tempfile::tempdir()?;
    let plugins = copy.path().join("plugins");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(dist(&product)?.join("plugins"))
        .arg(&plugins)
        .status()?;
    ensure!(copied.success(), "the plugins are not copied");
    let named = plugins.display().to_string();
    let mut running = product.run(namespace.name(), &[("K8SHAWK_PLUGINS", &named)])?;
    cluster.wait_until(Duration::from_secs(60), "it watches", || {
        Ok(running.log().contains("watching").then_some(()))
    })?;
    std::thread::sleep(Duration::from_secs(2));
    fs::remove_dir_all(&plugins)?;
    cluster
        .wait_until(Duration::from_secs(30), "it says so", || {
            let log = running.log();
            let of = |id: &str| {
                let mut lines = log
                    .lines()
                    .filter(|l| l.contains("the running version stays in use"));
                lines.any(|l| l.contains(id) && l.contains(&named))
            };
            Ok((of("triage") && of("analysis")).then_some(()))
        })
        .with_context(|| running.log())?;
    let pull = ["run", "after", "--image=nonexistent-image:latest"];
    namespace.kubectl(&pull)?;
    let found = running.until(&["needs-human"], Duration::from_secs(90))?;
    ensure!(
        text(&found, "/cause").contains("nonexistent-image"),
        "{found}"
    );
    ensure!(running.lives()?, "it ended: {}", running.log());
    let said = running
        .log()
        .matches("the running version stays in use")
        .count();
    ensure!(said <= 4 * 2, "it is said {said} times: {}", running.log());
    Ok(())
}
