//! `plugin.toml`: what a plugin is, and what it would like to use.

use std::path::{Path, PathBuf};

use k8shawk_core::point::{Point, WIT_VERSION};
use k8shawk_core::redact::visible;
use k8shawk_core::toml_fault::{TomlFault, line_of};
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::files::is_below;
use super::shown::cut;
use super::version::PluginVersion;
use crate::capability::Capability;

/// The name of the file.
pub const FILE: &str = "plugin.toml";
/// Characters of one fault: what it quotes is the author's.
const FAULT: usize = 400;

/// What a plugin says of itself. What it gets is the operator's grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Id: the name of its directory and of its grant.
    pub id: String,
    /// Its own version, for people.
    pub version: PluginVersion,
    /// Where it is called.
    pub point: Point,
    /// Interfaces that it would like to use.
    pub wants: Vec<Capability>,
    /// How its component is made of its source; a crate for cargo where it does not say.
    pub build: Option<Build>,
}

/// How a component is made. The host never runs it: `plugin build` does, on its author's machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// Commands for `sh -c`, in the plugin's directory, in order.
    pub steps: Vec<String>,
    /// What they make: a component, or a core module with the bindings of a point.
    pub output: PathBuf,
    /// The language of its template: before the steps `plugin build` writes its interfaces and helpers.
    #[serde(default)]
    pub language: Option<String>,
    /// What they need on the machine.
    #[serde(default)]
    pub tools: Vec<Tool>,
}

/// A program that a build needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// A command for `sh -c` that succeeds where it is there.
    #[serde(rename = "try")]
    pub check: String,
    /// The command that installs it.
    pub install: String,
}

impl Build {
    /// Why it cannot be meant, in a sentence.
    fn fault(&self) -> Option<&'static str> {
        match () {
            () if self.steps.is_empty() => Some("[build] has no steps"),
            () if self.output.as_os_str().is_empty() => Some("[build] output is empty"),
            () if !is_below(&self.output) => {
                Some("[build] output is outside the plugin's directory")
            }
            () if !self.output.to_str().is_some_and(is_line) => {
                Some("[build] output has a line end, a tab or what nobody sees")
            }
            () => None,
        }
    }
}

/// Why a manifest cannot be used: its author or the operator corrects the file.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// The file is not TOML of this shape; the message names line and key.
    #[error("{path}: {message}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line, key and what was expected.
        message: String,
    },
    /// Values that cannot be meant, all at once, each with its line.
    #[error("{path}: {}", .faults.join("; "))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The faults.
        faults: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManifest {
    id: Spanned<String>,
    version: Spanned<String>,
    point: Point,
    #[serde(default)]
    wants: Vec<Spanned<Capability>>,
    #[serde(default)]
    build: Option<Spanned<Build>>,
}

impl Manifest {
    /// Parse the text of the `plugin.toml` at `path`. Its directory must have the plugin's id.
    ///
    /// # Errors
    /// [`ManifestError`] names the file and the lines.
    pub fn parse(text: &str, path: &Path) -> Result<Manifest, ManifestError> {
        let raw: RawManifest = toml::from_str(text).map_err(|e| {
            let TomlFault { line, what } = TomlFault::of(text, &e);
            ManifestError::Malformed {
                path: path.to_owned(),
                message: cut(&format!("line {line}: {what}"), FAULT),
            }
        })?;
        let mut faults = raw.faults(text, path);
        let version = PluginVersion::parse(raw.version.get_ref());
        if let Err(what) = &version {
            let at = line_of(text, raw.version.span().start);
            faults.push(format!("line {at}: {what}"));
        }
        let (Ok(version), true) = (version, faults.is_empty()) else {
            return Err(ManifestError::Invalid {
                path: path.to_owned(),
                faults,
            });
        };
        Ok(Manifest {
            id: raw.id.into_inner(),
            version,
            point: raw.point,
            wants: raw.wants.into_iter().map(Spanned::into_inner).collect(),
            build: raw.build.map(Spanned::into_inner),
        })
    }

    /// The interfaces that it wants, as a world imports them.
    pub fn imports(&self) -> Vec<String> {
        let of = |want: &Capability| format!("{}@{WIT_VERSION}", want.interface());
        self.wants.iter().map(of).collect()
    }
}

