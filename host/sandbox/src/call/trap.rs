//! How a guest ended itself.

use std::fmt;

use crate::call::last_words::Said;

/// A guest that panicked or broke a rule of WebAssembly, with what it said before. Its text continues
/// "the plugin ...".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    cause: Cause,
    said: Option<Said>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Cause {
    /// It ended itself. That is how each language ends where it cannot go on, so it says nothing
    /// beside a message.
    Aborted,
    /// It ended as a program does, with this code.
    Exit(i32),
    /// A rule of WebAssembly was broken: which, in the words of wasmtime.
    Rule(String),
}

impl Trap {
    /// It ended itself.
    pub fn aborted() -> Trap {
        Trap::of(Cause::Aborted)
    }

    /// It called exit.
    pub(crate) fn exit(code: i32) -> Trap {
        Trap::of(Cause::Exit(code))
    }

    /// It broke a rule of WebAssembly.
    pub(crate) fn because(rule: &str) -> Trap {
        Trap::of(Cause::Rule(rule.to_owned()))
    }

    fn of(cause: Cause) -> Trap {
        Trap { cause, said: None }
    }

    /// With what it said last.
    #[must_use]
    pub(crate) fn said(self, said: Option<Said>) -> Trap {
        Trap { said, ..self }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.cause, &self.said) {
            (Cause::Aborted, Some(Said::Why(why))) => write!(f, "failed: {why}"),
            (cause, Some(Said::Why(why))) => write!(f, "failed: {why}; it {cause}"),
            (cause, Some(Said::Wrote(end))) => write!(f, "{cause}; it last wrote: {end}"),
            (Cause::Aborted, None) => write!(f, "{} without a message", self.cause),
            (cause, None) => write!(f, "{cause}"),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Aborted => f.write_str("aborted"),
            Cause::Exit(code) => write!(f, "called exit with code {code}"),
            Cause::Rule(rule) => write!(f, "trapped: {rule}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stands_in_front_of_what_webassembly_says() {
        let why = || Some(Said::Why("policy.js:9: limit is not defined".to_owned()));
        let wrote = || Some(Said::Wrote("half a thought".to_owned()));
        let told = |trap: Trap, said| trap.said(said).to_string();
        for (trap, expected) in [
            (
                told(Trap::aborted(), why()),
                "failed: policy.js:9: limit is not defined",
            ),
            (
                told(Trap::aborted(), wrote()),
                "aborted; it last wrote: half a thought",
            ),
            (told(Trap::aborted(), None), "aborted without a message"),
            (
                told(Trap::because("call stack exhausted"), None),
                "trapped: call stack exhausted",
            ),
            (told(Trap::exit(3), None), "called exit with code 3"),
        ] {
            assert_eq!(trap, expected);
        }
    }
}
