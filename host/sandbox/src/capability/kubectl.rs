//! What is behind the capabilities: one `impl` for each interface of the WIT.

use k8shawk_core::fix::actions;
use k8shawk_core::guard::{Answer, MAX_LOG_LINES, Read, Usage};

use crate::call::Level;
use crate::call::{Call, Told};
use crate::wit::imports::k8shawk::host::{clock, log, settings};
use crate::wit::imports::k8shawk::incident::types as incident;
use crate::wit::imports::k8shawk::kubectl::{describe, events, get, logs, top, types};
use crate::wit::imports::k8shawk::policy::{catalogue, origin};

impl incident::Host for Call {}
impl types::Host for Call {}

impl log::Host for Call {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        Ok(self.journal.say(level.into(), message)?)
    }
}

impl settings::Host for Call {
    /// Answered even where the limits are used up: a setting that vanishes in the middle of a
    /// call would change what the plugin says.
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        self.journal.charge(key.len())?;
        Ok(self.granted.settings.get(&key).cloned())
    }
}

impl clock::Host for Call {
    fn now(&mut self) -> wasmtime::Result<i64> {
        self.journal.charge(0)?;
        Ok(self.now_ms)
    }
}

impl origin::Host for Call {
    /// Where nobody said who proposed it, it is judged as what may do least: a model.
    fn get(&mut self) -> wasmtime::Result<origin::Source> {
        self.journal.charge(0)?;
        let known = self.origin.as_ref();
        Ok(known.map_or(origin::Source::Model, Into::into))
    }
}

impl catalogue::Host for Call {
    fn actions(&mut self) -> wasmtime::Result<Vec<String>> {
        self.journal.charge(0)?;
        Ok(actions().map(str::to_owned).collect())
    }
}

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
                Answer::Text(_) | Answer::Described(_) => {
                    Err(types::ReadError::Unavailable("not a usage".to_owned()))
                }
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

impl From<log::Level> for Level {
    fn from(level: log::Level) -> Self {
        match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        }
    }
}
