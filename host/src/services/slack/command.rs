//! `/k8shawk ...`: pure functions from words and records to an answer.
//!
//! A command changes nothing: Slack hands it to any host that shares the app, and `17` is an
//! incident of each. What changes something is answered with a button or a dialog, which shows what
//! is meant and comes back to the host that showed it.

use k8shawk_core::count;
use k8shawk_core::record::{Record, State};

use super::blocks::{self, Button, confirm};
use super::message::{self, Look, may_approve, standing};
use super::outgoing::Answer;
use super::payload::{MUTE, Press, is_namespace};
use super::text::{code, inline, plain};

/// Incidents in one list.
const LISTED: usize = 20;
/// Minutes of a mute where none are given.
const USUAL: u32 = 60;

/// An incident, as people name it: `17`, `inc-17`, `prod/17`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What they call the cluster, where they named one.
    pub cluster: Option<String>,
    /// Such as `inc-17`.
    pub id: String,
}

/// What the command asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// What is open; with the ended ones where `all`.
    List {
        /// True with the ended ones.
        all: bool,
    },
    /// One incident.
    Show(Named),
    /// Show its fix, with the button that approves it.
    Approve(Named),
    /// Ask why no fix is wanted.
    Dismiss {
        /// Incident.
        incident: Named,
        /// Why; may be empty.
        reason: String,
    },
    /// Ask whether nothing is to be said in Slack about an incident or a namespace for a while.
    Mute {
        /// What they call the cluster, where they named one.
        cluster: Option<String>,
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
    ("list [all]", "open incidents; `all`: closed ones too"),
    ("show ID", "one incident with its fix and evidence"),
    ("approve ID", "its fix, with the Approve button"),
    ("dismiss ID [reason]", "reject its fix; asks for a reason"),
    (
        "mute ID|NAMESPACE [minutes]",
        "no messages about it for a while (60 min)",
    ),
    ("plugins", "plugin status"),
    ("status", "K8sHawk status"),
];

/// Cluster and rest of `prod/17`. A context of a kubeconfig may have slashes itself.
fn split(word: &str) -> (Option<String>, &str) {
    match word.rsplit_once('/') {
        Some((cluster, rest)) => (Some(cluster.to_owned()), rest),
        None => (None, word),
    }
}

/// `inc-17` for `17`, `INC-17` and `inc-17`.
fn number(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    let digits = lower.strip_prefix("inc-").unwrap_or(&lower);
    let is_number = (1..=18).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| format!("inc-{digits}"))
}

fn incident(word: Option<&str>, command: &str) -> Result<Named, String> {
    let word = word.ok_or_else(|| format!("Which incident? For example: {command} inc-1"))?;
    let (cluster, rest) = split(word);
    let id = number(rest).ok_or_else(|| {
        let word = plain(word, 40);
        format!("{word} is not an incident ID. Use inc-1, or prod/inc-1 to name the cluster.")
    })?;
    Ok(Named { cluster, id })
}

impl Command {
    /// What they call the cluster that they mean, where they named one.
    pub fn cluster(&self) -> Option<&str> {
        match self {
            Command::Show(incident)
            | Command::Approve(incident)
            | Command::Dismiss { incident, .. } => incident.cluster.as_deref(),
            Command::Mute { cluster, .. } => cluster.as_deref(),
            Command::List { .. } | Command::Plugins | Command::Status | Command::Help => None,
        }
    }

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
                Some(other) => {
                    return Err(format!(
                        "Unknown option {}. Use list or list all.",
                        plain(other, 40)
                    ));
                }
            },
            "show" => Command::Show(incident(words.next(), "show")?),
            "approve" => Command::Approve(incident(words.next(), "approve")?),
            "dismiss" => Command::Dismiss {
                incident: incident(words.next(), "dismiss")?,
                reason: words.by_ref().collect::<Vec<_>>().join(" "),
            },
            "mute" => mute(&mut words)?,
            "plugins" => Command::Plugins,
            "status" => Command::Status,
            "help" => Command::Help,
            other => {
                return Err(format!(
                    "Unknown command {}. Try /k8shawk help.",
                    plain(other, 40)
                ));
            }
        };
        match words.next() {
            Some(extra) => Err(format!(
                "Unexpected argument {}. Try /k8shawk help.",
                plain(extra, 40)
            )),
            None => Ok(parsed),
        }
    }
}

