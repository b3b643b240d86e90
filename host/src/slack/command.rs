//! `/k8shawk ...`: pure functions from words and records to an answer.

use k8shawk_core::record::{Record, State};

use super::blocks;
use super::effect::Answer;
use super::message::{self, Look, standing};
use super::text::{code, inline, plain};

/// Incidents in one list.
const LISTED: usize = 20;
/// Longest and usual mute, in minutes.
const MUTE: (u32, u32) = (7 * 24 * 60, 60);

/// What the command asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// What is open; with the ended ones where `all`.
    List {
        /// True with the ended ones.
        all: bool,
    },
    /// One incident.
    Show(String),
    /// Its fix, with the button that approves it.
    Approve(String),
    /// No, with a reason.
    Dismiss {
        /// Incident.
        id: String,
        /// Why; may be empty.
        reason: String,
    },
    /// Nothing in Slack about an incident or a namespace for a while.
    Mute {
        /// Incident or namespace.
        what: String,
        /// How long.
        minutes: u32,
    },
    /// How the plugins are.
    Plugins,
    /// How the host is.
    Status,
    /// What can be asked.
    Help,
}

/// What can be asked, one line each.
pub const HELP: &[(&str, &str)] = &[
    ("list [all]", "what is open; `all`: what ended too"),
    ("show ID", "one incident with its evidence and its fix"),
    ("approve ID", "its fix, to look at and to approve"),
    ("dismiss ID [reason]", "no to its fix"),
    (
        "mute ID|NAMESPACE [minutes]",
        "nothing in Slack about it for a while",
    ),
    ("plugins", "how the plugins are"),
    ("status", "how K8sHawk is"),
];

/// `inc-17` for `17`, `INC-17` and `inc-17`.
fn incident(word: Option<&str>, command: &str) -> Result<String, String> {
    let word = word.ok_or_else(|| format!("which incident? `{command} inc-1`, for example"))?;
    let lower = word.to_lowercase();
    let digits = lower.strip_prefix("inc-").unwrap_or(&lower);
    let is_number = (1..=18).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number {
        Ok(format!("inc-{digits}"))
    } else {
        Err(format!(
            "{} is not the id of an incident, such as inc-1",
            plain(word, 40)
        ))
    }
}

fn namespace(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !word.is_empty() && word.len() < 64 && word.chars().all(fits)
}

impl Command {
    /// Parse what stands after the command.
    ///
    /// # Errors
    /// A sentence for the person.
    pub fn parse(text: &str) -> Result<Command, String> {
        let mut words = text.split_whitespace();
        let Some(verb) = words.next() else {
            return Ok(Command::Help);
        };
        let verb = verb.to_lowercase();
        let parsed = match verb.as_str() {
            "list" | "ls" | "incidents" => match words.next() {
                None => Command::List { all: false },
                Some("all") => Command::List { all: true },
                Some(other) => return Err(format!("list all? not {}", plain(other, 40))),
            },
            "show" => Command::Show(incident(words.next(), "show")?),
            "approve" => Command::Approve(incident(words.next(), "approve")?),
            "dismiss" => Command::Dismiss {
                id: incident(words.next(), "dismiss")?,
                reason: words.by_ref().collect::<Vec<_>>().join(" "),
            },
            "mute" => mute(&mut words)?,
            "plugins" => Command::Plugins,
            "status" => Command::Status,
            "help" => Command::Help,
            other => return Err(format!("{} is not a command; try help", plain(other, 40))),
        };
        match words.next() {
            Some(extra) => Err(format!("{} is one word too many", plain(extra, 40))),
            None => Ok(parsed),
        }
    }
}

fn mute<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<Command, String> {
    let what = words
        .next()
        .ok_or("mute what? an incident or a namespace")?;
    let what = match incident(Some(what), "mute") {
        Ok(id) => id,
        Err(_) if namespace(what) => what.to_owned(),
        Err(_) => {
            return Err(format!(
                "{} is no incident and no namespace",
                plain(what, 40)
            ));
        }
    };
    let minutes = match words.next() {
        None => MUTE.1,
        Some(text) => text
            .parse()
            .ok()
            .filter(|m| (1..=MUTE.0).contains(m))
            .ok_or_else(|| format!("minutes are between 1 and {}", MUTE.0))?,
    };
    Ok(Command::Mute { what, minutes })
}

