//! What ended a call: from wasmtime's errors and the call's counters to [`CallError`].

use std::io::{self, Write};

use serde::Serialize;
use wasmtime::{PoolConcurrencyLimitError, Store, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::call::Overrun;
use crate::call::{self, Call};
use crate::call::{CallError, Called};
use k8shawk_core::grant::Limits;

/// wasmtime keeps the type of this error to itself.
const FUEL: &str = "fuel allocated for hostcalls has been exhausted";

/// End a call: weigh its result or explain its error, and keep its record. The store dies here,
/// since wasmtime refuses further calls into an instance that trapped.
pub(super) fn end<T: Serialize>(
    store: Store<Call>,
    limits: Limits,
    result: Result<T, Stop>,
) -> Called<T> {
    let call = store.into_data();
    call.end_lines();
    let result = match result {
        Ok(value) => weigh(value, &call, limits),
        Err(Stop::Wasm(error)) => Err(explain(&error, &call, limits)),
        Err(Stop::Known(error)) => Err(error),
    };
    Called {
        result,
        record: call.into_record(),
    }
}

/// Why a call stopped.
pub(super) enum Stop {
    /// wasmtime or a host function ended it.
    Wasm(wasmtime::Error),
    /// The host ended it.
    Known(CallError),
}

impl From<wasmtime::Error> for Stop {
    fn from(error: wasmtime::Error) -> Self {
        Stop::Wasm(error)
    }
}

pub(super) fn explain(error: &wasmtime::Error, call: &Call, limits: Limits) -> CallError {
    if error.is::<PoolConcurrencyLimitError>() {
        return CallError::Busy;
    }
    if let Some(overrun) = error.downcast_ref::<Overrun>() {
        return match overrun {
            Overrun::HostCalls => CallError::HostCalls {
                limit: limits.host_calls,
            },
            Overrun::Waiting => CallError::Waiting {
                limit: limits.deadline,
            },
        };
    }
    if error.downcast_ref::<Trap>() == Some(&Trap::Interrupt) {
        return CallError::Deadline {
            limit: limits.deadline,
        };
    }
    if let Some(asked) = call.budget.refused {
        return CallError::Memory {
            asked,
            limit: limits.memory,
        };
    }
    let cause = error.root_cause().to_string();
    if cause.contains(FUEL) {
        return CallError::Output {
            limit: limits.output,
        };
    }
    // What goes wrong while guest code runs has the frames of the guest. Without them its code had
    // ended, and the host was reading the result.
    let ran = error.is::<WasmBacktrace>() || error.is::<Trap>() || error.is::<I32Exit>();
    if !ran {
        return CallError::Answer(cause);
    }
    CallError::Trap(ended(error, &cause).said(call.journal.last_words()))
}

fn ended(error: &wasmtime::Error, cause: &str) -> call::Trap {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return call::Trap::exit(exit.0);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => call::Trap::aborted(),
        _ => call::Trap::because(cause.strip_prefix("wasm trap: ").unwrap_or(cause)),
    }
}

/// One lift is bounded by wasmtime; together with the arguments of host calls it is bounded
/// here. Only a plugin that did write something is weighed.
fn weigh<T: Serialize>(value: T, call: &Call, limits: Limits) -> Result<T, CallError> {
    let written = call.journal.output();
    if written > 0 && written.saturating_add(size(&value)) > limits.output {
        return Err(CallError::Output {
            limit: limits.output,
        });
    }
    Ok(value)
}

fn size<T: Serialize>(value: &T) -> usize {
    struct Count(usize);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.saturating_add(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}
