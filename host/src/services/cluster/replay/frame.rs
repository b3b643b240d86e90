//! A recorded moment as a source, from which readers answer as they do from an API server.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use k8shawk_core::bundle::{Bundle, Frame, NOT_RECORDED};
use k8shawk_core::guard::{Answer, Read, ReadError, Usage};
use k8shawk_core::kinds::{self, Kind};
use serde_json::Value;

use crate::services::cluster::held::{self, text};
use crate::services::cluster::page::Array;
use crate::services::cluster::source::{self, LogOf, Source};

/// A reader of the frame that is shown.
pub(super) struct FrameReader {
    bundle: Arc<Bundle>,
    at: Arc<AtomicUsize>,
}

impl FrameReader {
    pub(super) fn new(bundle: Arc<Bundle>, at: Arc<AtomicUsize>) -> FrameReader {
        FrameReader { bundle, at }
    }

    /// The answer to a read.
    pub(super) async fn answer(&self, read: Read) -> Result<Answer, ReadError> {
        source::answer(self, &read).await
    }

    fn frame(&self) -> Result<&Frame, ReadError> {
        let frame = super::frame(&self.bundle, &self.at);
        frame.ok_or_else(|| ReadError::Unavailable("the bundle has no frame".to_owned()))
    }

    /// The frame, where it was recorded what a kind looks like there.
    fn frame_of(&self, kind: &Kind, namespace: &str) -> Result<&Frame, ReadError> {
        let frame = self.frame()?;
        if frame.unreadable.iter().any(|unread| unread == kind.kind) {
            return Err(ReadError::Denied);
        }
        // That nothing was recorded does not say that there was nothing.
        if NOT_RECORDED.contains(&kind.kind) && held::of_kind(frame, kind).is_empty() {
            let why = format!("{} is not recorded", kind.plural);
            return Err(ReadError::Unavailable(why));
        }
        let elsewhere = kind.namespaced && !namespace.is_empty() && !self.covers(frame, namespace);
        if elsewhere {
            let recorded = self.namespace();
            let why = format!("only namespace {recorded} was recorded");
            return Err(ReadError::Unavailable(why));
        }
        Ok(frame)
    }

    /// The namespace that was recorded.
    fn namespace(&self) -> &str {
        self.bundle.subject.split('/').next().unwrap_or_default()
    }

    fn covers(&self, frame: &Frame, namespace: &str) -> bool {
        let mut objects = frame.objects.iter();
        namespace == self.namespace()
            || objects.any(|o| text(o, "/metadata/namespace") == namespace)
    }
}

impl Source for FrameReader {
    fn now(&self) -> i64 {
        self.frame().map_or(0, |frame| frame.at)
    }

    async fn object(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Result<String, ReadError> {
        held::object(self.frame_of(kind, namespace)?, kind, namespace, name)
    }

    async fn list(
        &self,
        kind: &'static Kind,
        namespace: &str,
        selector: &str,
    ) -> Result<Array, ReadError> {
        held::list(self.frame_of(kind, namespace)?, kind, namespace, selector)
    }

    async fn events(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Vec<Value>, ReadError> {
        let event = kinds::kind("Event").ok_or(ReadError::NotFound)?;
        let frame = self.frame_of(event, namespace)?;
        Ok(held::events(frame, kind, namespace, name))
    }

    async fn log(&self, of: LogOf<'_>) -> Result<String, ReadError> {
        let pod = kinds::kind("Pod").ok_or(ReadError::NotFound)?;
        held::log(self.frame_of(pod, of.namespace)?, of)
    }

    async fn usage(&self, _: &str) -> Result<Vec<(String, Usage)>, ReadError> {
        let Some(usage) = &self.frame()?.usage else {
            let why = "the cluster serves no metrics".to_owned();
            return Err(ReadError::Unavailable(why));
        };
        let within = |usage: &Usage| (self.namespace().to_owned(), usage.clone());
        Ok(usage.iter().map(within).collect())
    }
}
