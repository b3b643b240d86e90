//! A line that a model writes, a kubectl command or an action by its name, parsed into the typed catalogue or refused.
//!
//! Nothing here is ever run: the line is read word by word, and what is not a fix of the
//! catalogue has no way through.

mod by_name;
mod patch;
mod words;

use super::tools::kind_of;
use crate::fix::Fix;
use crate::kinds;
use crate::object::ObjectRef;
use crate::redact::quoted;
use crate::shorten;

/// What a line says: action, kind, name, parameters.
type Said = (&'static str, String, String, Vec<(String, String)>);

/// Parse a line; `namespace` is meant where it names none.
///
/// # Errors
/// Why it is no fix.
pub fn fix_of_line(line: &str, namespace: &str) -> Result<Fix, String> {
    let mut words = words::split(line)?;
    if words.first().is_some_and(|w| w == "kubectl") {
        words.remove(0);
    }
    let mut line = Line::read(words)?;
    let (action, kind, name, parameters) = said(&mut line)?;
    if let Some(flag) = line.flags.first() {
        return Err(format!("the flag --{} has no place in a fix", flag.0));
    }
    if let Some(word) = line.words.first() {
        return Err(format!("{} has no place in this fix", quoted(word)));
    }
    let known = kinds::kind(&kind).ok_or_else(|| format!("{} is no known kind", quoted(&kind)))?;
    let namespace = match (known.namespaced, &line.namespace) {
        (false, _) => "",
        (true, Some(named)) => named,
        (true, None) => namespace,
    };
    let target = ObjectRef::of(&kind, namespace, &name);
    Fix::parse(action, target, &parameters).map_err(|e| e.to_string())
}

/// Words and flags of a line.
struct Line {
    words: Vec<String>,
    flags: Vec<(String, String)>,
    namespace: Option<String>,
}

/// Flags that have a value, with their short forms.
const VALUED: &[(&str, &str)] = &[
    ("-n", "namespace"),
    ("--namespace", "namespace"),
    ("-c", "containers"),
    ("--containers", "containers"),
    ("--container", "containers"),
    ("-p", "patch"),
    ("--patch", "patch"),
    ("--type", "type"),
    ("--replicas", "replicas"),
    ("--to-revision", "to-revision"),
    ("--limits", "limits"),
];

impl Line {
    fn read(words: Vec<String>) -> Result<Line, String> {
        let mut line = Line {
            words: Vec::new(),
            flags: Vec::new(),
            namespace: None,
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if !word.starts_with('-') {
                line.words.push(word);
                continue;
            }
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            let known = VALUED.iter().find(|(flag, _)| *flag == name);
            let (_, long) =
                known.ok_or_else(|| format!("the flag {name} has no place in a fix"))?;
            let value = value
                .or_else(|| words.next())
                .ok_or_else(|| format!("{name} has no value"))?;
            if *long == "namespace" {
                line.namespace = Some(value);
            } else {
                line.flags.push(((*long).to_owned(), value));
            }
        }
        Ok(line)
    }

    fn word(&mut self, what: &str) -> Result<String, String> {
        if self.words.is_empty() {
            return Err(format!("{what} is missing"));
        }
        Ok(self.words.remove(0))
    }

    fn flag(&mut self, name: &str) -> Option<String> {
        let at = self.flags.iter().position(|(flag, _)| flag == name)?;
        Some(self.flags.remove(at).1)
    }

    fn needed(&mut self, name: &str) -> Result<String, String> {
        self.flag(name)
            .ok_or_else(|| format!("--{name} is missing"))
    }

    /// `kind/name` or `kind name`.
    fn object(&mut self) -> Result<(String, String), String> {
        let word = self.word("the object")?;
        let (kind, name) = match word.split_once('/') {
            Some((kind, name)) => (kind.to_owned(), name.to_owned()),
            None => (word, self.word("the name")?),
        };
        let known = kind_of(&kind).ok_or_else(|| format!("{} is no known kind", quoted(&kind)))?;
        Ok((known.kind.to_owned(), name))
    }
}

fn said(line: &mut Line) -> Result<Said, String> {
    let verb = line.word("the verb")?;
    if let Some(said) = by_name::read(&verb, line)? {
        return Ok(said);
    }
    match verb.as_str() {
        "delete" => delete(line),
        "rollout" => rollout(line),
        "set" => set(line),
        "scale" => {
            let (kind, name) = line.object()?;
            let replicas = ("replicas".to_owned(), line.needed("replicas")?);
            Ok(("scale", kind, name, vec![replicas]))
        }
        "cordon" | "uncordon" => {
            let word = line.word("the node")?;
            let name = word.trim_start_matches("node/").to_owned();
            let action = if verb == "cordon" {
                "cordon"
            } else {
                "uncordon"
            };
            Ok((action, "Node".to_owned(), name, Vec::new()))
        }
        "patch" => {
            let (kind, name) = line.object()?;
            if let Some(other) = line
                .flag("type")
                .filter(|t| t != "merge" && t != "strategic")
            {
                return Err(format!(
                    "a patch of type {} is not in the catalogue",
                    quoted(other.as_str())
                ));
            }
            let text = line.needed("patch")?;
            let (action, parameters) = patch::read(&kind, &text)?;
            Ok((action, kind, name, parameters))
        }
        other => {
            let verb = shorten(other, 40);
            Err(format!("`kubectl {verb}` is not in the catalogue"))
        }
    }
}

fn delete(line: &mut Line) -> Result<Said, String> {
    let (kind, name) = line.object()?;
    match kind.as_str() {
        "Pod" => Ok(("delete-pod", kind, name, Vec::new())),
        "Job" => Ok(("delete-job", kind, name, Vec::new())),
        other => Err(format!("deleting a {other} is not in the catalogue")),
    }
}

fn rollout(line: &mut Line) -> Result<Said, String> {
    let verb = line.word("the verb")?;
    let (kind, name) = line.object()?;
    match verb.as_str() {
        "restart" => Ok(("rollout-restart", kind, name, Vec::new())),
        "undo" => {
            let revision = ("revision".to_owned(), line.needed("to-revision")?);
            Ok(("rollout-undo", kind, name, vec![revision]))
        }
        other => Err(format!("`kubectl rollout {other}` is not in the catalogue")),
    }
}

fn set(line: &mut Line) -> Result<Said, String> {
    let what = line.word("what to set")?;
    let (kind, name) = line.object()?;
    match what.as_str() {
        "image" => {
            let pair = line.word("container=image")?;
            let (container, image) = pair
                .split_once('=')
                .ok_or_else(|| format!("{} is not container=image", quoted(&pair)))?;
            let parameters = vec![
                ("container".to_owned(), container.to_owned()),
                ("image".to_owned(), image.to_owned()),
            ];
            Ok(("set-image", kind, name, parameters))
        }
        "resources" => {
            let mut parameters = vec![("container".to_owned(), line.needed("containers")?)];
            for pair in line.needed("limits")?.split(',') {
                let (key, value) = pair
                    .split_once('=')
                    .ok_or_else(|| format!("{} is not resource=quantity", quoted(pair)))?;
                parameters.push((key.to_owned(), value.to_owned()));
            }
            Ok(("set-resources", kind, name, parameters))
        }
        "selector" => {
            let selector = ("selector".to_owned(), line.word("the selector")?);
            Ok(("patch-selector", kind, name, vec![selector]))
        }
        other => Err(format!("`kubectl set {other}` is not in the catalogue")),
    }
}

#[cfg(test)]
mod tests;
