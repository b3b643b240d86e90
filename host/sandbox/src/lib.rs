//! The WebAssembly sandbox of K8sHawk: engine, linker, plugin life cycle, guarded capabilities.
//!
//! Four phases, each with its type: a component is *read* with its manifest and grant
//! ([`Source`]), *prepared* for its point ([`Plugin`]), *kept* among the live ones
//! ([`Registry`]), and *called* in a store of its own ([`Called`]).

mod bindings;
mod budget;
mod call;
mod compile;
mod convert;
mod digest;
mod encode;
mod engine;
mod explain;
pub mod files;
mod journal;
mod lent;
mod link;
mod load;
mod manifest;
mod plugin;
mod point;
mod registry;
mod reload;
mod wasi;
mod wasm;

pub use call::{
    Blame, CallContext, CallError, CallRecord, Called, Language, Level, Plan, RawProposal,
};
pub use compile::{COMPILE, Compiler};
pub use digest::sha256;
pub use encode::{EncodeError, componentise};
pub use engine::{Engine, EngineError, EngineOptions, TICK, precompile};
pub use explain::explain;
pub use load::{LoadError, Source, load, pin, plugins_in, read_grant};
pub use manifest::{Manifest, ManifestError};
pub use plugin::{Plugin, TriageSession};
pub use point::Point;
pub use registry::{Counts, Live, QUARANTINE_AFTER, Registry, Taken, Unloaded};
pub use reload::{Outcome, ReloadEvent, ReloadOptions, Reloader, Shelf};
