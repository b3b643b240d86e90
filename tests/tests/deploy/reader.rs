//! The two accounts as the API server sees them, with their real tokens.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use futures::stream::{self, StreamExt};
use k8shawk_tests::cluster::{Cluster, Kubectl, wait_until};
use k8shawk_tests::deploy::printed;
use k8shawk_tests::fault::Product;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

/// Reviews of oneself, which every account may ask for and which change nothing.
const OF_ONESELF: [&str; 3] = [
    "selfsubjectaccessreviews",
    "selfsubjectreviews",
    "selfsubjectrulesreviews",
];

/// Applies what `k8shawk rbac` prints, with the accounts in a namespace of its own.
fn granted(cluster: &Cluster, namespace: &str, config: &str) -> Result<Vec<Value>> {
    let kubectl = cluster.kubectl_client();
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("k8shawk.toml"), config)?;
    let mut command = Product::new(cluster)?.command(directory.path());
    let arguments = [
        "--config",
        "k8shawk.toml",
        "rbac",
        "-o",
        "json",
        "--into",
        namespace,
        "--name",
        namespace,
    ];
    let json = printed(command.args(arguments))?;
    let all: Vec<Value> = serde_json::from_str(&json)?;
    let list = json!({"apiVersion": "v1", "kind": "List", "items": all});
    kubectl.run_with_input(&["apply", "-f", "-"], &list.to_string())?;
    Ok(all)
}

/// A kubeconfig for a real token of a service account.
fn token_config(cluster: &Cluster, namespace: &str, account: &str) -> Result<String> {
    let token = cluster.kubectl(&["-n", namespace, "create", "token", account])?;
    let admin = std::fs::read_to_string(cluster.kubeconfig())?;
    let authority = admin
        .split("certificate-authority-data: \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .context("no authority in the kubeconfig")?;
    Ok(json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster":
            {"server": cluster.server()?, "certificate-authority-data": authority}}],
        "users": [{"name": "u", "user": {"token": token.trim()}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    })
    .to_string())
}

/// Every resource that the API server knows: path of its group and version, name, namespaced.
fn resources(kubectl: &Kubectl) -> Result<Vec<(String, String, bool)>> {
    let raw = |path: &str| -> Result<Value> {
        Ok(serde_json::from_str(
            &kubectl.run(&["get", "--raw", path])?,
        )?)
    };
    let mut roots = vec!["/api/v1".to_owned()];
    for group in raw("/apis")?["groups"].as_array().context("no groups")? {
        for version in group["versions"].as_array().into_iter().flatten() {
            let name = version["groupVersion"].as_str().unwrap_or_default();
            roots.push(format!("/apis/{name}"));
        }
    }
    let mut all = Vec::new();
    for root in roots {
        for resource in raw(&root)?["resources"].as_array().into_iter().flatten() {
            let name = resource["name"].as_str().unwrap_or_default().to_owned();
            all.push((root.clone(), name, resource["namespaced"] == true));
        }
    }
    Ok(all)
}

/// One request for a verb, with nothing in it: who may not do it is told so before it is read.
fn request(root: &str, name: &str, namespaced: bool, verb: &str) -> Result<http::Request<Vec<u8>>> {
    let within = if namespaced {
        "/namespaces/default"
    } else {
        ""
    };
    let (plural, subresource) = match name.split_once('/') {
        Some((plural, subresource)) => (plural, format!("/{subresource}")),
        None => (name, String::new()),
    };
    let all = format!("{root}{within}/{plural}");
    let one = format!("{all}/nobody{subresource}");
    let dry = "dryRun=All";
    let (method, path) = match verb {
        "get" => ("GET", one),
        "list" => ("GET", all),
        "watch" => ("GET", format!("{all}?watch=1&timeoutSeconds=1")),
        "create" if subresource.is_empty() => ("POST", format!("{all}?{dry}")),
        "create" => ("POST", format!("{one}?{dry}")),
        "update" => ("PUT", format!("{one}?{dry}")),
        "patch" => ("PATCH", format!("{one}?{dry}")),
        "delete" => ("DELETE", format!("{one}?{dry}")),
        _ => ("DELETE", format!("{all}?{dry}")),
    };
    let kind = if verb == "patch" {
        "application/merge-patch+json"
    } else {
        "application/json"
    };
    let body = if method == "GET" {
        Vec::new()
    } else {
        b"{}".to_vec()
    };
    Ok(http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", kind)
        .body(body)?)
}

const READS: [&str; 3] = ["get", "list", "watch"];
const WRITES: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];

/// A whole resource has every verb; of a subresource nothing is listed.
fn verbs(name: &str) -> Vec<&'static str> {
    let all = READS.into_iter().chain(WRITES);
    all.filter(|verb| {
        !name.contains('/') || !matches!(*verb, "list" | "watch" | "deletecollection")
    })
    .collect()
}

