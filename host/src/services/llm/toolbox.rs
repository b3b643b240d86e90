//! The model's reads: through the guard, within the limits of its grant, trimmed and redacted.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use k8shawk_core::grant::{Grant, Limits};
use k8shawk_core::guard::{Answer, Guard, Read, ReadError, Reader, Refusal};
use k8shawk_core::llm::{ToolRecord, answer_text, shown, tool_of};
use k8shawk_core::redact::{Veil, redact};
use serde_json::Value;
use tokio::time::Instant;
use tracing::Instrument;

use super::spans;
use crate::services::telemetry::ModelMetrics;

/// What a read gave, later.
pub type Reading<'a> = Pin<Box<dyn Future<Output = ToolRecord> + Send + 'a>>;

/// Serves the model's reads.
pub trait Toolbox: Send + Sync {
    /// One read.
    fn read(&self, read: Read) -> Reading<'_>;
}

/// Reads of one investigation.
pub struct ClusterTools {
    guard: Guard,
    reader: Arc<dyn Reader>,
    limits: Limits,
    tool_bytes: usize,
    deadline: Instant,
    metrics: ModelMetrics,
    calls: AtomicU32,
    told: AtomicUsize,
    veil: Veil,
}

/// Why a read returned nothing: in words for the model, and for people.
struct Failed {
    told: String,
    refused: Option<String>,
}

impl Failed {
    /// A word of a closed set.
    fn class(&self) -> &'static str {
        match (&self.refused, self.told == NOT_FOUND) {
            (Some(_), _) => "denied",
            (None, true) => "not-found",
            (None, false) => "unavailable",
        }
    }

    fn told(text: &str) -> Failed {
        Failed {
            told: text.to_owned(),
            refused: None,
        }
    }
}

impl ClusterTools {
    /// Reads under a grant, until a deadline. Values that may be secrets are tokens of the
    /// conversation that has this nonce.
    pub fn new(
        nonce: &str,
        grant: Arc<Grant>,
        reader: Arc<dyn Reader>,
        tool_bytes: usize,
        deadline: Instant,
        metrics: ModelMetrics,
    ) -> ClusterTools {
        ClusterTools {
            limits: grant.limits,
            guard: Guard::new(grant),
            reader,
            tool_bytes,
            deadline,
            metrics,
            calls: AtomicU32::new(0),
            told: AtomicUsize::new(0),
            veil: Veil::new(nonce),
        }
    }

    async fn answer(&self, read: Read) -> Result<String, Failed> {
        let read = self.with_container(read).await?;
        let answer = self.permitted(&read).await?;
        let left = self
            .limits
            .output
            .saturating_sub(self.told.load(Ordering::Relaxed));
        if left < 256 {
            return Err(Failed::told(
                "no more can be read: the limit of this investigation is reached",
            ));
        }
        let bytes = self.tool_bytes.min(left);
        let text = redact(&answer_text(&self.veil, &read, &answer, bytes));
        self.told.fetch_add(text.len(), Ordering::Relaxed);
        Ok(text)
    }

    /// Guard, number of reads, deadline, size: in this order.
    async fn permitted(&self, read: &Read) -> Result<Answer, Failed> {
        if self.calls.fetch_add(1, Ordering::Relaxed) >= self.limits.host_calls {
            return Err(Failed::told(
                "no more reads: the limit of this investigation is reached",
            ));
        }
        let permit = self.guard.permit(read.clone()).map_err(refusal)?;
        let until = self.deadline.min(Instant::now() + self.limits.deadline);
        let answer = tokio::time::timeout_at(until, self.reader.read(permit)).await;
        let answer = answer.map_err(|_| Failed::told("the read took too long"))?;
        let answer = answer.map_err(|error| unread(read, &error))?;
        if answer.size() > self.limits.memory {
            return Err(Failed::told(
                "the answer is too large: ask for one object by its name",
            ));
        }
        Ok(answer)
    }

    /// Logs need the name of the container; most pods have one.
    async fn with_container(&self, read: Read) -> Result<Read, Failed> {
        match read {
            Read::Logs {
                namespace,
                pod,
                container,
                previous,
                lines,
            } if container.is_empty() => {
                let get = Read::Get {
                    kind: "Pod".to_owned(),
                    namespace: namespace.clone(),
                    name: pod.clone(),
                };
                let names = match self.permitted(&get).await? {
                    Answer::Text(text) => containers(&text),
                    Answer::Described(_) | Answer::Usage(_) => Vec::new(),
                };
                match names.as_slice() {
                    [container] => {
                        let container = container.clone();
                        Ok(Read::Logs {
                            namespace,
                            pod,
                            container,
                            previous,
                            lines,
                        })
                    }
                    _ => Err(Failed::told(&format!(
                        "name the container; there are {}",
                        names.join(", ")
                    ))),
                }
            }
            other => Ok(other),
        }
    }
}

fn containers(pod: &str) -> Vec<String> {
    let pod: Value = serde_json::from_str(pod).unwrap_or_default();
    let mut names = Vec::new();
    for key in ["containers", "initContainers"] {
        let listed = pod
            .pointer(&format!("/spec/{key}"))
            .and_then(Value::as_array);
        let named = listed.into_iter().flatten();
        names.extend(named.filter_map(|c| c.get("name")?.as_str().map(ToOwned::to_owned)));
    }
    names
}

/// A refusal never tells whether the object exists.
fn refusal(refusal: Refusal) -> Failed {
    match refusal {
        Refusal::Invalid(what) => Failed {
            told: what,
            refused: None,
        },
        denied @ Refusal::Denied { .. } => Failed {
            told: "denied".to_owned(),
            refused: Some(denied.to_string()),
        },
    }
}

fn unread(read: &Read, error: &ReadError) -> Failed {
    match error {
        ReadError::Denied => Failed {
            told: "denied".to_owned(),
            refused: Some(format!("the cluster (RBAC) refuses {}", shown(read))),
        },
        ReadError::NotFound => Failed::told(NOT_FOUND),
        ReadError::Unavailable(why) | ReadError::Later(why) => Failed {
            told: redact(why),
            refused: None,
        },
    }
}

const NOT_FOUND: &str = "not found";

impl Toolbox for ClusterTools {
    fn read(&self, read: Read) -> Reading<'_> {
        let tool = tool_of(&read);
        let span = spans::execute_tool(tool);
        let within = span.clone();
        let reading = async move {
            let (words, started) = (shown(&read), Instant::now());
            let result = self.answer(read).await;
            let took = started.elapsed();
            self.metrics.tool(tool, took);
            if let Err(failed) = &result {
                spans::failed(&span, failed.class());
            }
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let found = result.is_ok();
            let (answer, refused) = match result {
                Ok(text) => (Ok(text), None),
                // That something is not there is a fact, too.
                Err(failed) if failed.told == NOT_FOUND => (Ok(failed.told), None),
                Err(failed) => (Err(failed.told), failed.refused),
            };
            ToolRecord {
                read: words,
                answer,
                found,
                refused,
                took_ms,
            }
        };
        Box::pin(reading.instrument(within))
    }
}

/// What a grant of the model must not hold: nothing parses that nothing enforces.
pub fn grant_faults(grant: &Grant) -> Vec<String> {
    let mut faults = Vec::new();
    if grant.digest.is_some() {
        faults.push("a model has no digest".to_owned());
    }
    if !grant.settings.is_empty() {
        faults.push("a model has no settings".to_owned());
    }
    if grant.limits.deadline < Duration::from_millis(100) {
        faults.push("limits.deadline_ms is too short for any read".to_owned());
    }
    faults
}
