//! Running the cases of a plugin, one after another.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use k8shawk_core::grant::{Allow, Grant, Release, Verb};
use k8shawk_core::point::Point;
use k8shawk_sandbox::{CallRecord, Called, Engine, EngineOptions, LoadError, Plugin, Source};

use super::difference::{Difference, Differences};
use super::file::CasesError;
use super::{Case, FILE, file};
use crate::cli::Misuse;
use crate::run::load;

/// What came of all cases of one plugin.
pub(super) struct Report {
    /// Its id.
    pub(super) plugin: String,
    /// Its own version.
    pub(super) version: String,
    /// Where it is called.
    pub(super) point: Point,
    /// What a grant would pin.
    pub(super) digest: String,
    /// The file of the cases.
    pub(super) file: PathBuf,
    /// Each case, in the order of the file.
    pub(super) cases: Vec<(String, Tried)>,
}

/// One case, tried.
pub(super) struct Tried {
    /// Where the answer is not as wanted.
    pub(super) differences: Vec<Difference>,
    /// Why there is no answer.
    pub(super) error: Option<String>,
    /// What the call did.
    pub(super) record: CallRecord,
}

impl Report {
    /// How many cases do not hold.
    pub(super) fn failed(&self) -> usize {
        self.cases
            .iter()
            .filter(|(_, tried)| !tried.holds())
            .count()
    }
}

impl Tried {
    /// A call that was made, compared with what the case wants.
    pub(super) fn of<T>(called: Called<T>, compare: impl FnOnce(&T) -> Differences) -> Tried {
        let (differences, error) = match &called.result {
            Ok(answer) => (compare(answer).found(), None),
            Err(why) => (Vec::new(), Some(why.to_string())),
        };
        Tried {
            differences,
            error,
            record: called.record,
        }
    }

    /// True where the plugin answered as wanted.
    pub(super) fn holds(&self) -> bool {
        self.differences.is_empty() && self.error.is_none()
    }
}

/// Run all cases of the plugin in a directory.
///
/// # Errors
/// The plugin or its cases cannot be used: nothing was tried.
pub(super) async fn all(directory: &Path) -> anyhow::Result<Report> {
    let text = file::text(directory).map_err(CasesError::misuse)?;
    // A case brings its own settings, so the grant that stands beside is none.
    let source = Source::read(directory, directory).map_err(|why| Misuse(why.to_string()))?;
    let point = source.manifest.point;
    let cases = file::parse(&text, point, directory).map_err(CasesError::misuse)?;
    let options = EngineOptions {
        cache: load::cache(),
        ..EngineOptions::default()
    };
    let engine = Engine::new(&options)?;
    let mut tried = Vec::new();
    let mut ready: Option<Plugin> = None;
    for case in cases {
        let grant = grant(&source, &case);
        // Most cases of a file have the same grant.
        let plugin = match ready
            .take()
            .filter(|plugin| plugin.grant().as_ref() == &grant)
        {
            Some(plugin) => plugin,
            None => prepare(&engine, &source, &case.common.name, grant).await?,
        };
        let result = case.run(&plugin).await;
        tried.push((case.common.name, result));
        ready = Some(plugin);
    }
    Ok(Report {
        plugin: source.manifest.id,
        version: source.manifest.version.to_string(),
        point,
        digest: source.digest,
        file: directory.join(FILE),
        cases: tried,
    })
}

/// All that `wants` names, with the case's limits and settings.
fn grant(source: &Source, case: &Case) -> Grant {
    let wants = source.manifest.wants.iter();
    let verbs: Vec<Verb> = wants
        .flat_map(|want| want.verbs().iter().copied())
        .collect();
    let allow = match verbs.is_empty() {
        true => Vec::new(),
        false => vec![Allow::everything(&verbs)],
    };
    Grant {
        settings: case.common.settings.clone(),
        limits: case.common.limits,
        // What it answers is tested, not what the operator lets it release.
        auto: match source.manifest.point {
            Point::Policy => vec![Release::everything()],
            _ => Vec::new(),
        },
        allow,
        ..Grant::default()
    }
}

/// The plugin with the grant of a case: what it does not get is for the author of the case to correct.
async fn prepare(
    engine: &Engine,
    source: &Source,
    case: &str,
    grant: Grant,
) -> anyhow::Result<Plugin> {
    let source = Source {
        grant: Arc::new(grant),
        ..source.clone()
    };
    let prepared = Plugin::prepare(engine, &source).await;
    Ok(prepared.map_err(|why| match why {
        LoadError::Memory { needs, given, .. } => {
            let (file, mib) = (source.dir.join(FILE), 1 << 20);
            let (needs, given) = (needs.div_ceil(mib), given / mib);
            Misuse(format!(
                "{}: case {case:?}: the component starts with {needs} MiB of memory, and the case gives {given}: \
                 write limits = {{ memory_mib = {needs} }} into it",
                file.display()
            ))
        }
        other => Misuse(other.to_string()),
    })?)
}
