//! What a guest asks for and returns, whatever it left in its memory: the call ends, the fault is the
//! guest's, no read beyond its grant is made, and what is kept of an answer can be shown.

use std::sync::Arc;

use k8shawk::services::slack::message::{self, Look};
use k8shawk::services::slack::thread;
use k8shawk_core::decision::{Candidate, Decision};
use k8shawk_core::diff::Diff;
use k8shawk_core::finding::Conclusion;
use k8shawk_core::fix::{Fix, Risk};
use k8shawk_core::grant::Grant;
use k8shawk_core::guard::{Answer, Permit, ReadError, Reader, Reading};
use k8shawk_core::point::Point;
use k8shawk_core::policy::{Origin, Ruling, Verdict};
use k8shawk_core::record::Record;
use k8shawk_core::redact::{Redacted, redact};
use k8shawk_core::{
    Evidence, Finding, Incident, IncidentId, Installation, Judgement, ObjectRef, ObjectSummary,
    Severity, Signal, SignalSource, group, rca,
};
use k8shawk_sandbox::{Blame, CallContext, Called, Decides, Language, Plan, RawProposal, verdict};
use serde::Serialize;
use serde_json::Value;

use super::guest::{GRANT, Guests, READ, READS, REST, RESULT};
use super::image::{Image, Input, Shape, option};
use super::{arguments, shown};

const OBJECT: Shape = Shape::Record(&[
    Shape::Text,
    Shape::Text,
    Shape::Text,
    Shape::Text,
    Shape::Text,
]);
const TWO: Shape = Shape::Record(&[Shape::Text, Shape::Text]);
const SEVERITY: Shape = Shape::Cases(&[None, None, None, None, None]);
const OPENING: Shape = Shape::Record(&[SEVERITY, Shape::Text, Shape::Text, option!(OBJECT)]);
const FINDING: Shape = Shape::Record(&[
    Shape::Text,
    Shape::Text,
    Shape::Text,
    Shape::Byte,
    SEVERITY,
    OBJECT,
    OBJECT,
    Shape::List(&Shape::Record(&[Shape::Text, Shape::Text, Shape::Text])),
    Shape::List(&Shape::Text),
    Shape::List(&TWO),
    Shape::List(&OBJECT),
    option!(OBJECT),
]);
const PROPOSAL: Shape = Shape::Record(&[Shape::Text, OBJECT, Shape::List(&TWO), Shape::Text]);
const RULE: Shape = Shape::Record(&[Shape::List(&Shape::Text), Shape::Word, Shape::Text]);

/// What a point's guest returns.
fn shape(point: Point) -> Shape {
    match point {
        Point::Triage => Shape::Cases(&[None, Some(Shape::Text), Some(OPENING)]),
        Point::Analysis => Shape::Cases(&[Some(Shape::List(&FINDING)), Some(Shape::Text)]),
        Point::Fix => Shape::Record(&[Shape::List(&PROPOSAL), Shape::Text]),
        Point::Policy => Shape::Cases(&[None, Some(RULE), None, Some(Shape::Text)]),
        Point::Voice => Shape::Text,
    }
}

pub(super) fn run(input: &[u8]) {
    let mut input = Input(input);
    let point = Point::ALL[usize::from(input.byte()) % Point::ALL.len()];
    let mut image = Image::new(REST, input);
    if point == Point::Analysis {
        reads(&mut image);
    }
    image.value(&shape(point), RESULT);
    let memory = letters(&image.into_bytes());
    let guests = Guests::get();
    guests.runtime.block_on(call(guests, point, memory));
}

/// What the guest asks for before it answers.
fn reads(image: &mut Image<'_>) {
    const KIND: Shape = Shape::Cases(&[None, None, None, None, None, None, None]);
    for n in 0..READS {
        let at = n * READ;
        image.value(&KIND, at);
        for text in 0..3 {
            image.value(&Shape::Text, at + 4 + text * 8);
        }
        image.value(&Shape::Byte, at + 28);
        image.value(&Shape::Word, at + 32);
    }
}

/// Two letters for each byte, since what is sent is text.
fn letters(bytes: &[u8]) -> String {
    let letter = |nibble: u8| char::from(b'a' + nibble);
    let pairs = bytes.iter().map(|b| [letter(b >> 4), letter(b & 15)]);
    pairs.flatten().collect()
}

