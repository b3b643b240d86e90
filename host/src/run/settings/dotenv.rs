//! Variables of a file: `.env` of the working directory, or the one that somebody named.

use std::collections::HashMap;
use std::io::Cursor;
use std::path::Path;

use k8shawk_core::config::{ConfigFault, variables};
use k8shawk_sandbox::files;

/// The file of the working directory.
const FILE: &str = ".env";
/// Stands for `$` while a file that nobody named is parsed; no text of a person has it.
const DOLLAR: &str = "\u{f8ff}";

/// Read the file that was named, else `.env` where there is one. What `.env` must not say is a
/// fault with its line, unless `is_set` says that the environment has the variable and so wins.
pub(super) fn read(
    named: Option<&Path>,
    is_set: impl Fn(&str) -> bool,
    faults: &mut Vec<ConfigFault>,
) -> HashMap<String, String> {
    let path = named.unwrap_or(Path::new(FILE));
    let place = path.display().to_string();
    let text = match named {
        Some(path) => files::text(path).map(Some),
        None => files::text_if_there(path),
    };
    let text = match text {
        Ok(Some(text)) => text,
        Ok(None) => return HashMap::new(),
        Err(error) => {
            let what = format!("cannot be read: {error}");
            faults.push(ConfigFault { place, what });
            return HashMap::new();
        }
    };
    let found = named.is_none();
    let values = parse(&place, &text, found, faults);
    if found {
        faults.extend(refused(&place, &text, &values, is_set));
    }
    values
}

/// In a file that nobody named `$` stands for itself: it must not carry what is in the
/// environment to wherever a value goes.
fn parse(
    place: &str,
    text: &str,
    found: bool,
    faults: &mut Vec<ConfigFault>,
) -> HashMap<String, String> {
    let literal = match found {
        true => text.replace("\\$", DOLLAR).replace('$', DOLLAR),
        false => text.to_owned(),
    };
    let mut values = HashMap::new();
    for entry in dotenvy::from_read_iter(Cursor::new(&literal)) {
        match entry {
            Ok((name, value)) => {
                values.insert(name, value.replace(DOLLAR, "$"));
            }
            Err(error) => faults.push(malformed(place, &literal, &error)),
        }
    }
    values
}

/// The line stays out of the fault: it may have a secret in it.
fn malformed(place: &str, text: &str, error: &dotenvy::Error) -> ConfigFault {
    let (place, what) = match error {
        dotenvy::Error::LineParse(part, _) => {
            let first = part.lines().next().unwrap_or_default().trim();
            let number = text.lines().position(|line| line.trim().ends_with(first));
            let place = number.map_or(place.to_owned(), |at| format!("{place}:{}", at + 1));
            (place, "is not NAME=value".to_owned())
        }
        other => (place.to_owned(), other.to_string()),
    };
    ConfigFault { place, what }
}

/// What only a file that was named may say. A variable that is set in the environment wins
/// anyway.
fn refused(
    place: &str,
    text: &str,
    values: &HashMap<String, String>,
    is_set: impl Fn(&str) -> bool,
) -> Vec<ConfigFault> {
    let mut found: Vec<(usize, String)> = values
        .iter()
        .filter(|(name, value)| !value.is_empty() && !is_set(name))
        .filter_map(|(name, value)| {
            let does = variables::forbids(name, value)?;
            Some((
                line(text, name),
                variables::refused_variable(name, does, place),
            ))
        })
        .collect();
    found.sort();
    let fault = |(line, what)| ConfigFault {
        place: format!("{place}:{line}"),
        what,
    };
    found.into_iter().map(fault).collect()
}

