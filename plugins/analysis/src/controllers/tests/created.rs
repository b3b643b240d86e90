use k8shawk_sdk::facts;
use serde_json::json;

use crate::samples::*;
use crate::testing::{Bundle, incident};

const QUOTA: &str = "Error creating: pods \"web-r1-x\" is forbidden: exceeded quota: team-quota, \
    requested: pods=1, used: pods=3, limited: pods=3";

/// A Deployment with three of five pods, whose ReplicaSet is refused with this text.
fn refused(message: &str) -> Bundle {
    nodes()
        .with(deployment("web", 5, 3))
        .with(with(
            replica_set("web", 1, "app:1", 5, 3),
            json!({ "status": { "replicas": 3 } }),
        ))
        .with(ready_pod("web", 1, "a"))
        .with(ready_pod("web", 1, "b"))
        .with(ready_pod("web", 1, "c"))
        .event("ReplicaSet", "web-r1", "FailedCreate", message, 9)
}

fn quota(used: &str, hard: &str) -> serde_json::Value {
    with(
        object("ResourceQuota", "team-quota"),
        json!({ "spec": { "hard": { "pods": hard } },
            "status": { "used": { "pods": used }, "hard": { "pods": hard } } }),
    )
}

#[rstest::rstest]
#[case::pod_security(
    "Error creating: pods \"w\" is forbidden: violates PodSecurity \"restricted:latest\": \
     allowPrivilegeEscalation != false (container \"app\" must set it)",
    "pod-security-refused", &["restricted:latest", "allowPrivilegeEscalation != false"])]
#[case::service_account(
    "Error creating: pods \"w\" is forbidden: error looking up service account shop/builder: \
     serviceaccount \"builder\" not found",
    "service-account-missing", &["\"builder\"", "nearest existing name is \"builders\""])]
#[case::priority_class(
    "Error creating: pods \"w\" is forbidden: no PriorityClass with name business-critical was found",
    "priority-class-missing", &["business-critical"])]
#[case::limit_range(
    "Error creating: pods \"w\" is forbidden: maximum memory usage per Container is 64Mi, but limit is 128Mi",
    "limit-range-refused", &["LimitRange limits", "64Mi", "128Mi"])]
#[case::forbidden(
    "Error creating: pods is forbidden: User \"system:serviceaccount:kube-system:rs\" cannot create \
     resource \"pods\" in API group \"\" in the namespace \"shop\"",
    "rbac-denied", &["system:serviceaccount:kube-system:rs", "create on"])]
#[case::unspecified(
    "Error creating: pods \"w\" is forbidden: failed quota: team-quota: must specify limits.memory for: app",
    "quota-exceeded", &["team-quota", "limits.memory for: app"])]
#[case::admission_policy(
    "Error creating: pods \"w\" is forbidden: ValidatingAdmissionPolicy 'team-label' with binding 'b' \
     denied request: a team label is needed",
    "admission-policy-refused", &["team-label (bound by b)", "a team label is needed"])]
#[case::webhook(
    "Error creating: admission webhook \"check.policy.invalid\" denied the request: no owner label",
    "webhook-refused", &["check.policy.invalid", "no owner label"])]
#[case::runtime_class(
    "Error creating: pods \"w\" is forbidden: pod rejected: RuntimeClass \"gvisor\" not found",
    "runtime-class-missing", &["gvisor"])]
#[case::invalid(
    "Error creating: Pod \"w\" is invalid: spec.containers[0].image: Required value",
    "pod-template-invalid", &["spec.containers[0].image"])]
#[case::stranger("Error creating: the moon is full", "undetermined", &["the moon is full"])]
fn tells_refusals_apart(#[case] message: &str, #[case] class: &str, #[case] words: &[&str]) {
    let bundle = refused(message)
        .with(object("ServiceAccount", "builders"))
        .with(object("LimitRange", "limits"));
    let found = finding(&bundle, "Deployment", "web");
    assert_cause(&found, class, words);
    assert!(found.cause.contains("3 of 5 pods"), "{}", found.cause);
    assert_eq!(found.owner.kind, "Deployment");
}

