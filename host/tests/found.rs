//! Files that lie in the working directory, as in a repository that somebody cloned.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects"
)]

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

/// What the program says, and its exit code. It must end soon, and the memory that it may take is
/// bounded.
fn told(command: &mut Command) -> (Option<i32>, String) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("it never returns");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), text)
}

/// The program in a directory, with nothing of our own environment.
fn program(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    // 4 GiB of addresses: what reads without a bound fails soon instead of filling the machine.
    command
        .args(["-c", "ulimit -v 4194304; exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_k8shawk"))
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir(directory);
    command
}

/// What stands in the place of a file, and what is said of it.
const NO_FILES: &[(&str, &str)] = &[
    ("directory", "is not a regular file"),
    ("fifo", "is not a regular file"),
    ("endless", "is not a regular file"),
    ("dangling", "No such file"),
    ("latin", "is not UTF-8"),
    ("large", "is larger than 1024 KiB"),
];

fn put(kind: &str, path: &Path) {
    match kind {
        "directory" => std::fs::create_dir(path).unwrap(),
        "fifo" => mkfifo(path, Mode::S_IRWXU).unwrap(),
        "endless" => symlink("/dev/zero", path).unwrap(),
        "dangling" => symlink("nowhere", path).unwrap(),
        "latin" => std::fs::write(path, b"# caf\xe9\nK8SHAWK_MODEL_ENABLED=false\n").unwrap(),
        _ => std::fs::write(path, vec![b'#'; 2 << 20]).unwrap(),
    }
}

#[test]
fn a_found_file_that_cannot_be_read_is_an_error_and_never_ignored() {
    for name in [".env", "k8shawk.toml"] {
        for (kind, why) in NO_FILES {
            let home = tempfile::tempdir().unwrap();
            put(kind, &home.path().join(name));
            let (code, text) = told(&mut program(home.path(), &["incidents"]));
            let line = format!("k8shawk: {name}: cannot be read: {why}");
            assert!(text.starts_with(&line), "{kind}: {text}");
            assert_eq!(code, Some(2), "{kind}: {text}");
        }
    }
}

#[test]
fn a_named_file_that_cannot_be_read_is_an_error() {
    for flag in ["--env-file", "--config"] {
        for (kind, why) in NO_FILES {
            let home = tempfile::tempdir().unwrap();
            put(kind, &home.path().join("mine"));
            let (code, text) = told(&mut program(home.path(), &[flag, "mine", "incidents"]));
            let line = format!("k8shawk: mine: cannot be read: {why}");
            assert!(text.starts_with(&line), "{kind}: {text}");
            assert_eq!(code, Some(2), "{kind}: {text}");
        }
    }
}

