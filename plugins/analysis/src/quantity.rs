//! Kubernetes quantities, in thousandths so that CPU and bytes share one type.

/// Suffixes with their factors, in thousandths. Longer suffixes first.
const SUFFIXES: &[(&str, f64)] = &[
    ("Ki", 1024.0 * 1e3),
    ("Mi", 1_048_576.0 * 1e3),
    ("Gi", 1_073_741_824.0 * 1e3),
    ("Ti", 1_099_511_627_776.0 * 1e3),
    ("Pi", 1_125_899_906_842_624.0 * 1e3),
    ("Ei", 1_152_921_504_606_846_976.0 * 1e3),
    ("n", 1e-6),
    ("u", 1e-3),
    ("m", 1.0),
    ("k", 1e6),
    ("M", 1e9),
    ("G", 1e12),
    ("T", 1e15),
    ("P", 1e18),
    ("E", 1e21),
];

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// A quantity in thousandths: `250m` is 250, `1` is 1000, `1Ki` is 1024000.
pub fn milli(text: &str) -> Option<i128> {
    let text = text.trim();
    let (digits, factor) = SUFFIXES
        .iter()
        .find_map(|(suffix, factor)| text.strip_suffix(suffix).map(|rest| (rest, *factor)))
        .unwrap_or((text, 1e3));
    let number: f64 = digits.parse().ok()?;
    number
        .is_finite()
        .then(|| (number * factor).round() as i128)
}

/// A quantity in whole units, such as bytes.
pub fn units(text: &str) -> Option<u64> {
    milli(text).and_then(|m| u64::try_from(m / 1000).ok())
}

/// Bytes as people write them: `512Mi`, `1.5Gi`.
pub fn bytes(value: u64) -> String {
    match value {
        v if v >= TIB && v % TIB == 0 => format!("{}Ti", v / TIB),
        v if v >= GIB && v % GIB == 0 => format!("{}Gi", v / GIB),
        v if v >= 10 * GIB => format!("{:.1}Gi", v as f64 / GIB as f64),
        v if v >= MIB => format!("{}Mi", v / MIB),
        v if v >= 1024 => format!("{}Ki", v / 1024),
        v => v.to_string(),
    }
}

/// Thousandths of a core as people write them: `250m`, `2`.
pub fn cores(milli: u64) -> String {
    if milli.is_multiple_of(1000) {
        (milli / 1000).to_string()
    } else {
        format!("{milli}m")
    }
}

/// An amount of the named resource, in thousandths, as people write it.
pub fn show(resource: &str, milli: i128) -> String {
    let whole = u64::try_from(milli.max(0)).unwrap_or(u64::MAX);
    match resource {
        r if r.ends_with("cpu") => cores(whole),
        r if r.ends_with("memory") || r.ends_with("storage") || r.contains("hugepages") => {
            bytes(whole / 1000)
        }
        _ => (whole / 1000).to_string(),
    }
}

/// The next sensible memory limit: twice as much, rounded up to a step of its own size.
pub fn next_memory(limit: u64) -> String {
    let doubled = limit.saturating_mul(2).max(16 * MIB);
    let step = match doubled {
        v if v < 128 * MIB => 16 * MIB,
        v if v < GIB => 64 * MIB,
        v if v < 8 * GIB => 256 * MIB,
        _ => GIB,
    };
    bytes(doubled.div_ceil(step).saturating_mul(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_suffix() {
        for (text, expected) in [
            ("250m", 250),
            ("1", 1000),
            ("1.5", 1500),
            ("1Ki", 1_024_000),
            ("2G", 2_000_000_000_000),
            ("1e3", 1_000_000),
        ] {
            assert_eq!(milli(text), Some(expected), "{text}");
        }
        assert_eq!(milli("lots"), None);
    }

    #[test]
    fn writes_what_people_write() {
        assert_eq!(bytes(512 * MIB), "512Mi");
        assert_eq!(bytes(2 * GIB), "2Gi");
        assert_eq!(bytes(4 * TIB), "4Ti");
        assert_eq!(cores(1500), "1500m");
        assert_eq!(show("requests.memory", i128::from(GIB) * 1000), "1Gi");
        assert_eq!(next_memory(32 * MIB), "64Mi");
        assert_eq!(next_memory(100 * MIB), "256Mi");
    }
}
