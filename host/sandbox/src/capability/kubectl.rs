//! Verbs over the cluster, each through the guard.

use k8shawk_core::grant::Verb;
use k8shawk_core::guard::{Answer, MAX_LOG_LINES, Read, Usage};
use k8shawk_core::point::Point;

use crate::call::{Call, Told};
use crate::capability::{Capability, Definition, Own};
use crate::wit::imports::k8shawk::kubectl::{describe, events, get, logs, top, types};

/// `kubectl get`, of one object or of several.
pub(super) const GET: Capability = Capability(&Definition {
    package: "kubectl",
    word: "get",
    points: &[Point::Analysis, Point::Fix, Point::Policy],
    verbs: &[Verb::Get, Verb::List],
    told: None,
    link: |linker| get::add_to_linker::<_, Own>(linker, |call| call),
});

/// `kubectl describe`.
pub(super) const DESCRIBE: Capability = Capability(&Definition {
    package: "kubectl",
    word: "describe",
    points: &[Point::Analysis],
    verbs: &[Verb::Describe],
    told: None,
    link: |linker| describe::add_to_linker::<_, Own>(linker, |call| call),
});

/// `kubectl logs`.
pub(super) const LOGS: Capability = Capability(&Definition {
    package: "kubectl",
    word: "logs",
    points: &[Point::Analysis],
    verbs: &[Verb::Logs],
    told: None,
    link: |linker| logs::add_to_linker::<_, Own>(linker, |call| call),
});

/// `kubectl top`.
pub(super) const TOP: Capability = Capability(&Definition {
    package: "kubectl",
    word: "top",
    points: &[Point::Analysis],
    verbs: &[Verb::Top],
    told: None,
    link: |linker| top::add_to_linker::<_, Own>(linker, |call| call),
});

/// `kubectl events`.
pub(super) const EVENTS: Capability = Capability(&Definition {
    package: "kubectl",
    word: "events",
    points: &[Point::Analysis],
    verbs: &[Verb::Events],
    told: None,
    link: |linker| events::add_to_linker::<_, Own>(linker, |call| call),
});

impl types::Host for Call {}

impl get::Host for Call {
    async fn get(
        &mut self,
        kind: String,
        namespace: String,
        name: String,
    ) -> wasmtime::Result<Told<String>> {
        let bytes = kind.len() + namespace.len() + name.len();
        self.text(
            Read::Get {
                kind,
                namespace,
                name,
            },
            bytes,
        )
        .await
    }

    async fn list(
        &mut self,
        kind: String,
        namespace: String,
        selector: String,
    ) -> wasmtime::Result<Told<String>> {
        let bytes = kind.len() + namespace.len() + selector.len();
        self.text(
            Read::List {
                kind,
                namespace,
                selector,
            },
            bytes,
        )
        .await
    }
}

impl describe::Host for Call {
    async fn describe(
        &mut self,
        kind: String,
        namespace: String,
        name: String,
    ) -> wasmtime::Result<Told<String>> {
        let bytes = kind.len() + namespace.len() + name.len();
        self.text(
            Read::Describe {
                kind,
                namespace,
                name,
            },
            bytes,
        )
        .await
    }
}

impl logs::Host for Call {
    async fn logs(
        &mut self,
        namespace: String,
        pod: String,
        container: String,
        previous: bool,
        lines: u32,
    ) -> wasmtime::Result<Told<String>> {
        let bytes = namespace.len() + pod.len() + container.len();
        let lines = lines.min(MAX_LOG_LINES);
        self.text(
            Read::Logs {
                namespace,
                pod,
                container,
                previous,
                lines,
            },
            bytes,
        )
        .await
    }
}

impl events::Host for Call {
    async fn events(
        &mut self,
        kind: String,
        namespace: String,
        name: String,
    ) -> wasmtime::Result<Told<String>> {
        let bytes = kind.len() + namespace.len() + name.len();
        self.text(
            Read::Events {
                kind,
                namespace,
                name,
            },
            bytes,
        )
        .await
    }
}

impl top::Host for Call {
    async fn top(
        &mut self,
        namespace: String,
        pod: String,
    ) -> wasmtime::Result<Told<Vec<top::Usage>>> {
        let bytes = namespace.len() + pod.len();
        Ok(self
            .read(Read::Top { namespace, pod }, bytes)
            .await?
            .and_then(|answer| match answer {
                Answer::Usage(usage) => Ok(usage.into_iter().map(top::Usage::from).collect()),
                Answer::Text(_) | Answer::Described(_) => Err(types::ReadError::Unavailable(
                    "not a usage sample".to_owned(),
                )),
            }))
    }
}

impl From<Usage> for top::Usage {
    fn from(usage: Usage) -> Self {
        top::Usage {
            pod: usage.pod,
            container: usage.container,
            cpu_milli: usage.cpu_milli,
            memory_bytes: usage.memory_bytes,
        }
    }
}
