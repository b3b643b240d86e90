//! What one triage call costs beside the same rules as a native function.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use k8shawk_core::ObjectSummary;
use k8shawk_plugin_triage::judge;
use k8shawk_sandbox::{Engine, EngineOptions, Plugin, Point, Registry};

use super::figure::Figure;
use super::signal;

const ROUNDS: usize = 30;
const CALLS: u32 = 1000;

pub(super) fn measure(dist: &Path) -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let source = signal::shipped(dist)?;
    let engine = Engine::new(&EngineOptions::default())?;
    let plugin = runtime.block_on(Plugin::prepare(&engine, &source))?;
    let live = Registry::default();
    live.put(runtime.block_on(Plugin::prepare(&engine, &source))?)?;
    let (signal, summary) = (signal::signal(), ObjectSummary::default());
    let (guest_signal, guest_summary) = (signal::of_guest(&signal), signal::unknown_object());
    ensure!(
        plugin.triage(&signal, &summary).result.is_ok(),
        "the triage plugin fails"
    );
    let mut session = plugin.triage_session()?;

    let [native, reused, fresh, flow] = best([
        &mut || {
            drop(black_box(judge(
                black_box(&guest_signal),
                black_box(&guest_summary),
            )))
        },
        &mut || drop(black_box(session.triage(&signal, &summary))),
        &mut || drop(black_box(plugin.triage(&signal, &summary))),
        &mut || {
            for live in live.at(Point::Triage) {
                drop(black_box(live.triage(&signal, &summary)));
            }
        },
    ]);
    Ok(vec![
        Figure::beside(
            "triage call, fresh store, beside native",
            "µs",
            micros(fresh),
            micros(native),
        )
        .at_most(8.0),
        Figure::beside(
            "triage call, reused instance, beside native",
            "µs",
            micros(reused),
            micros(native),
        )
        .at_most(3.0),
        Figure::alone(
            "signals through triage, fresh store each, one core",
            "1/s",
            1.0 / flow.as_secs_f64(),
        )
        .at_least(25_000.0),
    ])
}

/// The best round of each call. The rounds take turns, so that all meet the same machine; other
/// programs disturb, they never help.
fn best<const N: usize>(mut calls: [&mut dyn FnMut(); N]) -> [Duration; N] {
    let mut best = [Duration::MAX; N];
    for _ in 0..ROUNDS {
        for (call, best) in calls.iter_mut().zip(&mut best) {
            let begun = Instant::now();
            (0..CALLS).for_each(|_| call());
            *best = (*best).min(begun.elapsed() / CALLS);
        }
    }
    best
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
