//! One verdict: in a fresh store as the host calls, in an instance that is called again, natively, by the empty
//! component, and by OPA.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk_core::policy::Verdict;
use k8shawk_policy_reference_rust::{Settings, judge};
use k8shawk_sandbox::{Plugin, PolicySession};
use k8shawk_sdk::policy as sdk;
use tokio::runtime::{Builder, Runtime};

use super::opa::Opa;
use super::question::{Question, RISK, context, is_right};
use super::shelf::{Shelf, engine, id};
use crate::bench::figure::Figure;
use crate::bench::floor;
use crate::bench::rounds::{Calls, best, calls, micros};
use crate::policies::LANGUAGES;

/// Columns of the table.
const FRESH: &str = "verdict, fresh store";
const REUSED: &str = "verdict, reused instance";
/// Rows beside the languages.
const NATIVE: &str = "the rule as a native function";
const FLOOR: &str = "an empty component";
const OPA: &str = "OPA's WebAssembly of the rule";
const REGO: &str = "OPA's own evaluator";
/// What Rust may cost beside the empty component.
const RUST_AT_MOST: f64 = 1.3;

/// A policy with an instance that is called again.
struct Subject {
    plugin: Plugin,
    session: PolicySession,
}

/// What all calls of policies share.
struct Measured {
    runtime: Runtime,
    question: Question,
    failed: Cell<u32>,
}

impl Measured {
    fn note(&self, succeeded: bool) {
        self.failed.set(self.failed.get() + u32::from(!succeeded));
    }

    async fn again(&self, session: &mut PolicySession) -> bool {
        let Question {
            incident, proposal, ..
        } = &self.question;
        black_box(session.judge(incident, proposal, RISK).await).is_ok()
    }
}

pub(super) fn measure(shelf: &Shelf) -> Result<Vec<Figure>> {
    let measured = Measured {
        runtime: Builder::new_current_thread().enable_all().build()?,
        question: Question::new(),
        failed: Cell::new(0),
    };
    let question = &measured.question;
    let mut subjects = measured.runtime.block_on(subjects(shelf, question))?;
    let (opa, rego) = Opa::start(question)?;
    let opa = RefCell::new(opa);
    let mut all = vec![
        native(question),
        calls(|| measured.note(black_box(opa.borrow().fresh()).is_ok())),
        calls(|| measured.note(black_box(opa.borrow_mut().reused()).is_ok())),
    ];
    for Subject { plugin, session } in &mut subjects {
        let plugin = &*plugin;
        all.push(fresh(&measured, plugin));
        all.push(reused(&measured, plugin, session));
    }
    let times = best(&mut all);
    ensure!(
        measured.failed.get() == 0,
        "calls failed: {}",
        measured.failed.get()
    );
    figures(&times, rego)
}

/// The empty component first, then the languages in their order, each of which answers right.
async fn subjects(shelf: &Shelf, question: &Question) -> Result<Vec<Subject>> {
    let engine = engine()?;
    let mut subjects = Vec::new();
    for id in [floor::ID.to_owned()].into_iter().chain(LANGUAGES.map(id)) {
        let plugin = Plugin::prepare(&engine, &shelf.source(&id)?).await?;
        let mut session = plugin.policy_session(context()).await?;
        let answers = [
            question.asked(&plugin).await?,
            session
                .judge(&question.incident, &question.proposal, RISK)
                .await?,
        ];
        for answer in answers {
            match id == floor::ID {
                true => ensure!(answer == Verdict::Allow, "{answer:?}"),
                false => is_right(&answer).context(id.clone())?,
            }
        }
        subjects.push(Subject { plugin, session });
    }
    Ok(subjects)
}

fn native(question: &Question) -> Calls<'static> {
    let (incident, proposal) = question.of_guest();
    calls(move || {
        let settings = Settings::read(|_| None);
        let verdict = settings.map(|all| judge(&all, black_box(&incident), black_box(&proposal)));
        debug_assert!(matches!(verdict, Ok(sdk::Verdict::RequireApproval(_))));
        drop(black_box(verdict));
    })
}

fn fresh<'a>(all: &'a Measured, plugin: &'a Plugin) -> Calls<'a> {
    Box::new(move |times| {
        all.runtime.block_on(async {
            for _ in 0..times {
                let verdict = black_box(all.question.asked(plugin).await);
                all.note(verdict.is_ok());
            }
        });
    })
}

/// A guest that frees nothing, as in C, is full after some thousand calls: it gets a new instance then.
fn reused<'a>(all: &'a Measured, plugin: &'a Plugin, session: &'a mut PolicySession) -> Calls<'a> {
    Box::new(move |times| {
        all.runtime.block_on(async {
            for _ in 0..times {
                if all.again(session).await {
                    continue;
                }
                if let Ok(new) = plugin.policy_session(context()).await {
                    *session = new;
                }
                all.note(all.again(session).await);
            }
        });
    })
}

fn figures(times: &[Duration], rego: Duration) -> Result<Vec<Figure>> {
    let [native, opa_fresh, opa_reused, pairs @ ..] = times else {
        anyhow::bail!("a time is missing");
    };
    let pairs = pairs.as_chunks::<2>().0.iter();
    let pairs: Vec<(f64, f64)> = pairs
        .map(|[fresh, reused]| (micros(*fresh), micros(*reused)))
        .collect();
    let (floor, languages) = pairs.split_first().context("the floor is missing")?;
    let micros_of = |name, time| Figure::alone(name, "µs", micros(time));
    let mut figures = vec![
        Figure::alone(FRESH, "µs", floor.0).of(FLOOR),
        Figure::alone(REUSED, "µs", floor.1).of(FLOOR),
        micros_of(REUSED, *native).of(NATIVE),
    ];
    for (language, (fresh, reused)) in LANGUAGES.into_iter().zip(languages) {
        let fresh = Figure::beside(FRESH, "µs", *fresh, floor.0).of(language);
        figures.push(match language {
            "rust" => fresh.at_most(RUST_AT_MOST),
            _ => fresh,
        });
        figures.push(Figure::beside(REUSED, "µs", *reused, floor.1).of(language));
    }
    figures.extend([
        micros_of(FRESH, *opa_fresh).of(OPA),
        micros_of(REUSED, *opa_reused).of(OPA),
        micros_of(REUSED, rego).of(REGO),
    ]);
    Ok(figures)
}
