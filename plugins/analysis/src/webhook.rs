//! An admission webhook that refuses, or that does not answer.

use k8shawk_sdk::analysis::{Conclusion, Finding, ObjectRef, Severity};
use serde_json::Value;

use crate::case::Case;
use crate::controllers::refusal::{self, Refusal};
use crate::json::{items, name, named, pairs, text};
use crate::message::between;
use crate::routing::backend::{self, Backend};

/// A webhook, with the configuration that holds it.
struct Hook {
    configuration: ObjectRef,
    policy: String,
    service: Option<(String, String)>,
    url: String,
}

/// The webhook of this name in the cluster's configurations.
fn find(case: &Case, webhook: &str) -> Option<Hook> {
    [
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
    ]
    .iter()
    .find_map(|kind| {
        case.list(kind, "").iter().find_map(|configuration| {
            let hook = items(configuration, "/webhooks")
                .iter()
                .find(|hook| text(hook, "/name") == webhook)?;
            let service = hook.pointer("/clientConfig/service");
            Some(Hook {
                configuration: named(kind, "", name(configuration)),
                policy: match text(hook, "/failurePolicy") {
                    "" => "Fail".to_owned(),
                    set => set.to_owned(),
                },
                service: service.map(|s| {
                    (
                        text(s, "/namespace").to_owned(),
                        text(s, "/name").to_owned(),
                    )
                }),
                url: text(hook, "/clientConfig/url").to_owned(),
            })
        })
    })
}

fn guilty(hook: Option<&Hook>, webhook: &str) -> ObjectRef {
    hook.map_or_else(
        || named("ValidatingWebhookConfiguration", "", webhook),
        |hook| hook.configuration.clone(),
    )
}

/// What the incidents of one webhook share. Triage names it by a message, which knows the
/// webhook's name alone; so does this, although the configuration is the cause.
fn shared(webhook: &str) -> ObjectRef {
    named("Webhook", "", webhook)
}

/// `admission webhook "NAME" denied the request: TEXT`
pub fn refused(refusal: &Refusal) -> Finding {
    let webhook = between(&refusal.message, "webhook \"", &['"']).unwrap_or("?");
    let hook = find(refusal.case, webhook);
    let (mut draft, cited) = refusal.draft("webhook-refused", guilty(hook.as_ref(), webhook));
    let said = refusal
        .message
        .split_once("denied the request: ")
        .map_or("", |(_, said)| said);
    draft
        .title(format!(
            "webhook {webhook} refuses the pods of {}",
            name(refusal.workload)
        ))
        .say(format!(
            "Admission webhook \"{webhook}\" denies the pod: \"{said}\" {cited}."
        ))
        .confidence(95)
        .shared(shared(webhook));
    if let Some(hook) = &hook {
        let policy = draft.cite(spoken(hook), format!("failurePolicy: {}", hook.policy));
        draft.say(format!("It is configured in {} {policy}.", spoken(hook)));
    }
    draft.unknown("whether the rule should apply to this workload: ask the webhook's owner");
    for victim in refusal::victims(refusal, &format!("webhook \"{webhook}\"")) {
        draft.victim(victim);
    }
    draft.finish()
}

/// `failed calling webhook "NAME": failed to call webhook: Post "URL": REASON`
pub fn down(refusal: &Refusal) -> Finding {
    let webhook = between(&refusal.message, "calling webhook \"", &['"']).unwrap_or("?");
    let reason = why(&refusal.message);
    let hook = find(refusal.case, webhook);
    let expired = reason.contains("certificate has expired");
    let class = if expired {
        "certificate-expired"
    } else {
        "webhook-down"
    };
    let (mut draft, cited) = refusal.draft(class, guilty(hook.as_ref(), webhook));
    draft
        .title(format!("webhook {webhook} cannot be called"))
        .say(format!(
            "Admission webhook \"{webhook}\" cannot be called: {reason} {cited}."
        ))
        .confidence(93)
        .shared(shared(webhook));
    match &hook {
        Some(hook) => explain_backend(refusal.case, hook, &mut draft),
        None => {
            draft.unknown(format!("the configuration that holds webhook {webhook}"));
        }
    }
    draft.unknown(
        "what is wrong with the webhook's backend: fix it, and do not delete the webhook \
                  configuration",
    );
    for victim in refusal::victims(refusal, &format!("webhook \"{webhook}\"")) {
        draft.victim(victim);
    }
    draft.finish()
}

