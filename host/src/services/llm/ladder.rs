//! From model to smaller model: who is asked, and what a failure means for that.

use k8shawk_core::llm::{Conversation, Exchange, Failure, RungSetup, Usage};

use super::progress::{Next, Progress, Sink};
use super::talk::Talk;
use super::transport::{Transport, Wait};
use super::wire::{Body, Turn, body, estimate, read};

/// Longest wait for the same model where another one could be asked.
const PATIENCE_MS: u64 = 2000;
/// How often a request is made smaller.
const SHRINKS: u32 = 3;

/// Where on the ladder an investigation stands.
pub(super) struct Ladder<'a> {
    rungs: &'a [RungSetup],
    at: usize,
    transport: &'a dyn Transport,
    sink: &'a dyn Sink,
    /// Why models did not answer.
    pub missed: Vec<String>,
    /// What all requests used, answered or not.
    pub usage: Usage,
}

/// What follows a failure.
#[derive(Debug, PartialEq, Eq)]
enum AfterFailure {
    Again { at_least_ms: u64 },
    Shrink,
    Down,
    Stop,
}

impl<'a> Ladder<'a> {
    pub fn new(rungs: &'a [RungSetup], transport: &'a dyn Transport, sink: &'a dyn Sink) -> Self {
        Ladder {
            rungs,
            at: 0,
            transport,
            sink,
            missed: Vec::new(),
            usage: Usage::default(),
        }
    }

    /// The model that answers now.
    pub fn model(&self) -> &str {
        self.rungs.get(self.at).map_or("", |r| r.model.as_str())
    }

    /// Ask the next model from now on; false where there is none.
    pub fn down(&mut self, why: &Failure) -> bool {
        self.leave(why, self.at + 1)
    }

    /// Ask no more models.
    pub fn stop(&mut self, why: &Failure) {
        self.leave(why, self.rungs.len());
    }

    fn leave(&mut self, why: &Failure, to: usize) -> bool {
        let more = to < self.rungs.len();
        if let Some(rung) = self.rungs.get(self.at) {
            self.missed.push(format!("{}: {why}", rung.model));
            self.sink.on(&Progress::Failed {
                rung,
                failure: why,
                next: if more {
                    Next::NextModel
                } else {
                    Next::Patterns
                },
            });
        }
        self.at = to;
        more
    }

    /// Ask until a model answers; none where none is left.
    pub async fn ask(&mut self, talk: &mut Talk, log: &mut Conversation) -> Option<Turn> {
        let mut attempt = 0;
        let mut shrinks = 0;
        let mut at_least_ms = 0;
        loop {
            let rung = self.rungs.get(self.at)?;
            let wait = Wait {
                attempt,
                at_least_ms,
            };
            let failure = match self.once(rung, talk, log, wait).await {
                Ok(turn) => return Some(turn),
                Err(failure) => failure,
            };
            let mut step = step(&failure, attempt, self.at + 1 < self.rungs.len());
            if step == AfterFailure::Shrink && (shrinks >= SHRINKS || !talk.shrink()) {
                step = AfterFailure::Down;
            }
            match step {
                AfterFailure::Again { at_least_ms: wait } => {
                    self.again(rung, &failure);
                    attempt += 1;
                    at_least_ms = wait;
                    hint(talk, &failure);
                }
                AfterFailure::Shrink => {
                    self.again(rung, &failure);
                    shrinks += 1;
                }
                AfterFailure::Down => {
                    (attempt, shrinks, at_least_ms) = (0, 0, 0);
                    self.down(&failure);
                }
                AfterFailure::Stop => self.stop(&failure),
            }
        }
    }

    async fn once(
        &mut self,
        rung: &RungSetup,
        talk: &Talk,
        log: &mut Conversation,
        wait: Wait,
    ) -> Result<Turn, Failure> {
        let body = body(rung, &talk.ask());
        self.sink.on(&Progress::Leaving {
            rung,
            body: body.as_str(),
        });
        let reply = self.transport.send(self.at, &body, wait).await;
        let took_ms = reply.took_ms;
        let turn = match &reply.result {
            Ok(received) => read(rung, &body, received),
            Err(failure) => Err(failure.clone()),
        };
        let usage = match &turn {
            Ok(turn) => turn.usage,
            Err(failure) => lost(rung, &body, reply.left, failure),
        };
        if reply.left || turn.is_err() {
            let request = body.as_str().to_owned();
            log.exchanges.push(Exchange {
                rung: self.at,
                request,
                reply,
            });
        }
        self.usage.add(&usage);
        self.transport.settle(self.at, &usage, turn.as_ref().err());
        if let Ok(turn) = &turn {
            let calls = turn.calls.len();
            self.sink.on(&Progress::Answered {
                rung,
                took_ms,
                usage,
                calls,
            });
        }
        turn
    }

