//! `[limits]`: bounds of one call.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::GrantFaults;

/// Milliseconds that a call may take.
const DEADLINE_MS: RangeInclusive<u64> = 1..=60_000;
/// MiB that a plugin may have.
const MEMORY_MIB: RangeInclusive<u64> = 1..=512;
/// KiB that a plugin may hand over.
const OUTPUT_KIB: RangeInclusive<u64> = 1..=16_384;

/// Bounds of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time of one call.
    pub deadline: Duration,
    /// Linear memory in bytes.
    pub memory: usize,
    /// Host calls in one call.
    pub host_calls: u32,
    /// Bytes that one call may hand to the host, its result and its arguments together.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            deadline: Duration::from_millis(1000),
            memory: 32 << 20,
            host_calls: 200,
            output: 1 << 20,
        }
    }
}

/// A limit that nothing can keep: its author corrects it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("limits.{key} must be {} to {}", .range.start(), .range.end())]
pub struct LimitsFault {
    key: &'static str,
    range: RangeInclusive<u64>,
}

/// The keys of `[limits]`, each as it was given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsGiven {
    deadline_ms: Option<u64>,
    memory_mib: Option<u64>,
    host_calls: Option<u32>,
    output_kib: Option<u64>,
}

impl LimitsGiven {
    /// The limits, with the default where nothing is given.
    ///
    /// # Errors
    /// Every limit that is out of bounds.
    pub fn parse(&self) -> Result<Limits, Vec<LimitsFault>> {
        let default = Limits::default();
        let mut faults = Vec::new();
        let mut within = |key, range: RangeInclusive<u64>, given: Option<u64>| {
            if given.is_some_and(|value| !range.contains(&value)) {
                faults.push(LimitsFault { key, range });
                return None;
            }
            given
        };
        let bytes = |given: u64, unit: u32| usize::try_from(given << unit).unwrap_or(usize::MAX);
        let deadline = within("deadline_ms", DEADLINE_MS, self.deadline_ms);
        let memory = within("memory_mib", MEMORY_MIB, self.memory_mib);
        let output = within("output_kib", OUTPUT_KIB, self.output_kib);
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Limits {
            deadline: deadline.map_or(default.deadline, Duration::from_millis),
            memory: memory.map_or(default.memory, |mib| bytes(mib, 20)),
            host_calls: self.host_calls.unwrap_or(default.host_calls),
            output: output.map_or(default.output, |kib| bytes(kib, 10)),
        })
    }
}

/// The same with their places in the file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    deadline_ms: Option<Spanned<u64>>,
    memory_mib: Option<Spanned<u64>>,
    host_calls: Option<u32>,
    output_kib: Option<Spanned<u64>>,
}

impl RawLimits {
    pub(super) fn parse(&self, faults: &mut GrantFaults<'_>) -> Limits {
        let value = |given: &Option<Spanned<u64>>| given.as_ref().map(|v| *v.get_ref());
        let given = LimitsGiven {
            deadline_ms: value(&self.deadline_ms),
            memory_mib: value(&self.memory_mib),
            host_calls: self.host_calls,
            output_kib: value(&self.output_kib),
        };
        given.parse().unwrap_or_else(|wrong| {
            for fault in wrong {
                faults.at(self.place(fault.key), &fault.to_string());
            }
            Limits::default()
        })
    }

    /// Where a key stands, bytes from the start of the file.
    fn place(&self, key: &str) -> usize {
        let given = match key {
            "deadline_ms" => &self.deadline_ms,
            "memory_mib" => &self.memory_mib,
            _ => &self.output_kib,
        };
        given.as_ref().map_or(0, |value| value.span().start)
    }
}
