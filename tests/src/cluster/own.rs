use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::certificates::Certificates;
use super::command::run;
use super::jail::Jail;
use super::kubectl::Kubectl;
use super::programs::{Programs, source};
use super::slot::Slot;
use super::{Options, components, leftovers, wait_until};

const COMPONENTS: [&str; 7] = [
    "etcd",
    "apiserver",
    "controller-manager",
    "scheduler",
    "containerd",
    "kubelet",
    "kwok",
];

/// A cluster that this process started.
#[derive(Debug)]
pub(super) struct Own {
    // The order of the fields is the order of their end: the slot is free last.
    jail: Option<Jail>,
    kubectl: Kubectl,
    pub(super) slot: Slot,
}

impl Own {
    /// Starts everything and waits until a pod can run. What a failure leaves is removed.
    pub(super) fn start(options: &Options) -> Result<Self> {
        let programs = Programs::prepare(options.kwok)?;
        let slot = Slot::take()?;
        leftovers::clear(&slot).context("clear what a killed cluster left")?;
        let state = slot.state();
        fs::create_dir_all(&state)?;
        let config = state.join("certificates/admin.conf");
        let cache = Some(state.join("kubectl-cache"));
        let kubectl = Kubectl::new(programs.path("kubectl"), &config, cache);
        let mut own = Self {
            jail: None,
            kubectl,
            slot,
        };
        own.start_components(&programs, options)?;
        Ok(own)
    }

    pub(super) fn kubectl(&self) -> &Kubectl {
        &self.kubectl
    }

    pub(super) fn stop(&mut self) -> Result<()> {
        if let Some(mut jail) = self.jail.take() {
            jail.stop()?;
        }
        leftovers::clear(&self.slot)
    }

    pub(super) fn kill(&self, component: &str) -> Result<()> {
        self.jail()?.kill_job(component)
    }

    /// Starts a component that [`Own::kill`] ended, with the same flags.
    pub(super) fn start_again(&self, component: &str) -> Result<()> {
        self.jail()?.start_job_again(component)
    }

    /// Imports an archive of images, beside the harness's own.
    pub(super) fn load_image(&self, archive: &Path) -> Result<()> {
        let archive = archive.canonicalize()?.to_string_lossy().into_owned();
        let words = ["--namespace", "k8s.io", "images", "import", &archive];
        let words: Vec<String> = words.map(str::to_owned).to_vec();
        let jail = self.jail()?;
        jail.start_job("image", Path::new("ctr"), &words)?;
        jail.finish_job("image", Duration::from_secs(120))
    }

    /// An image has full names in the node, with a registry before them; the first is enough.
    pub(super) fn tag_image(&self, from: &str, to: &str) -> Result<()> {
        let (name, tag) = to.split_once(':').context("a name without a tag")?;
        let script = format!(
            "full=$(ctr --namespace k8s.io images list --quiet | grep -m 1 'library/{from}$') &&
             exec ctr --namespace k8s.io images tag \"$full\" \"${{full%/*}}/{name}:{tag}\""
        );
        let jail = self.jail()?;
        jail.start_job("image", Path::new("sh"), &["-c".to_owned(), script])?;
        jail.finish_job("image", Duration::from_secs(60))
    }

    pub(super) fn wait_for_apiserver(&self) -> Result<()> {
        self.wait("apiserver", || {
            self.kubectl.run(&["get", "--raw", "/readyz"]).map(Some)
        })
    }

    pub(super) fn wait_for_node(&self) -> Result<()> {
        let path = "jsonpath={.status.conditions[?(@.type=='Ready')].status}";
        self.wait("kubelet", || {
            let ready = self.kubectl.run(&["get", "node", "n1", "-o", path])?;
            Ok((ready == "True").then_some(()))
        })
    }

