//! What an observed kind is: one `impl` of [`Observed`].

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::objects::Objects;
use super::observation::{Scene, Sighting};
use super::shape::{Entry, Meta};
use crate::object::ObjectRef;
use crate::signal::ObjectSummary;

/// One observed kind, or several of one form: what is kept of its objects, what is seen in them,
/// what triage gets of them, and on what they depend.
pub(crate) trait Observed: Sized + Send + Sync + 'static {
    /// The kinds of this form.
    const KINDS: &'static [&'static str];
    /// False where a running host does not watch them, as it may not read them all.
    const WATCHED: bool = true;
    /// Kinds whose changes may change what is observed here.
    const DEPENDS_ON: &'static [&'static str] = &[];
    /// True where those may be of other namespaces.
    const ACROSS: bool = false;

    /// What is kept of an object; none where it does not have the form of its kind.
    fn parse(from: Source<'_>) -> Option<(Meta, Self)>;

    /// Everything that its status shows, unless it is being deleted.
    fn observe(&self, _: Scene<'_>) -> Vec<Sighting> {
        Vec::new()
    }

    /// Add to what triage gets of it: at first it counts as ready.
    fn summarise(&self, _: Scene<'_>, _: &mut ObjectSummary) {}

    /// True where the change of an object of [`Observed::DEPENDS_ON`] may change what is observed.
    fn depends_on(&self, _: &Entry, _: Change<'_>) -> bool {
        true
    }

    /// What to say of its deletion that is overdue; none where only finalizers can hold it up.
    fn ending(&self) -> Option<Vec<String>> {
        None
    }
}

/// An object that changed, or that is gone.
#[derive(Clone, Copy)]
pub(crate) struct Change<'a> {
    pub(crate) objects: &'a Objects,
    pub(crate) object: &'a ObjectRef,
    /// None where it is gone.
    pub(crate) held: Option<&'a Entry>,
}

impl Change<'_> {
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.object.kind == kind
    }
}

/// JSON that can be read more than once.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Text(&'a str),
    Value(&'a Value),
}

impl Source<'_> {
    fn read<T: DeserializeOwned>(self) -> Option<T> {
        match self {
            Source::Text(text) => serde_json::from_str(text).ok(),
            Source::Value(value) => T::deserialize(value).ok(),
        }
    }

    /// The metadata alone.
    pub(crate) fn meta(self) -> Option<Meta> {
        self.read().map(|header: Header| header.metadata)
    }

    /// Metadata, spec and status, in one pass.
    pub(crate) fn halves<S, T>(self) -> Option<(Meta, S, T)>
    where
        S: DeserializeOwned + Default,
        T: DeserializeOwned + Default,
    {
        let object: Halves<S, T> = self.read()?;
        Some((object.metadata, object.spec, object.status))
    }

    /// Metadata, and an object whose fields stand at its top.
    pub(crate) fn flat<T: DeserializeOwned>(self) -> Option<(Meta, T)> {
        Some((self.meta()?, self.read()?))
    }
}

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    metadata: Meta,
}

#[derive(Deserialize)]
struct Halves<S, T> {
    #[serde(default)]
    metadata: Meta,
    #[serde(default)]
    spec: S,
    #[serde(default)]
    status: T,
}
