use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::command::run;

/// The harness's scripts and templates, in the source tree.
pub(super) fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cluster")
}

/// Where the programs of the cluster are.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    cache: PathBuf,
}

impl Programs {
    /// Installs the packages and builds the programs that are missing: minutes once, then at once.
    pub(super) fn prepare(kwok: bool) -> Result<Self> {
        let mut names = vec![
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kubelet",
        ];
        names.push("kubectl");
        if kwok {
            names.push("kwok");
        }
        run(&mut Command::new(source().join("packages.sh")))?;
        Self::build(&names)
    }

    /// `kubectl` alone: the one of the path, else a built one.
    pub(super) fn kubectl_for_given_cluster() -> Result<PathBuf> {
        if run(Command::new("kubectl").args(["version", "--client"])).is_ok() {
            return Ok(PathBuf::from("kubectl"));
        }
        Ok(Self::build(&["kubectl"])?.path("kubectl"))
    }

    /// The program, preferring `KUBEBUILDER_ASSETS` for those that envtest brings.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        let given = std::env::var_os("KUBEBUILDER_ASSETS").map(|dir| PathBuf::from(dir).join(name));
        match given {
            Some(path) if path.exists() => path,
            _ if name == "etcd" => PathBuf::from(name),
            _ => self.cache.join(name),
        }
    }

    fn build(names: &[&str]) -> Result<Self> {
        let printed = run(Command::new(source().join("build.sh")).args(names))?;
        Ok(Self {
            cache: PathBuf::from(printed.trim()),
        })
    }
}

/// Helm, built from its module where the cache lacks it.
///
/// # Errors
/// It cannot be built.
pub fn helm() -> Result<PathBuf> {
    Ok(Programs::build(&["helm"])?.path("helm"))
}
