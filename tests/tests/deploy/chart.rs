//! The chart: what it renders, whether the API server takes it, and what its schema refuses.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::Cluster;
use k8shawk_tests::deploy::{Helm, documents, printed, root};
use k8shawk_tests::fault::Product;
use k8shawk_tests::prometheus::promtool;
use serde_json::Value;

/// Sets of values, as a user would give them.
const SETS: &[&[&str]] = &[
    &[],
    &[
        "--set=watch.namespace=shop",
        "--set=fix.namespaces={shop}",
        "--set=fix.enabled={rollout-undo,delete-pod}",
    ],
    &["--set=fix.namespaces={shop,bank}", "--set=fix.enabled={*}"],
    &["--set=fix.namespaces={*}"],
    &[
        "--set=fullnameOverride=hawk",
        "--set=cluster.name=arn:aws:eks:eu-west-1:1:cluster/prod",
        "--set=image.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "--set=persistence.existingClaim=mine",
        "--set=secret.existing=keys",
        "--set=serviceMonitor.enabled=true",
        "--set=serviceMonitor.labels.team=ops",
        "--set=prometheusRule.enabled=true",
        "--set=prometheusRule.labels.team=ops",
        "--set-json=networkPolicy.ingress=[{\"namespaceSelector\": {\"matchLabels\": {\"team\": \"ops\"}}}]",
        "--set=plugins.mine.configMap=k8shawk-plugin-mine",
        "--set=policies.rules.configMap=k8shawk-policy-rules",
        "--set=plugins.claimed.claim=components",
        "--set=policies.large.image=ghcr.io/acme/large@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "--set=policies.large.path=large",
        "--set=registry.credentials=pull",
        "--set=registry.policies={oci://ghcr.io/acme/x:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}",
        "--set-json=registry.keys={\"acme\": \"-----BEGIN PUBLIC KEY-----\\nMFk=\\n-----END PUBLIC KEY-----\\n\"}",
        "--set=service.type=NodePort",
        "--set=nodeSelector.disk=ssd",
        "--set=tolerations[0].key=infra,tolerations[0].operator=Exists",
        "--set=imagePullSecrets={registry}",
        "--set=priorityClassName=system-cluster-critical",
    ],
    &[
        "--set=persistence.enabled=false",
        "--set=secret.values.GROQ_API_KEY=abc",
        "--set=config.recovery.timeout_seconds=300",
        "--set=config.model.enabled=false",
        "--set=environment.RUST_LOG=k8shawk=debug",
        "--set=networkPolicy.enabled=false",
        "--set=rbac.create=false",
        "--set=resources.limits.memory=500M",
        "--set=config.plugins.compile_memory_mib=220",
        "--set=approval.approvers={ann,bob}",
    ],
];

