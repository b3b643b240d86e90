//! Guest SDK of K8sHawk: bindings for the five plugin points, one module each.
//!
//! A plugin implements the `Guest` trait of its point and exports it:
//!
//! ```ignore
//! use k8shawk_sdk::triage::{self, Guest, Judgement, ObjectSummary, Signal};
//!
//! struct Rules;
//! impl Guest for Rules {
//!     fn judge(signal: Signal, summary: ObjectSummary) -> Judgement {
//!         Judgement::Pass
//!     }
//! }
//! triage::export!(Rules with_types_in triage);
//! ```
#![allow(
    missing_docs,
    reason = "the bindings carry the documentation of their WIT"
)]
#![allow(unsafe_code, reason = "the canonical ABI is made of raw pointers")]

pub mod calendar;
pub mod cluster;
pub mod settings;

pub use k8shawk_vocabulary::{
    classes, condition, count, event, facts, kinds, quantity, selector, shorten, sources, workloads,
};

/// The triage point.
#[allow(clippy::all, clippy::restriction)]
pub mod triage {
    wit_bindgen::generate!({
        path: ["../../wit/incident", "../../wit/host", "../../wit/triage"],
        world: "k8shawk:triage/triage-plugin",
        pub_export_macro: true,
        default_bindings_module: "k8shawk_sdk::triage",
        generate_all,
    });
    pub use exports::k8shawk::triage::triage::{Guest, Judgement, Opening};
    pub use k8shawk::host::*;
    pub use k8shawk::incident::types::*;
}

/// The analysis point.
#[allow(clippy::all, clippy::restriction)]
pub mod analysis {
    wit_bindgen::generate!({
        path: ["../../wit/incident", "../../wit/host", "../../wit/kubectl", "../../wit/analysis"],
        world: "k8shawk:analysis/analysis-plugin",
        pub_export_macro: true,
        default_bindings_module: "k8shawk_sdk::analysis",
        generate_all,
    });
    pub use exports::k8shawk::analysis::analysis::{Conclusion, Guest};
    pub use k8shawk::host::*;
    pub use k8shawk::incident::types::*;
    pub use k8shawk::kubectl::{types::ReadError, *};
}

/// The fix point.
#[allow(clippy::all, clippy::restriction)]
pub mod fix {
    wit_bindgen::generate!({
        path: ["../../wit/incident", "../../wit/host", "../../wit/kubectl", "../../wit/fix"],
        world: "k8shawk:fix/fix-plugin",
        pub_export_macro: true,
        default_bindings_module: "k8shawk_sdk::fix",
        generate_all,
    });
    pub use exports::k8shawk::fix::fix::{Guest, Plan};
    pub use k8shawk::host::*;
    pub use k8shawk::incident::types::*;
    pub use k8shawk::kubectl::{types::ReadError, *};
}

/// The policy point.
#[allow(clippy::all, clippy::restriction)]
pub mod policy {
    wit_bindgen::generate!({
        path: ["../../wit/incident", "../../wit/host", "../../wit/kubectl", "../../wit/policy"],
        world: "k8shawk:policy/policy-plugin",
        pub_export_macro: true,
        default_bindings_module: "k8shawk_sdk::policy",
        generate_all,
    });
    pub use exports::k8shawk::policy::policy::{ApprovalRule, Guest, Verdict};
    pub use k8shawk::host::*;
    pub use k8shawk::incident::types::*;
    pub use k8shawk::kubectl::{types::ReadError, *};
    pub use k8shawk::policy::{origin::Source, *};
}

/// The voice point.
#[allow(clippy::all, clippy::restriction)]
pub mod voice {
    wit_bindgen::generate!({
        path: ["../../wit/incident", "../../wit/host", "../../wit/voice"],
        world: "k8shawk:voice/voice-plugin",
        pub_export_macro: true,
        default_bindings_module: "k8shawk_sdk::voice",
        generate_all,
    });
    pub use exports::k8shawk::voice::voice::{Guest, Language};
    pub use k8shawk::host::*;
    pub use k8shawk::incident::types::*;
}