pub fn every_verb_on_every_kind(cluster: &Cluster) -> Result<()> {
    let namespace = cluster.namespace("reader")?;
    granted(cluster, &namespace, "")?;
    let config = token_config(cluster, &namespace, &format!("{namespace}-reader"))?;
    let all = resources(&cluster.kubectl_client())?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let parsed = Kubeconfig::from_yaml(&config)?;
        let mut config =
            kube::Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default()).await?;
        config.default_retry = false;
        let client = kube::Client::try_from(config)?;
        let asked = all.iter().flat_map(|(root, name, namespaced)| {
            verbs(name)
                .into_iter()
                .map(move |verb| (root, name, *namespaced, verb))
        });
        let answers: Vec<_> = stream::iter(asked)
            .map(|(root, name, namespaced, verb)| {
                let client = client.clone();
                async move {
                    let sent = client
                        .request_text(request(root, name, namespaced, verb)?)
                        .await;
                    let allowed = !matches!(&sent, Err(kube::Error::Api(s)) if s.code == 403);
                    Ok::<_, anyhow::Error>((name.clone(), verb, allowed))
                }
            })
            .buffer_unordered(8)
            .collect()
            .await;
        let answers: Vec<_> = answers.into_iter().collect::<Result<_>>()?;
        ensure!(answers.len() > 500, "only {} requests", answers.len());
        let wrong: BTreeSet<String> = answers
            .iter()
            .filter(|(name, verb, allowed)| {
                let write = WRITES.contains(verb) && !OF_ONESELF.contains(&name.as_str());
                *allowed && (write || name.starts_with("secrets"))
            })
            .map(|(name, verb, _)| format!("{verb} {name}"))
            .collect();
        ensure!(wrong.is_empty(), "the reader may {wrong:?}");
        let reads = answers
            .iter()
            .filter(|(_, verb, ok)| *ok && READS.contains(verb));
        ensure!(
            reads.count() > 80,
            "the reader can hardly read: its token is refused"
        );
        println!(
            "{} requests by the reader: no write, no Secret",
            answers.len()
        );
        Ok(())
    })
}

/// `check` as the executor, with its token.
fn check(product: &Product, directory: &std::path::Path) -> Result<(bool, String)> {
    let arguments = ["--config", "k8shawk.toml", "check"];
    let output = product.command(directory).args(arguments).output()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((output.status.success(), told))
}

pub fn every_rule_is_named(cluster: &Cluster) -> Result<()> {
    let namespace = cluster.namespace("rules")?;
    let fixed = cluster.namespace("fixed")?;
    let config = format!(
        "[fix]\nnamespaces = [\"{fixed}\"]\nenabled = [\"evict-pod\", \"rollout-undo\", \"retry-job\", \"cordon\"]\n\
         [cluster]\nreader = \"{namespace}/{namespace}-reader\"\n"
    );
    let all = granted(cluster, &namespace, &config)?;
    let directory = tempfile::tempdir()?;
    let kubeconfig = directory.path().join("kubeconfig");
    let token = token_config(cluster, &namespace, &format!("{namespace}-executor"))?;
    std::fs::write(&kubeconfig, token)?;
    std::fs::write(directory.path().join("k8shawk.toml"), config)?;
    let product = Product::with_kubeconfig(&kubeconfig)?;
    wait_until(
        std::time::Duration::from_secs(30),
        "no problems found",
        || {
            let (well, told) = check(&product, directory.path())?;
            ensure!(well, "{told}");
            Ok(Some(()))
        },
    )?;
    let mut tried = 0;
    for role in all.iter().filter(|role| role["rules"].is_array()) {
        let rules = role["rules"].as_array().context("no rules")?;
        for (at, rule) in rules.iter().enumerate() {
            without(cluster, role, at, || {
                named(&product, directory.path(), rule)
            })?;
            tried += 1;
        }
    }
    ensure!(tried > 40, "{tried} rules");
    println!("{tried} rules taken away, each was named");
    Ok(())
}

/// With one rule of a role taken away.
fn without(
    cluster: &Cluster,
    role: &Value,
    at: usize,
    then: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let mut less = role.clone();
    if let Some(rules) = less["rules"].as_array_mut() {
        rules.remove(at);
    }
    cluster.kubectl_with_input(&["apply", "-f", "-"], &less.to_string())?;
    let done = then();
    cluster.kubectl_with_input(&["apply", "-f", "-"], &role.to_string())?;
    done
}

/// `check` fails, and names the verbs and the resource of the rule.
fn named(product: &Product, directory: &std::path::Path, rule: &Value) -> Result<()> {
    let text = |key: &str| rule[key][0].as_str().unwrap_or_default().to_owned();
    let (resource, verb) = (text("resources"), text("verbs"));
    let deadline = std::time::Duration::from_secs(20);
    wait_until(deadline, &format!("{rule} is named"), || {
        let (well, told) = check(product, directory)?;
        let line = told.lines().find(|line| {
            line.contains("may not") && line.contains(&verb) && line.contains(&resource)
        });
        ensure!(
            !well && line.is_some_and(|l| l.contains("add to ")),
            "{told}"
        );
        Ok(Some(()))
    })
}