fn mute<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<Command, String> {
    let word = words
        .next()
        .ok_or("Mute what? Name an incident or a namespace.")?;
    let (cluster, rest) = split(word);
    let what = number(rest)
        .or_else(|| is_namespace(rest).then(|| rest.to_owned()))
        .ok_or_else(|| {
            format!(
                "{} is neither an incident ID nor a namespace.",
                plain(word, 40)
            )
        })?;
    let minutes = match words.next() {
        None => USUAL,
        Some(text) => text
            .parse()
            .ok()
            .filter(|m| (1..=MUTE).contains(m))
            .ok_or_else(|| format!("Minutes must be between 1 and {MUTE}."))?,
    };
    Ok(Command::Mute {
        cluster,
        what,
        minutes,
    })
}

/// What can be asked.
pub fn help() -> Answer {
    let lines: Vec<String> = HELP
        .iter()
        .map(|(form, meaning)| format!("`/k8shawk {form}` {meaning}"))
        .collect();
    Answer::shows(
        "Commands: list, show, approve, dismiss, mute, plugins, status".to_owned(),
        vec![blocks::section(&lines.join("\n"))],
    )
}

/// One line on an incident.
pub fn line(record: &Record, look: Look<'_>) -> String {
    let standing = standing(record, look);
    let severity = record.severity().as_str();
    let owner = inline(&record.incident.owner.to_string(), 120);
    let title = inline(record.title(), 200);
    let (mark, state, id) = (standing.mark, standing.state, &record.incident.id);
    format!("{mark} *{owner}*: {title} ({id}, {severity}, {state})")
}

/// Incidents, the newest first.
pub fn list(records: &[Record], all: bool, look: Look<'_>) -> Answer {
    let wanted = |r: &&Record| (all || !r.state.is_final()) && r.state != State::Merged;
    let shown: Vec<&Record> = records.iter().rev().filter(wanted).collect();
    if shown.is_empty() {
        return Answer::says("No open incidents.");
    }
    let mut blocks = Vec::new();
    let lines: Vec<String> = shown.iter().take(LISTED).map(|r| line(r, look)).collect();
    for part in lines.chunks(5) {
        blocks.push(blocks::section(&part.join("\n")));
    }
    let more = shown.len().saturating_sub(LISTED);
    if more > 0 {
        blocks.push(blocks::context(&[format!("{more} more")]));
    }
    Answer::shows(
        count(shown.len(), "incident"),
        blocks::fit(blocks, Vec::new()),
    )
}

/// One incident as its message shows it, with its buttons.
pub fn show(record: &Record, look: Look<'_>) -> Answer {
    shown(message::render(record, look))
}

fn shown(message: message::Message) -> Answer {
    let text = message.text.clone();
    let mut all = message.blocks;
    all.extend(message.behind.into_iter().flat_map(|(_, blocks)| blocks));
    Answer::shows(text, all)
}

/// The fix of an incident with its diff, and the button that approves exactly this.
pub fn ask(record: &Record, look: Look<'_>) -> Answer {
    let id = &record.incident.id;
    let message = message::render(record, look);
    let first = match (may_approve(record, look), message.asks) {
        (Some(_), true) => {
            format!("*Nothing applied yet.* Press Approve to apply the fix of {id}.")
        }
        (Some(_), false) => {
            format!("*Nothing applied yet.* The fix of {id} changes more than fits here.")
        }
        (None, _) => format!("*{id} has no fix to approve now.*"),
    };
    let mut shown = shown(message);
    shown.blocks.insert(0, blocks::section(&first));
    shown
}

