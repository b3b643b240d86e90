//! Kubernetes quantities, such as `64Mi` or `500m`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A quantity, kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quantity(String);

const SUFFIXES: &[(&str, f64)] = &[
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("m", 0.001),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
];

impl Quantity {
    /// Parse a positive quantity; none where it is not one.
    pub fn parse(text: &str) -> Option<Quantity> {
        amount(text)
            .filter(|a| *a > 0.0)
            .map(|_| Quantity(text.to_owned()))
    }

    /// Its size in the base unit (bytes, cores, objects).
    pub fn amount(&self) -> f64 {
        amount(&self.0).unwrap_or_default()
    }
}

/// Size of a quantity in the base unit; none where it does not parse.
pub(super) fn amount(text: &str) -> Option<f64> {
    let (digits, factor) = SUFFIXES
        .iter()
        .find_map(|(suffix, factor)| text.strip_suffix(suffix).map(|d| (d, *factor)))
        .unwrap_or((text, 1.0));
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    digits.parse::<f64>().ok().map(|n| n * factor)
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
