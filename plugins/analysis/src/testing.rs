//! A cluster made of JSON, for tests.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a kit for tests"
)]

use std::collections::HashMap;

use k8shawk_sdk::analysis::{Incident, ObjectRef, ReadError, Severity};
use k8shawk_sdk::cluster::{Cluster, Usage};
use k8shawk_sdk::event::EventRow;
use k8shawk_sdk::selector::Selector;
use serde_json::Value;

use crate::case::Case;
use crate::json::{label, name, reference, text};

/// The present of every test: 2026-01-01T12:00:00Z, in milliseconds.
pub const NOW: i64 = 1_767_268_800_000;

/// A recorded cluster.
#[derive(Default)]
pub struct Bundle {
    pub objects: Vec<Value>,
    /// Each with the kind of its object.
    pub events: Vec<(String, EventRow)>,
    pub logs: HashMap<(String, String, bool), String>,
    pub usage: HashMap<String, Vec<Usage>>,
    /// Kinds without read permission; `log` for logs.
    pub denied: Vec<String>,
}

impl Bundle {
    pub fn with(mut self, object: Value) -> Self {
        self.objects.push(object);
        self
    }

    /// An event of `kind`/`name`, seen `ago` seconds before [`NOW`].
    pub fn event(
        mut self,
        kind: &str,
        name: &str,
        reason: &str,
        message: &str,
        count: u32,
    ) -> Self {
        let normal = matches!(reason, "Killing" | "Scheduled");
        let row = EventRow {
            kind: if normal { "Normal" } else { "Warning" }.into(),
            reason: reason.into(),
            message: message.into(),
            count,
            last_seen: NOW - 10_000,
            reporter: "kubelet".into(),
            name: name.into(),
            uid: String::new(),
        };
        self.events.push((kind.into(), row));
        self
    }

    pub fn log(mut self, pod: &str, container: &str, previous: bool, text: &str) -> Self {
        self.logs
            .insert((pod.into(), container.into(), previous), text.into());
        self
    }

    pub fn using(mut self, pod: &str, container: &str, cpu_milli: u64, memory_bytes: u64) -> Self {
        let usage = Usage {
            container: container.into(),
            cpu_milli,
            memory_bytes,
        };
        self.usage.entry(pod.into()).or_default().push(usage);
        self
    }

    pub fn denying(mut self, kind: &str) -> Self {
        self.denied.push(kind.into());
        self
    }

    fn allowed(&self, kind: &str) -> Result<(), ReadError> {
        if self.denied.iter().any(|d| d == kind) {
            return Err(ReadError::Denied);
        }
        Ok(())
    }

    /// Run `what` over a case about the first object of `kind` called `name`.
    pub fn about<T>(&self, kind: &str, named: &str, what: impl FnOnce(&Case, &Value) -> T) -> T {
        let object = self
            .objects
            .iter()
            .find(|o| text(o, "/kind") == kind && name(o) == named)
            .expect("the bundle holds the object");
        let incident = incident(reference(object));
        what(&crate::dispatch::case(&incident, self), object)
    }
}

impl Cluster for Bundle {
    fn get(&self, kind: &str, namespace: &str, named: &str) -> Result<Value, ReadError> {
        self.allowed(kind)?;
        self.objects
            .iter()
            .find(|o| {
                text(o, "/kind") == kind
                    && text(o, "/metadata/namespace") == namespace
                    && name(o) == named
            })
            .cloned()
            .ok_or(ReadError::NotFound)
    }

    fn list(&self, kind: &str, namespace: &str, selector: &str) -> Result<Vec<Value>, ReadError> {
        self.allowed(kind)?;
        let wanted = Selector::parse(selector).expect("a selector of equalities");
        Ok(self
            .objects
            .iter()
            .filter(|o| text(o, "/kind") == kind)
            .filter(|o| namespace.is_empty() || text(o, "/metadata/namespace") == namespace)
            .filter(|o| wanted.fits(|key| label(o, key)))
            .cloned()
            .collect())
    }

    fn logs(
        &self,
        _namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
        lines: u32,
    ) -> Result<String, ReadError> {
        if self.denied.iter().any(|denied| denied == "log") {
            return Err(ReadError::Unavailable("no kubelet answers".into()));
        }
        let log = self
            .logs
            .get(&(pod.into(), container.into(), previous))
            .ok_or(ReadError::NotFound)?;
        let all: Vec<&str> = log.lines().collect();
        let from = all.len().saturating_sub(lines as usize);
        Ok(all[from..].join("\n"))
    }

    fn events(&self, kind: &str, _: &str, named: &str) -> Result<Vec<EventRow>, ReadError> {
        let of = self.events.iter().filter(|(of, _)| of == kind);
        let rows = of.map(|(_, row)| row.clone());
        Ok(rows
            .filter(|r| named.is_empty() || r.name == named)
            .collect())
    }

    fn top(&self, _namespace: &str, pod: &str) -> Result<Vec<Usage>, ReadError> {
        self.usage.get(pod).cloned().ok_or(ReadError::NotFound)
    }
}

/// An incident about `object` at [`NOW`].
pub fn incident(object: ObjectRef) -> Incident {
    Incident {
        id: "inc-1".into(),
        class: "unknown".into(),
        severity: Severity::Medium,
        owner: object.clone(),
        object,
        signals: Vec::new(),
        victims: Vec::new(),
        opened_at: NOW,
        now: NOW,
    }
}

/// `NOW` minus `seconds`, in RFC 3339.
pub fn ago(seconds: i64) -> String {
    jiff::Timestamp::from_millisecond(NOW - seconds * 1000)
        .expect("in range")
        .to_string()
}

/// Every claim that the cause cites has its evidence, and the other way round.
pub fn assert_cited(finding: &k8shawk_sdk::analysis::Finding) {
    for evidence in &finding.evidence {
        let cited = format!("[{}]", evidence.id);
        assert!(
            finding.cause.contains(&cited),
            "{cited} is not cited in {}",
            finding.cause
        );
    }
    let open = finding.cause.matches("[e").count();
    assert!(open > 0, "no evidence is cited in {}", finding.cause);
}
