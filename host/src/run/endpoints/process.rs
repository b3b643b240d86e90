//! The process, as the kernel sees it, under the names that every Prometheus client gives.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicU64;

use k8shawk_sandbox::files;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::services::telemetry::metrics::add;

/// Ticks of a second in `/proc`: the same on every Linux.
const TICKS: f64 = 100.0;

/// Add what `/proc` says; what it does not say is left out.
pub(super) fn register(registry: &mut Registry) {
    if let Some(bytes) = memory() {
        let resident: Gauge = Gauge::default();
        resident.set(bytes);
        add(registry, "process_resident_memory_bytes", resident);
    }
    let Some((processor, begun)) = stat() else {
        return;
    };
    let seconds = Counter::<f64, AtomicU64>::default();
    seconds.inc_by(processor / TICKS);
    add(registry, "process_cpu_seconds_total", seconds);
    if let Some(boot) = boot() {
        let start = Gauge::<f64, AtomicU64>::default();
        start.set(boot + begun / TICKS);
        add(registry, "process_start_time_seconds", start);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        let open: Gauge = Gauge::default();
        open.set(i64::try_from(files.count()).unwrap_or(i64::MAX));
        add(registry, "process_open_fds", open);
    }
}

/// Resident bytes.
fn memory() -> Option<i64> {
    let text = files::text(Path::new("/proc/self/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib.saturating_mul(1024))
}

/// Ticks of processor time, and ticks after the boot at which the process began.
fn stat() -> Option<(f64, f64)> {
    let text = files::text(Path::new("/proc/self/stat")).ok()?;
    // The name in parentheses may hold anything.
    let (_, fields) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let field = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((field(11)? + field(12)?, field(19)?))
}

/// When the machine was booted, seconds since the Unix epoch.
fn boot() -> Option<f64> {
    let text = files::text(Path::new("/proc/stat")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_everything() {
        let mut registry = Registry::default();
        register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        let now = jiff::Timestamp::now().as_second() as f64;
        let value = |name: &str| -> f64 {
            let line = text.lines().find_map(|l| l.strip_prefix(name)).unwrap();
            line.trim().parse().unwrap()
        };
        assert!(value("process_resident_memory_bytes ") > 1e6);
        assert!(value("process_open_fds ") > 2.0);
        assert!((now - value("process_start_time_seconds ")).abs() < 3600.0);
        assert!(value("process_cpu_seconds_total ") >= 0.0);
    }
}
