//! The flow. Each stage is a verb, takes an incident from one stored state to the next, and knows
//! the services alone; [`pipeline`](crate::run::pipeline) runs them in this order:
//!
//! [`triage`] -> [`investigate`] -> [`merge`] -> [`consult`] -> [`decide`] -> [`notify`] ->
//! [`approve`] -> [`fix`] -> [`recover`] -> [`document`]
//!
//! [`introspect`] stands for the middle of it where the host itself is what fails. What every stage
//! is given, and why one stops, is in [`flow`].

pub mod approve;
pub mod consult;
pub mod decide;
pub mod document;
pub mod fix;
pub mod flow;
pub mod introspect;
pub mod investigate;
pub mod merge;
pub mod notify;
pub mod recover;
pub mod triage;
