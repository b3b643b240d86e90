//! Generated from `wit/`, one module for each world and one for what they all import.
#![allow(missing_docs, reason = "the WIT text carries the documentation")]
#![allow(clippy::all, clippy::restriction, reason = "generated code")]

/// Types and the interfaces of the host: what the worlds with the most of them import, together.
/// What triage and voice may import does not wait.
pub mod imports {
    wasmtime::component::bindgen!({
        path: ["../../wit/incident", "../../wit/host", "../../wit/kubectl", "../../wit/analysis", "../../wit/policy"],
        inline: "
            package k8shawk:imports;
            world imports {
                include k8shawk:analysis/analysis-plugin@0.1.0;
                include k8shawk:policy/policy-plugin@0.1.0;
            }
        ",
        imports: { "k8shawk:host": trappable, default: async | trappable },
    });
}

/// The triage point: called without a fiber, since it can only log and read settings.
pub mod triage {
    wasmtime::component::bindgen!({
        path: ["../../wit/incident", "../../wit/host", "../../wit/triage"],
        world: "k8shawk:triage/triage-plugin",
        with: { "k8shawk:incident": crate::wit::imports::k8shawk::incident, "k8shawk:host": crate::wit::imports::k8shawk::host },
    });
}

/// The analysis point.
pub mod analysis {
    wasmtime::component::bindgen!({
        path: ["../../wit/incident", "../../wit/host", "../../wit/kubectl", "../../wit/analysis"],
        world: "k8shawk:analysis/analysis-plugin",
        with: { "k8shawk:incident": crate::wit::imports::k8shawk::incident, "k8shawk:host": crate::wit::imports::k8shawk::host, "k8shawk:kubectl": crate::wit::imports::k8shawk::kubectl },
        exports: { default: async },
    });
}

/// The fix point.
pub mod fix {
    wasmtime::component::bindgen!({
        path: ["../../wit/incident", "../../wit/host", "../../wit/kubectl", "../../wit/fix"],
        world: "k8shawk:fix/fix-plugin",
        with: { "k8shawk:incident": crate::wit::imports::k8shawk::incident, "k8shawk:host": crate::wit::imports::k8shawk::host, "k8shawk:kubectl": crate::wit::imports::k8shawk::kubectl },
        exports: { default: async },
    });
}

/// The policy point.
pub mod policy {
    wasmtime::component::bindgen!({
        path: ["../../wit/incident", "../../wit/host", "../../wit/kubectl", "../../wit/policy"],
        world: "k8shawk:policy/policy-plugin",
        with: { "k8shawk:policy": crate::wit::imports::k8shawk::policy, "k8shawk:incident": crate::wit::imports::k8shawk::incident, "k8shawk:host": crate::wit::imports::k8shawk::host, "k8shawk:kubectl": crate::wit::imports::k8shawk::kubectl },
        exports: { default: async },
    });
}

/// The voice point.
pub mod voice {
    wasmtime::component::bindgen!({
        path: ["../../wit/incident", "../../wit/host", "../../wit/voice"],
        world: "k8shawk:voice/voice-plugin",
        with: { "k8shawk:incident": crate::wit::imports::k8shawk::incident, "k8shawk:host": crate::wit::imports::k8shawk::host },
    });
}
