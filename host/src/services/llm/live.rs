//! Requests of one investigation over HTTP: waiting, deadline, gate, budget.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8shawk_core::llm::{Budget, Failure, Received, Reply, RungSetup, Usage};
use tokio::time::Instant;
use tracing::{Instrument, Span};

use super::gate::{Gate, within};
use super::http::Http;
use super::spans;
use super::transport::{Sending, Transport, Wait};
use super::wire::Body;
use crate::services::backoff::{self, Backoff};
use crate::services::telemetry::ModelMetrics;

/// First pause of a back-off; it doubles.
const PAUSES: Backoff = Backoff {
    first: Duration::from_millis(400),
    longest: Duration::from_millis(12_800),
};

/// The transport of one investigation.
pub(super) struct Live<'s> {
    pub http: &'s Http,
    pub gate: &'s Gate,
    pub request_timeout: Duration,
    pub per_incident: Budget,
    pub deadline: Instant,
    pub now: &'s (dyn Fn() -> i64 + Send + Sync),
    pub rungs: &'s [RungSetup],
    pub answer_tokens: u32,
    pub metrics: &'s ModelMetrics,
    /// What the incident has used, with what earlier investigations of it used.
    pub used: Mutex<Usage>,
    /// The request whose answer is not read yet: one at a time.
    pub under_way: Mutex<Option<(Span, Duration)>>,
}

impl Live<'_> {
    fn left(&self) -> Result<Duration, Failure> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(Failure::Deadline)
        } else {
            Ok(left)
        }
    }

    /// Everything before the request.
    async fn ready(
        &self,
        rung: usize,
        wait: Wait,
    ) -> Result<tokio::sync::SemaphorePermit<'_>, Failure> {
        if wait.attempt > 0 {
            let pause = pause(wait);
            // A wait that ends after the deadline is not begun.
            if pause >= self.left()? {
                return Err(Failure::Deadline);
            }
            tokio::time::sleep(pause).await;
        }
        let used = *held(&self.used);
        within(&self.per_incident, &used, "of this incident")?;
        let turn = tokio::time::timeout(self.left()?, self.gate.turns.acquire()).await;
        let turn = turn
            .map_err(|_| Failure::Deadline)?
            .map_err(|_| Failure::Deadline)?;
        // Asked last: what others learnt while this one waited counts.
        self.gate.open(rung, Instant::now())?;
        Ok(turn)
    }

    async fn sent(&self, body: &Body) -> Result<Received, Failure> {
        let left = self.left()?;
        let result = self.http.post(body, left.min(self.request_timeout)).await;
        match result {
            Err(Failure::Timeout { .. }) if self.left().is_err() => Err(Failure::Deadline),
            other => other,
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Doubling, with jitter upwards, and never less than what the server asked for.
fn pause(wait: Wait) -> Duration {
    let asked = Duration::from_millis(wait.at_least_ms);
    backoff::spread(PAUSES.after(wait.attempt), 2).max(asked)
}

impl Transport for Live<'_> {
    fn send<'a>(&'a self, rung: usize, body: &'a Body, wait: Wait) -> Sending<'a> {
        Box::pin(async move {
            let turn = match self.ready(rung, wait).await {
                Ok(turn) => turn,
                Err(failure) => {
                    return Reply {
                        at: (self.now)(),
                        took_ms: 0,
                        left: false,
                        result: Err(failure),
                    };
                }
            };
            let (at, started) = ((self.now)(), Instant::now());
            let rung = self.rungs.get(rung);
            let span = rung.map_or_else(Span::none, |r| spans::chat(r, self.answer_tokens));
            let result = self.sent(body).instrument(span.clone()).await;
            drop(turn);
            let took = started.elapsed();
            *held(&self.under_way) = Some((span, took));
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            // Without a connection nothing left; a time-out may have come after the body.
            let left = !matches!(result, Err(Failure::Unreachable { .. }));
            Reply {
                at,
                took_ms,
                left,
                result,
            }
        })
    }

    fn settle(&self, rung: usize, usage: &Usage, failure: Option<&Failure>) {
        held(&self.used).add(usage);
        self.gate.settle(rung, usage, failure, Instant::now());
        // What was refused before it was sent has no span, and is no request.
        if let Some((span, took)) = held(&self.under_way).take() {
            spans::answered(&span, usage, failure);
            if let Some(rung) = self.rungs.get(rung) {
                self.metrics.request(rung, usage, failure, took);
            }
        }
    }
}
