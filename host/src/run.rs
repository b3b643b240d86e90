//! What composes stages and services into a running host, or into one scan.

pub mod artifacts;
pub mod commands;
pub mod endpoints;
pub mod load;
pub mod patrol;
pub mod pipeline;
pub mod retain;
pub mod rights;
pub mod scan;
pub mod settings;
pub mod versions;