    fn again(&self, rung: &RungSetup, failure: &Failure) {
        self.sink.on(&Progress::Failed {
            rung,
            failure,
            next: Next::Again,
        });
    }
}

/// What a request used that was not answered: nobody says, so what it sent is counted where the
/// model may have worked for it.
fn lost(rung: &RungSetup, body: &Body, left: bool, failure: &Failure) -> Usage {
    let mut usage = Usage {
        calls: u32::from(left),
        ..Usage::default()
    };
    if left && failure.may_cost() {
        usage.input = estimate(body.as_str().len());
        usage.cost = rung.price.of(&usage);
    }
    usage
}

/// A refused tool call is reported to the model, and the temperature is lowered.
fn hint(talk: &mut Talk, failure: &Failure) {
    if let Failure::ToolUse { what } = failure {
        talk.temperature = 0;
        let quoted = talk.fence.wrap(what);
        talk.say(&format!(
            "Your last call was refused. Call one of the tools with valid arguments.\n{quoted}"
        ));
    }
}

fn step(failure: &Failure, attempt: u32, more: bool) -> AfterFailure {
    let again = |times: u32| match attempt < times {
        true => AfterFailure::Again { at_least_ms: 0 },
        false => AfterFailure::Down,
    };
    match failure {
        Failure::RateLimited { .. } | Failure::Overloaded { .. } => {
            let wait = failure.retry_after_ms().unwrap_or(0);
            match attempt < 2 && (wait <= PATIENCE_MS || !more) {
                true => AfterFailure::Again { at_least_ms: wait },
                false => AfterFailure::Down,
            }
        }
        Failure::ToolUse { .. } => again(2),
        Failure::Unreachable { .. } | Failure::Malformed { .. } => again(1),
        Failure::TooLarge { .. } => AfterFailure::Shrink,
        // All models of the ladder have one key.
        Failure::Refused { status: 401, .. } => AfterFailure::Stop,
        Failure::Retired { .. }
        | Failure::Refused { .. }
        | Failure::Rejected { .. }
        | Failure::Timeout { .. }
        | Failure::NoDiagnosis { .. }
        | Failure::Closed { .. } => AfterFailure::Down,
        Failure::Deadline
        | Failure::Budget { .. }
        | Failure::Unguarded { .. }
        | Failure::Unrecorded => AfterFailure::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_rate_limit_is_waited_for_only_where_no_other_model_is_left() {
        let limited = |ms| Failure::RateLimited {
            retry_after_ms: Some(ms),
            what: String::new(),
        };
        assert_eq!(
            step(&limited(1500), 0, true),
            AfterFailure::Again { at_least_ms: 1500 }
        );
        assert_eq!(step(&limited(9000), 0, true), AfterFailure::Down);
        assert_eq!(
            step(&limited(9000), 0, false),
            AfterFailure::Again { at_least_ms: 9000 }
        );
        assert_eq!(step(&limited(0), 2, false), AfterFailure::Down);
    }

    #[test]
    fn what_no_waiting_helps_is_not_tried_again() {
        let what = String::new;
        assert_eq!(
            step(&Failure::Retired { what: what() }, 0, true),
            AfterFailure::Down
        );
        assert_eq!(
            step(&Failure::Timeout { ms: 1 }, 0, true),
            AfterFailure::Down
        );
        assert_eq!(
            step(
                &Failure::Refused {
                    status: 401,
                    what: what()
                },
                0,
                true
            ),
            AfterFailure::Stop
        );
        assert_eq!(
            step(&Failure::TooLarge { what: what() }, 0, true),
            AfterFailure::Shrink
        );
        assert_eq!(step(&Failure::Deadline, 0, true), AfterFailure::Stop);
    }
}
