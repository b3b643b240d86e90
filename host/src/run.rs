//! What composes stages and services into a running host, or into one scan.

pub mod endpoints;
pub mod front_desk;
pub mod json;
pub mod load;
pub mod pipeline;
pub mod retain;
pub mod rights;
pub mod scan;
pub mod settings;
pub mod watch;