/// The button that mutes; `line` says which incident it is, where it is one.
pub fn may_mute(what: &str, minutes: u32, line: Option<&str>, look: Look<'_>) -> Answer {
    let cluster = look.installation.cluster();
    let text = plain(&format!("Mute {what} for {minutes} min?"), 200);
    let button = Button {
        spoken: format!("Mute {what}"),
        press: Press::Mute {
            what: what.to_owned(),
            minutes,
        },
        label: format!("Mute for {minutes} min"),
        style: None,
        confirm: Some(confirm(
            &format!("Mute {what}?"),
            &format!("No Slack messages about {what} in {cluster} for {minutes} min."),
            "Mute",
        )),
    };
    let mut all = vec![blocks::section(&inline(&text, 300))];
    all.extend(line.map(blocks::section));
    all.push(blocks::actions(&[button], look.installation, None));
    Answer::shows(text, all)
}

/// The answer where people named a cluster that is not this one.
pub fn elsewhere(cluster: &str, look: Look<'_>) -> Answer {
    let here = look.installation.cluster();
    Answer::says(&format!(
        "Nothing done: you named {cluster}, and this K8sHawk watches {here}. Clusters that share a \
         Slack app get each other's commands: send it again, or give each cluster its own app."
    ))
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
    Answer::shows(
        title.to_owned(),
        vec![blocks::section(&format!("*{title}*\n{}", rows.join("\n")))],
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::services::slack::message::tests::look;
    use crate::services::testing::{applied, record};

    fn named(cluster: Option<&str>) -> Named {
        Named {
            cluster: cluster.map(str::to_owned),
            id: "inc-7".to_owned(),
        }
    }

    fn muted(cluster: Option<&str>, what: &str, minutes: u32) -> Command {
        Command::Mute {
            cluster: cluster.map(str::to_owned),
            what: what.to_owned(),
            minutes,
        }
    }

    #[rstest]
    #[case("", Command::Help)]
    #[case("list", Command::List { all: false })]
    #[case("LIST all", Command::List { all: true })]
    #[case("show 7", Command::Show(named(None)))]
    #[case("approve INC-7", Command::Approve(named(None)))]
    #[case("approve prod/7", Command::Approve(named(Some("prod"))))]
    #[case(
        "show arn:aws:eks:eu:1:cluster/prod/inc-7",
        Command::Show(named(Some("arn:aws:eks:eu:1:cluster/prod")))
    )]
    #[case("dismiss inc-7 known  since monday",
        Command::Dismiss { incident: named(None), reason: "known since monday".into() })]
    #[case("mute shop", muted(None, "shop", 60))]
    #[case("mute inc-7 5", muted(None, "inc-7", 5))]
    #[case("mute prod/7", muted(Some("prod"), "inc-7", 60))]
    #[case("mute prod/shop", muted(Some("prod"), "shop", 60))]
    fn understands(#[case] text: &str, #[case] command: Command) {
        assert_eq!(Command::parse(text), Ok(command));
    }

    #[rstest]
    #[case("approve")]
    #[case("approve web")]
    #[case("approve inc-7 inc-8")]
    #[case("mute <!channel>")]
    #[case("mute shop 0")]
    #[case("mute prod/")]
    #[case("approve prod/web")]
    #[case("exec rm")]
    fn says_what_it_does_not_understand(#[case] text: &str) {
        assert!(!Command::parse(text).unwrap_err().is_empty());
    }

    #[test]
    fn lists_what_is_open_and_on_request_what_ended() {
        let all = [record(), applied(State::Recovered)];
        assert_eq!(list(&all, false, look()).text, "1 incident");
        assert_eq!(list(&all, true, look()).text, "2 incidents");
        assert_eq!(list(&[], false, look()).text, "No open incidents.");
        let many = vec![record(); 300];
        assert!(list(&many, false, look()).blocks.len() < 50);
    }

    #[test]
    fn what_would_change_something_is_a_button_of_this_installation() {
        let (record, look) = (record(), look());
        for (answer, action) in [
            (ask(&record, look), "approve"),
            (may_mute("shop", 60, None, look), "mute"),
        ] {
            let shown = serde_json::to_string(&answer).unwrap();
            let button = format!("\"action_id\":\"{action}\"");
            assert!(shown.contains(&button), "{shown}");
            assert!(shown.contains(look.installation.id()), "{shown}");
        }
        let ended = ask(&applied(State::Recovered), look);
        let shown = serde_json::to_string(&ended).unwrap();
        assert!(shown.contains("no fix to approve") && !shown.contains("\"approve\""));
    }
}
