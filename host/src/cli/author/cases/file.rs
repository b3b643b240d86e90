//! `cases.toml`: all its cases, or all that is wrong with it.

use std::path::{Path, PathBuf};

use k8shawk_core::point::Point;
use k8shawk_core::toml_fault::{TomlFault, line_of};
use k8shawk_sandbox::files;
use serde::Deserialize;
use thiserror::Error;
use toml::{Spanned, Table};

use super::keys::Keys;
use super::{Case, FILE};
use crate::cli::author::own;
use crate::cli::{Faults, Misuse};

/// Why a file of cases cannot be used: its author corrects it.
#[derive(Debug, Error)]
pub(super) enum CasesError {
    /// There is none, or it cannot be read.
    #[error("{}: {why}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// As the system says it.
        why: std::io::Error,
    },
    /// It is not TOML, or not a list of cases.
    #[error("{}: line {line}: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where the parser stopped, from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// Cases that cannot be meant, all at once.
    #[error("{}: {}", path.display(), faults.join("; "))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Each with its case and its key.
        faults: Vec<String>,
    },
}

impl CasesError {
    /// As the command line says it: each fault names the file.
    pub(super) fn misuse(self) -> anyhow::Error {
        match self {
            CasesError::Invalid { path, faults } => {
                let named = |fault: String| format!("{}: {fault}", path.display());
                Faults(faults.into_iter().map(named).collect()).into()
            }
            other => Misuse(other.to_string()).into(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Cases {
    #[serde(default)]
    case: Vec<Spanned<Table>>,
}

/// The text of the file in a plugin's directory.
///
/// # Errors
/// [`CasesError::Unread`].
pub(super) fn text(directory: &Path) -> Result<String, CasesError> {
    let text = own::within(directory, Path::new(FILE)).and_then(|file| files::text(&file));
    let path = directory.join(FILE);
    text.map_err(|why| CasesError::Unread { path, why })
}

/// The recordings that cases name and a build may copy beside them; those of a file that cannot be
/// used are none.
pub(in crate::cli::author) fn recordings(text: &str) -> Vec<PathBuf> {
    let cases: Cases = toml::from_str(text).unwrap_or_default();
    let named = cases.case.iter().filter_map(|case| {
        let path = case.get_ref().get("bundle")?.as_str()?;
        Some(PathBuf::from(path))
    });
    named.filter(|path| files::is_below(path)).collect()
}

/// The cases of a plugin of a point.
///
/// # Errors
/// [`CasesError`] names the file, and the case where there is one.
pub(super) fn parse(text: &str, point: Point, directory: &Path) -> Result<Vec<Case>, CasesError> {
    let path = directory.join(FILE);
    let cases: Cases = toml::from_str(text).map_err(|error| {
        let TomlFault { line, what } = TomlFault::of(text, &error);
        let path = path.clone();
        CasesError::Malformed { path, line, what }
    })?;
    let (mut parsed, mut faults): (Vec<Case>, Vec<String>) = (Vec::new(), Vec::new());
    for case in cases.case {
        let line = line_of(text, case.span().start);
        let table = case.into_inner();
        let name = table.get("name").and_then(toml::Value::as_str);
        let place = match name {
            Some(name) => format!("case {name:?} (line {line})"),
            None => format!("the case in line {line}"),
        };
        match Case::parse(point, Keys::new(table), directory) {
            Ok(case) if parsed.iter().any(|c| c.common.name == case.common.name) => {
                faults.push(format!("{place}: another case has this name"));
            }
            Ok(case) => parsed.push(case),
            Err(why) => faults.push(format!("{place}: {why}")),
        }
    }
    if parsed.is_empty() && faults.is_empty() {
        faults.push("there is no [[case]]".to_owned());
    }
    match faults.is_empty() {
        true => Ok(parsed),
        false => Err(CasesError::Invalid { path, faults }),
    }
}