/// The line that sets a variable, from 1; the last one, as it wins.
fn line(text: &str, name: &str) -> usize {
    let sets = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let rest = line.trim_start().strip_prefix(name);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let lines = text.lines().enumerate();
    let found = lines.filter(|(_, line)| sets(line)).last();
    found.map_or(1, |(index, _)| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str, set: &[&str]) -> Vec<String> {
        let mut faults = Vec::new();
        let values = parse(".env", text, true, &mut faults);
        faults.extend(refused(".env", text, &values, |name| set.contains(&name)));
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_found_file_leads_no_secret_elsewhere_and_says_line_name_and_what_to_do() {
        let text = "# mine\nVOICE_LANGUAGE=tamil\n\nexport OPENAI_BASE_URL = https://evil.example\nK8SHAWK_KUBECONFIG=./kube\nDATABASE_URL=x\n";
        assert_eq!(
            judged(text, &[]),
            [
                ".env:4: OPENAI_BASE_URL decides who gets the key of the model, and this file was only found in the working directory: start with `--env-file .env` if you trust it, or set OPENAI_BASE_URL in \
                 the environment",
                ".env:5: K8SHAWK_KUBECONFIG can start a program (an exec plugin), and this file was only found in the working directory: start with `--env-file .env` if you trust it, or set K8SHAWK_KUBECONFIG \
                 in the environment",
            ]
        );
        assert!(judged(text, &["OPENAI_BASE_URL", "K8SHAWK_KUBECONFIG"]).is_empty());
        assert!(judged("OPENAI_BASE_URL=\n", &[]).is_empty());
    }

    #[test]
    fn a_found_file_brings_no_credential_no_destination_and_no_authority() {
        for name in [
            "SLACK_BOT_TOKEN",
            "SLACK_APP_TOKEN",
            "SLACK_SIGNING_SECRET",
            "SLACK_CHANNEL",
            "SLACK_APPROVERS",
            "SARVAM_API_KEY",
            "GROQ_API_KEY",
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "K8SHAWK_APPROVERS",
            "K8SHAWK_APPROVAL_PEOPLE",
            "K8SHAWK_POLICIES_REQUIRED",
            "K8SHAWK_FIX_ENABLED",
            "K8SHAWK_FIX_NAMESPACES",
            "K8SHAWK_CONTEXT",
            "K8SHAWK_WEBHOOK_URL",
            "K8SHAWK_WEBHOOK_SECRET_FILE",
        ] {
            let faults = judged(&format!("# theirs\n{name}=x\n"), &[]);
            let [fault] = &faults[..] else {
                panic!("{name}: {faults:?}");
            };
            assert!(fault.starts_with(&format!(".env:2: {name} ")), "{fault}");
            assert!(fault.contains("--env-file .env"), "{fault}");
        }
    }

    #[test]
    fn a_found_file_may_keep_evidence_from_leaving_and_not_let_it_leave() {
        let less = "K8SHAWK_MODEL_ENABLED=false\nK8SHAWK_MODEL_HIDE_NAMES=true\nK8SHAWK_VOICE_ENGINE=off\nWEBHOOK_ADDRESS=127.0.0.1\n";
        assert!(judged(less, &[]).is_empty());
        let more = "K8SHAWK_MODEL_ENABLED=true\nK8SHAWK_MODEL_HIDE_NAMES=false\nK8SHAWK_VOICE_ENGINE=auto\nWEBHOOK_ADDRESS=0.0.0.0\n";
        assert_eq!(judged(more, &[]).len(), 4);
    }

    #[test]
    fn a_line_that_is_no_variable_is_named_and_not_shown() {
        assert_eq!(
            judged("A=1\nSLACK_BOT_TOKEN=xoxb 1 secret\n", &[]),
            [".env:2: is not NAME=value"]
        );
    }

    #[test]
    fn a_found_file_reads_nothing_of_the_environment_and_a_named_one_may() {
        let home = std::env::var("PATH").unwrap();
        let text = "A=${PATH}\nB=\"x\n$PATH\"\nC=pa\\$s\n";
        let mut faults = Vec::new();
        let values = parse(".env", text, true, &mut faults);
        assert_eq!(values["A"], "${PATH}");
        assert_eq!(values["B"], "x\n$PATH");
        assert_eq!(values["C"], "pa$s");
        let values = parse("f", "A=${PATH}\n", false, &mut faults);
        assert_eq!(values["A"], home);
        assert_eq!(faults, []);
    }
}
