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
            "requests 3Gi of memory",
            "node-a has 2Gi free of 4Gi",
            "1Gi short",
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
            "requests 64 of cpu",
            "more than any node has (the largest offers 2)",
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
        &["1 nvidia.com/gpu", "no node offers that resource (1 node;"],
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
        &["node-a", "nothing else blocks it"],
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
            "no tolerations beyond the defaults",
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