    fn start_components(&mut self, programs: &Programs, options: &Options) -> Result<()> {
        let state = self.slot.state();
        let files = Certificates::make(&state.join("certificates"), &self.slot.node_address())?;
        components::write_files(&self.slot)?;
        leftovers::make_cgroups(&self.slot)?;
        let jail = self.jail.insert(Jail::start(&state)?);
        connect(&self.slot, jail.pid()?)?;
        if options.api_in_pods {
            lead_to_api(&self.slot, jail.pid()?)?;
        }

        let start = |job: &str, program: &str, flags: Vec<String>| {
            jail.start_job(job, &programs.path(program), &flags)
        };
        start("etcd", "etcd", components::etcd(&state))?;
        let flags = components::apiserver(&self.slot, &files, &options.apiserver_flags);
        start("apiserver", "kube-apiserver", flags)?;
        jail.start_job(
            "containerd",
            Path::new("env"),
            &components::containerd(&state),
        )?;
        load_images(jail, &state)?;
        self.wait_for_apiserver()?;

        let jail = self.jail()?;
        let start = |job: &str, program: &str, flags: Vec<String>| {
            jail.start_job(job, &programs.path(program), &flags)
        };
        let flags = components::controller_manager(&files);
        start("controller-manager", "kube-controller-manager", flags)?;
        start(
            "scheduler",
            "kube-scheduler",
            components::scheduler(&state, &files),
        )?;
        start(
            "kubelet",
            "kubelet",
            components::kubelet(&self.slot, &files),
        )?;
        if options.kwok {
            start(
                "kwok",
                "kwok",
                components::kwok(&state, &programs.path("kwok"), &files, &options.kwok_stages)?,
            )?;
        }
        self.wait_for_node()?;
        self.wait("controller-manager", || {
            let account = ["get", "serviceaccount", "default", "-n", "default"];
            self.kubectl.run(&account).map(Some)
        })?;
        self.jail()?.finish_job("images", Duration::from_secs(60))
    }

    /// Waits for a component's effect; fails at once when any component has ended.
    fn wait<T>(&self, component: &str, mut probe: impl FnMut() -> Result<Option<T>>) -> Result<()> {
        let jail = self.jail()?;
        let ended = || {
            COMPONENTS
                .iter()
                .find(|name| jail.exit_code(name).is_some())
        };
        let what = format!("{component} is ready");
        let ready = wait_until(Duration::from_secs(120), &what, || match ended() {
            Some(name) => Ok(Some(Err(name))),
            None => Ok(probe()?.map(|_| Ok(()))),
        });
        match ready {
            Ok(Ok(())) => Ok(()),
            Ok(Err(name)) => bail!("{name} ended\n{}", jail.log_tail(name)),
            Err(error) => Err(error.context(jail.log_tail(component))),
        }
    }

    fn jail(&self) -> Result<&Jail> {
        self.jail.as_ref().context("the cluster is stopped")
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("cluster {}: {error:#}", self.slot.name());
        }
    }
}

/// Joins the machine and the namespaces by a pair of devices, and routes the pods' addresses.
fn connect(slot: &Slot, pid: u32) -> Result<()> {
    let (device, pid) = (slot.name(), pid.to_string());
    let host = format!("{}/24", slot.host_address());
    let node = format!("{}/24", slot.node_address());
    let ip = |line: &[&str]| run(Command::new("ip").args(line));
    ip(&[
        "link", "add", &device, "type", "veth", "peer", "name", "eth0", "netns", &pid,
    ])?;
    ip(&["address", "add", &host, "dev", &device])?;
    ip(&["link", "set", &device, "up"])?;
    let inside = |line: &[&str]| {
        let enter = ["--target", pid.as_str(), "--net", "ip"];
        run(Command::new("nsenter").args(enter).args(line))
    };
    inside(&["address", "add", &node, "dev", "eth0"])?;
    inside(&["link", "set", "eth0", "up"])?;
    ip(&[
        "route",
        "add",
        &slot.pod_subnet(),
        "via",
        &slot.node_address(),
    ])?;
    Ok(())
}

/// What a service proxy would do for the one Service that a pod needs to reach the API server.
fn lead_to_api(slot: &Slot, pid: u32) -> Result<()> {
    let (pid, node) = (pid.to_string(), format!("{}:6443", slot.node_address()));
    let enter = [
        "--target",
        pid.as_str(),
        "--net",
        "iptables",
        "--table",
        "nat",
    ];
    let rule = [
        "--append",
        "PREROUTING",
        "--destination",
        "10.96.0.1",
        "--protocol",
        "tcp",
        "--dport",
        "443",
        "--jump",
        "DNAT",
        "--to-destination",
        &node,
    ];
    run(Command::new("nsenter").args(enter).args(rule)).map(drop)
}

/// Makes the images and begins to import them, which containerd must be up for.
fn load_images(jail: &Jail, state: &Path) -> Result<()> {
    let archive = state.join("images.tar").to_string_lossy().into_owned();
    run(Command::new(source().join("images.sh")).arg(&archive))?;
    let script = format!(
        "until ctr version >/dev/null 2>&1; do sleep 0.1; done
         exec ctr --namespace k8s.io images import --all-platforms {archive}"
    );
    jail.start_job("images", Path::new("sh"), &["-c".into(), script])
}
