//! 60 formats of secrets x 40 names of variables x 8 exits: nothing of them is seen at any.

#[path = "../../../host/core/tests/secrets/list.rs"]
mod list;

use std::io::Write;
use std::sync::{Arc, Mutex};

use k8shawk::services::incident_json;
use k8shawk::services::slack::message::{Look, render};
use k8shawk::services::slack::thread::posts;
use k8shawk::services::speech::fit;
use k8shawk::services::telemetry::logs;
use k8shawk::services::terminal::{Terminal, plain};
use k8shawk_core::Installation;
use k8shawk_core::config::LogFormat;
use k8shawk_core::describe::Described;
use k8shawk_core::guard::{Answer, Read};
use k8shawk_core::llm::{Case, Egress, Fence, answer_text, opening, patterns_evidence};
use k8shawk_core::rca;
use k8shawk_core::record::Record;
use k8shawk_core::redact::{Redacted, RedactedJson, Veil};
use k8shawk_tests::slack_server::gallery::waiting;
use list::{NAMES, SECRETS};
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt;

const NOW: i64 = 1_790_000_000_000;

/// A name and its value as texts of a cluster have them; another form at each place.
fn text(name: &str, value: &str, form: usize) -> String {
    let quoted = json!(value).to_string();
    match form % 6 {
        0 => format!("it failed with {name}={value}"),
        1 => format!("{name}: {value}"),
        2 => format!("{{\"{name}\":{quoted},\"ok\":true}}"),
        3 => format!("{{\"name\":\"{name}\",\"value\":{quoted}}}"),
        4 => format!("- name: {name}\n  value: {value}"),
        _ => format!("pass\u{200b} {name}\u{1b}[0m={value}"),
    }
}

/// A record in which every text of the cluster, of a plugin and of a model holds the secret.
fn planted(name: &str, value: &str) -> Record {
    let mut record = waiting("web", NOW);
    let text = |form| text(name, value, form);
    let signal = json!({"id": "s1", "source": "event", "reason": "BackOff", "message": text(0),
        "object": record.incident.object, "owner": record.incident.owner, "count": 1,
        "first_seen": NOW, "last_seen": NOW, "reporter": "kubelet"});
    record.incident.signals = vec![serde_json::from_value(signal).unwrap()];
    record.why = text(1);
    let finding = record.finding.as_mut().unwrap();
    finding.title = text(0);
    finding.cause = format!("{} [e1]", text(2));
    finding.unknown = vec![text(3)];
    finding.unsupported = vec![text(4)];
    for (form, evidence) in finding.evidence.iter_mut().enumerate() {
        evidence.source = text(0);
        evidence.excerpt = text(form + 1);
    }
    let decision = record.decision.as_mut().unwrap();
    decision.next_check = text(2);
    for refused in &mut decision.refused {
        (refused.proposal, refused.reason) = (text(0), text(3));
    }
    for candidate in &mut decision.candidates {
        candidate.rationale = text(5);
    }
    for step in &mut record.history {
        step.note = text(1);
    }
    record.refusals = vec![text(5)];
    record.also = record.finding.iter().cloned().collect();
    let fix = json!(record.fix());
    let execution = json!({"fix": fix, "operation": {"operation": "replace", "object": {}},
        "approvers": ["ada"], "started_at": NOW, "output": text(0)});
    record.execution = serde_json::from_value(execution).unwrap();
    record
}

/// The input of a model: the opening, and each of its reads.
fn told(record: &Record, name: &str, value: &str) -> String {
    let findings: Vec<_> = record.finding.iter().cloned().collect();
    let case = Case {
        incident: &record.incident,
        findings: &findings,
        classes: &[],
    };
    let notes = patterns_evidence(&case);
    let mut all = vec![opening(&case, &notes, &Fence::new("n"))];
    let variable = json!({"name": name, "value": value});
    let copy = json!({"env": [variable]}).to_string();
    let object = json!({"kind": "Deployment", "metadata": {"name": "web", "annotations": {"copy": copy}},
        "spec": {"template": {"spec": {"containers": [{"name": "app",
            "env": [variable, {"name": "FEED", "value": value}], "args": ["--feed", value]}]}}}});
    let event = json!({"type": "Warning", "reason": "Failed", "message": text(name, value, 0), "count": 1,
        "lastSeen": NOW, "reporter": "kubelet", "name": "web", "uid": "u"});
    let described = Described {
        object: object.clone(),
        events: vec![serde_json::from_value(event).unwrap()],
        at: NOW,
    };
    let get = Read::Get {
        kind: "Deployment".into(),
        namespace: "shop".into(),
        name: "web".into(),
    };
    let describe = Read::Describe {
        kind: "Deployment".into(),
        namespace: "shop".into(),
        name: "web".into(),
    };
    let logs = Read::Logs {
        namespace: "shop".into(),
        pod: "web".into(),
        container: "app".into(),
        previous: false,
        lines: 100,
    };
    let lines: Vec<String> = (0..6).map(|form| text(name, value, form)).collect();
    let reads = [
        (get, Answer::Text(object.to_string())),
        (describe, Answer::Described(Box::new(described))),
        (logs, Answer::Text(lines.join("\n"))),
    ];
    let veil = Veil::new("n");
    all.extend(reads.map(|(read, answer)| answer_text(&veil, &read, &answer, 12_000)));
    let mut egress = Egress::new("n", false);
    let clean: Vec<String> = all
        .iter()
        .map(|t| egress.clean(t).as_str().to_owned())
        .collect();
    clean.join("\n")
}