impl RawManifest {
    fn faults(&self, text: &str, path: &Path) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |start: usize, what: String| {
            faults.push(cut(
                &format!("line {}: {what}", line_of(text, start)),
                FAULT,
            ));
        };
        let id = self.id.get_ref();
        if !is_id(id) {
            fault(
                self.id.span().start,
                format!("id {id:?} is not made of a-z, 0-9 and `-`, with no `-` in front"),
            );
        }
        let dir = path
            .parent()
            .and_then(Path::file_name)
            .map(|d| d.to_string_lossy());
        if let Some(dir) = dir.filter(|d| d.as_ref() != id) {
            fault(
                self.id.span().start,
                format!("id {id:?} differs from its directory {dir:?}"),
            );
        }
        if let Some(build) = &self.build
            && let Some(what) = build.get_ref().fault()
        {
            fault(build.span().start, what.to_owned());
        }
        for want in &self.wants {
            if !want.get_ref().fits(self.point) {
                let may: Vec<&str> = Capability::of(self.point).map(Capability::word).collect();
                let (point, word, may) = (self.point, want.get_ref().word(), may.join(", "));
                let what = format!("{} cannot use {word:?}; it may use {may}", point.plugin());
                fault(want.span().start, what);
            }
        }
        faults
    }
}

/// True where a text is seen as it stands, in one line.
fn is_line(text: &str) -> bool {
    !text.contains(['\n', '\t']) && visible(text) == text
}

/// True where a plugin can have this id: it names a directory, a grant and a metric's label.
pub fn is_id(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest, String> {
        Manifest::parse(text, Path::new("plugins/mine/plugin.toml")).map_err(|e| e.to_string())
    }

    const GOOD: &str =
        "id = \"mine\"\nversion = \"1\"\npoint = \"fix\"\nwants = [\"log\", \"get\"]\n";

    #[test]
    fn reads_what_a_plugin_wants() {
        let wants = parse(GOOD).unwrap().wants.into_iter();
        assert!(wants.map(Capability::word).eq(["log", "get"]));
    }

    #[test]
    fn names_file_and_line_of_an_unknown_key() {
        let error = parse(&format!("{GOOD}want = []\n")).unwrap_err();
        assert!(
            error.contains("mine/plugin.toml") && error.contains("line 5"),
            "{error}"
        );
    }

    #[test]
    fn a_build_says_what_it_makes_and_where() {
        let with = |build: &str| parse(&format!("{GOOD}[build]\n{build}"));
        let made = with("steps = [\"make\"]\noutput = \"build/x.wasm\"").unwrap();
        let build = made.build.unwrap();
        assert_eq!(build.steps, ["make"]);
        assert_eq!(build.output, Path::new("build/x.wasm"));
        for (text, why) in [
            ("steps = []\noutput = \"x\"", "no steps"),
            ("steps = [\"make\"]\noutput = \"\"", "output is empty"),
            ("steps = [\"make\"]\noutput = \"../x\"", "outside"),
            ("steps = [\"make\"]\noutput = \"/x\"", "outside"),
        ] {
            let error = with(text).unwrap_err();
            assert!(error.contains(why) && error.contains("line 5"), "{error}");
        }
    }

    #[test]
    fn what_is_shown_of_it_drives_no_terminal() {
        let build = "[build]\nsteps = [\"make\"]\noutput = \"x\\u001b[2J\"\n";
        for (text, at) in [
            (GOOD.replace("\"1\"", "\"1\\u001b[2J\""), "line 2"),
            (GOOD.replace("\"1\"", "\"1\\n2\""), "line 2"),
            (GOOD.replace("get", "g\\u001b[2Jet\\n"), "line 4"),
            (format!("{GOOD}\"\\u009b31m\" = 1"), "line 5"),
            (format!("{GOOD}{build}"), "line 5"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(at), "{error}");
            assert!(!error.contains(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn a_world_imports_what_the_plugin_wants() {
        let imports = parse(GOOD).unwrap().imports();
        assert_eq!(
            imports,
            ["k8shawk:host/log@0.1.0", "k8shawk:kubectl/get@0.1.0"]
        );
    }

    #[test]
    fn an_id_is_no_option_of_a_command_line() {
        for id in ["-x", "--help", "", "a_b", "A"] {
            assert!(!is_id(id), "{id:?}");
        }
        assert!(is_id("0-a") && is_id("a-"));
    }

    #[test]
    fn what_a_fault_quotes_of_the_author_is_cut() {
        let long = "x".repeat(60_000);
        for text in [
            GOOD.replace("mine", &long),
            GOOD.replace("\"fix\"", &format!("{long:?}")),
            GOOD.replace("\"get\"", &format!("{long:?}")),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.len() < 1200, "{} bytes", error.len());
        }
    }

    #[test]
    fn a_version_that_is_no_word_is_refused_with_its_line_beside_all_else() {
        let text = GOOD.replace("\"1\"", r#""1\nforged: line""#);
        let error = parse(&text.replace("mine", "Mine")).unwrap_err();
        assert!(error.contains("mine/plugin.toml: line 1: id"), "{error}");
        assert!(error.contains("line 2: version must be 1 to 64"), "{error}");
        assert!(!error.contains("forged"), "{error}");
    }

    #[test]
    fn reports_all_faults_with_their_lines() {
        let error = parse(&GOOD.replace("mine", "Mine").replace("get", "clock")).unwrap_err();
        assert!(
            error.contains("line 1") && error.contains("line 4"),
            "{error}"
        );
    }
}
