use super::*;

/// A file that somebody named.
fn file<'t>(name: &'t str, text: &'t str) -> Option<File<'t>> {
    let named = true;
    Some(File { name, text, named })
}

fn none(_: &str) -> Option<String> {
    None
}

#[test]
fn all_faults_name_file_and_line_at_once() {
    let text = "[watch]\nnamespce = \"a\"\nqueue = 0\n\n[nothing]\nx = 1\n";
    let faults = Config::parse(file("k8shawk.toml", text), none).unwrap_err();
    let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown.iter().any(
        |f| f.starts_with("k8shawk.toml:2:") && f.contains("did you mean \"watch.namespace\"")
    ));
    assert!(
        shown
            .iter()
            .any(|f| f.starts_with("k8shawk.toml:3:") && f.contains("between 1"))
    );
    assert!(shown.iter().any(|f| f.starts_with("k8shawk.toml:5:")));
}

#[test]
fn a_syntax_error_names_its_line() {
    let faults = Config::parse(file("c.toml", "[watch]\nqueue = = 1\n"), none).unwrap_err();
    assert!(faults[0].place == "c.toml:2", "{faults:?}");
}

#[test]
fn the_environment_is_laid_over_the_file() {
    let env = |name: &str| match name {
        "WATCH_NAMESPACE" => Some("shop".to_owned()),
        "RECOVERY_TIMEOUT_SECONDS" => Some("60".to_owned()),
        "K8SHAWK_APPROVERS" => Some("ann, bob".to_owned()),
        "VOICE_LANGUAGE" => Some("ta-IN".to_owned()),
        _ => None,
    };
    let text = "[watch]\nnamespace = \"other\"\n[recovery]\ninterval_seconds = 5\n";
    let config = Config::parse(file("c", text), env).unwrap();
    assert_eq!(config.namespace.as_deref(), Some("shop"));
    assert_eq!(config.recovery_timeout, Duration::from_secs(60));
    assert_eq!(config.recovery_interval, Duration::from_secs(5));
    assert_eq!(config.approvers, ["ann", "bob"]);
    assert_eq!(config.voice.language, "tamil");
}

#[test]
fn approvers_in_slack_are_ids_or_domains() {
    let parse = |approvers: &str| {
        let approvers = approvers.to_owned();
        Config::parse(None, move |name: &str| {
            (name == "SLACK_APPROVERS").then(|| approvers.clone())
        })
    };
    let config = parse("U0123ABCD, S0456,@Example.com").unwrap();
    assert_eq!(
        config.slack.approvers,
        ["U0123ABCD", "S0456", "@example.com"]
    );
    for wrong in ["alice", "@", "@example", "C0123", "U0123;S0456", "@a.b/c"] {
        let faults = parse(wrong).unwrap_err();
        assert!(
            faults[0].to_string().contains("SLACK_APPROVERS"),
            "{faults:?}"
        );
    }
}

#[test]
fn a_voice_is_described_in_words() {
    let text = "[voice]\nengine = \"off\"\nseverity = \"high\"\nquiet_hours = \"22:00-07:00\"\n";
    let config = Config::parse(file("c", text), none).unwrap();
    assert_eq!(config.voice.engine, VoiceEngine::Off);
    assert_eq!(config.voice.severity, crate::Severity::High);
    assert_eq!(config.voice.quiet_hours, Some((22 * 60, 7 * 60)));
    for wrong in [
        "engine = \"siri\"",
        "severity = \"bad\"",
        "quiet_hours = \"22-7\"",
        "quiet_hours = \"1822:00-07:00\"",
        "quiet_hours = \"22:00-22:00\"",
        "sarvam_url = \"api.sarvam.ai\"",
    ] {
        assert!(Config::parse(file("c", &format!("[voice]\n{wrong}\n")), none).is_err());
    }
}

