//! The one place that writes to a cluster: it sends a planned [`Operation`], or has the API
//! server try it without keeping it (server-side dry run).

use k8s_openapi::api::core::v1::Pod;
use k8shawk_core::fix::Operation;
use k8shawk_core::kinds;
use kube::api::{
    Api, DeleteParams, DynamicObject, EvictParams, ListParams, PostParams, Preconditions,
    PropagationPolicy,
};
use kube::core::{ApiResource, Status};
use serde_json::Value;
use thiserror::Error;

use super::error::chain;
use super::request::PAGE;
use super::{Cluster, strip};

/// Name under which the API server remembers our writes.
const FIELD_MANAGER: &str = "k8shawk";

/// Why a write or the read before it did not happen.
#[derive(Debug, Clone, Error)]
pub enum WriteError {
    /// Somebody changed the object in between: plan again on the object as it is now.
    #[error("{0} changed in between")]
    Conflict(String),
    /// The object is gone.
    #[error("{0} is gone")]
    Gone(String),
    /// The API server refuses it (RBAC, admission, validation): do not try again.
    #[error("the API server refuses: {0}")]
    Refused(String),
    /// No answer: it is not known whether it happened.
    #[error("no answer from the API server: {0}")]
    Unavailable(String),
    /// The object is not one that can be written.
    #[error("{0} is not a kind that can be changed")]
    Kind(String),
}

/// Where an object lives, read from the object itself.
struct Place {
    api: Api<DynamicObject>,
    namespace: String,
    name: String,
    shown: String,
}

impl Place {
    /// A place to read from.
    fn of(cluster: &Cluster, kind: &str, namespace: &str, name: &str) -> Result<Place, WriteError> {
        Place::by(cluster.reads(), kind, namespace, name)
    }

    fn by(
        client: kube::Client,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Place, WriteError> {
        let known = kinds::kind(kind).ok_or_else(|| WriteError::Kind(kind.to_owned()))?;
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
    fn of_object(client: kube::Client, object: &Value) -> Result<Place, WriteError> {
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

    fn fault(&self, error: kube::Error) -> WriteError {
        match error {
            kube::Error::Api(status) => self.answer(&status),
            other => WriteError::Unavailable(chain(&other)),
        }
    }

    fn answer(&self, status: &Status) -> WriteError {
        match status.code {
            404 => WriteError::Gone(self.shown.clone()),
            409 => WriteError::Conflict(self.shown.clone()),
            500.. => WriteError::Unavailable(status.message.clone()),
            _ => WriteError::Refused(status.message.clone()),
        }
    }
}

fn typed(object: &Value) -> Result<DynamicObject, WriteError> {
    serde_json::from_value(object.clone()).map_err(|e| WriteError::Refused(e.to_string()))
}

fn untyped(object: &DynamicObject) -> Result<Value, WriteError> {
    let mut value = serde_json::to_value(object).map_err(|e| WriteError::Refused(e.to_string()))?;
    if let Some(metadata) = value
        .pointer_mut("/metadata")
        .and_then(Value::as_object_mut)
    {
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
    /// [`WriteError`].
    pub async fn current(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, WriteError> {
        let place = Place::of(self, kind, namespace, name)?;
        match place.api.get_opt(name).await {
            Ok(found) => found.map(|o| untyped(&o)).transpose(),
            Err(error) => Err(place.fault(error)),
        }
    }

    /// The objects of a kind in a namespace as they are now.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn current_list(
        &self,
        kind: &str,
        namespace: &str,
    ) -> Result<Vec<Value>, WriteError> {
        let place = Place::of(self, kind, namespace, "")?;
        let mut values: Vec<Value> = Vec::new();
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let listed = place.api.list(&page).await.map_err(|e| place.fault(e))?;
            for object in &listed.items {
                let mut value = untyped(object)?;
                strip::value(&mut value);
                values.push(value);
            }
            match listed.metadata.continue_.filter(|rest| !rest.is_empty()) {
                Some(rest) => page = page.continue_token(&rest),
                None => break,
            }
        }
        let known = kinds::kind(kind)
            .map(kinds::Kind::api_version)
            .unwrap_or_default();
        for value in &mut values {
            if let Some(map) = value.as_object_mut() {
                map.insert("kind".into(), kind.into());
                map.insert("apiVersion".into(), known.clone().into());
            }
        }
        Ok(values)
    }

    /// Send an operation, or only try it. Returns the object as the server would leave or left
    /// it; null where it is gone.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn perform(&self, operation: &Operation, dry_run: bool) -> Result<Value, WriteError> {
        match operation {
            Operation::Replace { object } => {
                let place = Place::of_object(self.writes(), object)?;
                let sent = place
                    .api
                    .replace(&place.name, &post(dry_run), &typed(object)?)
                    .await;
                sent.map_err(|e| place.fault(e)).and_then(|o| untyped(&o))
            }
            Operation::Delete { object } => {
                let place = Place::of_object(self.writes(), object)?;
                let sent = place
                    .api
                    .delete(&place.name, &delete(object, dry_run))
                    .await;
                sent.map(|_| Value::Null).map_err(|e| place.fault(e))
            }
            Operation::Evict { object } => {
                let place = Place::of_object(self.writes(), object)?;
                let parameters = EvictParams {
                    delete_options: Some(delete(object, dry_run)),
                    post_options: post(dry_run),
                };
                let pods: Api<Pod> = Api::namespaced(self.writes(), &place.namespace);
                let sent = pods.evict(&place.name, &parameters).await;
                sent.map(|_| Value::Null).map_err(|e| place.fault(e))
            }
            Operation::Recreate { old, new } => self.recreate(old, new, dry_run).await,
        }
    }

    /// A dry run cannot create what still exists, so the new object is tried under another name.
    async fn recreate(&self, old: &Value, new: &Value, dry_run: bool) -> Result<Value, WriteError> {
        let place = Place::of_object(self.writes(), old)?;
        let read = Place::of_object(self.reads(), old)?;
        match place.api.delete(&place.name, &delete(old, dry_run)).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            // Another uid under this name: the new object exists already.
            Err(kube::Error::Api(status)) if status.code == 409 && !dry_run => {}
            Err(error) => return Err(place.fault(error)),
        }
        let mut object = typed(new)?;
        if dry_run {
            object.metadata.name = None;
            object.metadata.generate_name = Some("k8shawk-dry-run-".to_owned());
        } else {
            self.until_gone(&read, old).await?;
        }
        match place.api.create(&post(dry_run), &object).await {
            Ok(created) => {
                let mut value = untyped(&created)?;
                if let (true, Some(metadata)) = (dry_run, value.get_mut("metadata")) {
                    metadata["name"] = place.name.clone().into();
                }
                Ok(value)
            }
            Err(kube::Error::Api(status)) if status.code == 409 && !dry_run => read
                .api
                .get(&place.name)
                .await
                .map_err(|e| place.fault(e))
                .and_then(|o| untyped(&o)),
            Err(error) => Err(place.fault(error)),
        }
    }

    async fn until_gone(&self, place: &Place, old: &Value) -> Result<(), WriteError> {
        let uid = old.pointer("/metadata/uid").and_then(Value::as_str);
        loop {
            match place
                .api
                .get_opt(&place.name)
                .await
                .map_err(|e| place.fault(e))?
            {
                Some(found) if found.metadata.uid.as_deref() == uid => {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
                _ => return Ok(()),
            }
        }
    }
}