async fn call(guests: &Guests, point: Point, memory: String) {
    let plugin = guests.of(point);
    let (mut incident, mut found) = (incident(), finding());
    let context = CallContext {
        reader: Arc::new(Guarded),
        now_ms: 1,
    };
    match point {
        Point::Triage => {
            let mut signal = signal();
            signal.id = memory;
            let called = plugin.triage(&signal, &ObjectSummary::default());
            if let Some(Judgement::Open(opening)) = ended(called) {
                group::keys(&self::signal(), &opening);
                let incident = Incident {
                    class: opening.class,
                    severity: opening.severity,
                    ..self::incident()
                };
                is_shown(&Record::new(incident, opening.why));
            }
        }
        Point::Analysis => {
            incident.id = IncidentId(memory);
            let called = plugin.analyse(&incident, context).await;
            if let Some(Conclusion::Findings(findings)) = ended(called) {
                findings
                    .into_iter()
                    .for_each(|found| is_shown(&with(found)));
            }
        }
        Point::Fix => {
            incident.id = IncidentId(memory);
            let called = plugin.propose(&incident, &found, context).await;
            if let Some(plan) = ended(called) {
                proposed(plan);
            }
        }
        Point::Policy => {
            incident.id = IncidentId(memory);
            let dossier = crate::dossier::of(&self::incident(), Origin::Model);
            let called = plugin
                .judge_proposal(&incident, &proposal(), &dossier, Risk::Low, context)
                .await;
            if let Some(verdict) = ended(called) {
                assert_ne!(verdict, Verdict::Auto, "the grant releases nothing");
                judged(verdict);
            }
        }
        Point::Voice => {
            found.class = memory;
            let called = plugin.script(Severity::High, &found, Language::English, 600);
            if let Some(script) = ended(called) {
                assert!(script.chars().count() <= 600);
            }
        }
    }
}

/// A reader that a permit beyond the grant never reaches.
struct Guarded;

impl Reader for Guarded {
    fn read(&self, permit: Permit) -> Reading<'_> {
        let grant = Grant::parse(GRANT).unwrap_or_default();
        arguments::is_permitted(&grant, permit.read());
        Box::pin(async move {
            match permit.into_read() {
                read if read.verb_and_kind().1 == "Node" => Err(ReadError::NotFound),
                _ => Ok(Answer::Text("{}".to_owned())),
            }
        })
    }
}

/// What a call leaves can be shown; its answer, where there is one.
fn ended<T: Serialize + Decides>(called: Called<T>) -> Option<T> {
    for line in &called.record.log {
        shown::is_text(&serde_json::to_string(line).unwrap_or_default());
    }
    shown::is_text(&verdict(&called.result));
    match called.result {
        Ok(answer) => {
            every_text(&serde_json::to_value(&answer).unwrap_or_default());
            Some(answer)
        }
        Err(error) => {
            assert_eq!(error.blame(), Blame::Guest, "{error}");
            shown::is_text(&error.to_string());
            None
        }
    }
}

