//! A real Kubernetes cluster for tests: etcd, the control plane, containerd and one kubelet.
//!
//! Crash loops, OOM kills, failed pulls, probes, logs, RBAC and quotas are the real ones. It needs
//! root and Linux; the first use builds the programs (see `tests/cluster/build.sh`). All of it
//! runs in namespaces of its own that end with this process, so several clusters can run beside
//! each other and nothing stays behind.
//!
//! Pods run the images `busybox:1`, `app:1`, `app:2` and `arm:1` (a foreign processor's); there is
//! no registry, and no name resolves. Services have no proxy and there is no cluster DNS; with
//! [`Options::api_in_pods`] the Service of the API server leads there.

mod certificates;
mod command;
mod components;
mod jail;
mod kubectl;
mod leftovers;
mod namespace;
mod on_demand;
mod own;
mod programs;
mod slot;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

pub use kubectl::Kubectl;
pub use namespace::Namespace;
pub use on_demand::OnDemand;
use own::Own;
use programs::Programs;
pub use programs::helm;

/// What a cluster should have beyond one real node.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Also run kwok, for [`Cluster::add_fake_nodes`].
    pub kwok: bool,
    /// More stages for kwok, each a `Stage` as YAML.
    pub kwok_stages: Vec<String>,
    /// More flags for the API server, as `--name=value`.
    pub apiserver_flags: Vec<String>,
    /// Let pods reach the API server at the address of its Service, as a service proxy would.
    pub api_in_pods: bool,
}

/// A running cluster; dropping it stops it.
///
/// # Caveats
/// A process that exits without the drop (killed, `std::process::exit`, a `static`) takes all
/// processes, devices and mounts with it, but leaves a directory and empty cgroups, which the next
/// start removes.
#[derive(Debug)]
pub struct Cluster {
    kubectl: Kubectl,
    /// None when the cluster was given to us.
    own: Option<Own>,
}

impl Cluster {
    /// Starts a cluster and waits until pods can run on its node, `n1`.
    ///
    /// With `K8SHAWK_USE_CLUSTER=1` and `KUBECONFIG` set, it uses that cluster and starts nothing.
    ///
    /// # Errors
    /// Something is missing or did not start; the error ends with that component's log.
    pub fn start(options: Options) -> Result<Self> {
        if let Some(kubeconfig) = given_cluster() {
            let kubectl = Kubectl::new(Programs::kubectl_for_given_cluster()?, &kubeconfig, None);
            return Ok(Self { kubectl, own: None });
        }
        let own = Own::start(&options).context("start a cluster")?;
        Ok(Self {
            kubectl: own.kubectl().clone(),
            own: Some(own),
        })
    }

    /// Credentials of a cluster administrator.
    pub fn kubeconfig(&self) -> &Path {
        self.kubectl.kubeconfig()
    }

    /// The directory with each component's log; none for a given cluster.
    pub fn logs(&self) -> Option<PathBuf> {
        self.own.as_ref().map(|own| own.slot.state().join("logs"))
    }

    /// The address under which the cluster and its pods reach this machine, for webhooks and
    /// services that a test serves itself.
    ///
    /// # Errors
    /// The cluster was given.
    pub fn host_address(&self) -> Result<String> {
        Ok(self.own()?.slot.host_address())
    }

    /// Loads the images of a docker-archive or an OCI archive into the node.
    ///
    /// # Errors
    /// The cluster was given, or containerd refuses the archive.
    pub fn load_image(&self, archive: &Path) -> Result<()> {
        self.own()?.load_image(archive)
    }

    /// Gives an image of the node another name.
    ///
    /// # Errors
    /// The cluster was given, or there is no such image.
    pub fn tag_image(&self, from: &str, to: &str) -> Result<()> {
        self.own()?.tag_image(from, to)
    }

    /// A directory of the node for a volume, owned by a user; it goes with the cluster.
    ///
    /// # Errors
    /// The cluster was given, or the directory cannot be created.
    pub fn volume(&self, name: &str, owner: u32) -> Result<PathBuf> {
        let path = self.own()?.slot.state().join("volumes").join(name);
        std::fs::create_dir_all(&path)?;
        std::os::unix::fs::chown(&path, Some(owner), Some(owner))?;
        Ok(path)
    }

    /// The address of the API server on this machine.
    ///
    /// # Errors
    /// The cluster was given.
    pub fn server(&self) -> Result<String> {
        Ok(format!("https://{}:6443", self.own()?.slot.node_address()))
    }

