//! The configuration of each component: its files and its flags. Addresses and ports inside the
//! namespaces can be the usual ones.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::certificates::Certificates;
use super::command::run;
use super::programs::source;
use super::slot::Slot;

/// Writes the configuration files under `<state>/etc`.
pub(super) fn write_files(slot: &Slot) -> Result<()> {
    let state = slot.state();
    let etc = state.join("etc");
    fs::create_dir_all(etc.join("cni"))?;
    // Overlays cannot be stacked, as in a container's own file system.
    let below = run(Command::new("stat").args(["-f", "-c", "%T"]).arg(&state))?;
    let snapshotter = if below.trim() == "overlayfs" {
        "native"
    } else {
        "overlayfs"
    };
    for (template, file) in [
        ("containerd.toml", "containerd.toml"),
        ("cni.conflist", "cni/k8shawk.conflist"),
        ("kubelet.yaml", "kubelet.yaml"),
        ("scheduler.yaml", "scheduler.yaml"),
        ("nsswitch.conf", "nsswitch.conf"),
    ] {
        let text = fs::read_to_string(source().join("etc").join(template))?
            .replace("@STATE@", &state.to_string_lossy())
            .replace("@CGROUP@", &slot.name())
            .replace("@POD_SUBNET@", &slot.pod_subnet())
            .replace("@SNAPSHOTTER@", snapshotter);
        fs::write(etc.join(file), text)?;
    }
    Ok(fs::write(etc.join("resolv.conf"), "")?)
}

pub(super) fn etcd(state: &Path) -> Vec<String> {
    let data = state.join("etcd");
    flags(&[
        ("data-dir", &data.to_string_lossy()),
        ("unsafe-no-fsync", "true"),
        ("listen-peer-urls", "http://127.0.0.1:2380"),
        ("quota-backend-bytes", "4294967296"),
    ])
}

pub(super) fn apiserver(slot: &Slot, files: &Certificates, more: &[String]) -> Vec<String> {
    let key = files.file("service-account.key");
    let ca = files.file("ca.crt");
    let mut flags = flags(&[
        ("etcd-servers", "http://127.0.0.1:2379"),
        ("secure-port", "6443"),
        ("advertise-address", &slot.node_address()),
        ("tls-cert-file", &files.file("apiserver.crt")),
        ("tls-private-key-file", &files.file("apiserver.key")),
        ("client-ca-file", &ca),
        (
            "service-account-key-file",
            &files.file("service-account.pub"),
        ),
        ("service-account-signing-key-file", &key),
        ("service-account-issuer", "https://kubernetes.default.svc"),
        ("authorization-mode", "Node,RBAC"),
        ("enable-admission-plugins", "NodeRestriction"),
        ("service-cluster-ip-range", "10.96.0.0/16"),
        ("allow-privileged", "true"),
        ("kubelet-certificate-authority", &ca),
        (
            "kubelet-client-certificate",
            &files.file("kubelet-client.crt"),
        ),
        ("kubelet-client-key", &files.file("kubelet-client.key")),
        // Without it, `logs` and `exec` look up the node's name.
        ("kubelet-preferred-address-types", "InternalIP"),
        ("enable-aggregator-routing", "true"),
        ("requestheader-client-ca-file", &ca),
        ("requestheader-allowed-names", "front-proxy"),
        ("requestheader-username-headers", "X-Remote-User"),
        ("requestheader-group-headers", "X-Remote-Group"),
        ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
        ("proxy-client-cert-file", &files.file("front-proxy.crt")),
        ("proxy-client-key-file", &files.file("front-proxy.key")),
        ("max-requests-inflight", "2000"),
        ("max-mutating-requests-inflight", "1000"),
    ]);
    flags.extend_from_slice(more);
    flags
}

pub(super) fn controller_manager(files: &Certificates) -> Vec<String> {
    let config = files.file("controller-manager.conf");
    flags(&[
        ("kubeconfig", &config),
        ("authentication-kubeconfig", &config),
        ("authorization-kubeconfig", &config),
        ("leader-elect", "false"),
        ("controllers", "*"),
        ("use-service-account-credentials", "true"),
        (
            "service-account-private-key-file",
            &files.file("service-account.key"),
        ),
        ("root-ca-file", &files.file("ca.crt")),
        ("cluster-signing-cert-file", &files.file("ca.crt")),
        ("cluster-signing-key-file", &files.file("ca.key")),
        ("kube-api-qps", "1000"),
        ("kube-api-burst", "2000"),
    ])
}

pub(super) fn scheduler(state: &Path, files: &Certificates) -> Vec<String> {
    let config = files.file("scheduler.conf");
    flags(&[
        (
            "config",
            &state.join("etc/scheduler.yaml").to_string_lossy(),
        ),
        ("authentication-kubeconfig", &config),
        ("authorization-kubeconfig", &config),
    ])
}

/// containerd, as arguments of `env`: the C library's resolver says "no such host", as users see
/// it, where Go's own finds "no suitable address".
pub(super) fn containerd(state: &Path) -> Vec<String> {
    let config = state.join("etc/containerd.toml");
    let mut words = vec!["GODEBUG=netdns=cgo".to_owned(), "containerd".to_owned()];
    words.push(format!("--config={}", config.display()));
    words
}

pub(super) fn kubelet(slot: &Slot, files: &Certificates) -> Vec<String> {
    let state = slot.state();
    flags(&[
        ("config", &state.join("etc/kubelet.yaml").to_string_lossy()),
        ("kubeconfig", &files.file("node.conf")),
        ("root-dir", &state.join("kubelet").to_string_lossy()),
        ("hostname-override", "n1"),
        ("node-ip", &slot.node_address()),
        // With one, the default, the log of the previous run is gone at times.
        ("maximum-dead-containers-per-container", "2"),
    ])
}

/// kwok, for the nodes that carry its annotation, with the stages beside its binary and more.
pub(super) fn kwok(
    state: &Path,
    program: &Path,
    files: &Certificates,
    more: &[String],
) -> Result<Vec<String>> {
    let mut flags = flags(&[
        ("kubeconfig", &files.file("admin.conf")),
        ("manage-all-nodes", "false"),
        (
            "manage-nodes-with-annotation-selector",
            "kwok.x-k8s.io/node=fake",
        ),
    ]);
    let stages = program.with_file_name("kwok-stages");
    for stage in fs::read_dir(stages)? {
        flags.push(format!("--config={}", stage?.path().display()));
    }
    for (number, stage) in more.iter().enumerate() {
        let path = state.join(format!("etc/kwok-stage-{number}.yaml"));
        fs::write(&path, stage)?;
        flags.push(format!("--config={}", path.display()));
    }
    flags.sort();
    Ok(flags)
}

fn flags(pairs: &[(&str, &str)]) -> Vec<String> {
    pairs
        .iter()
        .map(|(name, value)| format!("--{name}={value}"))
        .collect()
}
