use rstest::rstest;
use serde_json::json;

use super::*;

#[test]
fn says_by_how_much_the_nodes_are_short() {
    let pod = but(
        unscheduled(
            "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
        ),
        &[(
            "/spec/containers/0/resources",
            json!({"requests": {"memory": "3Gi"}}),
        )],
    );
    let other = but(
        web(),
        &[
            ("/metadata/name", json!("big")),
            (
                "/spec/containers/0/resources",
                json!({"requests": {"memory": "2Gi"}}),
            ),
        ],
    );
    expect(
        &around(pod).with(other),
        "unschedulable-resources",
        &[
            "asks for 3Gi of memory",
            "node-a has 2Gi free of 4Gi",
            "lacks 1Gi",
        ],
    );
}

#[test]
fn says_that_no_node_is_large_enough() {
    let pod = but(
        unscheduled("0/1 nodes are available: 1 Insufficient cpu."),
        &[(
            "/spec/containers/0/resources",
            json!({"requests": {"cpu": "64"}}),
        )],
    );
    expect(
        &around(pod),
        "unschedulable-resources",
        &[
            "asks for 64 of cpu",
            "more than any node has at all (the largest offers 2)",
        ],
    );
}

#[test]
fn says_that_no_node_offers_a_gpu() {
    let pod = but(
        unscheduled("0/1 nodes are available: 1 Insufficient nvidia.com/gpu."),
        &[(
            "/spec/containers/0/resources",
            json!({"limits": {"nvidia.com/gpu": "1"}}),
        )],
    );
    expect(
        &around(pod),
        "unschedulable-extended-resource",
        &["1 nvidia.com/gpu", "none of the 1 nodes offers"],
    );
}

#[rstest]
#[case::value(json!({"disktype": "sdd"}), "nearest existing value is \"ssd\"")]
#[case::key(json!({"disk-type": "ssd"}), "nearest existing key is \"disktype\"")]
fn names_the_near_miss_of_a_node_selector(#[case] selector: Value, #[case] named: &str) {
    let pod = but(
        unscheduled(
            "0/2 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available.",
        ),
        &[("/spec/nodeSelector", selector)],
    );
    expect(
        &around(pod),
        "unschedulable-node-selector",
        &["nodeSelector", named],
    );
}

#[test]
fn quotes_the_node_affinity_that_no_node_meets() {
    let affinity = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["x", "y"]}]}]}}});
    let pod = but(
        unscheduled(
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
        ),
        &[("/spec/affinity", affinity)],
    );
    expect(
        &around(pod),
        "unschedulable-affinity",
        &["zone In (x, y)", "zone = a"],
    );
}

#[test]
fn names_a_cordon_that_alone_is_in_the_way() {
    let mut bundle = around(unscheduled(
        "0/1 nodes are available: 1 node(s) were unschedulable. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    ));
    let node = bundle
        .objects
        .iter_mut()
        .find(|o| o["kind"] == "Node")
        .expect("a node");
    node["spec"] = json!({"unschedulable": true, "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]});
    let finding = expect(
        &bundle,
        "unschedulable-cordon",
        &["node-a", "nothing else is in its way"],
    );
    assert_eq!(fact(&finding, "node"), "node-a");
    assert!(!fact(&finding, "cordoned").is_empty());
}

#[test]
fn names_the_taint_and_what_is_tolerated() {
    let mut bundle = around(unscheduled(
        "0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: db}. preemption: none",
    ));
    let node = bundle
        .objects
        .iter_mut()
        .find(|o| o["kind"] == "Node")
        .expect("a node");
    node["spec"] = json!({"taints": [{"key": "dedicated", "value": "db", "effect": "NoSchedule"}]});
    expect(
        &bundle,
        "unschedulable-taint",
        &[
            "node-a has dedicated=db:NoSchedule",
            "no toleration of its own",
        ],
    );
}

#[test]
fn names_the_holder_of_a_host_port() {
    let ports = json!([{"containerPort": 80, "hostPort": 80}]);
    let pod = but(
        unscheduled(
            "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
        ),
        &[("/spec/containers/0/ports", ports.clone())],
    );
    let holder = but(
        web(),
        &[
            ("/metadata/name", json!("edge")),
            ("/spec/containers/0/ports", ports),
        ],
    );
    expect(
        &around(pod).with(holder),
        "unschedulable-ports",
        &["host port 80", "shop/edge on node node-a"],
    );
}

#[test]
fn names_the_anti_affinity_and_the_pods_that_match() {
    let affinity = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}]}});
    let pod = but(
        unscheduled("0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules."),
        &[("/spec/affinity", affinity)],
    );
    let other = but(web(), &[("/metadata/name", json!("web-0"))]);
    expect(
        &around(pod).with(other),
        "unschedulable-affinity",
        &["kubernetes.io/hostname", "web-0 on node-a"],
    );
}

#[rstest]
#[case::label("rack", "none of the 1 nodes has that label")]
#[case::skew("kubernetes.io/hostname", "node-a: 1")]
fn names_the_topology_spread(#[case] key: &str, #[case] named: &str) {
    let spread = json!([{"topologyKey": key, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}]);
    let pod = but(
        unscheduled(
            "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).",
        ),
        &[("/spec/topologySpreadConstraints", spread)],
    );
    let other = but(web(), &[("/metadata/name", json!("web-0"))]);
    expect(
        &around(pod).with(other),
        "unschedulable-spread",
        &[key, named],
    );
}