fn explain_backend(case: &Case, hook: &Hook, draft: &mut crate::finding::Draft) {
    let policy = draft.cite(spoken(hook), format!("failurePolicy: {}", hook.policy));
    let effect = if hook.policy == "Fail" {
        "requests fail while it does not answer"
    } else {
        "it may be skipped"
    };
    draft.say(format!(
        "{} has failurePolicy {}, so {effect} {policy}.",
        spoken(hook),
        hook.policy
    ));
    let Some((namespace, service)) = &hook.service else {
        draft.say(format!(
            "It is called at {} outside the cluster's Services.",
            hook.url
        ));
        return;
    };
    let state = backend::state(case, namespace, service);
    let said = state.spoken(namespace, service);
    let cited = draft.cite(format!("Service {namespace}/{service}"), &said);
    draft.say(format!("Its backend: {said} {cited}."));
    if let Backend::Down(_, Some(cause)) = &state {
        let cited = draft.cite(format!("{} ({})", cause.title, cause.class), &cause.cause);
        draft.say(format!(
            "Cause at the backend: {}: {} {cited}.",
            cause.class, cause.title
        ));
    }
    if let Some((secret, date)) = expired_certificate(case, namespace, service) {
        let cited = draft.cite(format!("Secret {namespace}/{secret} tls.notAfter"), &date);
        draft.say(format!(
            "The certificate in Secret {namespace}/{secret}, which the backend mounts, expired \
             on {date} {cited}."
        ));
    }
}

/// An expired TLS Secret that a backend's pods mount.
fn expired_certificate(case: &Case, namespace: &str, service: &str) -> Option<(String, String)> {
    let service = case.get("Service", namespace, service)?;
    let pods = backend::selected(case, &service);
    let volumes = pods.iter().flat_map(|pod| items(pod, "/spec/volumes"));
    let mut names: Vec<&str> = volumes.map(|v| text(v, "/secret/secretName")).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|n| !n.is_empty())
        .find_map(|secret| {
            let found = case.get("Secret", namespace, secret)?;
            let date = crate::certificate::expired(case, &found)?;
            Some((secret.to_owned(), date))
        })
}

/// The innermost reason of a failed call.
fn why(message: &str) -> &str {
    let tail = message
        .rsplit_once("\": ")
        .map_or(message, |(_, tail)| tail);
    tail.trim()
}

fn spoken(hook: &Hook) -> String {
    format!("{} {}", hook.configuration.kind, hook.configuration.name)
}

/// Explain an incident about a webhook configuration: which of its backends are down.
pub fn diagnose(case: &Case, configuration: &Value) -> Conclusion {
    let mut findings: Vec<Finding> = Vec::new();
    for hook in items(configuration, "/webhooks") {
        let Some(found) = find(case, text(hook, "/name")) else {
            continue;
        };
        let Some((namespace, service)) = &found.service else {
            continue;
        };
        if !backend::state(case, namespace, service).is_down() {
            continue;
        }
        let guilty = found.configuration.clone();
        let severity = if found.policy == "Fail" {
            Severity::High
        } else {
            Severity::Low
        };
        let mut draft =
            crate::finding::Draft::new("webhook-down", severity, guilty.clone(), guilty.clone());
        draft
            .title(format!("webhook {} has no backend", text(hook, "/name")))
            .confidence(90);
        draft.shared(shared(text(hook, "/name")));
        explain_backend(case, &found, &mut draft);
        let rules = items(hook, "/rules")
            .iter()
            .flat_map(|r| items(r, "/resources"));
        let rules: Vec<&str> = rules.filter_map(Value::as_str).collect();
        let scope = crate::json::written(&pairs(hook, "/namespaceSelector/matchLabels"));
        let cited = draft.cite("webhooks[].rules", format!("{} {scope}", rules.join(",")));
        draft.say(format!(
            "It is called for every change of {} {cited}.",
            rules.join(", ")
        ));
        findings.push(draft.finish());
    }
    if findings.is_empty() {
        let named = name(configuration);
        return Conclusion::Healthy(format!("the backends of {named} have ready endpoints"));
    }
    Conclusion::Findings(findings)
}
