//! What happens, while it happens: for the terminal and telemetry.

use k8shawk_core::llm::{Failure, RungSetup, Usage};

use crate::services::telemetry::{self, ModelMetrics};

/// One step of an investigation.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A round begins.
    Round {
        /// Which one, from 1.
        number: u32,
        /// How many there are at most.
        of: u32,
    },
    /// A request is about to leave.
    Leaving {
        /// The model that it is for.
        rung: &'a RungSetup,
        /// The body, exactly as it leaves.
        body: &'a str,
    },
    /// A model answered.
    Answered {
        /// The model.
        rung: &'a RungSetup,
        /// How long it took.
        took_ms: u64,
        /// Tokens and cost of this answer.
        usage: Usage,
        /// How many tools it calls.
        calls: usize,
    },
    /// A model did not answer.
    Failed {
        /// The model.
        rung: &'a RungSetup,
        /// Why.
        failure: &'a Failure,
        /// What happens now.
        next: Next,
    },
    /// A tool was called.
    Tool {
        /// Name of the tool; `unknown` where there is none of that name.
        name: &'static str,
        /// The read in words; empty where none was made.
        read: &'a str,
        /// Id of the evidence that it gave, now or before.
        evidence: Option<&'a str>,
        /// The message to the model if it gave none now.
        told: Option<&'a str>,
        /// How long it took.
        took_ms: u64,
    },
    /// It ends.
    Ended {
        /// The model's name, or `patterns`.
        answered_by: &'a str,
        /// Why the others did not answer.
        why: &'a [String],
        /// All that was used.
        usage: Usage,
    },
}

/// What follows a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The same model is asked again.
    Again,
    /// The next model is asked.
    NextModel,
    /// No more models are asked.
    Patterns,
}

/// Receives the steps.
pub trait Sink: Send + Sync {
    /// One step.
    fn on(&self, step: &Progress<'_>);
}

/// Receives nothing.
pub struct Silent;

impl Sink for Silent {
    fn on(&self, _step: &Progress<'_>) {}
}

/// Counts who fell to whom, and passes everything on.
pub(super) struct Counted<'a> {
    pub sink: &'a dyn Sink,
    pub metrics: &'a ModelMetrics,
}

impl Sink for Counted<'_> {
    fn on(&self, step: &Progress<'_>) {
        if let Progress::Failed {
            rung,
            failure,
            next,
        } = step
        {
            match next {
                Next::Again => {}
                Next::NextModel => self.metrics.fell(rung, failure, telemetry::Next::Model),
                Next::Patterns => self.metrics.fell(rung, failure, telemetry::Next::Patterns),
            }
        }
        self.sink.on(step);
    }
}