#[test]
fn names_the_place_of_a_volume() {
    let pod = but(
        unscheduled("0/1 nodes are available: 1 node(s) had volume node affinity conflict."),
        &[(
            "/spec/volumes",
            json!([{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]),
        )],
    );
    let bundle = around(pod)
        .with(json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"}, "spec": {"volumeName": "pv-1"}, "status": {"phase": "Bound"}}))
        .with(json!({"kind": "PersistentVolume", "metadata": {"name": "pv-1"}, "spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]}]}}}}));
    expect(
        &bundle,
        "unschedulable-volume",
        &["zone=b", "nodes have zone = a"],
    );
}

#[test]
fn too_many_pods_are_counted() {
    let mut bundle = around(unscheduled("0/1 nodes are available: 1 Too many pods."));
    let node = bundle
        .objects
        .iter_mut()
        .find(|o| o["kind"] == "Node")
        .expect("a node");
    node["status"]["allocatable"]["pods"] = json!("0");
    expect(
        &bundle,
        "unschedulable-too-many-pods",
        &["node-a has 0 free of 0"],
    );
}

#[test]
fn a_missing_claim_is_named_with_the_nearest() {
    let pod = but(
        unscheduled("0/1 nodes are available: persistentvolumeclaim \"dta\" not found."),
        &[(
            "/spec/volumes",
            json!([{"name": "d", "persistentVolumeClaim": {"claimName": "web-dta"}}]),
        )],
    );
    let bundle = around(pod).with(json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "web-data", "namespace": "shop"}, "status": {"phase": "Bound"}}));
    expect(
        &bundle,
        "pvc-missing",
        &["\"web-dta\"", "nearest existing name is \"web-data\""],
    );
}

#[test]
fn an_unbound_claim_is_explained_in_its_place() {
    let pod = but(
        unscheduled("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."),
        &[(
            "/spec/volumes",
            json!([{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]),
        )],
    );
    let bundle = around(pod)
        .with(json!({"kind": "StorageClass", "metadata": {"name": "standard"}, "provisioner": "p"}))
        .with(json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"}, "spec": {"storageClassName": "standrd"}, "status": {"phase": "Pending"}}));
    expect(
        &bundle,
        "pvc-no-storage-class",
        &[
            "\"standrd\"",
            "nearest existing name is \"standard\"",
            "Pod web-1 cannot be scheduled",
        ],
    );
}

#[test]
fn a_gate_and_an_unknown_scheduler_are_named() {
    let gated = but(
        unscheduled("Scheduling is blocked due to non-empty scheduling gates"),
        &[(
            "/spec/schedulingGates",
            json!([{"name": "example.com/quota"}]),
        )],
    );
    expect(&around(gated), "scheduling-gated", &["example.com/quota"]);
    let pod = but(
        unscheduled(""),
        &[
            ("/status/conditions", json!([])),
            ("/spec/schedulerName", json!("batch-scheduler")),
        ],
    );
    expect(&around(pod), "scheduler-missing", &["\"batch-scheduler\""]);
}

#[test]
fn unreadable_nodes_leave_it_open_by_how_much() {
    let pod = unscheduled("0/1 nodes are available: 1 Insufficient memory.");
    let finding = expect(
        &around(pod).denying("Node"),
        "unschedulable-resources",
        &["Insufficient memory"],
    );
    assert!(
        finding
            .unknown
            .iter()
            .any(|u| u.contains("nodes may not be read"))
    );
}

#[rstest]
#[case::pressure(
    "Evicted",
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container app was using 1Gi, request is 0.",
    "evicted-node-pressure",
    "ran low on memory"
)]
#[case::own_bound(
    "Evicted",
    "Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ",
    "ephemeral-storage-exceeded",
    "10Mi"
)]
#[case::preempted(
    "Preempting",
    "Preempted in order to admit critical pod",
    "preempted",
    "no PriorityClass"
)]
#[case::shutdown(
    "Terminated",
    "Pod was terminated in response to imminent node shutdown.",
    "node-shutdown",
    "node-a"
)]
#[case::no_cpu(
    "OutOfcpu",
    "Pod was rejected: Node didn't have enough resource: cpu, requested: 4000",
    "unschedulable-resources",
    "too little CPU"
)]
#[case::device(
    "UnexpectedAdmissionError",
    "Allocate failed due to requested number of devices unavailable",
    "kubelet-admission-refused",
    "device"
)]
#[case::labels(
    "NodeAffinity",
    "Pod was rejected: Predicate NodeAffinity failed",
    "unschedulable-affinity",
    "node-a"
)]
fn tells_pods_apart_that_were_turned_away(
    #[case] reason: &str,
    #[case] message: &str,
    #[case] class: &str,
    #[case] named: &str,
) {
    let pod = but(
        web(),
        &[(
            "/status",
            json!({"phase": "Failed", "reason": reason, "message": message}),
        )],
    );
    expect(&around(pod), class, &[named]);
}

#[test]
fn a_pod_on_a_lost_node_is_the_nodes_victim() {
    let mut bundle = around(web());
    let node = bundle
        .objects
        .iter_mut()
        .find(|o| o["kind"] == "Node")
        .expect("a node");
    node["status"]["conditions"] = json!([{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status.", "lastTransitionTime": ago(240)}]);
    let finding = expect(
        &bundle,
        "node-unreachable",
        &["node-a", "Kubelet stopped posting node status", "4 min"],
    );
    assert_eq!(finding.shared.expect("a shared cause").kind, "Node");
}
