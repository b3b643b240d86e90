//! The routes of an Ingress, and what every finding on one begins with.

use k8shawk_sdk::analysis::Severity;
use serde_json::Value;

use crate::case::Case;
use crate::finding::Draft;
use crate::json::{items, reference, text};
use crate::owner::owner_of;

/// Seconds that a controller may take to adopt an Ingress or to fetch a certificate.
pub const SETTLE: i64 = 300;

/// One path of an Ingress and what it leads to.
pub struct Route<'v> {
    /// Empty for every host.
    pub host: &'v str,
    /// Empty for every path.
    pub path: &'v str,
    /// `pathType`.
    pub kind: &'v str,
    /// Where it leads.
    pub backend: &'v Value,
}

impl<'v> Route<'v> {
    /// Host and path.
    pub fn spoken(&self) -> String {
        let host = if self.host.is_empty() { "*" } else { self.host };
        format!(
            "{host}{}",
            if self.path.is_empty() { "/" } else { self.path }
        )
    }

    /// Name of the Service; empty where the backend is none.
    pub fn service(&self) -> &'v str {
        text(self.backend, "/service/name")
    }
}

/// Every route, with that of the default backend.
pub fn routes(ingress: &Value) -> Vec<Route<'_>> {
    let default = ingress.pointer("/spec/defaultBackend");
    let default = default.map(|backend| Route {
        host: "",
        path: "",
        kind: "",
        backend,
    });
    let rules = items(ingress, "/spec/rules").iter().flat_map(|rule| {
        items(rule, "/http/paths").iter().filter_map(|path| {
            Some(Route {
                host: text(rule, "/host"),
                path: text(path, "/path"),
                kind: text(path, "/pathType"),
                backend: path.get("backend")?,
            })
        })
    });
    rules.chain(default).collect()
}

/// A finding of this class on an Ingress.
pub fn draft(case: &Case, ingress: &Value, class: &str, severity: Severity) -> Draft {
    let owner = owner_of(case, ingress);
    Draft::new(class, severity, reference(ingress), owner)
}
