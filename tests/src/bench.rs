//! What `make bench` measures: each part alone, each figure in one run beside what it is compared
//! with, so that a ratio holds on other machines too.

mod audit;
mod detect;
mod disk;
mod figure;
mod floor;
mod host;
mod languages;
mod memory;
mod model;
mod pods;
mod process;
mod report;
mod rounds;
mod scale;
mod scan;
pub(crate) mod signal;
mod slack;
mod swap;
mod triage;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::cluster::{Cluster, Options};
use crate::fault::Product;

pub use figure::Figure;
pub use languages::hold;
pub use report::{print, write};

/// One part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What a triage call costs.
    Triage,
    /// How quick Slack is served.
    Slack,
    /// How long a swap of the triage plugin takes while signals flow.
    Swap,
    /// How long after a change its incident is stored.
    Detect,
    /// How long a scan takes, and how many requests it makes.
    Scan,
    /// How much memory the host holds.
    Memory,
    /// What an investigation by a model costs beside the model.
    Model,
    /// The host beside 20,000 pods, in a cluster of its own; only where it is named.
    Scale,
    /// What a policy costs in each language; only where it is named, as it needs their tools.
    Languages,
    /// How long a swap of a policy takes in each language; only where it is named, for the same reason.
    Swaps,
}

impl Part {
    /// All parts of a usual run, in their order; those behind `Model` need a cluster.
    pub const ALL: [Part; 7] = [
        Part::Triage,
        Part::Slack,
        Part::Swap,
        Part::Model,
        Part::Detect,
        Part::Scan,
        Part::Memory,
    ];

    /// What a usual run leaves out.
    pub const NAMED: [Part; 3] = [Part::Scale, Part::Languages, Part::Swaps];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Part::Triage => "triage",
            Part::Slack => "slack",
            Part::Swap => "swap",
            Part::Detect => "detect",
            Part::Scan => "scan",
            Part::Memory => "memory",
            Part::Model => "model",
            Part::Scale => "scale",
            Part::Languages => "languages",
            Part::Swaps => "swaps",
        }
    }

    /// The part of a name.
    ///
    /// # Errors
    /// There is none; the error lists those that there are.
    pub fn parse(name: &str) -> Result<Part> {
        let mut every = Part::ALL.into_iter().chain(Part::NAMED);
        every.find(|part| part.name() == name).with_context(|| {
            let names = [&Part::ALL[..], &Part::NAMED].concat();
            let names: Vec<&str> = names.into_iter().map(Part::name).collect();
            format!("no part is named {name}: {}", names.join(", "))
        })
    }

    fn needs_cluster(self) -> bool {
        !matches!(
            self,
            Part::Triage
                | Part::Slack
                | Part::Swap
                | Part::Model
                | Part::Scale
                | Part::Languages
                | Part::Swaps
        )
    }
}

/// Measures these parts in the order of [`Part::ALL`], [`Part::NAMED`] last. A part that fails costs only its own
/// figures: its error is returned beside those of the others.
///
/// # Errors
/// `make build` was not run, or no cluster starts.
pub fn measure(parts: &[Part]) -> Result<(Vec<Figure>, Vec<anyhow::Error>)> {
    let dist = dist()?;
    let cluster = start_cluster(parts)?;
    let (mut figures, mut errors) = (Vec::new(), Vec::new());
    let every = Part::ALL.into_iter().chain(Part::NAMED);
    for part in every.filter(|part| parts.contains(part)) {
        eprintln!("measuring {}", part.name());
        match one(part, &dist, cluster.as_ref()) {
            Ok(more) => figures.extend(more),
            Err(error) => errors.push(error.context(part.name())),
        }
    }
    if let Some(cluster) = cluster {
        cluster.stop()?;
    }
    Ok((figures, errors))
}

fn one(part: Part, dist: &Path, cluster: Option<&Cluster>) -> Result<Vec<Figure>> {
    let subject = || -> Result<(&Cluster, Product)> {
        let cluster = cluster.context("there is no cluster")?;
        Ok((cluster, Product::new(cluster)?))
    };
    match part {
        Part::Triage => triage::measure(dist),
        Part::Slack => slack::measure(),
        Part::Swap => swap::measure(dist),
        Part::Model => model::measure(),
        Part::Detect => subject().and_then(|(cluster, product)| detect::measure(cluster, &product)),
        Part::Scan => subject().and_then(|(cluster, product)| scan::measure(cluster, &product)),
        Part::Scale => scale::measure(),
        Part::Languages => languages::measure(),
        Part::Swaps => languages::swaps(dist),
        Part::Memory => subject().and_then(|(cluster, product)| memory::measure(cluster, &product)),
    }
}

fn start_cluster(parts: &[Part]) -> Result<Option<Cluster>> {
    if !parts.iter().any(|part| part.needs_cluster()) {
        return Ok(None);
    }
    eprintln!("starting a cluster");
    let cluster = Cluster::start(Options {
        kwok: true,
        ..Options::default()
    })?;
    pods::add_nodes(&cluster)?;
    Ok(Some(cluster))
}

/// Where `make build` puts the product.
fn dist() -> Result<PathBuf> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist");
    if !dist.join("k8shawk").is_file() {
        bail!("{} holds no k8shawk: run `make build`", dist.display());
    }
    Ok(dist)
}
