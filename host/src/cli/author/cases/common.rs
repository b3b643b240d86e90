//! What every case may say, whatever its point.

use k8shawk_core::grant::{Limits, LimitsGiven};
use serde::Deserialize;

use super::keys::Keys;
use super::moment::Moment;

/// Its keys.
pub(super) const KEYS: &[&str] = &["name", "settings", "limits", "now"];

/// What every case may say.
pub(super) struct Common {
    /// Its name, for people.
    pub(super) name: String,
    /// The settings of the grant.
    pub(super) settings: toml::Table,
    /// The limits of the grant; those that a grant without any has.
    pub(super) limits: Limits,
    /// The present, milliseconds since the Unix epoch; none where the case does not say.
    pub(super) now_ms: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    name: String,
    #[serde(default)]
    settings: toml::Table,
    #[serde(default)]
    limits: LimitsGiven,
    #[serde(default)]
    now: Option<Moment>,
}

impl Common {
    /// Take them out of a case.
    ///
    /// # Errors
    /// A sentence with the key and what may stand there.
    pub(super) fn parse(keys: &mut Keys) -> Result<Common, String> {
        let given: Given = keys.take(KEYS)?;
        let limits = given.limits.parse().map_err(|faults| {
            let faults = faults.iter().map(ToString::to_string);
            faults.collect::<Vec<_>>().join("; ")
        })?;
        Ok(Common {
            name: given.name,
            settings: given.settings,
            limits,
            now_ms: given.now.map(Moment::millisecond),
        })
    }
}
