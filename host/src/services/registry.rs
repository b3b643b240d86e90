//! Service: plugins in registries, by the conventions of WebAssembly artifacts.
//!
//! [`Registry`] pushes and pulls, [`Cache`] keeps what was pulled. Everything is checked by its
//! digest, and by signatures where the operator listed keys. What a plugin may do is said by its
//! grant alone, which no artifact holds.

mod bounded;
mod cache;
mod client;
mod credentials;
mod error;
mod layout;
mod signature;
#[cfg(test)]
mod tests;

pub use cache::{Cache, Cached, lay_out};
pub use client::{Fetched, Registry};
pub use credentials::Credentials;
pub use error::RegistryError;
pub use layout::{Layout, Package};
pub use signature::{PublicKey, Signed, verify};

/// The largest manifest, bytes.
const MANIFEST: u64 = 1 << 20;
