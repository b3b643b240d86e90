//! What a guest may import, beside WASI: each capability is one [`Definition`] beside what is behind
//! it, and everything else follows from the list here.

mod catalogue;
mod dossier;
mod history;
mod host;
mod kubectl;
mod owners;

use std::fmt;

use k8shawk_core::grant::{Grant, Verb};
use k8shawk_core::point::Point;
use serde::{Deserialize, Deserializer, de};
use wasmtime::component::{HasSelf, Linker};

use crate::call::Call;
use crate::wit::imports::k8shawk::incident::types;

pub use dossier::{DIFF, LEDGER};
pub(crate) use host::{CLOCK, SETTINGS};

/// Every capability, in the order in which people see them.
const ALL: [Capability; 15] = [
    host::LOG,
    host::SETTINGS,
    host::CLOCK,
    dossier::ORIGIN,
    dossier::FINDING,
    dossier::DIFF,
    dossier::LEDGER,
    owners::OWNERS,
    catalogue::CATALOGUE,
    kubectl::GET,
    kubectl::DESCRIBE,
    kubectl::LOGS,
    kubectl::TOP,
    kubectl::EVENTS,
    history::HISTORY,
];

/// One capability, whole.
struct Definition {
    /// Package of its interface, `k8shawk:<package>`.
    package: &'static str,
    /// The word in `wants`, which is the name of its interface too.
    word: &'static str,
    /// Whose worlds import it.
    points: &'static [Point],
    /// The verbs of a grant that link it, any of them; none where it needs no grant.
    verbs: &'static [Verb],
    /// What a plugin may do with it, for `plugin explain`; none where the grant says it.
    told: Option<&'static str>,
    /// Put it into a linker.
    link: fn(&mut Linker<Call>) -> wasmtime::Result<()>,
}

/// The state of a call has all of them.
type Own = HasSelf<Call>;

impl types::Host for Call {}

/// An interface that a plugin asks for and a grant links.
#[derive(Clone, Copy)]
pub struct Capability(&'static Definition);

impl Capability {
    /// What a plugin of a point may ask for.
    pub(crate) fn of(point: Point) -> impl Iterator<Item = Capability> {
        ALL.into_iter().filter(move |c| c.fits(point))
    }

    /// The one of an interface, which is named without its version.
    pub(crate) fn of_interface(name: &str) -> Option<Capability> {
        ALL.into_iter().find(|c| c.interface() == name)
    }

    /// True where the world of a point imports it.
    pub(crate) fn fits(self, point: Point) -> bool {
        self.0.points.contains(&point)
    }

    /// The word for it in `wants`.
    pub fn word(self) -> &'static str {
        self.0.word
    }

    /// The interface behind it, without the version.
    pub(crate) fn interface(self) -> String {
        format!("k8shawk:{}/{}", self.0.package, self.0.word)
    }

    /// The verbs of a grant that link it, any of them; empty for one that needs no grant.
    pub fn verbs(self) -> &'static [Verb] {
        self.0.verbs
    }

    /// True where a grant links it.
    pub(crate) fn is_granted(self, grant: &Grant) -> bool {
        self.verbs().is_empty() || self.verbs().iter().any(|verb| grant.uses(*verb))
    }

    /// What a plugin may do with it; none where its grant says what.
    pub(crate) fn told(self) -> Option<&'static str> {
        self.0.told
    }

    /// Put it into a linker.
    ///
    /// # Errors
    /// It is there already.
    pub(crate) fn link(self, linker: &mut Linker<Call>) -> wasmtime::Result<()> {
        (self.0.link)(linker)
    }
}

impl PartialEq for Capability {
    fn eq(&self, other: &Self) -> bool {
        self.word() == other.word()
    }
}

impl Eq for Capability {}

impl fmt::Debug for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Capability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let known = ALL.into_iter().find(|c| c.word() == word);
        known.ok_or_else(|| {
            let known = ALL.map(Capability::word).join("`, `");
            de::Error::custom(format!(
                "unknown variant `{word}`, expected one of `{known}`"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A world says what the bindings of a guest have, a definition what the host links.
    #[test]
    fn a_point_may_import_what_its_world_does() {
        for point in Point::ALL {
            let file = format!("../../wit/{point}/{point}.wit");
            let text = fs::read_to_string(file).unwrap();
            let imports = text
                .lines()
                .filter_map(|l| l.trim().strip_prefix("import "));
            let mut world: Vec<String> = imports
                .map(|import| import.trim_end_matches(';'))
                .map(|import| match import.split_once('@') {
                    Some((name, _)) => name.to_owned(),
                    None => format!("k8shawk:{point}/{import}"),
                })
                .collect();
            let mut ours: Vec<String> = Capability::of(point).map(Capability::interface).collect();
            world.sort();
            ours.sort();
            assert_eq!(ours, world, "{point}");
        }
    }

    #[test]
    fn a_word_that_is_none_is_answered_with_those_that_are() {
        let parse = serde_json::from_str::<Capability>;
        assert_eq!(parse("\"get\"").unwrap(), kubectl::GET);
        let error = parse("\"exec\"").unwrap_err().to_string();
        assert!(
            error.contains("`exec`") && error.contains("`log`, `settings`"),
            "{error}"
        );
    }
}
