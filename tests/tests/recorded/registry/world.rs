//! Who signs at a real registry, and the product beside it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use k8shawk_tests::fault::Product;
use k8shawk_tests::recorded::dist;
use k8shawk_tests::registry::program;
pub use k8shawk_tests::registry::{Registry, USER};
use tempfile::TempDir;

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// It succeeded.
    pub ok: bool,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

fn said(mut command: Command) -> Said {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Said {
        ok: output.status.success(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A person at a terminal, with a directory for everything.
pub struct Person {
    directory: TempDir,
    environment: Vec<(String, String)>,
}

impl Person {
    /// Without credentials and keys, with the shipped grants and plugins, and with `approvals` as the
    /// only policy on disk.
    pub fn new() -> Person {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).display().to_string();
        for name in ["grants", "policies/approvals", "docker"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        for (from, to) in [
            ("grants", "grants"),
            ("policies/approvals", "policies/approvals"),
        ] {
            for file in std::fs::read_dir(dist().join(from)).unwrap() {
                let file = file.unwrap();
                let to = directory.path().join(to).join(file.file_name());
                std::fs::copy(file.path(), to).unwrap();
            }
        }
        let plugins = dist().join("plugins").canonicalize().unwrap();
        let environment = [
            ("K8SHAWK_PLUGINS", plugins.display().to_string()),
            ("K8SHAWK_POLICIES", at("policies")),
            ("K8SHAWK_GRANTS", at("grants")),
            ("K8SHAWK_STATE", at("state")),
            ("DOCKER_CONFIG", at("docker")),
            ("XDG_CACHE_HOME", at("compiled")),
        ];
        Person {
            directory,
            environment: environment
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
        }
    }

    /// A path of theirs.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Set a variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Unset a variable.
    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(other, _)| other != name);
    }

    /// Their variables, for a host.
    pub fn environment(&self) -> Vec<(&str, String)> {
        let all = self.environment.iter();
        all.map(|(name, value)| (name.as_str(), value.clone()))
            .collect()
    }

    /// Log in, as `docker login` writes it down.
    pub fn log_in(&self, address: &str, password: &str) {
        let both = format!("{USER}:{password}");
        let encoded = super::base64(both.as_bytes());
        let text = format!("{{\"auths\": {{\"{address}\": {{\"auth\": \"{encoded}\"}}}}}}");
        std::fs::write(self.path("docker/config.json"), text).unwrap();
    }

    /// Run the product.
    pub fn run(&self, arguments: &[&str]) -> Said {
        let product = Product::with_kubeconfig(Path::new("/nowhere")).unwrap();
        let mut command = product.command(self.directory.path());
        command
            .args(arguments)
            .envs(self.environment.iter().cloned());
        said(command)
    }

    /// Run the official clients.
    pub fn judge(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(program().unwrap());
        command
            .args(arguments)
            .env("DOCKER_CONFIG", self.path("docker"));
        command.current_dir(self.directory.path());
        said(command)
    }

    /// A directory with the shipped policy `freeze` at a version.
    pub fn freeze(&self, version: &str) -> PathBuf {
        let from = dist().join("policies/freeze");
        let to = self.path(&format!("made-{version}/freeze"));
        std::fs::create_dir_all(&to).unwrap();
        std::fs::copy(from.join("freeze.wasm"), to.join("freeze.wasm")).unwrap();
        let text = std::fs::read_to_string(from.join("plugin.toml")).unwrap();
        let text = text.replace("0.1.0", version);
        std::fs::write(to.join("plugin.toml"), text).unwrap();
        to
    }

    /// Push the policy; its reference with its digest.
    pub fn push(&self, version: &str, to: &str) -> String {
        let directory = self.freeze(version);
        let pushed = self.run(&["plugin", "push", &directory.display().to_string(), to]);
        assert!(pushed.ok, "{pushed:?}");
        pushed.out.trim().to_owned()
    }

    /// Sign an artifact as cosign does; `signed` is what the document names, else the artifact.
    pub fn sign(&self, pinned: &str, key: &str, signed: Option<&str>) {
        let file = self.path(&format!("{key}.pub"));
        if !file.exists() {
            assert!(self.judge(&["keys", ".", key]).ok);
        }
        let (plain, key) = (plain(pinned), format!("{key}.key"));
        let mut arguments = vec!["sign".to_owned(), plain, key];
        arguments.extend(signed.map(self::plain));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let said = self.judge(&arguments);
        assert!(said.ok, "{said:?}");
    }
}

/// As the official clients name it: without scheme and tag.
pub fn plain(pinned: &str) -> String {
    let rest = pinned.strip_prefix("oci://").unwrap();
    let (name, digest) = rest.split_once('@').unwrap();
    let (repository, _) = name.rsplit_once(':').unwrap();
    format!("{repository}@{digest}")
}
