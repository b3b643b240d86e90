//! Fifty policies on one incident: from its finding to the stored decision, beside the shipped policies alone.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use k8shawk::services::plugins::Plugins;
use k8shawk::stages::decide;
use k8shawk_sandbox::{Plugin, Source};
use tokio::runtime::Builder;

use super::shelf::{copy, engine, id};
use crate::bench::figure::{Figure, percentile};
use crate::policies::built;
use crate::recorded;

const POLICIES: usize = 50;
/// Of the quickest and of the commonest kind.
const MEASURED: [&str; 2] = ["rust", "javascript"];
/// A Deployment whose new image does not exist: a fix that all of them judge.
const INCIDENT: &str = "image-not-found-rollout";
const ROUNDS: usize = 20;

pub(super) fn measure() -> Result<Vec<Figure>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let alone = recorded::judges().await?;
        let mut figures = Vec::new();
        for language in MEASURED {
            let beside = with_fifty(language).await?;
            figures.push(row(language, &alone, &beside).await?);
        }
        Ok(figures)
    })
}

/// Both take turns, so that both meet the same machine.
async fn row(language: &str, alone: &Plugins, beside: &Plugins) -> Result<Figure> {
    let (mut reference, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        reference.push(millis(decided(alone).await?));
        ours.push(millis(decided(beside).await?));
    }
    let name = format!(
        "incident decided with {POLICIES} more policies in {language}, p50 of {ROUNDS}, beside the shipped ones alone"
    );
    let (ours, reference) = (percentile(&ours, 0.5), percentile(&reference, 0.5));
    Ok(Figure::beside(name, "ms", ours, reference))
}

/// The shipped plugins, and copies of the reference policy under ids of their own.
async fn with_fifty(language: &str) -> Result<Plugins> {
    let judges = recorded::judges().await?;
    let (engine, directory) = (engine()?, tempfile::tempdir()?);
    let id = id(language);
    let built = built(&id)?;
    for number in 0..POLICIES {
        let named = format!("{id}-{number}");
        copy(&built, directory.path(), &id, &named)?;
        let source = Source::read(&directory.path().join(&named), directory.path())?;
        judges
            .registry
            .put(Plugin::prepare(&engine, &source).await?)?;
    }
    Ok(judges)
}

/// How long an investigated incident takes until its decision, with a fix, is stored.
async fn decided(judges: &Plugins) -> Result<Duration> {
    let state = tempfile::tempdir()?;
    let config = recorded::quick(state.path());
    let flow = recorded::flow(judges, recorded::read(INCIDENT)?, config)?;
    let id = recorded::opened(&flow)?;
    let record = recorded::explained(&flow, &id).await?;
    let begun = Instant::now();
    decide::run(&flow, &record).await?;
    let took = begun.elapsed();
    let decision = flow.store.get(&id)?.decision.context("it was decided")?;
    ensure!(decision.first().is_some(), "there is no fix: {decision:?}");
    Ok(took)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