/// What a log has.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The host's own log, in both formats: fields as they are and as Rust writes them, and a message.
fn logged(record: &Record, name: &str, value: &str) -> String {
    let kept = Kept::default();
    for format in [LogFormat::Text, LogFormat::Json] {
        let to = kept.clone();
        let lines = logs::lines(format, Some("prod"), move || to.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            tracing::error!(why = record.why, note = ?record.history[0].note, "it failed");
            for form in 0..6 {
                let text = text(name, value, form);
                tracing::error!(said = %text, "it failed");
                tracing::error!(said = ?text, "it failed");
                tracing::error!("it failed: {text}");
            }
        });
    }
    let bytes = kept.0.lock().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.matches("it failed").count() >= 2 * 19, "{text}");
    text
}

/// Everything that leaves, by where to.
fn exits(name: &str, value: &str) -> [(&'static str, String); 8] {
    let record = planted(name, value);
    let ours = Installation::of("prod", None, "db");
    let look = Look {
        now: NOW,
        expires_after: 1_800_000,
        installation: &ours,
        approvers: &[],
    };
    let terminal = Terminal::stdout();
    let shown = [
        terminal.block(&record),
        terminal.table(std::slice::from_ref(&record)),
        plain(&record.refusals[0]),
        plain(&record.history[0].note),
    ];
    let finding = record.finding.as_ref().unwrap();
    let script = format!("{}. {}", finding.title, finding.cause);
    [
        ("model request", told(&record, name, value)),
        (
            "Slack message",
            json!(render(&record, look).content()).to_string(),
        ),
        (
            "Slack thread",
            serde_json::to_string(&posts(&record, &ours)).unwrap(),
        ),
        ("RCA", rca::render(&record, ours.cluster()).into_string()),
        ("terminal", Redacted::join(&shown, "\n").into_string()),
        (
            "socket and JSON",
            RedactedJson::of(incident_json::incident(&record, ours.cluster())).to_string(),
        ),
        ("log line", logged(&record, name, value)),
        ("voice", fit(&Redacted::of(&script)).into_string()),
    ]
}

#[test]
fn sixty_formats_behind_forty_names_leave_by_none_of_eight_exits() {
    let (mut looked, mut leaks) = (0, Vec::new());
    for (value, needle) in SECRETS {
        for name in NAMES {
            for (exit, text) in exits(name, value) {
                looked += 1;
                if let Some(at) = text.find(needle) {
                    let from = text.floor_char_boundary(at.saturating_sub(80));
                    let to = text.ceil_char_boundary((at + 40).min(text.len()));
                    leaks.push(format!("{exit}: {name}={value}: {:?}", &text[from..to]));
                }
            }
        }
    }
    println!("{} of {looked} leak", leaks.len());
    assert_eq!(looked, 60 * 40 * 8);
    assert!(
        leaks.is_empty(),
        "{}:\n{}",
        leaks.len(),
        leaks[..leaks.len().min(20)].join("\n")
    );
}

#[test]
fn marks_and_control_characters_of_the_cluster_reach_no_exit() {
    let value = "a\u{1b}[2J\u{202e}b\u{200b}c\u{7}\r\u{2066}d";
    for (exit, text) in exits("note", value) {
        let ours = |c: &char| *c == '\n' || *c == '\t';
        let unseen =
            |c: &char| (c.is_control() && !ours(c)) || "\u{202e}\u{200b}\u{2066}".contains(*c);
        let found: Vec<char> = text.chars().filter(unseen).collect();
        assert!(found.is_empty(), "{exit}: {found:?}");
    }
}
