//! Kubernetes quantities, such as `64Mi`, `250m` or `1e3`: one parser, and how they are written.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One unit in billionths, the finest that a quantity can tell.
const UNIT: i128 = 1_000_000_000;

/// Suffixes with their factors, in billionths. Longer suffixes come first.
const SUFFIXES: &[(&str, i128)] = &[
    ("Ki", UNIT << 10),
    ("Mi", UNIT << 20),
    ("Gi", UNIT << 30),
    ("Ti", UNIT << 40),
    ("Pi", UNIT << 50),
    ("Ei", UNIT << 60),
    ("n", 1),
    ("u", 1_000),
    ("m", 1_000_000),
    ("k", UNIT * 1_000),
    ("M", UNIT * 1_000_000),
    ("G", UNIT * 1_000_000_000),
    ("T", UNIT * 1_000_000_000_000),
    ("P", UNIT * 1_000_000_000_000_000),
    ("E", UNIT * 1_000_000_000_000_000_000),
];

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// Something that a limit or a size can be set to: more than nothing, and kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quantity(String);

impl Quantity {
    /// A positive quantity; none where the text is not one.
    pub fn parse(text: &str) -> Option<Quantity> {
        nano(text)
            .filter(|size| *size > 0)
            .map(|_| Quantity(text.to_owned()))
    }

    /// Its size in billionths of the base unit (bytes, cores, objects).
    pub fn nano(&self) -> i128 {
        nano(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for Quantity {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Quantity::parse(&text).ok_or_else(|| format!("{text:?} is not a quantity"))
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> String {
        quantity.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A quantity in billionths of its unit, exact down to there; none where it does not parse or is
/// beyond all measure.
pub fn nano(text: &str) -> Option<i128> {
    let (digits, factor, exponent) = parts(text)?;
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut number: i128 = 0;
    for digit in whole.chars().chain(fraction.chars()) {
        let digit = digit.to_digit(10)?;
        number = number.checked_mul(10)?.checked_add(i128::from(digit))?;
    }
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let scale = 10_i128.checked_pow(shift.unsigned_abs());
    let scaled = number.checked_mul(factor)?;
    let size = match (shift < 0, scale) {
        (true, Some(scale)) => scaled / scale,
        // Smaller than a billionth.
        (true, None) => 0,
        (false, scale) => scaled.checked_mul(scale?)?,
    };
    Some(if negative { -size } else { size })
}

/// The number before the suffix, the suffix's factor, and the power of ten of an exponent.
fn parts(text: &str) -> Option<(&str, i128, i32)> {
    let suffix = SUFFIXES
        .iter()
        .find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)));
    if let Some((digits, factor)) = suffix {
        return Some((digits, factor, 0));
    }
    match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => Some((digits, UNIT, exponent.parse().ok()?)),
        None => Some((text, UNIT, 0)),
    }
}

/// A quantity in thousandths, rounded down: `250m` is 250, `1` is 1000, `1Ki` is 1024000.
pub fn milli(text: &str) -> Option<i128> {
    nano(text).map(|size| size / 1_000_000)
}

/// A quantity in whole units, such as bytes; none where it is negative.
pub fn units(text: &str) -> Option<u64> {
    nano(text).and_then(|size| u64::try_from(size / UNIT).ok())
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

#[cfg(test)]
mod tests;
