//! The loop: rounds of questions and reads, until a diagnosis stands or the rounds are used up.

mod book;
mod outcome;
mod plan;

use futures::future::join_all;
use k8shawk_core::count;
use k8shawk_core::llm::{
    Call, Case, Claims, Concluded, Conversation, Diagnosis, Egress, Failure, Fence, SUBMIT, Setup,
    ToolRecord, conclude, opening, read_of, system,
};
use k8shawk_core::redact::redact;
use serde_json::Value;

pub use self::outcome::Outcome;

use self::book::Book;
use self::plan::{CALLS, Plan, submission_in};
use super::ladder::Ladder;
use super::progress::{Progress, Sink};
use super::talk::Talk;
use super::toolbox::Toolbox;
use super::transport::Transport;
use super::wire::{ToolResult, Turn, sent};

/// Reminders to call a tool.
const REMINDERS: u32 = 2;
/// Who answered where no model did.
pub const PATTERNS: &str = "patterns";

/// One investigation under way.
struct Run<'a> {
    case: &'a Case<'a>,
    talk: Talk,
    book: Book,
    ladder: Ladder<'a>,
    log: Conversation,
    toolbox: &'a dyn Toolbox,
    sink: &'a dyn Sink,
    calls: u32,
    reminders: u32,
    refused_reads: Vec<String>,
    /// Sentences of a diagnosis that cited nothing.
    loose: Vec<String>,
}

/// How a round ends.
enum Ended {
    /// With a diagnosis.
    Concluded(Box<Concluded>),
    /// Another round follows.
    GoOn,
    /// Nobody answers.
    Nobody,
}

/// Hold a conversation. Nothing in here depends on time or chance: with the same answers it says
/// the same.
pub async fn hold(
    case: &Case<'_>,
    setup: Setup,
    transport: &dyn Transport,
    toolbox: &dyn Toolbox,
    sink: &dyn Sink,
) -> Outcome {
    let rungs = setup.rungs.clone();
    let rounds = setup.rounds.max(1);
    let mut run = Run::new(
        case,
        setup,
        Ladder::new(&rungs, transport, sink),
        toolbox,
        sink,
    );
    let mut concluded = None;
    let mut begun = 0;
    for number in 1..=rounds {
        begun = number;
        sink.on(&Progress::Round { number, of: rounds });
        match run.round(number == rounds).await {
            Ended::Concluded(done) => {
                concluded = Some(*done);
                break;
            }
            Ended::Nobody => break,
            Ended::GoOn if number == rounds => {
                let what = format!("no diagnosis within {}", count(rounds, "round"));
                run.ladder.stop(&Failure::NoDiagnosis { what });
            }
            Ended::GoOn => {}
        }
    }
    run.outcome(concluded, begun)
}

