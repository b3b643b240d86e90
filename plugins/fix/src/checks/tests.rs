use super::*;
use rstest::rstest;

/// Families of classes, the most particular first, with words of which the advice must have one.
const FAMILIES: &[(&str, &[&str])] = &[
    ("registry", &["registry"]),
    ("pull-secret", &["pull Secret"]),
    ("image", &["image", "tags"]),
    ("probe", &["probe"]),
    ("readiness", &["readiness"]),
    ("command", &["command"]),
    ("user", &["runAsUser"]),
    ("hook", &["hook"]),
    ("dependency", &["dependency"]),
    ("dns", &["CoreDNS"]),
    ("certificate", &["certificate"]),
    ("rbac", &["Role"]),
    ("ephemeral-storage", &["local disk"]),
    ("memory", &["memory"]),
    ("heap", &["heap"]),
    ("cpu", &["CPU"]),
    ("statefulset", &["Service", "StatefulSet"]),
    ("daemonset", &["DaemonSet"]),
    ("cronjob", &["schedule"]),
    ("job", &["Job"]),
    ("security", &["security"]),
    ("service-account", &["ServiceAccount"]),
    ("runtime-class", &["class"]),
    ("priority-class", &["class"]),
    ("scheduler", &["schedulerName"]),
    ("scheduling", &["gate"]),
    ("unschedulable", &["node"]),
    ("pdb", &["disruption budget"]),
    ("kubelet", &["kubelet"]),
    ("sandbox", &["sandbox"]),
    ("node", &["node"]),
    ("pvc", &["claim"]),
    ("volume", &["volume"]),
    ("quota", &["quota"]),
    ("limit-range", &["LimitRange"]),
    ("admission-policy", &["validations"]),
    ("webhook", &["webhook"]),
    ("ingress", &["route", "TLS Secret"]),
    ("apiservice", &["API"]),
    ("network-policy", &["NetworkPolicy"]),
    ("hpa", &["metric", "autoscaler"]),
    ("load-balancer", &["load balancer"]),
    ("service", &["endpoints", "selector"]),
    ("deletion", &["finalizer"]),
    ("namespace", &["finalizer"]),
    ("rollout", &["rollout"]),
    ("missing", &["configuration"]),
];

#[test]
fn every_class_of_the_analysis_has_a_check_of_its_own() {
    for class in classes::names() {
        assert_eq!(entry(class).map(|(name, _)| name), Some(*class));
    }
}

#[test]
fn the_check_of_a_class_is_of_its_family() {
    for class in classes::names() {
        let family = FAMILIES.iter().find(|(word, _)| classes::says(class, word));
        let Some((family, words)) = family else {
            continue;
        };
        let (_, check) = entry(class).unwrap();
        assert!(
            words.iter().any(|word| check.contains(word)),
            "{class} ({family}): {check}"
        );
    }
}

#[test]
fn no_class_and_no_word_stands_twice() {
    let mut names: Vec<&str> = all().map(|(name, _)| name).collect();
    names.sort_unstable();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[rstest]
#[case::the_class_itself("pdb-blocks-eviction", "disruption budget")]
#[case::the_class_itself("scheduler-missing", "schedulerName")]
#[case::the_class_itself("kubelet-admission-refused", "allocatable")]
#[case::the_class_itself("ingress-service-missing", "route")]
#[case::the_class_itself("ephemeral-storage-exceeded", "sizeLimit")]
#[case::more_words_win("no-storage-class-here", "kubectl get storageclass")]
#[case::more_words_win("node-pressure-somewhere", "crictl images")]
#[case::one_word("ingress-route-conflict", "route")]
#[case::no_part_of_a_word("scheduled-nodeport", "Ask who changed")]
fn advice_is_chosen_by_whole_words(#[case] class: &str, #[case] words: &str) {
    let check = entry(class).map_or(OTHERWISE, |(_, check)| check);
    assert!(check.contains(words), "{check}");
}
