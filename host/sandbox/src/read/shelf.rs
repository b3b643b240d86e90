//! What a directory of plugins is for: the point of a plugin is fixed by where it stands.

use crate::read::manifest;
use crate::read::{LoadError, Source};
use k8shawk_core::point::Point;

/// What a directory of plugin directories is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shelf {
    /// Policies alone.
    Policies,
    /// Plugins of every other point.
    Plugins,
}

impl Shelf {
    /// The shelf of the plugins of a point.
    pub fn of(point: Point) -> Shelf {
        match point {
            Point::Policy => Shelf::Policies,
            _ => Shelf::Plugins,
        }
    }

    /// Who may write a plugin must not thereby decide what runs without approval.
    fn holds(self, point: Point) -> bool {
        Shelf::of(point) == self
    }

    /// # Errors
    /// [`LoadError::Point`] where the plugin is not for this directory.
    pub(crate) fn check(self, source: &Source) -> Result<(), LoadError> {
        if self.holds(source.manifest.point) {
            return Ok(());
        }
        let why = match self {
            Shelf::Policies => "the policies directory can only hold policies",
            Shelf::Plugins => "a policy must be in the policies directory",
        };
        Err(source.misplaced(&source.dir.join(manifest::FILE), why.to_owned()))
    }
}
