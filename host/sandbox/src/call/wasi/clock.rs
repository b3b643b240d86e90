//! Virtual time: it starts at the time of the call, and moves when the guest
//! looks at it or waits.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::HostWallClock;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

/// Every look at a clock is so much later than the one before, so that a guest which waits in a
/// loop comes to its end.
const STEP: Duration = Duration::from_micros(1);

/// The clock of one call; clones share it.
#[derive(Clone)]
pub(super) struct Clock(Arc<Mutex<Passing>>);

struct Passing {
    began: Duration,
    /// Since the call began.
    passed: Duration,
    /// When each timer that is waited for is due.
    due: Vec<Duration>,
}

impl Clock {
    pub(super) fn new(began: Duration) -> Self {
        Clock(Arc::new(Mutex::new(Passing {
            began,
            passed: Duration::ZERO,
            due: Vec::new(),
        })))
    }

    /// Time since the call began.
    fn look(&self) -> Duration {
        let mut passing = self.passing();
        passing.passed = passing.passed.saturating_add(STEP);
        passing.passed
    }

    fn passing(&self) -> MutexGuard<'_, Passing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        STEP
    }

    fn now(&self) -> Duration {
        let passed = self.look();
        self.passing().began.saturating_add(passed)
    }
}

/// A `pollable`: ready from a time on.
struct Timer {
    due: Duration,
    clock: Clock,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Timer {
    async fn ready(&mut self) {
        self.clock.look();
        let (due, clock) = (self.due, self.clock.clone());
        let noted = false;
        Wait { due, clock, noted }.await;
    }
}

/// Waits without waiting. At the first poll it notes when it is due; by the second, all that are
/// waited for together have done so, and the first of them moves the clock to its end.
struct Wait {
    due: Duration,
    clock: Clock,
    noted: bool,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut passing = self.clock.passing();
        if self.noted && passing.due.iter().min() == Some(&self.due) {
            passing.passed = passing.passed.max(self.due);
        }
        if self.due <= passing.passed {
            return Poll::Ready(());
        }
        if !self.noted {
            passing.due.push(self.due);
            drop(passing);
            self.noted = true;
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut passing = self.clock.passing();
        let mine = passing.due.iter().position(|due| *due == self.due);
        if let Some(mine) = mine.filter(|_| self.noted) {
            passing.due.swap_remove(mine);
        }
    }
}

/// The part of a call that has the time.
pub(super) struct HasTime;

impl HasData for HasTime {
    type Data<'a> = Time<'a>;
}

/// What `monotonic-clock` works on: `wasmtime-wasi` lets the host say what time it is, and not how
/// long a guest waits.
pub(super) struct Time<'a> {
    pub(super) clock: &'a Clock,
    pub(super) table: &'a mut ResourceTable,
}

impl Time<'_> {
    fn timer(&mut self, due: Duration) -> wasmtime::Result<Resource<DynPollable>> {
        let clock = self.clock.clone();
        let timer = self.table.push(Timer { due, clock })?;
        subscribe(self.table, timer)
    }
}

impl monotonic_clock::Host for Time<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(nanos(self.clock.look()))
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(nanos(STEP))
    }

    fn subscribe_instant(&mut self, due: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.timer(Duration::from_nanos(due))
    }

    fn subscribe_duration(&mut self, wait: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let now = nanos(self.clock.look());
        self.timer(Duration::from_nanos(now.saturating_add(wait)))
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn waits(clock: &Clock, due: &[Duration]) -> Vec<Pin<Box<Wait>>> {
        let wait = |due: &Duration| Wait {
            due: *due,
            clock: clock.clone(),
            noted: false,
        };
        due.iter().map(|due| Box::pin(wait(due))).collect()
    }

    /// Which are ready in one round, as `wasi:io/poll` asks them.
    fn round(waits: &mut [Pin<Box<Wait>>]) -> Vec<usize> {
        let mut context = Context::from_waker(Waker::noop());
        let mut ready = Vec::new();
        for (index, wait) in waits.iter_mut().enumerate() {
            if wait.as_mut().poll(&mut context).is_ready() {
                ready.push(index);
            }
        }
        ready
    }

    #[test]
    fn time_moves_by_looking_and_by_waiting_alone() {
        let clock = Clock::new(Duration::from_secs(5));
        assert_eq!((clock.look(), clock.look()), (STEP, 2 * STEP));
        let mut one = waits(&clock, &[ms(2000)]);
        assert!(round(&mut one).is_empty());
        assert_eq!(clock.look(), 3 * STEP);
        assert_eq!(round(&mut one), [0]);
        assert_eq!(HostWallClock::now(&clock), ms(7000) + STEP);
    }

    #[test]
    fn waits_for_the_first_of_several() {
        let clock = Clock::new(Duration::ZERO);
        let mut three = waits(&clock, &[ms(9), ms(5), ms(5)]);
        assert!(round(&mut three).is_empty());
        assert_eq!(round(&mut three), [1, 2]);
        assert_eq!(clock.look(), ms(5) + STEP);
        drop(three);
        assert!(clock.passing().due.is_empty());
        let mut never = waits(&clock, &[Duration::from_nanos(u64::MAX)]);
        assert!(round(&mut never).is_empty());
        assert_eq!(round(&mut never), [0]);
        assert_eq!(nanos(clock.look()), u64::MAX);
    }

    #[test]
    fn a_timer_that_is_only_looked_at_moves_nobody() {
        let clock = Clock::new(Duration::ZERO);
        assert!(round(&mut waits(&clock, &[ms(1)])).is_empty());
        let mut other = waits(&clock, &[ms(5)]);
        assert!(round(&mut other).is_empty());
        assert_eq!(round(&mut other), [0]);
    }
}
