//! Where people read: blocks and tables, coloured on a terminal, plain elsewhere.

mod block;
mod fold;
mod keys;
mod llm;
mod table;

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use crate::services::progress;
use crate::services::store::Watcher;

use k8shawk_core::Severity;
use k8shawk_core::record::{Before, Record, State, StateChange};
use k8shawk_core::redact::Redacted;
use k8shawk_core::redacted;
use owo_colors::{OwoColorize, Style, XtermColors};

use fold::Line;

pub use fold::{fit, on_stderr, on_stdout};
pub use keys::Keys;
pub use llm::{ModelSteps, spent};

// Colours of the palette of 256 that can be read on a black and on a white background alike. The
// first sixteen are whatever the theme makes of them, and yellow and dim vanish on white.
const GREEN: u8 = 28;
const BROWN: u8 = 130;
const ORANGE: u8 = 166;
const RED: u8 = 160;
const GREY: u8 = 243;

/// Width of a table that is not on a terminal, columns.
const PIPED: usize = 160;

/// Standard output, or nothing where it must stay one JSON document.
pub struct Terminal {
    colour: bool,
    quiet: bool,
    lock: Mutex<()>,
}

/// Text of the cluster in one line: without secrets, and without anything that could drive a
/// terminal or begin a line of its own.
pub fn plain(text: &str) -> Redacted {
    Redacted::line(text).escaped(|text| text.replace('\t', " "))
}

/// Text of the cluster in which lines stay lines.
pub fn lines(text: &str) -> Redacted {
    Redacted::of(text)
}

impl Terminal {
    /// Standard output; coloured where it is a terminal and `NO_COLOR` is not set.
    pub fn stdout() -> Terminal {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let colour = wanted && std::io::stdout().is_terminal();
        Terminal {
            colour,
            quiet: false,
            lock: Mutex::new(()),
        }
    }

    /// True where somebody looks at standard output.
    pub fn is_shown() -> bool {
        std::io::stdout().is_terminal()
    }

    /// Nowhere.
    pub fn quiet() -> Terminal {
        Terminal {
            colour: false,
            quiet: true,
            lock: Mutex::new(()),
        }
    }

    /// Text in the colour of a severity, where colours are shown.
    pub fn paint(&self, severity: Severity, text: &Redacted) -> Redacted {
        let style = match severity {
            Severity::Info => Style::new(),
            Severity::Low => Style::new().color(XtermColors::from(GREEN)),
            Severity::Medium => Style::new().color(XtermColors::from(BROWN)),
            Severity::High => Style::new().color(XtermColors::from(ORANGE)),
            Severity::Critical => Style::new().color(XtermColors::from(RED)).bold(),
        };
        self.styled(text, style)
    }

    /// Bold text, where colours are shown.
    pub fn bold(&self, text: &Redacted) -> Redacted {
        self.styled(text, Style::new().bold())
    }

    fn styled(&self, text: &Redacted, style: Style) -> Redacted {
        if self.colour {
            text.escaped(|text| text.style(style).to_string())
        } else {
            text.clone()
        }
    }

    /// Grey text, where colours are shown.
    pub fn dim(&self, text: &Redacted) -> Redacted {
        self.styled(text, Style::new().color(XtermColors::from(GREY)))
    }

    /// Print a block; what is too long for the terminal is folded at words. A closed pipe is not an
    /// error of this program.
    pub fn print(&self, text: &Redacted) {
        if self.quiet {
            return;
        }
        let text = fit(text, on_stdout());
        let _held = self.lock.lock();
        progress::above(|| {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{text}").and_then(|()| out.flush());
        });
    }

    /// Print a paragraph that stands so many columns in, folded at words to the width of the terminal.
    pub fn paragraph(&self, indent: usize, text: &Redacted) {
        self.line(&Line::new(indent, text.clone()).hanging(0));
    }

    /// Print a paragraph behind a label of at most eight characters, folded at words.
    pub fn labelled(&self, label: &'static str, text: &Redacted) {
        self.line(&Line::labelled(label, text.clone()));
    }

