//! The one place that writes to a cluster: it sends a planned [`Write`], or has the API
//! server try it without keeping it (server-side dry run).

use k8s_openapi::api::core::v1::Pod;
use k8shawk_core::fix::Write;
use k8shawk_core::kinds;
use kube::api::{
    Api, DeleteParams, DynamicObject, EvictParams, ListParams, PostParams, Preconditions,
    PropagationPolicy,
};
use kube::core::ApiResource;
use serde_json::Value;

use super::request::{PAGE, PAUSES};
use super::{Cluster, ClusterError, strip};

/// Name under which the API server remembers our writes.
const FIELD_MANAGER: &str = "k8shawk";

/// Pause between two looks whether an object is gone.
const GOING: std::time::Duration = std::time::Duration::from_millis(200);

/// Where an object lives, read from the object itself.
struct Place {
    api: Api<DynamicObject>,
    namespace: String,
    name: String,
    shown: String,
}

impl Place {
    fn by(
        client: kube::Client,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Place, ClusterError> {
        let known = kinds::kind(kind).ok_or_else(|| ClusterError::Refused {
            attempt: format!("act on {kind} {name}"),
            why: "fixes cannot change this kind".to_owned(),
        })?;
        let resource = ApiResource {
            group: known.group.to_owned(),
            version: known.version.to_owned(),
            api_version: known.api_version(),
            kind: known.kind.to_owned(),
            plural: known.plural.to_owned(),
        };
        let api = if known.namespaced {
            Api::namespaced_with(client, namespace, &resource)
        } else {
            Api::all_with(client, &resource)
        };
        let (namespace, shown) = (namespace.to_owned(), format!("{kind} {name}"));
        Ok(Place {
            api,
            namespace,
            name: name.to_owned(),
            shown,
        })
    }

    /// The place of an object, by one of the two clients.
    fn of_object(client: kube::Client, object: &Value) -> Result<Place, ClusterError> {
        let text = |pointer| {
            object
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        Place::by(
            client,
            text("/kind"),
            text("/metadata/namespace"),
            text("/metadata/name"),
        )
    }

    /// What is attempted here, in words.
    fn attempt(&self, verb: &str) -> String {
        format!("{verb} {}", self.shown)
    }

    fn typed(&self, object: &Value) -> Result<DynamicObject, ClusterError> {
        serde_json::from_value(object.clone()).map_err(|error| ClusterError::Refused {
            attempt: self.attempt("write"),
            why: error.to_string(),
        })
    }

    fn untyped(&self, object: &DynamicObject) -> Result<Value, ClusterError> {
        untyped(object, || self.attempt("read"))
    }
}

fn untyped(object: &DynamicObject, attempt: impl Fn() -> String) -> Result<Value, ClusterError> {
    let mut value = serde_json::to_value(object).map_err(|error| ClusterError::Answer {
        attempt: attempt(),
        why: error.to_string(),
    })?;
    let metadata = value.pointer_mut("/metadata");
    if let Some(metadata) = metadata.and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    Ok(value)
}

fn post(dry_run: bool) -> PostParams {
    PostParams {
        dry_run,
        field_manager: Some(FIELD_MANAGER.to_owned()),
    }
}

fn delete(object: &Value, dry_run: bool) -> DeleteParams {
    let text = |pointer| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    DeleteParams {
        dry_run,
        propagation_policy: Some(PropagationPolicy::Background),
        preconditions: Some(Preconditions {
            uid: text("/metadata/uid"),
            resource_version: None,
        }),
        ..DeleteParams::default()
    }
}

impl Cluster {
    /// An object as it is now; none where it does not exist.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn current(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, ClusterError> {
        let place = || Place::by(self.reads(), kind, namespace, name);
        let found = self.insist(&PAUSES, || async {
            let place = place()?;
            let asked = place.api.get_opt(name);
            let found = self.answer(&place.attempt("get"), asked).await?;
            found.map(|object| place.untyped(&object)).transpose()
        });
        found.await
    }

    /// The objects of a kind in a namespace as they are now.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn current_list(
        &self,
        kind: &str,
        namespace: &str,
    ) -> Result<Vec<Value>, ClusterError> {
        let known = kinds::kind(kind)
            .map(kinds::Kind::api_version)
            .unwrap_or_default();
        let mut values: Vec<Value> = Vec::new();
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let listed = self.insist(&PAUSES, || async {
                let place = Place::by(self.reads(), kind, namespace, "")?;
                self.answer(&format!("list {kind}"), place.api.list(&page))
                    .await
            });
            let listed = listed.await?;
            for object in &listed.items {
                let mut value = untyped(object, || format!("list {kind}"))?;
                strip::value(&mut value);
                if let Some(map) = value.as_object_mut() {
                    map.insert("kind".into(), kind.into());
                    map.insert("apiVersion".into(), known.clone().into());
                }
                values.push(value);
            }
            match listed.metadata.continue_.filter(|rest| !rest.is_empty()) {
                Some(rest) => page = page.continue_token(&rest),
                None => return Ok(values),
            }
        }
    }

    /// Send a write, or only try it (dry run). Returns the object as the server would leave or
    /// left it; null where it is gone.
    ///
    /// # Errors
    /// [`ClusterError`]; it is sent once, whatever happens.
    pub async fn write(&self, write: Write<'_>, dry_run: bool) -> Result<Value, ClusterError> {
        match write {
            Write::Replace(object) => {
                let place = Place::of_object(self.writes(), object)?;
                let (parameters, typed) = (post(dry_run), place.typed(object)?);
                let sent = place.api.replace(&place.name, &parameters, &typed);
                let object = self.answer(&place.attempt("replace"), sent).await?;
                place.untyped(&object)
            }
            Write::Delete(object) => {
                let place = Place::of_object(self.writes(), object)?;
                let parameters = delete(object, dry_run);
                let sent = place.api.delete(&place.name, &parameters);
                self.answer(&place.attempt("delete"), sent).await?;
                Ok(Value::Null)
            }
            Write::Evict(object) => {
                let place = Place::of_object(self.writes(), object)?;
                let parameters = EvictParams {
                    delete_options: Some(delete(object, dry_run)),
                    post_options: post(dry_run),
                };
                let pods: Api<Pod> = Api::namespaced(self.writes(), &place.namespace);
                let sent = pods.evict(&place.name, &parameters);
                self.answer(&place.attempt("evict"), sent).await?;
                Ok(Value::Null)
            }
            Write::Create(object) => self.create(object, dry_run).await,
        }
    }

    /// Create an object. A dry run cannot create what still exists, so it is tried under another
    /// name. One of this name, no matter who created it, is a [`ClusterError::Conflict`].
    async fn create(&self, object: &Value, dry_run: bool) -> Result<Value, ClusterError> {
        let place = Place::of_object(self.writes(), object)?;
        let mut typed = place.typed(object)?;
        if dry_run {
            typed.metadata.name = None;
            typed.metadata.generate_name = Some("k8shawk-dry-run-".to_owned());
        }
        let parameters = post(dry_run);
        let sent = place.api.create(&parameters, &typed);
        let created = self.answer(&place.attempt("create"), sent).await?;
        let mut value = place.untyped(&created)?;
        if let (true, Some(metadata)) = (dry_run, value.get_mut("metadata")) {
            metadata["name"] = place.name.clone().into();
        }
        Ok(value)
    }

    /// Wait until the object of this uid is gone; the caller bounds the time.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn until_gone(&self, object: &Value) -> Result<(), ClusterError> {
        let place = Place::of_object(self.reads(), object)?;
        let uid = object.pointer("/metadata/uid").and_then(Value::as_str);
        loop {
            let asked = place.api.get_opt(&place.name);
            match self.answer(&place.attempt("get"), asked).await? {
                Some(found) if found.metadata.uid.as_deref() == uid => {
                    tokio::time::sleep(GOING).await;
                }
                _ => return Ok(()),
            }
        }
    }
}
