//! What one triage call costs beside the same rules as a native function.

use std::hint::black_box;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use k8shawk_core::{Judgement, ObjectSummary};
use k8shawk_plugin_triage::judge;
use k8shawk_sandbox::{Engine, EngineOptions, Plugin, Point, Registry};

use super::figure::Figure;
use super::rounds::{best, calls, micros};
use super::{floor, signal};

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

    let empty = runtime.block_on(floor::prepared(&engine, Point::Triage))?;
    ensure!(
        matches!(empty.triage(&signal, &summary).result, Ok(Judgement::Pass)),
        "the empty component does not pass"
    );

    let times = best(&mut [
        calls(|| {
            drop(black_box(judge(
                black_box(&guest_signal),
                black_box(&guest_summary),
            )))
        }),
        calls(|| drop(black_box(session.triage(&signal, &summary)))),
        calls(|| drop(black_box(plugin.triage(&signal, &summary)))),
        calls(|| drop(black_box(empty.triage(&signal, &summary)))),
        calls(|| {
            for live in live.at(Point::Triage) {
                drop(black_box(live.triage(&signal, &summary)));
            }
        }),
    ]);
    let [native, reused, fresh, floor, flow] = times[..] else {
        bail!("five calls have five times");
    };
    Ok(vec![
        Figure::beside(
            "triage call, fresh store, beside native",
            "µs",
            micros(fresh),
            micros(native),
        )
        .at_most(8.0),
        Figure::beside(
            "triage call, fresh store, beside an empty component",
            "µs",
            micros(fresh),
            micros(floor),
        )
        .at_most(1.3),
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
        .at_least(60_000.0),
    ])
}