#[test]
fn a_fault_of_the_environment_names_the_variable() {
    let env = |name: &str| (name == "WEBHOOK_PORT").then(|| "http".to_owned());
    let faults = Config::parse(None, env).unwrap_err();
    assert_eq!(
        faults[0].to_string(),
        "WEBHOOK_PORT: \"http\" is not a whole number"
    );
}

#[test]
fn no_two_keys_share_a_path_or_a_variable() {
    for (i, key) in KEYS.iter().enumerate() {
        assert!(
            KEYS.iter()
                .skip(i + 1)
                .all(|k| k.path != key.path && k.env != key.env)
        );
    }
}

/// A value, as TOML, of each key that only a named file may say.
const NAMED_KEYS: &[(&str, &str)] = &[
    ("cluster.kubeconfig", "\"kube\""),
    ("cluster.context", "\"prod\""),
    ("cluster.reader", "\"kube-system/admin\""),
    ("plugins.plugins", "\"mine\""),
    ("plugins.policies", "\"mine\""),
    ("plugins.grants", "\"mine\""),
    ("plugins.precompiled", "\"mine\""),
    (
        "registry.plugins",
        "[\"oci://evil.example/x@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"]",
    ),
    (
        "registry.policies",
        "[\"oci://evil.example/x@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"]",
    ),
    ("registry.keys", "[\"evil.pub\"]"),
    ("registry.credentials", "\"mine.json\""),
    ("registry.plain_http", "[\"evil.example\"]"),
    ("policies.required", "[]"),
    ("approval.approvers", "[\"mallory\"]"),
    ("approval.expires_minutes", "10080"),
    ("approval.people", "[\"mallory slack:U0123 user:mallory\"]"),
    ("fix.enabled", "[\"delete-pod\"]"),
    ("fix.namespaces", "[\"shop\"]"),
    ("model.enabled", "true"),
    ("model.provider", "\"groq\""),
    ("model.hide_names", "false"),
    ("slack.channel", "\"#shared\""),
    ("slack.approvers", "[\"@evil.example\"]"),
    ("slack.api_url", "\"https://evil.example/api/\""),
    ("voice.engine", "\"sarvam\""),
    ("voice.sarvam_url", "\"https://evil.example\""),
    ("http.address", "\"10.0.0.1\""),
];

/// What the operator's own file says, where the default is what a found file must not say.
const OWN: &str = "[model]\nenabled = false\nhide_names = true\n";

#[test]
fn what_starts_a_program_gets_evidence_or_gives_authority_is_taken_from_a_named_file_alone() {
    let named: Vec<&str> = KEYS
        .iter()
        .filter(|key| key.trust != Trust::Found)
        .map(|key| key.path)
        .collect();
    let tested: Vec<&str> = NAMED_KEYS.iter().map(|(path, _)| *path).collect();
    assert_eq!(named, tested, "a key of this class needs a value here");
    let own = file("own.toml", OWN).unwrap();
    for (path, value) in NAMED_KEYS {
        let (table, key) = path.split_once('.').unwrap();
        let text = format!("# mine\n[{table}]\n{key} = {value}\n");
        let mut found = file("k8shawk.toml", &text).unwrap();
        let parsed = Config::parse([own, found], none);
        assert!(parsed.is_ok(), "{path}: {parsed:?}");
        found.named = false;
        let faults = Config::parse([own, found], none).unwrap_err();
        let [fault] = &faults[..] else {
            panic!("{faults:?}");
        };
        assert_eq!(fault.place, "k8shawk.toml:3");
        let env = KEYS.iter().find(|k| k.path == *path).unwrap().env;
        for part in [*path, "--config k8shawk.toml", env] {
            assert!(fault.what.contains(part), "{fault}");
        }
    }
}

#[test]
fn a_found_file_may_repeat_what_holds_anyway() {
    let text = "[slack]\napi_url = \"https://slack.com/api/\"\n[watch]\nqueue = 7\n[fix]\nnamespaces = [\"*\"]\n";
    let mut found = file("k8shawk.toml", text).unwrap();
    found.named = false;
    let config = Config::parse(Some(found), none).unwrap();
    assert_eq!(config.queue, 7);
}

