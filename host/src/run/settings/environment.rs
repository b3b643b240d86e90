//! The variables: the environment over those of a file.

use std::collections::HashMap;
use std::ffi::OsString;

use k8shawk_core::config::{ConfigFault, variables};

/// Read by no key of the configuration; a value that cannot be read is a fault anyway.
const OTHERS: [&str; 2] = ["RUST_LOG", "OTEL_"];

/// What is set. An empty variable is none.
#[derive(Debug, Default)]
pub(super) struct Environment {
    set: HashMap<String, String>,
    below: HashMap<String, String>,
}

impl Environment {
    /// Take the variables of a process. One that K8sHawk reads and that is not UTF-8 is a fault.
    pub(super) fn take(
        variables: impl Iterator<Item = (OsString, OsString)>,
        faults: &mut Vec<ConfigFault>,
    ) -> Environment {
        let mut set = HashMap::new();
        let named = variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        for (name, value) in named.filter(|(_, value)| !value.is_empty()) {
            match value.into_string() {
                Ok(value) => {
                    set.insert(name, value);
                }
                Err(_) if is_read(&name) => faults.push(ConfigFault {
                    place: name,
                    what: "the value is not UTF-8".to_owned(),
                }),
                Err(_) => {}
            }
        }
        let below = HashMap::new();
        Environment { set, below }
    }

    /// Put the variables of a file under those of the process.
    pub(super) fn over(self, below: HashMap<String, String>) -> Environment {
        Environment { below, ..self }
    }

    /// True where the process itself has a variable.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.set.contains_key(name)
    }

    /// A variable of the process, else of the file.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let below = || self.below.get(name).filter(|value| !value.is_empty());
        self.set.get(name).or_else(below).cloned()
    }
}

/// `K8SHAWK_CONFIG` is a path, and paths need not be UTF-8: the command line takes it.
fn is_read(name: &str) -> bool {
    let other = OTHERS.iter().any(|other| name.starts_with(other));
    name != "K8SHAWK_CONFIG" && (other || variables::of_variable(name).is_some())
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn taken(variables: &[(&str, &[u8])], faults: &mut Vec<ConfigFault>) -> Environment {
        let os = |(name, value): &(&str, &[u8])| {
            (OsString::from(name), OsString::from_vec(value.to_vec()))
        };
        Environment::take(variables.iter().map(os), faults)
    }

    #[test]
    fn a_variable_that_is_read_and_is_not_utf8_is_a_fault_that_names_it() {
        let mut faults = Vec::new();
        let wrong: &[u8] = b"fals\xff";
        taken(
            &[
                ("K8SHAWK_MODEL_ENABLED", wrong),
                ("SLACK_BOT_TOKEN", wrong),
                ("OTEL_SDK_DISABLED", wrong),
                ("LS_COLORS", wrong),
            ],
            &mut faults,
        );
        let places: Vec<&str> = faults.iter().map(|f| f.place.as_str()).collect();
        let read = [
            "K8SHAWK_MODEL_ENABLED",
            "SLACK_BOT_TOKEN",
            "OTEL_SDK_DISABLED",
        ];
        assert_eq!(places, read);
        assert!(faults.iter().all(|f| f.what.contains("UTF-8")));
    }

    #[test]
    fn an_empty_variable_is_none_and_hides_none_of_the_file() {
        let below = |value: &str| HashMap::from([("A".to_owned(), value.to_owned())]);
        let empty: &[(&str, &[u8])] = &[("A", b"")];
        let take = |set| taken(set, &mut Vec::new());
        assert_eq!(
            take(empty).over(below("file")).get("A").as_deref(),
            Some("file")
        );
        assert_eq!(take(empty).over(below("")).get("A"), None);
        assert!(!take(empty).is_set("A"));
        let set = take(&[("A", b"own")]).over(below("file"));
        assert_eq!(set.get("A").as_deref(), Some("own"));
    }
}
