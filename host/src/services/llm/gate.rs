//! What stands before every request of every investigation: breakers, budgets, and how many may
//! be under way.

use k8shawk_core::count;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8shawk_core::llm::{Budget, Failure, Usage};
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Consecutive failures that open a breaker.
const FAILURES: u32 = 3;
/// How long a breaker stays open.
const OPEN: Duration = Duration::from_secs(30);
/// How long a model is left alone that does not exist, or a key that is refused.
const GONE: Duration = Duration::from_secs(600);
/// A longer wait is a time in which nobody asks.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest that a server's word is taken for.
const LONGEST: Duration = Duration::from_secs(3600);
const HOUR: Duration = Duration::from_secs(3600);

#[derive(Debug, Default)]
struct Breaker {
    failures: u32,
    until: Option<Instant>,
    what: String,
}

#[derive(Debug)]
struct State {
    breakers: Vec<Breaker>,
    hour: VecDeque<(Instant, Usage)>,
}

/// Shared by all investigations of a process.
#[derive(Debug)]
pub struct Gate {
    state: Mutex<State>,
    per_hour: Budget,
    /// Requests that may be under way.
    pub turns: Semaphore,
}

impl Gate {
    /// A gate before so many rungs.
    pub fn new(rungs: usize, per_hour: Budget, concurrency: usize) -> Gate {
        let breakers = (0..rungs).map(|_| Breaker::default()).collect();
        Gate {
            state: Mutex::new(State {
                breakers,
                hour: VecDeque::new(),
            }),
            per_hour,
            turns: Semaphore::new(concurrency.max(1)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Let a request to this rung through, and count it: requests that are under way at the same
    /// time cannot overrun the number of an hour.
    ///
    /// # Errors
    /// [`Failure::Closed`] or [`Failure::Budget`].
    pub fn open(&self, rung: usize, now: Instant) -> Result<(), Failure> {
        let mut state = self.state();
        let recent = |at: &Instant| now.duration_since(*at) < HOUR;
        while state.hour.front().is_some_and(|(at, _)| !recent(at)) {
            state.hour.pop_front();
        }
        let mut used = Usage::default();
        state.hour.iter().for_each(|(_, usage)| used.add(usage));
        within(&self.per_hour, &used, "of this hour")?;
        if let Some(breaker) = state.breakers.get_mut(rung) {
            breaker.pass(now)?;
        }
        let call = Usage {
            calls: 1,
            ..Usage::default()
        };
        state.hour.push_back((now, call));
        Ok(())
    }

    /// Count what a request used, and learn from its failure.
    pub fn settle(&self, rung: usize, usage: &Usage, failure: Option<&Failure>, now: Instant) {
        let mut state = self.state();
        // Its call was counted when it was let through.
        let rest = Usage { calls: 0, ..*usage };
        if rest != Usage::default() {
            state.hour.push_back((now, rest));
        }
        if let Some(breaker) = state.breakers.get_mut(rung) {
            breaker.learn(failure, now);
        }
    }
}

impl Breaker {
    fn pass(&mut self, now: Instant) -> Result<(), Failure> {
        let Some(until) = self.until else {
            return Ok(());
        };
        if until > now {
            let seconds = until.duration_since(now).as_secs() + 1;
            return Err(Failure::Closed {
                seconds,
                what: self.what.clone(),
            });
        }
        // Half open: this one request tries, and the others still keep away.
        self.until = Some(now + OPEN);
        self.failures = FAILURES - 1;
        Ok(())
    }

    fn learn(&mut self, failure: Option<&Failure>, now: Instant) {
        let Some(failure) = failure else {
            return *self = Breaker::default();
        };
        let asked = failure.retry_after_ms().map(Duration::from_millis);
        let rest = match failure {
            _ if asked.is_some_and(|wait| wait > PATIENCE) => asked,
            Failure::Retired { .. } | Failure::Refused { .. } => Some(GONE),
            // It answers: the caller that tried it for the others knows that now.
            Failure::RateLimited { .. } if asked.is_some() => self.reopen(),
            Failure::TooLarge { .. } | Failure::ToolUse { .. } | Failure::Rejected { .. } => {
                self.reopen()
            }
            Failure::RateLimited { .. }
            | Failure::Overloaded { .. }
            | Failure::Malformed { .. }
            | Failure::Timeout { .. }
            | Failure::Unreachable { .. } => {
                self.failures += 1;
                (self.failures >= FAILURES).then_some(OPEN)
            }
            _ => None,
        };
        if let Some(rest) = rest {
            self.until = Some(now + rest.min(LONGEST));
            self.what = failure.to_string();
        }
    }

    fn reopen(&mut self) -> Option<Duration> {
        self.until = None;
        None
    }
}

/// Whether a budget has something left.
///
/// # Errors
/// [`Failure::Budget`] names what is used up.
pub fn within(budget: &Budget, used: &Usage, whose: &str) -> Result<(), Failure> {
    let spent = if used.calls >= budget.calls {
        Some(format!("{} {whose}", count(budget.calls, "request")))
    } else if used.tokens() >= budget.tokens {
        Some(format!("{} {whose}", count(budget.tokens, "token")))
    } else {
        let money = budget.money.filter(|most| used.cost >= *most);
        money.map(|most| {
            format!(
                "{}.{:06} dollars {whose}",
                most / 1_000_000,
                most % 1_000_000
            )
        })
    };
    spent.map_or(Ok(()), |what| Err(Failure::Budget { what }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(calls: u32) -> Gate {
        Gate::new(
            2,
            Budget {
                calls,
                tokens: 1000,
                money: Some(50),
            },
            1,
        )
    }

    #[test]
    fn a_model_that_fails_thrice_is_left_alone_and_tried_once_after() {
        let (gate, start) = (gate(100), Instant::now());
        let failure = Failure::Timeout { ms: 1 };
        for _ in 0..3 {
            assert_eq!(gate.open(0, start), Ok(()));
            gate.settle(0, &Usage::default(), Some(&failure), start);
        }
        assert!(matches!(
            gate.open(0, start),
            Err(Failure::Closed { seconds: 31, .. })
        ));
        assert_eq!(gate.open(1, start), Ok(()));
        let later = start + OPEN;
        assert_eq!(gate.open(0, later), Ok(()));
        assert!(gate.open(0, later).is_err(), "one tries for all");
        gate.settle(0, &Usage::default(), Some(&failure), later);
        assert!(gate.open(0, later).is_err());
        let last = later + OPEN;
        assert_eq!(gate.open(0, last), Ok(()));
        gate.settle(0, &Usage::default(), None, last);
        gate.settle(0, &Usage::default(), Some(&failure), last);
        assert_eq!(gate.open(0, last), Ok(()));
    }

    #[test]
    fn a_long_rate_limit_and_a_retired_model_are_believed_at_once() {
        let (gate, start) = (gate(100), Instant::now());
        let limited = Failure::RateLimited {
            retry_after_ms: Some(60_000),
            what: String::new(),
        };
        gate.settle(0, &Usage::default(), Some(&limited), start);
        assert!(gate.open(0, start + Duration::from_secs(59)).is_err());
        assert!(gate.open(0, start + Duration::from_secs(60)).is_ok());
        let retired = Failure::Retired {
            what: String::new(),
        };
        gate.settle(1, &Usage::default(), Some(&retired), start);
        assert!(gate.open(1, start + Duration::from_secs(599)).is_err());
    }

    #[test]
    fn requests_that_are_under_way_count_in_the_budget_of_an_hour() {
        let (gate, start) = (gate(3), Instant::now());
        for _ in 0..3 {
            assert_eq!(gate.open(0, start), Ok(()));
        }
        assert!(matches!(gate.open(0, start), Err(Failure::Budget { .. })));
        assert_eq!(gate.open(0, start + HOUR), Ok(()));
    }

    #[test]
    fn an_hour_has_its_budget_of_tokens_and_money() {
        let start = Instant::now();
        for (output, cost) in [(999, 1), (1, 50)] {
            let gate = gate(3);
            assert_eq!(gate.open(0, start), Ok(()));
            let usage = Usage {
                calls: 1,
                input: 1,
                output,
                cost,
            };
            gate.settle(0, &usage, None, start);
            assert!(
                matches!(gate.open(0, start), Err(Failure::Budget { .. })),
                "{usage:?}"
            );
            assert_eq!(gate.open(0, start + HOUR), Ok(()));
        }
    }
}