/// The API server has no Prometheus operator: a definition of a kind of it is enough for a dry run.
fn definition(kind: &str) -> String {
    let singular = kind.to_lowercase();
    format!(
        "---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {singular}s.monitoring.coreos.com}}
spec:
  group: monitoring.coreos.com
  scope: Namespaced
  names: {{kind: {kind}, listKind: {kind}List, plural: {singular}s, singular: {singular}}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
"
    )
}

pub fn accepted(cluster: &Cluster) -> Result<()> {
    let helm = Helm::new(Some(cluster))?;
    helm.run(&["lint", "--strict", &k8shawk_tests::deploy::chart()])?;
    let definitions = ["ServiceMonitor", "PrometheusRule"].map(definition);
    cluster.kubectl_with_input(&["apply", "-f", "-"], &definitions.concat())?;
    let established = "--for=condition=Established";
    cluster.kubectl(&["wait", established, "crd", "--all", "--timeout=30s"])?;
    for name in ["dry", "shop", "bank"] {
        let labels = format!(
            "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{pod-security.kubernetes.io/enforce: restricted}}}}}}"
        );
        cluster.kubectl_with_input(&["apply", "-f", "-"], &labels)?;
    }
    for values in SETS {
        let chart = k8shawk_tests::deploy::chart();
        let mut arguments = vec!["template", "hawk", &chart, "--namespace", "dry"];
        arguments.extend(*values);
        let rendered = helm.run(&arguments)?;
        let strict = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
        let told = cluster
            .kubectl_with_input(&strict, &rendered)
            .with_context(|| format!("{values:?}"))?;
        ensure!(told.contains("deployment.apps/"), "{told}");
    }
    let kustomization = root().join("deploy/kustomize").display().to_string();
    let built = cluster.kubectl(&["kustomize", &kustomization])?;
    ensure!(built.contains("image: k8shawk:"), "{built}");
    Ok(())
}

/// The alert rules of the chart are rules to Prometheus, and about this release.
pub fn alerts(cluster: &Cluster) -> Result<()> {
    let values = [
        "--set=prometheusRule.enabled=true",
        "--set=fullnameOverride=hawk",
    ];
    let rendered = Helm::new(None)?.template(&values)?;
    let all = documents(&cluster.kubectl_client(), &rendered)?;
    let rule = all.iter().find(|one| one["kind"] == "PrometheusRule");
    let rules = rule.context("no PrometheusRule is rendered")?["spec"].to_string();
    let directory = tempfile::tempdir()?;
    // JSON is YAML.
    fs::write(directory.path().join("rules.yaml"), &rules)?;
    promtool(directory.path(), &["check", "rules", "rules.yaml"], "")?;
    ensure!(
        rules.contains(r#"job=\"hawk\""#) && !rules.contains(r#"job=\"k8shawk\""#),
        "{rules}"
    );
    Ok(())
}

/// Roles and bindings without what Helm adds, each as one line; the order of rules says nothing.
fn bare(mut all: Vec<Value>) -> BTreeSet<String> {
    let rights = |value: &Value| {
        let kind = value["kind"].as_str().unwrap_or_default();
        kind.contains("Role") || kind == "ServiceAccount"
    };
    all.retain(rights);
    for value in &mut all {
        if let Some(metadata) = value["metadata"].as_object_mut() {
            metadata.retain(|key, _| key == "name" || key == "namespace");
        }
        if let Some(rules) = value["rules"].as_array_mut() {
            rules.sort_by_key(Value::to_string);
        }
    }
    all.iter().map(Value::to_string).collect()
}

pub fn rights(cluster: &Cluster) -> Result<()> {
    let kubectl = cluster.kubectl_client();
    let (helm, product) = (Helm::new(None)?, Product::new(cluster)?);
    let directory = tempfile::tempdir()?;
    for (watched, namespaces, fixes) in [
        ("*", "", "rollout-undo,delete-pod"),
        ("*", "", "*"),
        ("*", "*", "*"),
        ("*", "bank,shop", "*"),
        ("shop", "shop", "evict-pod,retry-job"),
        ("*", "bank,shop", "cordon,set-resources,expand-pvc"),
    ] {
        let list = |names: &str| {
            let quoted = names.split(',').filter(|n| !n.is_empty());
            quoted
                .map(|n| format!("{n:?}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let values = [
            format!("--set=watch.namespace={watched}"),
            format!("--set-json=fix.namespaces=[{}]", list(namespaces)),
            format!("--set-json=fix.enabled=[{}]", list(fixes)),
        ];
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let rendered = bare(documents(&kubectl, &helm.template(&values)?)?);
        let config = format!(
            "[watch]\nnamespace = {watched:?}\n[fix]\nnamespaces = [{}]\nenabled = [{}]\n",
            list(namespaces),
            list(fixes)
        );
        fs::write(directory.path().join("k8shawk.toml"), config)?;
        let mut command = product.command(directory.path());
        let json = printed(command.args(["--config", "k8shawk.toml", "rbac", "-o", "json"]))?;
        let generated = bare(serde_json::from_str(&json)?);
        let more: Vec<_> = rendered.difference(&generated).collect();
        let less: Vec<_> = generated.difference(&rendered).collect();
        ensure!(
            more.is_empty() && less.is_empty() && !generated.is_empty(),
            "{values:?}: only the chart has {more:#?}, only the program {less:#?}"
        );
    }
    Ok(())
}

/// Values that cannot be meant, and words of the refusal.
const WRONG: &[(&str, &[&str])] = &[
    ("--set=policies.large.image=x:1", &["policies", "image"]),
    ("--set=policies.large.path=x", &["policies", "oneOf"]),
    (
        "--set=registry.policies={oci://ghcr.io/x:1}",
        &["registry", "policies"],
    ),
    ("--set=registry.keys.acme=secret", &["registry", "keys"]),
    ("--set=fix.enabled={reboot}", &["fix", "enabled"]),
    ("--set=fix.namespaces={team-*}", &["fix", "namespaces"]),
    ("--set=watch.namespace=Shop", &["watch", "namespace"]),
    ("--set=replicas=2", &["replicas"]),
    ("--set=image.pullPolicy=Sometimes", &["image", "pullPolicy"]),
    ("--set=service.port=99999", &["service", "port", "65,535"]),
    ("--set=config.cluster.reader=a/b", &["config"]),
    ("--set=plugins.mine.path=/x", &["plugins", "configMap"]),
    (
        "--set=terminationGracePeriodSeconds=5",
        &["terminationGracePeriodSeconds", "25"],
    ),
    (
        "--set=networkPolicy.ingress={everybody}",
        &["networkPolicy", "ingress"],
    ),
    (
        "--set=resources.limits.memory=767Mi",
        &["767 MiB", "the host needs 256", "compile_memory_mib = 512"],
    ),
    (
        "--set=config.plugins.compile_memory_mib=769",
        &[
            "resources.limits.memory is 1024 MiB",
            "compile_memory_mib = 769",
        ],
    ),
    (
        "--set=resources.limits.memory=1Zi",
        &["resources.limits.memory", "1Zi"],
    ),
    ("--set=persistence.size=much", &["persistence", "size"]),
];

pub fn refused(_: &Cluster) -> Result<()> {
    let helm = Helm::new(None)?;
    for (value, words) in WRONG {
        let told = match helm.template(&[value]) {
            Ok(_) => anyhow::bail!("{value} is accepted"),
            Err(error) => format!("{error:#}"),
        };
        for word in *words {
            ensure!(told.contains(word), "{value}: {word:?} is not in: {told}");
        }
    }
    Ok(())
}

/// Without a namespace for fixes the account that writes may write nowhere, whatever is enabled.
pub fn explains_only(cluster: &Cluster) -> Result<()> {
    let values = ["--set-json=fix.namespaces=[]", "--set=fix.enabled={*}"];
    let rendered = Helm::new(None)?.template(&values)?;
    let all = documents(&cluster.kubectl_client(), &rendered)?;
    let name = |value: &Value| value["metadata"]["name"].as_str().map(str::to_owned);
    let roles = all.iter().filter(|one| {
        let kind = one["kind"].as_str().unwrap_or_default();
        let of_executor = name(one).is_some_and(|name| name.ends_with("-executor"));
        kind.ends_with("Role") && of_executor
    });
    let rules: Vec<_> = roles.map(|role| &role["rules"]).collect();
    ensure!(rules.is_empty(), "{rules:?}");
    Ok(())
}

/// Nobody connects but the node, and those who are named.
pub fn peers(cluster: &Cluster) -> Result<()> {
    let named = r#"[{"namespaceSelector": {"matchLabels": {"team": "ops"}}}]"#;
    let set = format!("--set-json=networkPolicy.ingress={named}");
    for (values, expected) in [
        (vec![], "[]".to_owned()),
        (
            vec![set.as_str()],
            format!(
                r#"[{{"from":{},"ports":[{{"port":"http","protocol":"TCP"}}]}}]"#,
                named.replace(": ", ":")
            ),
        ),
    ] {
        let rendered = Helm::new(None)?.template(&values)?;
        let all = documents(&cluster.kubectl_client(), &rendered)?;
        let policy = all.iter().find(|one| one["kind"] == "NetworkPolicy");
        let ingress = policy.context("no NetworkPolicy")?["spec"]["ingress"].to_string();
        ensure!(ingress == expected, "{ingress}");
    }
    Ok(())
}