#[test]
fn without_files_the_defaults_hold() {
    let home = tempfile::tempdir().unwrap();
    let (code, text) = told(&mut program(home.path(), &["incidents"]));
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_variable_that_is_not_utf8_is_an_error_that_names_it() {
    let home = tempfile::tempdir().unwrap();
    let mut command = program(home.path(), &["incidents"]);
    command.env(
        "K8SHAWK_MODEL_ENABLED",
        std::ffi::OsStr::from_bytes(b"fals\xff"),
    );
    let (code, text) = told(&mut command);
    assert_eq!(
        text,
        "k8shawk: K8SHAWK_MODEL_ENABLED: the value is not UTF-8\n"
    );
    assert_eq!(code, Some(2));
}

#[test]
fn a_strangers_env_file_brings_neither_their_accounts_nor_themselves_as_approver() {
    let home = tempfile::tempdir().unwrap();
    let theirs = "SLACK_BOT_TOKEN=xoxb-1\nSLACK_CHANNEL=C0123ABCD\nSLACK_APPROVERS=U0123ABCD\nK8SHAWK_APPROVERS=mallory\nOPENAI_API_KEY=sk-1\n";
    std::fs::write(home.path().join(".env"), theirs).unwrap();
    let (code, text) = told(&mut program(home.path(), &["incidents"]));
    assert_eq!(code, Some(2), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    for (number, line) in (1..).zip(&lines) {
        assert!(
            line.starts_with(&format!("k8shawk: .env:{number}: ")),
            "{line}"
        );
        assert!(line.contains("--env-file .env"), "{line}");
    }
    let (code, text) = told(&mut program(
        home.path(),
        &["--env-file", ".env", "incidents"],
    ));
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn no_command_waits_for_what_is_no_file() {
    let no_file = "is not a regular file";
    // What is endless here is a link to a device, and a link leads out of the cases' directory.
    let leads_out = "leads out of the plugin's directory";
    let check = ["check", "--kubeconfig", "mine"];
    let test = ["policy", "test", "cases"];
    for (kind, commands) in [
        ("fifo", [(check, no_file), (test, no_file)]),
        ("endless", [(check, no_file), (test, leads_out)]),
    ] {
        let home = tempfile::tempdir().unwrap();
        put(kind, &home.path().join("mine"));
        std::fs::create_dir(home.path().join("cases")).unwrap();
        put(kind, &home.path().join("cases/cases.toml"));
        for (command, said) in commands {
            let mut command = program(home.path(), &command);
            for directory in ["plugins", "policies", "grants"] {
                std::fs::create_dir_all(home.path().join(directory)).unwrap();
                let variable = format!("K8SHAWK_{}", directory.to_uppercase());
                command.env(variable, directory);
            }
            let (code, text) = told(&mut command);
            assert!(text.contains(said), "{command:?}: {text}");
            assert_eq!(code, Some(2), "{command:?}: {text}");
        }
    }
}

#[test]
fn what_stands_in_the_place_of_the_database_is_told() {
    let garbage = |path: &Path| std::fs::write(path, vec![b'x'; 8192]).unwrap();
    let link = |path: &Path| {
        let target = path.with_extension("target");
        std::fs::write(&target, "").unwrap();
        symlink(target, path).unwrap();
    };
    let fifo = |path: &Path| put("fifo", path);
    let directory = |path: &Path| put("directory", path);
    type Put<'p> = &'p dyn Fn(&Path);
    let places: [(Put<'_>, &str); 4] = [
        (&fifo, "is not a regular file"),
        (&directory, "is not a regular file"),
        (&link, "is a symbolic link"),
        (&garbage, "file is not a database"),
    ];
    for (place, why) in places {
        for command in ["run", "incidents"] {
            let home = tempfile::tempdir().unwrap();
            place(&home.path().join("k8shawk.sqlite"));
            let (code, text) = told(&mut program(home.path(), &[command]));
            assert!(text.contains(why), "{command}: {text}");
            assert!(text.contains("k8shawk.sqlite"), "{command}: {text}");
            assert_eq!(code, Some(2), "{command}: {text}");
        }
    }
}

#[test]
fn words_that_cannot_be_meant_are_wrong_use() {
    let commands: &[(&[&str], &str)] = &[
        (&["incidents", "abc"], "\"abc\" is not an incident id"),
        (&["dismiss", "inc-"], "\"inc-\" is not an incident id"),
        (&["approve", "17x"], "\"17x\" is not an incident id"),
        (
            &["scan", "-n", "../../../x"],
            "is not the name of one namespace",
        ),
        (
            &["rbac", "--into", "bad name;"],
            "is not the name of one namespace",
        ),
        (
            &["rbac", "--name", "a: b"],
            "cannot be the prefix of an account name",
        ),
    ];
    for (command, why) in commands {
        let home = tempfile::tempdir().unwrap();
        let (code, text) = told(&mut program(home.path(), command));
        assert!(text.contains(why), "{command:?}: {text}");
        assert_eq!(code, Some(2), "{command:?}: {text}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_told_at_the_start() {
    for (variable, path) in [
        ("K8SHAWK_KNOWLEDGE_BASE", "/dev/null/x"),
        ("K8SHAWK_STATE", "/dev/null"),
    ] {
        for command in ["run", "check"] {
            let home = tempfile::tempdir().unwrap();
            let (code, text) = told(program(home.path(), &[command]).env(variable, path));
            let line = text.lines().find(|line| line.contains(variable));
            assert!(
                line.is_some_and(|line| line.to_lowercase().contains("not a directory")),
                "{text}"
            );
            assert_eq!(code, Some(2), "{command}: {text}");
        }
    }
}

/// What a run and a check say of the webhook, beside whatever else they say.
const WEBHOOKS: &[(&str, &str, &[&str])] = &[
    (
        "http://hooks.example.org/t0ken",
        "whsec_short",
        &["use https://", "24 to 64 bytes"],
    ),
    (
        "hooks.example.org/t0ken",
        KEY,
        &["K8SHAWK_WEBHOOK_URL is not an address"],
    ),
    (
        "https://hooks.example.org/t0ken",
        "",
        &["K8SHAWK_WEBHOOK_SECRET is not set"],
    ),
];

const KEY: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

#[test]
fn a_webhook_that_cannot_work_is_told_before_a_cluster_is_looked_for() {
    for (url, secret, says) in WEBHOOKS {
        for command in ["run", "check"] {
            let home = tempfile::tempdir().unwrap();
            let (code, text) = told(
                program(home.path(), &[command, "--kubeconfig", "nowhere"])
                    .env("K8SHAWK_WEBHOOK_URL", url)
                    .env("K8SHAWK_WEBHOOK_SECRET", secret),
            );
            for what in *says {
                assert!(text.contains(what), "{command}: {text}");
            }
            assert_eq!(code, Some(2), "{command}: {text}");
            // A check tells all faults at once; a run stops at what it needs no cluster for.
            let looked = text.contains("cannot use nowhere");
            assert_eq!(looked, command == "check", "{command}: {text}");
            assert!(!text.contains("t0ken"), "{command}: {text}");
        }
    }
}

#[test]
fn a_check_names_every_sink_without_its_secrets_and_what_half_of_one_lacks() {
    let home = tempfile::tempdir().unwrap();
    let mut check = program(home.path(), &["check", "--kubeconfig", "nowhere"]);
    check
        .env(
            "K8SHAWK_WEBHOOK_URL",
            "https://hooks.example.org/t0ken?key=t0ken",
        )
        .env("K8SHAWK_WEBHOOK_SECRET", KEY)
        .env("SLACK_CHANNEL", "#incidents")
        .env("SLACK_BOT_TOKEN", "xoxb-t0ken");
    let (_, text) = told(&mut check);
    assert!(
        text.contains("slack is not used: SLACK_APP_TOKEN"),
        "{text}"
    );
    let output = check.env("SLACK_APP_TOKEN", "xapp-t0ken").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("slack: #incidents, socket mode"), "{said}");
    assert!(
        said.contains("webhook: https://hooks.example.org\n"),
        "{said}"
    );
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(!complained.contains("slack"), "{complained}");
    for text in [said, complained] {
        assert!(!text.contains("t0ken"), "{text}");
    }
}

#[test]
fn a_file_in_the_place_of_a_directory_or_a_newer_database_is_wrong_use() {
    let home = tempfile::tempdir().unwrap();
    let (code, text) = told(&mut program(home.path(), &["rbac"]));
    assert!(text.contains("K8SHAWK_PLUGINS"), "{text}");
    assert_eq!(code, Some(2), "{text}");
    let newer = rusqlite::Connection::open(home.path().join("k8shawk.sqlite")).unwrap();
    newer
        .execute_batch("CREATE TABLE x (y); PRAGMA user_version = 9999")
        .unwrap();
    drop(newer);
    let (code, text) = told(&mut program(home.path(), &["incidents"]));
    assert!(text.contains("9999"), "{text}");
    assert_eq!(code, Some(2), "{text}");
}

#[test]
fn an_empty_variable_that_names_a_file_counts_as_unset() {
    let home = tempfile::tempdir().unwrap();
    let mut command = program(home.path(), &["incidents"]);
    command
        .env("K8SHAWK_CONFIG", "")
        .env("K8SHAWK_ENV_FILE", "");
    let (code, text) = told(&mut command);
    assert_eq!(code, Some(0), "{text}");
}
