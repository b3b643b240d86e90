//! The reports of failures that the languages write, told by their lines.

use std::str::Chars;

/// What is known of a report, a line after the other.
#[derive(Debug, Default)]
pub(super) struct Report {
    state: State,
    why: Option<String>,
    /// File and line.
    place: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Nothing,
    /// Rust: the message is the next line.
    Panicked,
    /// Go: the message is known, a frame of the author's code comes.
    Frames,
    /// Python: frames, the last of which failed; then the message.
    Traceback,
}

/// Sources of the runtimes of JavaScript and Python, which panic for the code that they run: their
/// lines say nothing to its author.
const RUNTIMES: [&str; 2] = ["crates/runtime/src/", "runtime/src/"];
/// What the runtime of Python says after a traceback.
const AFTER_TRACEBACK: &str = "Python function threw an unexpected exception";

impl Report {
    pub(super) fn hear(&mut self, line: &str) {
        if let Some(place) = panicked_at(line) {
            self.state = State::Panicked;
            if place.is_some() || self.why.is_none() {
                self.place = place;
            }
            return;
        }
        if line.starts_with("Traceback (most recent call last)") {
            *self = Report {
                state: State::Traceback,
                ..Report::default()
            };
            return;
        }
        let go = ["panic: ", "fatal error: "];
        if let Some(why) = go.iter().find_map(|start| line.strip_prefix(start)) {
            (self.state, self.why, self.place) = (State::Frames, Some(why.to_owned()), None);
            return;
        }
        self.go_on(line);
    }

    fn go_on(&mut self, line: &str) {
        match self.state {
            State::Nothing => {}
            State::Panicked if line == AFTER_TRACEBACK && self.why.is_some() => {
                self.state = State::Nothing;
            }
            State::Panicked => {
                let (why, place) = quickjs(line).unwrap_or_else(|| (line.to_owned(), None));
                self.place = place.or(self.place.take());
                (self.state, self.why) = (State::Nothing, Some(why));
            }
            State::Frames => {
                if let Some(place) = go_frame(line) {
                    (self.state, self.place) = (State::Nothing, Some(place));
                }
            }
            State::Traceback => match python_frame(line) {
                Some(place) => self.place = Some(place),
                None if line.starts_with(' ') || line.is_empty() => {}
                None => (self.state, self.why) = (State::Nothing, Some(line.to_owned())),
            },
        }
    }

    /// `file:line: message`.
    pub(super) fn why(&self) -> Option<String> {
        let why = self.why.as_ref()?;
        Some(match &self.place {
            Some(place) => format!("{place}: {why}"),
            None => why.clone(),
        })
    }
}

/// Rust: `thread '<unnamed>' (1) panicked at src/lib.rs:9:5:`, or without the thread where a hook
/// writes it, with the place where it is the author's.
fn panicked_at(line: &str) -> Option<Option<String>> {
    let at = match line.strip_prefix("thread '") {
        Some(thread) => thread.split_once(" panicked at ")?.1,
        None => line.strip_prefix("panicked at ")?,
    };
    let own = !RUNTIMES.iter().any(|runtime| at.starts_with(runtime));
    Some(own.then(|| place(at)).flatten())
}

/// Go: ` wit_component/export_k8shawk_policy_policy/policy.go:23 +0x3c`.
fn go_frame(line: &str) -> Option<String> {
    let frame = line.strip_prefix(['\t', ' '])?;
    let (at, _) = frame.rsplit_once(" +0x").unwrap_or((frame, ""));
    place(at).filter(|place| place.contains(".go:") && !frame.contains("/src/runtime/"))
}

/// Python: `  File "/0/policy.py", line 12, in judge`.
fn python_frame(line: &str) -> Option<String> {
    let (file, rest) = line.strip_prefix("  File \"")?.split_once("\", line ")?;
    let number = rest.split(',').next()?;
    place(&format!("{file}:{number}"))
}

/// JavaScript in QuickJS, as the debug text of what was thrown or of a value that has not the type
/// of the interface.
fn quickjs(line: &str) -> Option<(String, Option<String>)> {
    let (context, thrown) = line.split_once(": ")?;
    let context = match context.starts_with("Failed to call '") {
        true => String::new(),
        false => format!("{context}: "),
    };
    let stack = || quoted(thrown, "stack: Some(\"");
    if let Some(message) = quoted(thrown, "Exception(Exception { message: Some(\"") {
        return Some((
            context + &message,
            stack().and_then(|s| javascript_frame(&s)),
        ));
    }
    if let Some(text) = quoted(thrown, "Value(String(Ok(\"") {
        return Some((context + &text, None));
    }
    let from = quoted(thrown, "FromJs { from: \"")?;
    let to = quoted(thrown, "to: \"")?;
    Some((format!("{from} where {to} is expected"), None))
}

/// The first frame of a stack that has a line: `    at judge (/build/policy.js:6:37)`.
fn javascript_frame(stack: &str) -> Option<String> {
    let mut frames = stack.lines();
    frames.find_map(|frame| {
        let at = frame.rsplit_once('(').map_or(frame, |(_, at)| at);
        place(at.trim_end_matches(')'))
    })
}

/// The text in quotes behind a start, as Rust's `{:?}` writes it. A line that was cut has no second
/// quote.
fn quoted(text: &str, start: &str) -> Option<String> {
    let (_, rest) = text.split_once(start)?;
    let (mut said, mut chars) = (String::new(), rest.chars());
    while let Some(next) = chars.next() {
        match next {
            '"' => break,
            '\\' => said.extend(escaped(&mut chars)),
            other => said.push(other),
        }
    }
    Some(said)
}

/// The character of an escape such as `\n` or `\u{1b}`.
fn escaped(chars: &mut Chars<'_>) -> Option<char> {
    match chars.next()? {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'u' => {
            let digits = chars.by_ref().skip(1).take_while(|c| *c != '}');
            let digits: String = digits.collect();
            char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
        }
        other => Some(other),
    }
}

/// File name and line of `directories/file:line[:column][:]`.
fn place(at: &str) -> Option<String> {
    let name = at.trim_end_matches(':').rsplit('/').next()?;
    let mut parts = name.split(':');
    let (file, line) = (parts.next()?, parts.next()?);
    let number = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
    (number && !file.is_empty()).then(|| format!("{file}:{line}"))
}