#[test]
fn a_quota_is_raised_for_every_missing_pod() {
    let found = finding(&refused(QUOTA).with(quota("3", "3")), "Deployment", "web");
    assert_cause(
        &found,
        "quota-exceeded",
        &["team-quota", "pods=3 and 3 is used", "requests 1"],
    );
    assert_eq!(value(&found, facts::QUOTA_RESOURCE), "pods");
    assert_eq!(value(&found, facts::SUGGESTED_QUOTA), "5");
    assert_eq!(value(&found, facts::SUGGESTED_REPLICAS), "3");
    assert_eq!(found.object.kind, "ResourceQuota");
    assert_eq!(found.shared.unwrap().name, "team-quota");
}

#[test]
fn a_quota_with_room_again_suggests_nothing() {
    let found = finding(&refused(QUOTA).with(quota("3", "9")), "Deployment", "web");
    assert_cause(&found, "quota-exceeded", &["has room again"]);
    assert_eq!(value(&found, facts::SUGGESTED_QUOTA), "");
}

#[test]
fn a_rollout_needs_room_for_one_more_pod() {
    let bundle = nodes()
        .with(deployment("web", 3, 3))
        .with(replica_set("web", 1, "app:1", 3, 3))
        .with(with(
            replica_set("web", 2, "app:2", 1, 0),
            json!({ "status": { "replicas": 0 } }),
        ))
        .with(ready_pod("web", 1, "a"))
        .with(ready_pod("web", 1, "b"))
        .with(ready_pod("web", 1, "c"))
        .with(quota("3", "3"))
        .event("ReplicaSet", "web-r2", "FailedCreate", QUOTA, 9);
    let found = finding(&bundle, "Deployment", "web");
    assert_cause(
        &found,
        "quota-exceeded",
        &["keeps 3 old pods", "revision 2"],
    );
    assert_eq!(value(&found, facts::SUGGESTED_QUOTA), "4");
    assert_eq!(
        value(&found, facts::GOOD_REVISION),
        "",
        "an image is no matter of a quota"
    );
}

#[test]
fn others_that_a_quota_refuses_are_victims() {
    let bundle = refused(QUOTA)
        .with(deployment("api", 1, 0))
        .with(with(
            replica_set("api", 1, "app:1", 1, 0),
            json!({ "status": { "replicas": 0 } }),
        ))
        .event("ReplicaSet", "api-r1", "FailedCreate", QUOTA, 3);
    let found = finding(&bundle, "Deployment", "web");
    let victims: Vec<&str> = found.victims.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(victims, ["api"]);
}

#[test]
fn a_refusal_of_the_past_is_over_once_all_pods_exist() {
    let bundle =
        healthy_app(nodes(), "web").event("ReplicaSet", "web-r1", "FailedCreate", QUOTA, 9);
    assert!(healthy(&bundle, "Deployment", "web").contains("1 of 1"));
}

#[test]
fn the_signal_speaks_where_events_are_gone() {
    let mut bundle = refused(QUOTA).with(quota("3", "3"));
    bundle.events.clear();
    let mut about = incident(crate::json::reference(&bundle.objects[2]));
    about.signals.push(k8shawk_sdk::analysis::Signal {
        id: "s".into(),
        source: k8shawk_sdk::analysis::SignalSource::Event,
        reason: "FailedCreate".into(),
        message: QUOTA.into(),
        object: crate::json::reference(&bundle.objects[3]),
        owner: about.owner.clone(),
        count: 1,
        first_seen: about.now,
        last_seen: about.now,
        reporter: "replicaset-controller".into(),
    });
    let case = crate::dispatch::case(&about, &bundle);
    let k8shawk_sdk::analysis::Conclusion::Findings(found) = crate::dispatch::conclude(&case)
    else {
        panic!("healthy");
    };
    assert_cause(&found[0], "quota-exceeded", &["team-quota"]);
}

const CALL: &str = "Error creating: Internal error occurred: failed calling webhook \
    \"image.policy.invalid\": failed to call webhook: Post \
    \"https://guard.policy.svc:443/check?timeout=5s\": no endpoints available for service \"guard\"";