/// What can be asked.
pub fn help() -> Answer {
    let lines: Vec<String> = HELP
        .iter()
        .map(|(form, meaning)| format!("`/k8shawk {form}` {meaning}"))
        .collect();
    Answer {
        text: "What you can ask: list, show, approve, dismiss, mute, plugins, status".to_owned(),
        blocks: vec![blocks::section(&lines.join("\n"))],
    }
}

/// One line on an incident.
pub fn line(record: &Record, look: Look) -> String {
    let standing = standing(record, look);
    let severity = record.severity().as_str().to_uppercase();
    let owner = inline(&record.incident.owner.to_string(), 120);
    let title = inline(record.title(), 200);
    format!(
        "{} *{}* {severity} {owner}: {title} ({})",
        standing.mark, record.incident.id, standing.state
    )
}

/// Incidents, the newest first.
pub fn list(records: &[Record], all: bool, look: Look) -> Answer {
    let wanted = |r: &&Record| (all || !r.state.is_final()) && r.state != State::Merged;
    let shown: Vec<&Record> = records.iter().rev().filter(wanted).collect();
    if shown.is_empty() {
        return Answer::says("Nothing is open.");
    }
    let mut blocks = Vec::new();
    let lines: Vec<String> = shown.iter().take(LISTED).map(|r| line(r, look)).collect();
    for part in lines.chunks(5) {
        blocks.push(blocks::section(&part.join("\n")));
    }
    let more = shown.len().saturating_sub(LISTED);
    if more > 0 {
        blocks.push(blocks::context(&[format!("and {more} more")]));
    }
    Answer {
        text: format!("{} incidents", shown.len()),
        blocks: blocks::fit(blocks, Vec::new()),
    }
}

/// One incident as its message shows it, with its buttons.
pub fn show(record: &Record, look: Look) -> Answer {
    let message = message::render(record, look);
    let mut all = vec![blocks::section(&format!("*{}*", message.text))];
    all.extend(message.blocks);
    Answer {
        text: message.text,
        blocks: all,
    }
}

/// What an act came to.
pub fn told(done: &Result<String, String>) -> Answer {
    match done {
        Ok(message) => Answer::says(message),
        Err(why) => Answer::says(&format!("Not done: {why}")),
    }
}

/// Lines of our own, such as the status of plugins.
pub fn listing(title: &str, lines: &str) -> Answer {
    let rows: Vec<String> = lines.lines().take(60).map(|l| code(l, 300)).collect();
    Answer {
        text: title.to_owned(),
        blocks: vec![blocks::section(&format!("*{title}*\n{}", rows.join("\n")))],
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::slack::message::tests::{LOOK, applied, record};

    #[rstest]
    #[case("", Command::Help)]
    #[case("list", Command::List { all: false })]
    #[case("LIST all", Command::List { all: true })]
    #[case("show 7", Command::Show("inc-7".into()))]
    #[case("approve INC-7", Command::Approve("inc-7".into()))]
    #[case("dismiss inc-7 known  since monday",
        Command::Dismiss { id: "inc-7".into(), reason: "known since monday".into() })]
    #[case("mute shop", Command::Mute { what: "shop".into(), minutes: 60 })]
    #[case("mute inc-7 5", Command::Mute { what: "inc-7".into(), minutes: 5 })]
    fn understands(#[case] text: &str, #[case] command: Command) {
        assert_eq!(Command::parse(text), Ok(command));
    }

    #[rstest]
    #[case("approve")]
    #[case("approve web")]
    #[case("approve inc-7 inc-8")]
    #[case("mute <!channel>")]
    #[case("mute shop 0")]
    #[case("exec rm")]
    fn says_what_it_does_not_understand(#[case] text: &str) {
        assert!(!Command::parse(text).unwrap_err().is_empty());
    }

    #[test]
    fn lists_what_is_open_and_on_request_what_ended() {
        let all = [record(), applied(State::Recovered)];
        assert_eq!(list(&all, false, LOOK).text, "1 incidents");
        assert_eq!(list(&all, true, LOOK).text, "2 incidents");
        assert_eq!(list(&[], false, LOOK).text, "Nothing is open.");
        let many = vec![record(); 300];
        assert!(list(&many, false, LOOK).blocks.len() < 50);
    }
}
