//! The way from a client to a pod.

pub mod backend;
pub mod dns;
pub mod ingress;
pub mod listening;
pub mod near_selector;
pub mod network_policy;
pub mod policy_match;
pub mod ports;
pub mod service;

#[cfg(test)]
mod tests;
