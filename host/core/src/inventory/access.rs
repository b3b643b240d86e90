//! Ways in: Ingresses, TLS Secrets and admission webhooks.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::observation::{Scene, Sighting};
use super::observed::{Change, Observed, Source};
use super::shape::{Entry, Meta};
use super::wire::{List, Text, Time};

mod ingress;
mod webhook;

/// What is kept of an Ingress.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ingress {
    pub(crate) spec: IngressSpec,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct IngressSpec {
    pub(crate) ingress_class_name: Text,
    pub(crate) default_backend: Option<Backend>,
    pub(crate) rules: List<IngressRule>,
    pub(crate) tls: List<IngressTls>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct IngressTls {
    pub(crate) secret_name: Text,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct IngressRule {
    pub(crate) host: Text,
    pub(crate) http: Option<IngressHttp>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct IngressHttp {
    pub(crate) paths: List<IngressPath>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct IngressPath {
    pub(crate) path: Text,
    pub(crate) path_type: Text,
    pub(crate) backend: Backend,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Backend {
    pub(crate) service: Option<BackendService>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct BackendService {
    pub(crate) name: Text,
    pub(crate) port: BackendPort,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct BackendPort {
    pub(crate) name: Text,
    pub(crate) number: Option<u16>,
}

/// What is kept of a Secret: the host projects it before, without any value.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Secret {
    pub(crate) tls: Option<SecretTls>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SecretTls {
    pub(crate) not_after: Time,
}

/// What is kept of a webhook configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Webhooks {
    pub(crate) webhooks: List<Webhook>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Webhook {
    pub(crate) name: Text,
    pub(crate) failure_policy: Text,
    pub(crate) client_config: ClientConfig,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ClientConfig {
    pub(crate) service: Option<WebhookService>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WebhookService {
    pub(crate) namespace: Text,
    pub(crate) name: Text,
}

impl Ingress {
    /// Every Service that a rule or the default backend names.
    pub(crate) fn backends(&self) -> impl Iterator<Item = &BackendService> {
        let paths = self
            .spec
            .rules
            .iter()
            .filter_map(|r| r.http.as_ref())
            .flat_map(|h| h.paths.iter());
        let rules = paths.map(|path| &path.backend);
        rules
            .chain(self.spec.default_backend.iter())
            .filter_map(|b| b.service.as_ref())
    }

    /// True where it names a TLS Secret.
    pub(crate) fn uses_secret(&self, name: &str) -> bool {
        self.spec.tls.iter().any(|tls| &*tls.secret_name == name)
    }
}

impl Observed for Ingress {
    const KINDS: &'static [&'static str] = &["Ingress"];
    const DEPENDS_ON: &'static [&'static str] = &["Service", "Secret", "IngressClass", "Ingress"];
    const ACROSS: bool = true;

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, spec, IgnoredAny) = from.halves()?;
        Some((meta, Ingress { spec }))
    }

    fn observe(&self, scene: Scene<'_>) -> Vec<Sighting> {
        ingress::observe(scene, self)
    }

    /// It names the object, or may share a rule with it.
    fn depends_on(&self, own: &Entry, change: Change<'_>) -> bool {
        let (name, near) = (
            change.object.name.as_str(),
            *own.meta.namespace == change.object.namespace,
        );
        match change.object.kind.as_str() {
            "Service" => near && self.backends().any(|backend| *backend.name == *name),
            "Secret" => near && self.uses_secret(name),
            "IngressClass" => *self.spec.ingress_class_name == *name,
            _ => true,
        }
    }
}

/// An IngressClass: that it is there is all that counts.
pub(crate) struct IngressClass;

impl Observed for IngressClass {
    const KINDS: &'static [&'static str] = &["IngressClass"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        Some((from.meta()?, IngressClass))
    }
}

impl Observed for Secret {
    const KINDS: &'static [&'static str] = &["Secret"];
    const WATCHED: bool = false;

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        from.flat()
    }

    fn observe(&self, scene: Scene<'_>) -> Vec<Sighting> {
        expired(scene, self)
    }
}

impl Observed for Webhooks {
    const KINDS: &'static [&'static str] = &[
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
    ];
    const DEPENDS_ON: &'static [&'static str] = &["Service", "Pod"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        from.flat()
    }

    fn observe(&self, scene: Scene<'_>) -> Vec<Sighting> {
        webhook::observe(scene, self)
    }

    fn depends_on(&self, _: &Entry, change: Change<'_>) -> bool {
        webhook::depends_on(self, change)
    }
}

/// A TLS Secret whose certificate has expired.
fn expired(scene: Scene<'_>, secret: &Secret) -> Vec<Sighting> {
    let Some(tls) = &secret.tls else {
        return Vec::new();
    };
    let Some(late) = scene.since(tls.not_after).filter(|late| *late >= 0) else {
        return Vec::new();
    };
    let meta = &scene.entry.meta;
    let users: Vec<String> = scene
        .objects
        .in_namespace("Ingress", &meta.namespace)
        .filter(|e| {
            e.kept::<Ingress>()
                .is_some_and(|i| i.uses_secret(&meta.name))
        })
        .map(|e| e.reference().to_string())
        .collect();
    let mut message = format!("the certificate expired {late} s ago");
    if !users.is_empty() {
        message = format!("{message}; used by {}", users.join(", "));
    }
    vec![Sighting::new("CertificateExpired", message).since(tls.not_after)]
}
