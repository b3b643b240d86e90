//! `k8shawk approve`: the fix is shown first, and the approval is for what was shown.

use std::io::{BufRead, IsTerminal, Write};

use k8shawk_core::approval::Question;
use k8shawk_core::decision::Candidate;
use k8shawk_core::record::Record;
use k8shawk_core::redact::Redacted;
use k8shawk_core::redacted;

use super::output::complain;
use super::{Approve, Misuse, incidents};
use crate::run::settings::Settings;
use crate::services::socket::Ask;
use crate::services::terminal::{lines, plain};
use crate::stages::approve::not_waiting;

/// Show the fix of an incident, ask, and pass the approval to the running host.
pub async fn approve(settings: &Settings, args: Approve) -> anyhow::Result<bool> {
    incidents::is_id(&args.id)?;
    let record = incidents::find(settings, &args.id)?;
    let Some((candidate, mut shown)) = asked(&record) else {
        complain!("k8shawk: {}", not_waiting(&record));
        return Ok(false);
    };
    match args.digest {
        Some(digest) => shown.digest = digest,
        None => {
            if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
                return Err(Misuse(
                    "approve needs a terminal to show the fix and ask; a script passes --yes \
                     --digest DIGEST with the digest from `k8shawk incidents ID -o json`"
                        .to_owned(),
                )
                .into());
            }
            let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
            if !agreed(&record, candidate, input, output)? {
                complain!("k8shawk: not approved");
                return Ok(false);
            }
        }
    }
    let id = record.incident.id.0.clone();
    incidents::ask(settings, Ask::Approve { id, shown }).await
}

/// What is asked now, as it is shown and as an approval names it.
fn asked(record: &Record) -> Option<(&Candidate, Question)> {
    Some((record.candidate()?, record.question()?))
}

/// What an approval would change: the fix with every line of its diff, and who must approve.
pub(super) fn change(record: &Record, candidate: &Candidate) -> Redacted {
    let fix = &candidate.fix;
    let target = plain(&fix.target.to_string());
    let mut text = redacted!(
        "{}: {}\n{} on {} (risk {}) changes:\n",
        plain(&record.incident.id.0),
        plain(record.title()),
        fix.action.name(),
        target,
        plain(&fix.risk().to_string())
    );
    for line in lines(&candidate.diff.to_string()).lines() {
        text.push(&redacted!("  {}\n", line));
    }
    text.push(&plain(&candidate.ruling.requirement()));
    text
}

/// All that the block of an incident cuts or leaves out: the whole change with its kubectl line, and
/// what it rests on in full.
pub(super) fn details(record: &Record, candidate: &Candidate) -> Redacted {
    let mut text = change(record, candidate);
    text.push(&redacted!(
        "\n\nkubectl that does the same:\n  {}\n\nevidence in full:",
        plain(&candidate.fix.kubectl())
    ));
    let found = record.finding.iter().chain(&record.also);
    for evidence in found.flat_map(|finding| &finding.evidence) {
        let (id, source) = (plain(&evidence.id), plain(&evidence.source));
        text.push(&redacted!("\n  [{}] {}", id, source));
        for line in lines(&evidence.excerpt).lines() {
            text.push(&redacted!("\n    {}", line));
        }
    }
    text.push(&"\n\nreported by Kubernetes:".into());
    for signal in &record.incident.signals {
        let said = format!("{} on {}: {}", signal.reason, signal.object, signal.message);
        text.push(&redacted!("\n  {}", plain(&said)));
    }
    text.push(&redacted!(
        "\n\ndigest of the fix: {}\n",
        plain(&candidate.digest)
    ));
    text
}

/// Show all of it and read the answer: `y` or `yes`.
fn agreed(
    record: &Record,
    candidate: &Candidate,
    mut input: impl BufRead,
    mut output: impl Write,
) -> std::io::Result<bool> {
    writeln!(output, "{}", change(record, candidate))?;
    write!(output, "Approve? [y/N] ")?;
    output.flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::services::testing::record;

    #[test]
    fn the_details_cut_nothing() {
        let mut record = record();
        let long = "failed to resolve reference ".repeat(40);
        record.finding.as_mut().unwrap().evidence[0].excerpt = format!("{long}end");
        let text = details(&record, record.candidate().unwrap()).into_string();
        let digest = record.candidate().unwrap().digest.as_str();
        for part in ["reference end", "kubectl -n shop", "app:2 -> app:1", digest] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[rstest]
    #[case("y\n", true)]
    #[case("YES\n", true)]
    #[case("\n", false)]
    #[case("n\n", false)]
    #[case("", false)]
    fn shows_every_line_and_takes_a_plain_yes_alone(#[case] typed: &str, #[case] yes: bool) {
        let mut record = record();
        if let Some(decision) = &mut record.decision {
            let line = decision.candidates[0].diff.lines[0].clone();
            decision.candidates[0].diff.lines = vec![line; 200];
        }
        let (candidate, shown) = asked(&record).unwrap();
        let mut output = Vec::new();
        let answer = agreed(&record, candidate, typed.as_bytes(), &mut output).unwrap();
        assert_eq!(answer, yes);
        let text = String::from_utf8(output).unwrap();
        assert_eq!(text.matches("app:2 -> app:1").count(), 200, "{text}");
        assert_eq!(shown.digest, candidate.digest);
    }
}
