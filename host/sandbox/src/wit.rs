//! The bindings of the five worlds, and how the core's values go through them.
//!
//! [`imports`] holds what every world imports; the worlds share its types, so that a value
//! converts once, whichever point it goes to: [`input`] and [`dossier`] to what a plugin is given,
//! [`answer`] from what it returns, whose texts pass [`words`].
mod bindings;

pub(crate) mod answer;
mod dossier;
pub(crate) mod input;
pub mod value;
pub(crate) mod words;

pub(crate) use bindings::{analysis, fix, imports, policy, triage, voice};
