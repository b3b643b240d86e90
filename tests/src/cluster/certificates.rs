use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::command::run;
use super::programs::source;

/// A directory of keys and certificates that one authority signed.
#[derive(Debug)]
pub(super) struct Certificates {
    dir: PathBuf,
    node: String,
}

impl Certificates {
    /// Makes them all for a node address.
    pub(super) fn make(dir: &Path, node: &str) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let made = Self {
            dir: dir.to_owned(),
            node: node.to_owned(),
        };
        made.request(
            "ca",
            "/CN=k8shawk-test",
            &["-addext", "basicConstraints=critical,CA:TRUE"],
        )?;
        let names = format!(
            "subjectAltName=IP:{node},IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc"
        );
        made.sign("apiserver", "/CN=kube-apiserver", &["-addext", &names])?;
        let address = format!("subjectAltName=IP:{node}");
        made.sign("kubelet", "/CN=n1", &["-addext", &address])?;
        made.sign("kubelet-client", "/O=system:masters/CN=kube-apiserver", &[])?;
        made.sign("front-proxy", "/CN=front-proxy", &[])?;
        made.client("admin", "/O=system:masters/CN=admin")?;
        made.client("controller-manager", "/CN=system:kube-controller-manager")?;
        made.client("scheduler", "/CN=system:kube-scheduler")?;
        made.client("node", "/O=system:nodes/CN=system:node:n1")?;
        made.service_account_key()?;
        Ok(made)
    }

    /// A file of the directory, for a command line.
    pub(super) fn file(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A certificate and the kubeconfig `<name>.conf` that holds it.
    fn client(&self, name: &str, subject: &str) -> Result<()> {
        self.sign(name, subject, &[])?;
        let text = fs::read_to_string(source().join("etc/kubeconfig.yaml"))?
            .replace("@NODE@", &self.node)
            .replace("@USER@", name)
            .replace("@CA@", &self.base64("ca.crt")?)
            .replace("@CERTIFICATE@", &self.base64(&format!("{name}.crt"))?)
            .replace("@KEY@", &self.base64(&format!("{name}.key"))?);
        Ok(fs::write(self.path(&format!("{name}.conf")), text)?)
    }

    fn sign(&self, name: &str, subject: &str, more: &[&str]) -> Result<()> {
        let (ca, key) = (self.file("ca.crt"), self.file("ca.key"));
        let mut arguments = vec!["-CA", &ca, "-CAkey", &key];
        arguments.extend(["-addext", "basicConstraints=critical,CA:FALSE"]);
        arguments.extend(["-addext", "extendedKeyUsage=serverAuth,clientAuth"]);
        arguments.extend(more);
        self.request(name, subject, &arguments)
    }

    fn request(&self, name: &str, subject: &str, more: &[&str]) -> Result<()> {
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ]);
        openssl.args(["-nodes", "-days", "3650", "-subj", subject, "-config"]);
        openssl.arg(source().join("etc/openssl.cnf")).args(more);
        openssl
            .arg("-keyout")
            .arg(self.path(&format!("{name}.key")));
        openssl.arg("-out").arg(self.path(&format!("{name}.crt")));
        run(&mut openssl).map(drop)
    }

    fn service_account_key(&self) -> Result<()> {
        let key = self.path("service-account.key");
        let mut make = Command::new("openssl");
        make.args(["genpkey", "-algorithm", "EC", "-pkeyopt"]);
        run(make.args(["ec_paramgen_curve:P-256", "-out"]).arg(&key))?;
        let mut publish = Command::new("openssl");
        publish.args(["pkey", "-pubout", "-in"]).arg(&key);
        run(publish.arg("-out").arg(self.path("service-account.pub"))).map(drop)
    }

    fn base64(&self, name: &str) -> Result<String> {
        let mut openssl = Command::new("openssl");
        run(openssl.args(["base64", "-A", "-in"]).arg(self.path(name)))
    }
}
