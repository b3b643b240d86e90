//! Time that no clock tells: it begins where the call is told that it is, and moves when the
//! guest looks at it or waits.

use wasmtime::component::{ComponentType, Lower, Resource};

use super::Linked;
use crate::lent::Call;

/// Every look at a clock is so much later than the one before, so that a guest which waits in a
/// loop comes to its end.
const STEP_NS: u64 = 1000;
const SECOND_NS: u64 = 1_000_000_000;

/// The clocks of one call.
pub(super) struct Time {
    began_ns: u64,
    passed_ns: u64,
}

/// A `pollable`: ready from a time on.
pub(super) struct Timer {
    due_ns: u64,
}

/// A `datetime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

impl Time {
    pub(super) fn new(began_ns: u64) -> Self {
        Time {
            began_ns,
            passed_ns: 0,
        }
    }

    /// Nanoseconds since the call began.
    fn look(&mut self) -> u64 {
        self.passed_ns = self.passed_ns.saturating_add(STEP_NS);
        self.passed_ns
    }

    fn wall(&mut self) -> Datetime {
        let now = self.look().saturating_add(self.began_ns);
        Datetime {
            seconds: now / SECOND_NS,
            nanoseconds: u32::try_from(now % SECOND_NS).unwrap_or_default(),
        }
    }

    fn wait_until(&mut self, due_ns: u64) {
        self.passed_ns = self.passed_ns.max(due_ns);
    }

    /// Which of these are ready, after waiting for the first that will be.
    fn poll(&mut self, due_ns: &[u64]) -> Vec<u32> {
        self.look();
        self.wait_until(due_ns.iter().copied().min().unwrap_or_default());
        (0..)
            .zip(due_ns)
            .filter(|(_, due)| **due <= self.passed_ns)
            .map(|(index, _)| index)
            .collect()
    }
}

/// A pollable that is ready from a time on.
pub(super) fn timer(call: &mut Call, due_ns: u64) -> wasmtime::Result<Resource<Timer>> {
    Ok(call.wasi.table.push(Timer { due_ns })?)
}

/// The guest lets go of a pollable.
pub(super) fn forget(call: &mut Call, rep: u32) -> wasmtime::Result<()> {
    call.wasi.table.delete(Resource::<Timer>::new_own(rep))?;
    Ok(())
}

fn due(call: &Call, timer: &Resource<Timer>) -> wasmtime::Result<u64> {
    Ok(call.wasi.table.get(timer)?.due_ns)
}

/// Link a function of `clocks` or `io/poll`; false where it is none that is answered here.
pub(super) fn function(
    linked: &mut Linked<'_>,
    interface: &str,
    item: &str,
) -> wasmtime::Result<bool> {
    match (interface, item) {
        ("wall-clock", "now") => linked.func_wrap(item, |mut store, ()| {
            Ok((store.data_mut().wasi.time.wall(),))
        })?,
        ("wall-clock", "resolution") => linked.func_wrap(item, |_, ()| {
            Ok((Datetime {
                seconds: 0,
                nanoseconds: 1000,
            },))
        })?,
        ("monotonic-clock", "now") => linked.func_wrap(item, |mut store, ()| {
            Ok((store.data_mut().wasi.time.look(),))
        })?,
        ("monotonic-clock", "resolution") => linked.func_wrap(item, |_, ()| Ok((STEP_NS,)))?,
        ("monotonic-clock", "subscribe-instant") => {
            linked.func_wrap(item, |mut store, (due_ns,): (u64,)| {
                Ok((timer(store.data_mut(), due_ns)?,))
            })?;
        }
        ("monotonic-clock", "subscribe-duration") => {
            linked.func_wrap(item, |mut store, (duration_ns,): (u64,)| {
                let call = store.data_mut();
                let due_ns = call.wasi.time.look().saturating_add(duration_ns);
                Ok((timer(call, due_ns)?,))
            })?;
        }
        ("poll", "poll") => {
            linked.func_wrap(item, |mut store, (timers,): (Vec<Resource<Timer>>,)| {
                let call = store.data_mut();
                let due_ns = timers.iter().map(|timer| due(call, timer));
                let due_ns = due_ns.collect::<wasmtime::Result<Vec<u64>>>()?;
                if due_ns.is_empty() {
                    return Err(wasmtime::Error::msg("the plugin waits for nothing"));
                }
                Ok((call.wasi.time.poll(&due_ns),))
            })?;
        }
        ("poll", "[method]pollable.block") => {
            linked.func_wrap(item, |mut store, (timer,): (Resource<Timer>,)| {
                let call = store.data_mut();
                let due_ns = due(call, &timer)?;
                call.wasi.time.wait_until(due_ns);
                Ok(())
            })?;
        }
        ("poll", "[method]pollable.ready") => {
            linked.func_wrap(item, |mut store, (timer,): (Resource<Timer>,)| {
                let call = store.data_mut();
                let due_ns = due(call, &timer)?;
                Ok((due_ns <= call.wasi.time.look(),))
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_by_looking_and_by_waiting_alone() {
        let mut time = Time::new(5 * SECOND_NS);
        assert_eq!((time.look(), time.look()), (1000, 2000));
        time.wait_until(2 * SECOND_NS);
        let wall = Datetime {
            seconds: 7,
            nanoseconds: 1000,
        };
        assert_eq!(time.wall(), wall);
    }

    #[test]
    fn waits_for_the_first_of_several() {
        let mut time = Time::new(0);
        assert_eq!(time.poll(&[9_000_000, 5_000_000, 5_000_000]), [1, 2]);
        assert_eq!(time.passed_ns, 5_000_000);
        assert_eq!(time.poll(&[u64::MAX]), [0]);
        assert_eq!(time.look(), u64::MAX);
    }
}