    fn line(&self, line: &Line) {
        self.print(&Redacted::join(&line.fold(fold::width()), "\n"));
    }

    /// An arrow of an incident as one line.
    fn arrow(&self, record: &Record, arrow: &StateChange) -> Redacted {
        let id = self.bold(&plain(&record.incident.id.0));
        let (words, rest) = arrow.told();
        let state = self.paint(state_colour(arrow.state), &words.into());
        let owner = plain(&record.incident.owner.to_string());
        redacted!("{} {} {}{}", id, owner, state, plain(&rest))
    }

    /// What is to be read of a change: the whole incident where people are asked, else a line for each
    /// arrow. Of what they were not asked about yet, and of how it is looked into, nothing.
    fn of_change(&self, before: &Before, record: &Record) -> Vec<Redacted> {
        if record.asked_at.is_none() {
            return Vec::new();
        }
        if record.asked_at != before.asked_at {
            return vec![self.block(record)];
        }
        let is_known = !matches!(
            before.state,
            State::Open | State::Investigated | State::Decided
        );
        let arrows = record.history.iter().skip(before.steps);
        arrows
            .filter(|arrow| is_known || arrow.state.is_final())
            .map(|arrow| self.arrow(record, arrow))
            .collect()
    }

    /// Incidents as a table, as wide as the terminal.
    pub fn table(&self, records: &[Record]) -> Redacted {
        self.rows(records, on_stdout().unwrap_or(PIPED))
    }