/// Every text of an answer is bounded, and drives no terminal.
fn every_text(value: &Value) {
    match value {
        Value::String(text) => {
            assert!(text.len() <= 16 << 10, "{} bytes", text.len());
            shown::is_text(text);
        }
        Value::Array(items) => items.iter().for_each(every_text),
        Value::Object(fields) => fields.values().for_each(every_text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn proposed(plan: Plan) {
    let mut record = with(finding());
    let mut decision = decision(&plan.next_check);
    for proposal in plan.proposals {
        let RawProposal {
            action,
            target,
            parameters,
            rationale,
        } = proposal;
        match Fix::parse(&action, target, &parameters) {
            Ok(fix) => {
                shown::is_text(&fix.summary());
                shown::is_text(&fix.kubectl());
                let again = serde_json::to_value(&fix).and_then(serde_json::from_value::<Fix>);
                assert_eq!(
                    again.ok().as_ref(),
                    Some(&fix),
                    "it is stored as another fix"
                );
                decision
                    .candidates
                    .push(candidate(fix, rationale, Ruling::Approval(Vec::new())));
            }
            Err(error) => shown::is_text(&error.to_string()),
        }
    }
    record.decision = Some(decision);
    is_shown(&record);
}

fn judged(verdict: Verdict) {
    let origin = Origin::Plugin("fix".to_owned());
    let verdicts = [("judge".to_owned(), verdict)];
    for risk in [Risk::Low, Risk::High] {
        let ruling = Ruling::combine(&verdicts, risk, &origin);
        shown::is_text(&ruling.requirement());
        let RawProposal {
            action,
            target,
            parameters,
            rationale,
        } = proposal();
        let Ok(fix) = Fix::parse(&action, target, &parameters) else {
            continue;
        };
        let mut record = with(finding());
        let mut decision = decision("");
        decision.candidates.push(candidate(fix, rationale, ruling));
        record.decision = Some(decision);
        is_shown(&record);
    }
}

/// The document, the message and the thread: no control characters, no secret that a second look
/// finds, and within the limits of Slack.
fn is_shown(record: &Record) {
    let document = rca::render(record, "dev").into_string();
    shown::is_text(&document);
    assert_eq!(
        redact(&document),
        document,
        "redacted twice is redacted once"
    );
    shown::is_line(Redacted::line(record.title()).as_str());
    let installation = Installation::of("dev", None, "d");
    let look = Look {
        installation: &installation,
        approvers: &[],
        now: 2,
        expires_after: 1000,
    };
    let message = message::render(record, look);
    assert!(
        message.blocks.len() <= 50,
        "{} blocks",
        message.blocks.len()
    );
    fits_slack(&serde_json::to_value(message.content()).unwrap_or_default());
    for post in thread::posts(record, &installation) {
        if let Some(content) = post.content.message() {
            fits_slack(&serde_json::to_value(content).unwrap_or_default());
        }
    }
}

fn fits_slack(value: &Value) {
    match value {
        Value::String(text) => {
            assert!(
                text.chars().count() <= 4000,
                "{} characters",
                text.chars().count()
            );
            shown::is_text(text);
        }
        Value::Array(items) => items.iter().for_each(fits_slack),
        Value::Object(fields) => fields.values().for_each(fits_slack),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn decision(next_check: &str) -> Decision {
    Decision {
        candidates: Vec::new(),
        refused: Vec::new(),
        next_check: next_check.to_owned(),
        unanswered: Vec::new(),
        unruled: false,
    }
}

fn candidate(fix: Fix, rationale: String, ruling: Ruling) -> Candidate {
    Candidate {
        fix,
        rationale,
        origin: None,
        ruling,
        diff: Diff::default(),
        target_uid: "u".to_owned(),
        digest: "d".to_owned(),
        ledger: Vec::new(),
    }
}

fn with(finding: Finding) -> Record {
    let mut record = Record::new(incident(), "it fails".to_owned());
    record.finding = Some(finding);
    record
}

fn web() -> ObjectRef {
    ObjectRef::new("apps/v1", "Deployment", "dev-a", "web")
}

fn signal() -> Signal {
    Signal {
        id: "s".to_owned(),
        source: SignalSource::Event,
        reason: "BackOff".to_owned(),
        message: "Back-off restarting failed container".to_owned(),
        object: web(),
        owner: web(),
        count: 3,
        first_seen: 1,
        last_seen: 2,
        reporter: "kubelet".to_owned(),
    }
}

fn incident() -> Incident {
    Incident {
        id: IncidentId("inc-1".to_owned()),
        class: "workload".to_owned(),
        severity: Severity::Medium,
        object: web(),
        owner: web(),
        signals: vec![signal()],
        victims: Vec::new(),
        opened_at: 1,
    }
}

fn finding() -> Finding {
    Finding {
        class: "crash-loop".to_owned(),
        title: "Web exits".to_owned(),
        cause: "It exits with 1 [e1].".to_owned(),
        confidence: 90,
        severity: Severity::High,
        object: web(),
        owner: web(),
        evidence: vec![Evidence {
            id: "e1".to_owned(),
            source: "log".to_owned(),
            excerpt: "exit 1".to_owned(),
        }],
        unknown: Vec::new(),
        unsupported: Vec::new(),
        facts: Vec::new(),
        victims: Vec::new(),
        shared: None,
    }
}

fn proposal() -> RawProposal {
    RawProposal {
        action: "scale".to_owned(),
        target: web(),
        parameters: vec![("replicas".to_owned(), "2".to_owned())],
        rationale: "It has too few.".to_owned(),
    }
}
