//! The input of a model, what it may ask, and what is believed of its answer. All of it is pure:
//! the requests themselves are made by the host.
//!
//! Text goes out only as [`Clean`], which only an [`Egress`] makes. Text that comes back is parsed
//! into a [`Diagnosis`] and checked against the evidence; nothing of it becomes a key, a label, a
//! file name or a command.

mod claims;
mod command;
mod conclude;
mod conversation;
mod diagnosis;
mod egress;
mod failure;
mod fence;
pub mod fix_scope;
mod options;
mod prompt;
mod tools;
mod trim;

pub use claims::{Claims, sentences};
pub use command::fix_of_line;
pub use conclude::{Concluded, Proposal, STRONG, conclude};
pub use conversation::{
    Conversation, Disclosure, Exchange, Received, Reply, RungSetup, Setup, ToolRecord,
};
pub use diagnosis::{CitedEvidence, Diagnosis, ProposedFix};
pub use egress::{Clean, Egress};
pub use failure::{Failure, reset_ms};
pub use fence::Fence;
pub use options::{Budget, ModelConfig, Price, Provider, Usage};
pub use prompt::{Case, Noted, next_id, opening, patterns_evidence, system};
pub use tools::{Call, SUBMIT, TOOLS, Tool, arguments_of, kind_of, read_of, shown, tool_of};
pub use trim::{answer_text, log_text};