#[test]
fn a_found_file_takes_no_limit_away_from_the_file_below_it() {
    let own = "[fix]\nnamespaces = [\"shop\"]\n[model]\nenabled = false\n";
    let own = file("own.toml", own).unwrap();
    let mut found = file("k8shawk.toml", "[watch]\nqueue = 7\n").unwrap();
    found.named = false;
    let config = Config::parse([own, found], none).unwrap();
    assert!(!config.model.enabled && config.queue == 7);
    assert_eq!(config.fixes, Config::parse(Some(own), none).unwrap().fixes);
    found.text = "[fix]\nnamespaces = [\"*\"]\n";
    assert!(Config::parse([own, found], none).is_err());
}

#[test]
fn a_found_file_may_keep_evidence_from_leaving() {
    let text = "[model]\nenabled = false\nhide_names = true\n[voice]\nengine = \"off\"\n[http]\naddress = \"127.0.0.1\"\n";
    let mut found = file("k8shawk.toml", text).unwrap();
    found.named = false;
    assert!(!Config::parse(Some(found), none).unwrap().model.enabled);
}

#[test]
fn every_variable_that_leads_a_secret_elsewhere_is_known() {
    for name in [
        "K8SHAWK_KUBECONFIG",
        "K8SHAWK_POLICIES",
        "K8SHAWK_CONFIG",
        "SLACK_API_URL",
        "SLACK_BOT_TOKEN_FILE",
        "SARVAM_API_URL",
        "GROQ_BASE_URL",
        "OPENAI_BASE_URL",
        "ANTHROPIC_BASE_URL",
        "SLACK_BOT_TOKEN",
        "SARVAM_API_KEY",
        "OPENAI_API_KEY",
        "SLACK_CHANNEL",
        "K8SHAWK_APPROVERS",
    ] {
        let trust = variables::of_variable(name);
        assert!(matches!(trust, Some(Trust::Named(_))), "{name}: {trust:?}");
    }
    for name in ["WATCH_NAMESPACE", "VOICE_LANGUAGE", "K8SHAWK_STATE"] {
        assert_eq!(variables::of_variable(name), Some(Trust::Found), "{name}");
    }
    assert_eq!(variables::of_variable("DATABASE_URL"), None);
}

#[test]
fn an_artifact_of_the_configuration_has_a_digest() {
    let text = "[registry]\npolicies = [\"oci://ghcr.io/acme/x:1\"]\n";
    let faults = Config::parse(file("c", text), none).unwrap_err();
    assert_eq!(faults[0].place, "c:2");
    assert!(faults[0].what.contains("has no digest"), "{faults:?}");
}

#[test]
fn a_cluster_has_a_name_of_one_word() {
    let parse = |name: &str| {
        let text = format!("[cluster]\nname = {name:?}\n");
        Config::parse(file("c", &text), none)
    };
    let arn = "arn:aws:eks:eu-west-1:1:cluster/prod";
    for name in ["prod", arn] {
        assert_eq!(parse(name).unwrap().cluster_name.as_deref(), Some(name));
    }
    let long = "x".repeat(101);
    for name in ["", "two words", "<!here>", "a*b", long.as_str()] {
        let faults = parse(name).unwrap_err();
        assert!(faults[0].what.contains("one word"), "{faults:?}");
    }
}

#[test]
fn what_a_fault_quotes_drives_no_terminal() {
    let people = "[approval]\npeople = [\"a\\u001b[2J user:x\", \"b\\nc user:x\"]\n";
    let unknown = "[watch]\n\"a\\u009b31m\\nb\" = 1\n[\"\\u001b]0;t\\u0007x\"]\n";
    for text in [people, unknown] {
        let faults = Config::parse(file("k8shawk.toml", text), none).unwrap_err();
        for shown in faults.iter().map(ToString::to_string) {
            assert!(!shown.contains(char::is_control), "{shown:?}");
        }
    }
}
