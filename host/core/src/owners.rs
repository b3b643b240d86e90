//! Who owns an object: its owner reference, the tools that its labels and annotations name, and its
//! field managers. A policy asks for it before a fix changes what another tool would change back.

mod fields;
mod tools;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kinds;
use crate::object::ObjectRef;

/// Field managers of one object that are told.
const MANAGERS: usize = 32;
/// Fields of one manager that are told.
const FIELDS: usize = 256;

/// What one object says of those who own it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// Uid of the object itself; empty where it has none.
    pub uid: String,
    /// What keeps it as it is.
    pub tools: Vec<Tool>,
    /// Who wrote its fields.
    pub managers: Vec<FieldManager>,
    /// The object that controls it, or else the first that its owner references name.
    pub owner: Option<ObjectRef>,
}

/// What keeps an object as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// A Helm release, `namespace/name`; empty where annotations do not name it.
    Helm(String),
    /// An Argo CD application; empty where only its field manager is known.
    ArgoCd(String),
    /// `Kustomization namespace/name` or `HelmRelease namespace/name`.
    Flux(String),
    /// The custom resource that owns it, `Kind.group namespace/name`.
    Operator(String),
    /// What the label `app.kubernetes.io/managed-by` names.
    Other(String),
}

/// One entry of `metadata.managedFields`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldManager {
    /// Its name.
    pub name: String,
    /// True for server-side apply, false for every other write.
    pub applies: bool,
    /// The subresource that it writes; empty for the object itself.
    pub subresource: String,
    /// When it last wrote, in RFC 3339; empty where unknown.
    pub at: String,
    /// The fields that it owns, as [`Diff`](crate::diff::Diff) writes paths; at most 256.
    pub fields: Vec<String>,
}

impl Owned {
    /// What an object says, by its JSON text with its managed fields.
    pub fn of(object: &Value) -> Owned {
        let owner = owner(object);
        let managers = managers(object);
        Owned {
            uid: text(object, "/metadata/uid").to_owned(),
            tools: tools::of(object, owner.as_ref(), &managers),
            managers,
            owner,
        }
    }

    /// The same as JSON text, from the text of an object; none where it is no object.
    pub fn told(raw: &str) -> Option<String> {
        let object: Value = serde_json::from_str(raw).ok()?;
        object.get("metadata")?.as_object()?;
        serde_json::to_string(&Owned::of(&object)).ok()
    }
}

/// True where the host reads objects of this kind: a custom resource may have the name of one that
/// it does.
pub fn is_readable(object: &ObjectRef) -> bool {
    let group = group(&object.api_version);
    kinds::kind(&object.kind).is_some_and(|kind| kind.group == group)
}

/// Empty for the core group.
fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

fn owner(object: &Value) -> Option<ObjectRef> {
    let references = object.pointer("/metadata/ownerReferences")?.as_array()?;
    let controls = |r: &&Value| r.get("controller") == Some(&Value::Bool(true));
    let reference = references.iter().find(controls).or(references.first())?;
    let field = |key: &str| {
        reference
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let kind = field("kind");
    let is_cluster_wide = kinds::kind(kind).is_some_and(|kind| !kind.namespaced);
    let namespace = match is_cluster_wide {
        true => "",
        false => text(object, "/metadata/namespace"),
    };
    Some(ObjectRef {
        uid: field("uid").to_owned(),
        ..ObjectRef::new(field("apiVersion"), kind, namespace, field("name"))
    })
}

fn managers(object: &Value) -> Vec<FieldManager> {
    let entries = object.pointer("/metadata/managedFields");
    let entries = entries.and_then(Value::as_array).into_iter().flatten();
    let manager = |entry: &Value| FieldManager {
        name: text(entry, "/manager").to_owned(),
        applies: text(entry, "/operation") == "Apply",
        subresource: text(entry, "/subresource").to_owned(),
        at: text(entry, "/time").to_owned(),
        fields: fields::paths(entry.get("fieldsV1"), FIELDS),
    };
    entries.take(MANAGERS).map(manager).collect()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests;
