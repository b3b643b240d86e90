//! From the core's types to the types of the WIT, and back.

pub(crate) mod answer;
pub(crate) mod input;
