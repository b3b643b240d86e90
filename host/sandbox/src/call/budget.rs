//! The memory of one call: what it holds, and what it is answered.

use k8shawk_core::grant::Limits;
use wasmtime::ResourceLimiter;

/// Table elements of one component, all tables together: a Python component has 100,000.
const TABLE_ELEMENTS: usize = 200_000;
/// Core instances, tables and memories of one component.
const INSTANCES: usize = 128;
/// Bytes of memory that a guest needs for a byte of an answer: the text, and what is parsed of it.
const PARSED: usize = 6;

/// Counters of one call.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    answered: usize,
    pub(crate) memory: usize,
    elements: usize,
    /// Bytes of the first growth that was refused. wasm only sees a failed `memory.grow`, and
    /// aborts in its own way: without this note it would look like a plain panic.
    pub(crate) refused: Option<usize>,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Budget {
            limits,
            answered: 0,
            memory: 0,
            elements: 0,
            refused: None,
        }
    }

    /// Forget the answers so far, for an instance that is called again; its memory stays.
    pub(crate) fn again(&mut self) {
        self.answered = 0;
    }

    /// Count an answer of the cluster. The record keeps all of them, and the guest parses them:
    /// together they may be a part of the call's memory, so that too much to read is an answer
    /// and no end of the guest.
    pub(crate) fn admit(&mut self, bytes: usize) -> bool {
        let answered = self.answered.saturating_add(bytes);
        let admitted = answered <= self.limits.memory / PARSED;
        if admitted {
            self.answered = answered;
        }
        admitted
    }
}

impl ResourceLimiter for Budget {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        if total > self.limits.memory {
            self.refused.get_or_insert(total);
            return Ok(false);
        }
        self.memory = total;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self
            .elements
            .saturating_add(desired.saturating_sub(current));
        if total > TABLE_ELEMENTS {
            self.refused
                .get_or_insert(total.saturating_mul(size_of::<usize>()));
            return Ok(false);
        }
        self.elements = total;
        Ok(true)
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn tables(&self) -> usize {
        INSTANCES
    }

    fn memories(&self) -> usize {
        INSTANCES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_all_memories_of_a_component_together() {
        let mut budget = Budget::new(Limits {
            memory: 100,
            ..Limits::default()
        });
        assert!(budget.memory_growing(0, 60, None).unwrap());
        assert!(!budget.memory_growing(0, 60, None).unwrap());
        assert_eq!(budget.refused, Some(120));
    }
}
