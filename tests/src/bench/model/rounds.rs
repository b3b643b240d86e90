//! Time and tokens of each round: from one question to the next, without the time that the server
//! had the question, and without the reads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use k8shawk::services::llm::{Progress, Sink};
use k8shawk::services::store::Store;
use k8shawk_core::classes;
use k8shawk_core::guard::{Permit, Reader, Reading};
use k8shawk_core::llm::{Case, Disclosure, Usage};

use super::{Subject, model, script};
use crate::model_server::ModelServer;

/// What was measured.
#[derive(Default)]
pub struct Rounds {
    /// Milliseconds of ours, of each round: the best of [`BEST_OF`].
    pub overhead: Vec<f64>,
    /// The same, of every time that it was held.
    pub raw: Vec<f64>,
    /// Milliseconds of the reads of each round.
    pub reads: Vec<f64>,
    /// Tokens that describing the pod and its log told, of each incident.
    pub told: Vec<f64>,
    /// Tokens of all requests, of each incident.
    pub sent: Vec<f64>,
}

/// About four bytes are a token.
pub fn tokens(bytes: usize) -> f64 {
    (bytes / 4) as f64
}

/// When rounds began, and how long reads had taken by then. Keeps each request before it leaves,
/// as the product does.
struct Watch {
    store: Store,
    reads: Arc<AtomicU64>,
    marks: Mutex<Vec<(Instant, u64)>>,
}

impl Sink for Watch {
    fn on(&self, step: &Progress<'_>) {
        if let Progress::Leaving { rung, body } = step {
            let request = Disclosure {
                at: 0,
                host: rung.host.clone(),
                model: rung.model.clone(),
                bytes: body.len(),
                body: (*body).to_owned(),
            };
            let _ = self.store.keep_request("inc-1", &request);
        }
        if matches!(step, Progress::Round { .. } | Progress::Ended { .. }) {
            let mark = (Instant::now(), self.reads.load(Ordering::Relaxed));
            let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
            marks.push(mark);
        }
    }
}

/// A reader whose time is counted.
struct Timed {
    reader: Arc<dyn Reader>,
    nanos: Arc<AtomicU64>,
}

impl Reader for Timed {
    fn read(&self, permit: Permit) -> Reading<'_> {
        Box::pin(async move {
            let begun = Instant::now();
            let answer = self.reader.read(permit).await;
            let nanos = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.nanos.fetch_add(nanos, Ordering::Relaxed);
            answer
        })
    }
}

/// Each round counts with the best of so many: the machine does other things too.
pub const BEST_OF: usize = 5;

pub async fn measure(subjects: &[Subject]) -> Result<Rounds> {
    let mut all = Rounds::default();
    for subject in subjects {
        let mut best = Vec::new();
        let (mut told, mut sent) = (Vec::new(), Vec::new());
        for _ in 0..BEST_OF {
            let held = one(subject).await?;
            best.resize(held.raw.len(), f64::INFINITY);
            for (best, this) in best.iter_mut().zip(&held.raw) {
                *best = best.min(*this);
            }
            all.raw.extend(held.raw);
            all.reads.extend(held.reads);
            (told, sent) = (held.told, held.sent);
        }
        all.overhead.extend(best);
        all.told.extend(told);
        all.sent.extend(sent);
    }
    Ok(all)
}

/// One investigation.
async fn one(subject: &Subject) -> Result<Rounds> {
    let mut all = Rounds::default();
    let server = ModelServer::start(script(&subject.record)).await?;
    let model = model(&server.url(), 1)?;
    let nanos: Arc<AtomicU64> = Arc::default();
    let directory = tempfile::tempdir()?;
    let watch = Watch {
        store: Store::open(&directory.path().join("bench.sqlite"))?,
        reads: nanos.clone(),
        marks: Mutex::default(),
    };
    let reader = Arc::new(Timed {
        reader: subject.flow.cluster.reader(),
        nanos,
    });
    let case = Case {
        incident: &subject.record.incident,
        findings: &subject.findings,
        classes: classes::names(),
    };
    let outcome = model
        .investigate(&case, reader, &|| 0, Usage::default(), &watch)
        .await;
    let seen = server.seen();
    ensure!(
        outcome.why.is_empty() && seen.len() == 3,
        "{} requests, {:?}",
        seen.len(),
        outcome.why
    );
    let kept = watch.store.requests("inc-1")?;
    ensure!(kept.len() == 3, "{} requests are kept", kept.len());
    let marks = watch.marks.into_inner().unwrap_or_default();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    for ((from, to), request) in marks.iter().zip(marks.iter().skip(1)).zip(&seen) {
        let reads = Duration::from_nanos(to.1 - from.1);
        let round = to.0.duration_since(from.0);
        all.reads.push(ms(reads));
        let rest = round.saturating_sub(reads + request.took);
        all.raw.push(ms(rest));
    }
    let told = outcome.conversation.tools.iter().take(2);
    let told = told.map(|tool| tool.answer.as_ref().map_or(0, String::len));
    all.told.push(tokens(told.sum()));
    all.sent
        .push(tokens(seen.iter().map(|s| s.text.len()).sum()));
    Ok(all)
}
