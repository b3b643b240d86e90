//! The WebAssembly sandbox of K8sHawk: engine, linker, plugin life cycle, guarded capabilities.
//!
//! A plugin's life is the order of the rooms: it is `read` with its manifest and grant
//! ([`Source`]), `prepared` for its point ([`Plugin`]), `live` among the others
//! ([`Registry`]), and `call`ed in a store of its own ([`Called`]). None knows a later one; what a
//! call is made of comes before the plugin that is called.
//!
//! `engine` compiles and runs, `wit` has the bindings, `capability` what a guest may import.

mod call;
mod capability;
mod encode;
mod engine;
mod interfaces;
mod live;
mod prepared;
mod read;
mod wit;

pub use call::{
    AnsweredRead, Blame, CallContext, CallError, CallRecord, Called, Decides, Level, Question,
    RecordedCall, Replayed, Trap, verdict,
};
pub use capability::{Capability, DIFF, LEDGER};
pub use encode::{Additions, EncodeError, component, componentise};
pub use engine::{
    COMPILE, ChildCompiler, Compiler, Engine, EngineError, EngineOptions, TICK, precompile,
};
pub use interfaces::Interfaces;
pub use k8shawk_core::point::Point;
pub use live::{
    Admission, Admitting, CallStatus, Counts, Gate, Live, Outcome, QUARANTINE_AFTER, Registry,
    ReloadEvent, ReloadOptions, Reloader, Status, Unloaded, Waiting, WaitingStatus,
};
pub use prepared::{Plugin, PolicySession, Tallied, Tally, TriageSession, explain, load};
pub use read::digest::sha256;
pub use read::{
    Artifact, Build, LoadError, Manifest, ManifestError, Place, PluginVersion, Pulled, Shelf,
    Source, Taken, Tool, Unfit, component_file, files, is_id, plugin_digest, plugins_in,
    read_grant,
};
pub use wit::value::{Language, Plan, RawProposal};
