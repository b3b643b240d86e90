//! A cluster that somebody wrote down, as a case of a plugin does: it has these objects, events,
//! lines and usage, in every namespace, and nothing else.

use k8shawk_core::bundle::{Frame, Log};
use k8shawk_core::guard::{Answer, Permit, Read, ReadError, Reader, Reading, Usage};
use k8shawk_core::kinds::Kind;
use serde_json::Value;

use super::held;
use super::page::Array;
use super::source::{self, LogOf, Source};

/// What it has.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// The present, milliseconds since the Unix epoch: ages are relative to it.
    pub at: i64,
    /// Objects, each with its kind and metadata.
    pub objects: Vec<Value>,
    /// Events, as the API server has them.
    pub events: Vec<Value>,
    /// Lines of containers.
    pub logs: Vec<Log>,
    /// Usage of containers, each with its namespace; none where nothing measures it.
    pub usage: Option<Vec<(String, Usage)>>,
}

impl Declared {
    /// A reader of it.
    pub fn reader(self) -> impl Reader {
        let frame = Frame {
            at: self.at,
            objects: self.objects,
            events: self.events,
            logs: self.logs,
            ..Frame::default()
        };
        DeclaredReader {
            frame,
            usage: self.usage,
        }
    }
}

struct DeclaredReader {
    frame: Frame,
    usage: Option<Vec<(String, Usage)>>,
}

impl DeclaredReader {
    async fn answer(&self, read: Read) -> Result<Answer, ReadError> {
        source::answer(self, &read).await
    }
}

impl Reader for DeclaredReader {
    fn read(&self, permit: Permit) -> Reading<'_> {
        Box::pin(self.answer(permit.into_read()))
    }
}

impl Source for DeclaredReader {
    fn now(&self) -> i64 {
        self.frame.at
    }

    async fn object(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Result<String, ReadError> {
        held::object(&self.frame, kind, namespace, name)
    }

    async fn list(
        &self,
        kind: &'static Kind,
        namespace: &str,
        selector: &str,
    ) -> Result<Array, ReadError> {
        held::list(&self.frame, kind, namespace, selector)
    }

    async fn events(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Vec<Value>, ReadError> {
        Ok(held::events(&self.frame, kind, namespace, name))
    }

    async fn log(&self, of: LogOf<'_>) -> Result<String, ReadError> {
        held::log(&self.frame, of)
    }

    async fn usage(&self, _: &str) -> Result<Vec<(String, Usage)>, ReadError> {
        let missing = || ReadError::Unavailable("the cluster serves no metrics".to_owned());
        self.usage.clone().ok_or_else(missing)
    }
}
