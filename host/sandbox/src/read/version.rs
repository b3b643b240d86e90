//! The version that a plugin names itself by.

use std::fmt;

use serde::Serialize;

/// The longest version, characters.
const LONGEST: usize = 64;

/// A version, for people: 1 to 64 ASCII letters, digits, `.`, `-`, `_` and `+`. It is printed in lines of ours, and
/// is a label of a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PluginVersion(String);

impl PluginVersion {
    /// The version in a text.
    ///
    /// # Errors
    /// A sentence that says what a version is.
    pub fn parse(text: &str) -> Result<PluginVersion, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
        if (1..=LONGEST).contains(&text.len()) && text.chars().all(allowed) {
            return Ok(PluginVersion(text.to_owned()));
        }
        Err(format!(
            "version must be 1 to {LONGEST} letters, digits, `.`, `-`, `_` and `+`, such as \"1.2.0\""
        ))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PluginVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_one_short_word() {
        let longest = "9".repeat(LONGEST);
        for text in ["1", "0.1.0", "1.2.3-rc.1+build_7", &longest] {
            assert_eq!(PluginVersion::parse(text).unwrap().as_str(), text);
        }
        let too_long = "9".repeat(LONGEST + 1);
        for text in ["", " ", "1 2", "1\nforged", "1\u{1b}[31m", "één", &too_long] {
            let why = PluginVersion::parse(text).unwrap_err();
            assert!(why.contains("1 to 64 letters"), "{text:?}: {why}");
        }
    }
}
