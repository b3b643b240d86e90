//! A `k8shawk.toml` with variables over it: every fault has its place, and a file that nobody named says
//! nothing that only a named one may say.

use std::collections::BTreeMap;

use k8shawk_core::config::{Config, ConfigFault, File, KEYS, Trust};
use toml::{Table, Value};

use super::shown;

const NAME: &str = "conf/k8shawk.toml";
/// Between the file and the variables.
const VARIABLES: &str = "\n# environment\n";

pub(super) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let (text, variables) = text.split_once(VARIABLES).unwrap_or((text, ""));
    let variables: BTreeMap<&str, &str> = variables
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    for named in [true, false] {
        match parse(text, named, &variables) {
            Ok(config) => is_usable(&config, text, named, &variables),
            Err(faults) => faults
                .iter()
                .for_each(|fault| has_its_place(fault, &variables)),
        }
    }
}

fn parse(
    text: &str,
    named: bool,
    variables: &BTreeMap<&str, &str>,
) -> Result<Config, Vec<ConfigFault>> {
    let file = File {
        name: NAME,
        text,
        named,
    };
    Config::parse([file], |name| variables.get(name).map(|v| (*v).to_owned()))
}

fn has_its_place(fault: &ConfigFault, variables: &BTreeMap<&str, &str>) {
    let line = fault
        .place
        .strip_prefix(NAME)
        .map(|rest| rest.replacen(':', "", 1));
    let line = line.and_then(|line| line.parse::<usize>().ok());
    let variable = variables.contains_key(fault.place.as_str());
    let whole = KEYS.iter().any(|key| key.path == fault.place);
    assert!(line.is_some() || variable || whole, "{fault}");
    assert!(!fault.what.is_empty());
    shown::is_line(&fault.to_string());
}

fn is_usable(config: &Config, text: &str, named: bool, variables: &BTreeMap<&str, &str>) {
    assert!(config.recovery_stability < config.recovery_timeout);
    if !named {
        let allowed = without_what_only_a_named_file_may_say(text);
        let same = parse(&allowed, true, variables);
        assert_eq!(
            same.as_ref(),
            Ok(config),
            "a found file said more than it may"
        );
    }
}

fn without_what_only_a_named_file_may_say(text: &str) -> String {
    let mut table: Table = toml::from_str(text).unwrap_or_default();
    for key in KEYS {
        let Some((section, name)) = key.path.split_once('.') else {
            continue;
        };
        let Some(Value::Table(section)) = table.get_mut(section) else {
            continue;
        };
        let harmless = section.get(name).is_some_and(|value| {
            let plain = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            key.harmless.contains(&plain.as_str())
        });
        if matches!(key.trust, Trust::Named(_)) && !harmless {
            section.remove(name);
        }
    }
    table.to_string()
}