impl<'a> Run<'a> {
    fn new(
        case: &'a Case<'a>,
        setup: Setup,
        ladder: Ladder<'a>,
        toolbox: &'a dyn Toolbox,
        sink: &'a dyn Sink,
    ) -> Run<'a> {
        let egress = Egress::new(&setup.nonce, setup.hide_names);
        let fence = Fence::new(&setup.nonce);
        let rules = system(&fence, setup.rounds);
        let mut talk = Talk::new(egress, fence, &rules, setup.answer_tokens);
        let objects = case.objects();
        for object in &objects {
            talk.egress.learn(&object.name);
            talk.egress.learn(&object.namespace);
        }
        let book = Book::new(case, objects);
        talk.say(&opening(case, &book.notes, &talk.fence));
        Run {
            case,
            talk,
            book,
            ladder,
            log: Conversation::new(setup),
            toolbox,
            sink,
            calls: 0,
            reminders: 0,
            refused_reads: Vec::new(),
            loose: Vec::new(),
        }
    }

    async fn round(&mut self, last: bool) -> Ended {
        if last {
            self.talk
                .say(&format!("This is the last round: call {SUBMIT} now."));
        }
        let Some(mut turn) = self.ladder.ask(&mut self.talk, &mut self.log).await else {
            return Ended::Nobody;
        };
        // Some models write the arguments of the last call as their text.
        if turn.calls.is_empty() {
            turn.calls.extend(submission_in(&turn.text));
        }
        if turn.calls.is_empty() {
            return self.remind(&turn);
        }
        for call in &mut turn.calls {
            self.restore(call);
        }
        let submitted = turn.calls.iter().position(|c| c.name == SUBMIT);
        let verdict = submitted
            .and_then(|at| turn.calls.get(at))
            .map(|c| self.submit(c));
        if let Some(Ok(concluded)) = verdict {
            return Ended::Concluded(Box::new(concluded));
        }
        let refused = verdict.and_then(Result::err);
        self.serve(turn, refused).await;
        Ended::GoOn
    }

    /// The values in the place of the tokens that the model was shown.
    fn restore(&self, call: &mut Call) {
        if let Ok(arguments) = &call.arguments {
            let restored = self
                .talk
                .egress
                .restore_value(&Value::Object(arguments.clone()));
            if let Value::Object(fields) = restored {
                call.arguments = Ok(fields);
            }
        }
    }

    fn remind(&mut self, turn: &Turn) -> Ended {
        self.talk.answered(&turn.text, Vec::new());
        self.reminders += 1;
        if self.reminders > REMINDERS {
            let what = format!("no call of a tool after {REMINDERS} reminders");
            if !self.ladder.down(&Failure::NoDiagnosis { what }) {
                return Ended::Nobody;
            }
            self.reminders = 0;
        }
        let cut = if turn.cut {
            "Your answer was cut. Be brief. "
        } else {
            ""
        };
        self.talk
            .say(&format!("{cut}Call one of the tools, or {SUBMIT} to end."));
        Ended::GoOn
    }

    /// The diagnosis, or what the model has to be told.
    fn submit(&mut self, call: &Call) -> Result<Concluded, String> {
        let arguments = match &call.arguments {
            Ok(arguments) => arguments,
            Err(_) => return Err("the arguments are not a JSON object".to_owned()),
        };
        let diagnosis = Diagnosis::parse(arguments, self.case.namespace())?;
        let judged = conclude(self.case, &diagnosis, &self.book.notes, &self.book.seen);
        if judged.is_err() {
            self.loose = Claims::of(&redact(&diagnosis.cause), &Default::default()).unsupported;
        }
        judged
    }

    /// Read what is asked for, all at once, and tell it.
    async fn serve(&mut self, turn: Turn, refused: Option<String>) {
        let mut said = Vec::new();
        let mut plans = Vec::new();
        for (i, call) in turn.calls.iter().enumerate() {
            self.calls += 1;
            let id = format!("call_{}", self.calls);
            // What has no such name in our tools is not repeated: its name is the model's text.
            let known = sent(call, id.clone(), &mut self.talk.egress);
            let Some(known) = known.filter(|_| i < CALLS) else {
                plans.push(Plan::unknown(call, i));
                continue;
            };
            plans.push(match (&refused, call.name == SUBMIT) {
                (_, true) => Plan::told(id, known.name, refused.clone().unwrap_or_default()),
                _ => match read_of(call, self.case.namespace()) {
                    Ok(read) => self.book.plan(id, known.name, read),
                    Err(why) => Plan::told(id, known.name, why),
                },
            });
            said.push(known);
        }
        self.talk.answered(&turn.text, said);
        let reads = plans.iter_mut().filter_map(|p| p.read.take());
        let reads: Vec<_> = reads.map(|read| self.toolbox.read(read)).collect();
        let mut records = join_all(reads).await.into_iter();
        let mut results = Vec::new();
        let mut notes = Vec::new();
        for plan in plans {
            let record = if plan.pending { records.next() } else { None };
            let (text, error) = self.told(&plan, record);
            match plan.id {
                Some(id) => {
                    let text = self.talk.egress.clean(&text);
                    results.push(ToolResult { id, text, error });
                }
                None => notes.push(text),
            }
        }
        if !results.is_empty() {
            self.talk.results(results);
        }
        for note in notes {
            self.talk.say(&note);
        }
    }

    /// The result of one call for the model.
    fn told(&mut self, plan: &Plan, record: Option<ToolRecord>) -> (String, bool) {
        let Some(record) = record else {
            if plan.name != SUBMIT {
                let (name, evidence) = (plan.name, plan.known.as_deref());
                self.sink.on(&Progress::Tool {
                    name,
                    read: "",
                    evidence,
                    told: Some(&plan.text),
                    took_ms: 0,
                });
            }
            return (plan.text.clone(), plan.known.is_none());
        };
        let evidence = record
            .answer
            .is_ok()
            .then_some(plan.known.as_deref())
            .flatten();
        let (name, took_ms) = (plan.name, record.took_ms);
        self.sink.on(&Progress::Tool {
            name,
            read: &record.read,
            evidence,
            told: record.answer.as_ref().err().map(String::as_str),
            took_ms,
        });
        let told = match &record.answer {
            Ok(text) => {
                self.talk.egress.learn_from(text);
                let id = plan.known.clone().unwrap_or_default();
                let told = format!(
                    "[{id}] kubectl {}\n{}",
                    record.read,
                    self.talk.fence.wrap(text)
                );
                self.book.note(&id, &record, plan.object.clone());
                (told, false)
            }
            Err(why) => {
                self.book.failed(plan.known.as_deref(), why);
                (format!("kubectl {}: {why}", record.read), true)
            }
        };
        self.refused_reads.extend(record.refused.clone());
        self.log.tools.push(record);
        told
    }
}