fn configuration() -> serde_json::Value {
    with(
        cluster_object("ValidatingWebhookConfiguration", "guard"),
        json!({ "webhooks": [{
            "name": "image.policy.invalid", "failurePolicy": "Fail",
            "clientConfig": { "service": { "namespace": "policy", "name": "guard" } },
        }] }),
    )
}

fn in_policy(object: serde_json::Value) -> serde_json::Value {
    with(object, json!({ "metadata": { "namespace": "policy" } }))
}

#[test]
fn a_webhook_is_down_with_its_backend() {
    let bundle = refused(CALL)
        .with(configuration())
        .with(in_policy(service("guard", json!({ "app": "guard" }))));
    let found = finding(&bundle, "Deployment", "web");
    assert_cause(
        &found,
        "webhook-down",
        &[
            "image.policy.invalid",
            "failurePolicy Fail",
            "no pod matches its selector app=guard",
        ],
    );
    assert_eq!(found.object.kind, "ValidatingWebhookConfiguration");
}

#[test]
fn a_refused_pod_and_the_webhooks_configuration_share_what_triage_names() {
    let bundle = refused(CALL)
        .with(configuration())
        .with(in_policy(service("guard", json!({ "app": "guard" }))));
    for (kind, name) in [
        ("Deployment", "web"),
        ("ValidatingWebhookConfiguration", "guard"),
    ] {
        let shared = finding(&bundle, kind, name).shared.unwrap();
        assert_eq!(
            (shared.kind.as_str(), shared.name.as_str()),
            ("Webhook", "image.policy.invalid")
        );
    }
}

#[test]
fn an_admission_policy_is_shared_by_whom_it_refuses_and_no_revision_gets_around_it() {
    let denied = "Error creating: pods \"w\" is forbidden: ValidatingAdmissionPolicy 'team-label' with \
                  binding 'b' denied request: a team label is needed";
    let found = finding(&refused(denied), "Deployment", "web");
    let shared = found.shared.as_ref().unwrap();
    assert_eq!(
        (
            shared.kind.as_str(),
            shared.api_version.as_str(),
            shared.name.as_str()
        ),
        (
            "ValidatingAdmissionPolicy",
            "admissionregistration.k8s.io/v1",
            "team-label"
        )
    );
    assert_eq!(value(&found, facts::GOOD_REVISION), "");
}

#[test]
fn a_webhook_that_no_configuration_explains_is_named_with_its_own_api() {
    let denied =
        "Error creating: admission webhook \"check.policy.invalid\" denied the request: no";
    let found = finding(&refused(denied), "Deployment", "web");
    let shared = found.shared.unwrap();
    for named in [&found.object, &shared] {
        assert_eq!(named.api_version, "admissionregistration.k8s.io/v1");
    }
}

#[test]
fn a_webhook_whose_service_is_missing_says_so() {
    let bundle = refused(CALL)
        .with(configuration())
        .with(in_policy(service("guards", json!({}))));
    let found = finding(&bundle, "Deployment", "web");
    assert_cause(&found, "webhook-down", &["does not exist", "\"guards\""]);
}

#[test]
fn a_webhook_with_an_expired_certificate_names_its_secret() {
    let call = CALL.replace(
        "no endpoints available for service \"guard\"",
        "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
    );
    let pod = with(
        in_policy(lone_pod("guard-1", "guard")),
        json!({ "spec": { "volumes": [{ "name": "tls", "secret": { "secretName": "guard-tls" } }] } }),
    );
    let bundle = refused(&call)
        .with(configuration())
        .with(in_policy(service("guard", json!({ "app": "guard" }))))
        .with(pod)
        .with(with(
            in_policy(object("Secret", "guard-tls")),
            json!({ "type": "kubernetes.io/tls", "tls": { "notAfter": "2025-06-01T00:00:00Z" } }),
        ));
    let found = finding(&bundle, "Deployment", "web");
    assert_cause(&found, "certificate-expired", &["guard-tls", "2025-06-01"]);
}
