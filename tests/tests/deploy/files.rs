//! What is generated and kept in the repository is what would be generated now.

use std::fs;

use anyhow::{Result, ensure};
use k8shawk_tests::cluster::Cluster;
use k8shawk_tests::deploy::{Helm, printed, root};
use k8shawk_tests::fault::Product;

/// By `make manifests`, and a test of its own for each would start a cluster for each.
pub fn current(cluster: &Cluster) -> Result<()> {
    let files = root().join("deploy/helm/k8shawk/files");
    let shipped = root().join("deploy/grants");
    for entry in fs::read_dir(&shipped)? {
        let name = entry?.file_name();
        let (ours, charts) = (shipped.join(&name), files.join("grants").join(&name));
        ensure!(
            fs::read(&ours)? == fs::read(&charts).unwrap_or_default(),
            "{} differs from the chart's: run `make manifests`",
            ours.display()
        );
    }
    let rules = fs::read(root().join("deploy/prometheus/alerts.yaml"))?;
    ensure!(
        rules == fs::read(files.join("alerts.yaml"))?,
        "files/alerts.yaml of the chart is old: run `make manifests`"
    );
    let directory = tempfile::tempdir()?;
    let product = Product::new(cluster)?;
    let mut rights = product.command(directory.path());
    let rights = printed(rights.args(["rbac", "-o", "rights"]))?;
    ensure!(
        rights == fs::read_to_string(files.join("rights.yaml"))?,
        "files/rights.yaml of the chart is old: run `make manifests`"
    );
    let rendered = Helm::new(None)?.template(&[])?;
    ensure!(
        rendered == fs::read_to_string(root().join("deploy/kustomize/k8shawk.yaml"))?,
        "deploy/kustomize/k8shawk.yaml is old: run `make manifests`"
    );
    Ok(())
}
