//! `plugin test`: a plugin's `cases.toml`, run against its component in the sandbox.
//!
//! A case gives its point's input and the answer that must come out. What every case may say is in
//! `common`, what several points share is in `incident`, `finding`, `proposal` and `cluster`, and
//! what one point asks and answers has a module of the point's name.

mod analysis;
mod cluster;
mod common;
mod difference;
mod dossier;
mod file;
mod finding;
mod fix;
mod incident;
mod json;
mod junit;
mod keys;
mod moment;
mod object;
mod place;
mod policy;
mod proposal;
mod recording;
mod run;
mod signal;
mod text;
mod triage;
mod voice;
mod watch;

use std::path::Path;

use k8shawk_core::point::Point;
use k8shawk_sandbox::Plugin;

use self::common::Common;
use self::keys::Keys;
use self::place::Place;
use self::run::Tried;
use crate::cli::{Format, output};

pub(super) use self::file::recordings;

/// The name of the file, in the plugin's directory.
pub(super) const FILE: &str = "cases.toml";

/// What somebody wants of a run.
pub struct Wish<'w> {
    /// Directory with plugin.toml, the component and its cases.
    pub directory: &'w Path,
    /// How to print.
    pub output: Format,
    /// Where JUnit XML goes to.
    pub junit: Option<&'w Path>,
}

/// Run every case; true where all hold. `watching` runs them again after each change.
///
/// # Errors
/// The plugin or its cases cannot be used: nothing was tried.
pub async fn test(wish: &Wish<'_>, watching: bool) -> anyhow::Result<bool> {
    match watching {
        true => watch::watch(wish).await,
        false => once(wish).await,
    }
}

async fn once(wish: &Wish<'_>) -> anyhow::Result<bool> {
    wish.junit.map_or(Ok(()), junit::is_writable)?;
    let report = run::all(wish.directory).await?;
    match wish.output {
        Format::Text => text::print(&report),
        Format::Json => output::document(&json::document(&report))?,
    }
    if let Some(path) = wish.junit {
        junit::write(&report, path)?;
    }
    Ok(report.failed() == 0)
}

/// One case: what every one has, and what its point is asked.
struct Case {
    common: Common,
    asked: Asked,
}

/// What a plugin is asked, and what it must answer.
enum Asked {
    Triage(triage::Case),
    Analysis(analysis::Case),
    Fix(Box<fix::Case>),
    Policy(Box<policy::Case>),
    Voice(voice::Case),
}

impl Case {
    /// A case of a plugin of a point. Its files are in the directory.
    ///
    /// # Errors
    /// A sentence that names the key and what may stand there.
    fn parse(point: Point, mut keys: Keys, directory: &Path) -> Result<Case, String> {
        keys.only(point, common::KEYS, known(point))?;
        let common = Common::parse(&mut keys)?;
        let place = Place {
            directory,
            now_ms: common.now_ms,
        };
        let asked = match point {
            Point::Triage => Asked::Triage(triage::Case::parse(keys, &place)?),
            Point::Analysis => Asked::Analysis(analysis::Case::parse(keys, &place)?),
            Point::Fix => Asked::Fix(Box::new(fix::Case::parse(keys, &place)?)),
            Point::Policy => Asked::Policy(Box::new(policy::Case::parse(keys, &place)?)),
            Point::Voice => Asked::Voice(voice::Case::parse(keys)?),
        };
        Ok(Case { common, asked })
    }

    /// Ask the plugin.
    async fn run(&self, plugin: &Plugin) -> Tried {
        match &self.asked {
            Asked::Triage(case) => case.run(plugin),
            Asked::Analysis(case) => case.run(plugin).await,
            Asked::Fix(case) => case.run(plugin).await,
            Asked::Policy(case) => case.run(plugin).await,
            Asked::Voice(case) => case.run(plugin),
        }
    }
}

/// The keys of a point's cases, in groups, but those that every case has.
fn known(point: Point) -> &'static [&'static [&'static str]] {
    match point {
        Point::Triage => triage::KEYS,
        Point::Analysis => analysis::KEYS,
        Point::Fix => fix::KEYS,
        Point::Policy => policy::KEYS,
        Point::Voice => voice::KEYS,
    }
}