    /// Runs kubectl as administrator and returns its standard output.
    ///
    /// # Errors
    /// kubectl failed; the error holds what it printed.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        self.kubectl.run(arguments)
    }

    /// [`Cluster::kubectl`] with a text for `-f -`.
    ///
    /// # Errors
    /// kubectl failed; the error holds what it printed.
    pub fn kubectl_with_input(&self, arguments: &[&str], input: &str) -> Result<String> {
        self.kubectl.run_with_input(arguments, input)
    }

    /// A kubectl that can be moved to another thread, or run beside the test.
    pub fn kubectl_client(&self) -> Kubectl {
        self.kubectl.clone()
    }

    /// Makes a namespace of its own for a test, in which pods can be made.
    ///
    /// # Errors
    /// The API server refused it.
    pub fn namespace(&self, prefix: &str) -> Result<Namespace> {
        Namespace::make(&self.kubectl, prefix)
    }

    /// Applies manifests to a namespace.
    ///
    /// # Errors
    /// kubectl failed; the error holds what it printed.
    pub fn apply(&self, namespace: &str, yaml: &str) -> Result<String> {
        self.kubectl
            .run_with_input(&["--namespace", namespace, "apply", "-f", "-"], yaml)
    }

    /// Adds `fake-<n>` nodes that kwok keeps ready, and waits until they are; pods need a toleration for
    /// `kwok.x-k8s.io/node=fake:NoSchedule` to be placed there.
    ///
    /// # Errors
    /// The API server refused them, or they are not ready within a minute.
    pub fn add_fake_nodes(&self, numbers: std::ops::Range<u32>) -> Result<()> {
        let nodes: Vec<String> = numbers.map(fake_node).collect();
        self.kubectl
            .run_with_input(&["create", "-f", "-"], &nodes.join("---\n"))?;
        let ready = [
            "wait",
            "--for=condition=Ready",
            "node",
            "-l",
            "type=kwok",
            "--timeout=60s",
        ];
        self.kubectl(&ready).map(drop)
    }

    /// [`wait_until`], to read well in tests.
    ///
    /// # Errors
    /// The deadline passed.
    pub fn wait_until<T>(
        &self,
        deadline: Duration,
        what: &str,
        probe: impl FnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        wait_until(deadline, what, probe)
    }

    /// Kills the API server, as a crash would. What was stored stays.
    ///
    /// # Errors
    /// The cluster was given, or it did not end.
    pub fn stop_apiserver(&self) -> Result<()> {
        self.own()?.kill("apiserver")
    }

    /// Starts the API server again and waits until it is ready.
    ///
    /// # Errors
    /// The cluster was given, or it did not become ready.
    pub fn start_apiserver(&self) -> Result<()> {
        let own = self.own()?;
        own.start_again("apiserver")?;
        own.wait_for_apiserver()
    }

    /// Kills the kubelet: containers run on, and after some 50 s the node is NotReady.
    ///
    /// # Errors
    /// The cluster was given, or it did not end.
    pub fn stop_kubelet(&self) -> Result<()> {
        self.own()?.kill("kubelet")
    }

    /// Starts the kubelet again and waits until the node is ready.
    ///
    /// # Errors
    /// The cluster was given, or the node did not become ready.
    pub fn start_kubelet(&self) -> Result<()> {
        let own = self.own()?;
        own.start_again("kubelet")?;
        own.wait_for_node()
    }

    /// Stops the cluster and removes everything that it made; a given one is left as it is.
    ///
    /// # Errors
    /// Something could not be removed.
    pub fn stop(mut self) -> Result<()> {
        self.own.take().map_or(Ok(()), |mut own| own.stop())
    }

    fn own(&self) -> Result<&Own> {
        self.own
            .as_ref()
            .ok_or_else(|| anyhow!("a given cluster is not ours to change"))
    }
}

/// Asks five times a second until there is an answer; an error of the probe counts as no answer yet.
///
/// # Errors
/// The deadline passed; the cause is the probe's last error, if it ended with one.
pub fn wait_until<T>(
    deadline: Duration,
    what: &str,
    mut probe: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let begin = Instant::now();
    loop {
        let failure = match probe() {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if begin.elapsed() >= deadline {
            let late = format!("waited {deadline:?} in vain until {what}");
            return Err(
                failure.map_or_else(|| anyhow!("{late}"), |error| error.context(late.clone()))
            );
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// True where tests use a cluster that was given, and may not start or stop one.
pub fn is_given() -> bool {
    given_cluster().is_some()
}

fn given_cluster() -> Option<PathBuf> {
    let wanted = std::env::var("K8SHAWK_USE_CLUSTER").is_ok_and(|value| value == "1");
    std::env::var_os("KUBECONFIG")
        .filter(|_| wanted)
        .map(PathBuf::from)
}

fn fake_node(number: u32) -> String {
    format!(
        r"apiVersion: v1
kind: Node
metadata:
  name: fake-{number}
  annotations: {{ kwok.x-k8s.io/node: fake, node.alpha.kubernetes.io/ttl: '0' }}
  labels: {{ kubernetes.io/hostname: fake-{number}, kubernetes.io/os: linux, type: kwok }}
spec:
  taints: [{{ key: kwok.x-k8s.io/node, value: fake, effect: NoSchedule }}]
status:
  allocatable: {{ cpu: '32', memory: 256Gi, pods: '1000' }}
  capacity: {{ cpu: '32', memory: 256Gi, pods: '1000' }}
"
    )
}

#[cfg(test)]
mod tests;