    /// Incidents by what they need: those that wait for a person, those that are worked on, and
    /// those that have ended.
    pub fn queue(&self, records: &[Record]) -> Redacted {
        /// A heading, and the states below it.
        type Group = (&'static str, fn(&State) -> bool);
        let groups: [Group; 3] = [
            ("WAITING FOR A PERSON", |s| s.awaits_people()),
            ("OPEN", |s| !s.awaits_people() && !s.is_final()),
            ("ENDED", |s| s.is_final()),
        ];
        let mut parts = Vec::new();
        for (title, belongs) in groups {
            let these = records.iter().filter(|r| belongs(&r.state)).cloned();
            let these: Vec<Record> = these.collect();
            if !these.is_empty() {
                let head = self.bold(&redacted!("{} ({})", title, these.len()));
                parts.push(redacted!("{}\n{}", head, self.table(&these)));
            }
        }
        Redacted::join(&parts, "\n\n")
    }
}

impl Watcher for Terminal {
    fn changed(&self, before: &Before, record: &Record) {
        if !self.quiet {
            let texts = self.of_change(before, record);
            texts.iter().for_each(|text| self.print(text));
        }
    }
}

fn state_colour(state: State) -> Severity {
    match state {
        State::Recovered | State::Cleared => Severity::Low,
        State::Worse | State::Failed => Severity::Critical,
        State::Unchanged | State::Partly | State::NotKnown => Severity::Medium,
        _ => Severity::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::testing::record;

    /// What is printed as an incident goes through these states.
    fn printed(states: &[(State, Option<i64>)]) -> Vec<String> {
        let terminal = Terminal::quiet();
        let mut record = record();
        (record.state, record.asked_at) = (State::Open, None);
        let mut lines = Vec::new();
        for (at, (state, asked_at)) in (1..).zip(states) {
            let before = Before::of(&record);
            record.asked_at = *asked_at;
            record.step(at, *state, format!("note {at}"));
            let texts = terminal.of_change(&before, &record);
            let first = |text: &Redacted| text.as_str().lines().next().unwrap().to_owned();
            lines.extend(texts.iter().map(first));
        }
        lines
    }

    #[test]
    fn people_read_a_question_as_a_block_and_what_follows_as_a_line_each() {
        let asked = Some(7);
        let lines = printed(&[
            (State::Investigated, None),
            (State::Decided, None),
            (State::Waiting, asked),
            (State::Approved, asked),
            (State::Executing, asked),
            (State::Failed, asked),
        ]);
        let states = [
            "approved: note 4",
            "applying the fix: note 5",
            "fix failed: note 6",
        ];
        assert_eq!(lines.len(), 1 + states.len(), "{lines:#?}");
        assert!(lines[0].starts_with("┃ HIGH inc-7"), "{}", lines[0]);
        for (line, state) in lines[1..].iter().zip(states) {
            assert_eq!(line, &format!("inc-7 Deployment shop/web {state}"));
        }
    }

    #[test]
    fn what_is_asked_again_is_a_block_again_and_how_it_was_looked_into_is_not_told() {
        let lines = printed(&[
            (State::Waiting, Some(7)),
            (State::Investigated, Some(7)),
            (State::Decided, Some(7)),
            (State::Waiting, Some(9)),
            (State::Open, Some(9)),
            (State::Cleared, Some(9)),
        ]);
        let ends = [
            "· waiting for approval",
            "investigated: note 2",
            "· waiting for approval",
            "investigating: note 5",
            "cleared without a fix: note 6",
        ];
        assert_eq!(lines.len(), ends.len(), "{lines:#?}");
        for (line, end) in lines.iter().zip(ends) {
            assert!(line.ends_with(end), "{line}");
        }
    }

    #[test]
    fn what_went_away_before_anybody_was_asked_is_not_told() {
        assert_eq!(printed(&[(State::Cleared, None)]), Vec::<String>::new());
    }

    /// Red, green and blue of a colour of the palette: a cube of six levels, then greys.
    fn rgb(colour: u8) -> [u8; 3] {
        const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        match colour {
            16..=231 => [36, 6, 1].map(|step| LEVELS[usize::from((colour - 16) / step % 6)]),
            232.. => [8 + 10 * (colour - 232); 3],
            _ => panic!("{colour} is the theme's"),
        }
    }

    /// The contrast of a colour with a background of this luminance, as WCAG 2 defines it.
    fn contrast(colour: u8, background: f64) -> f64 {
        let linear = |part: u8| match f64::from(part) / 255.0 {
            part if part <= 0.03928 => part / 12.92,
            part => ((part + 0.055) / 1.055).powf(2.4),
        };
        let [r, g, b] = rgb(colour).map(linear);
        let own = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        (own.max(background) + 0.05) / (own.min(background) + 0.05)
    }

    #[test]
    fn every_colour_can_be_read_on_black_and_on_white() {
        for colour in [GREEN, BROWN, ORANGE, RED, GREY] {
            let (black, white) = (contrast(colour, 0.0), contrast(colour, 1.0));
            assert!(
                black >= 3.5 && white >= 3.5,
                "{colour}: {black:.1}, {white:.1}"
            );
        }
        let yellow = 226;
        assert!(contrast(yellow, 1.0) < 1.2);
    }

    #[test]
    fn what_waits_for_a_person_comes_first_and_what_has_ended_last() {
        let in_state = |state: State| Record { state, ..record() };
        let states = [
            State::Recovered,
            State::Applied,
            State::NeedsHuman,
            State::Waiting,
        ];
        let text = Terminal::quiet().queue(&states.map(in_state)).into_string();
        let heads = ["WAITING FOR A PERSON (2)", "OPEN (1)", "ENDED (1)"];
        let places = heads.map(|head| text.find(head).unwrap());
        assert!(places.is_sorted(), "{text}");
        let only = Terminal::quiet()
            .queue(&[in_state(State::Merged)])
            .into_string();
        assert!(only.starts_with("ENDED (1)"), "{only}");
    }

    #[test]
    fn text_of_the_cluster_cannot_drive_the_terminal() {
        let shown = |text| plain(text).into_string();
        assert_eq!(shown("a\u{1b}[2Jb\u{7}c"), "abc");
        assert_eq!(shown("x\ninc-7 recovered"), "x inc-7 recovered");
        assert_eq!(shown("a\u{202e}b\u{200b}c\u{2028}d"), "abc d");
        assert_eq!(shown("DB_PASS=hunter2"), "DB_PASS=[redacted]");
    }
}
