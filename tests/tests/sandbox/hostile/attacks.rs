//! The attacks, and how each must end.

use std::time::Duration;

/// One attack: what the setting `mode` chooses in the source of a language.
pub struct Attack {
    pub name: &'static str,
    pub end: End,
}

/// How an attack must end.
#[derive(Debug, Clone, Copy)]
pub enum End {
    /// As a fault of the plugin: its label, and a part of its text, in which `{line}` is the line of its
    /// source that says `my own fault`.
    Fault(&'static str, &'static str),
    /// With this verdict, as it got nothing.
    Verdict(&'static str),
}

use End::{Fault, Verdict};

/// How long a plugin may run that is expected to run forever.
const SHORT: Duration = Duration::from_millis(200);
/// How long one may run that is expected to meet another limit, on a busy machine.
const LONG: Duration = Duration::from_secs(10);

impl Attack {
    pub fn deadline(&self) -> Duration {
        match self.end {
            Fault("deadline", _) => SHORT,
            Fault(..) | Verdict(_) => LONG,
        }
    }

    /// Reads of Pods in one namespace, little memory, and the mode.
    pub fn grant(&self) -> String {
        format!(
            "[limits]\ndeadline_ms = {}\nmemory_mib = 32\nhost_calls = 100\n\
             [[allow]]\nverbs = [\"get\", \"list\"]\nkinds = [\"Pod\"]\nnamespaces = [\"default\"]\n\
             [settings]\nmode = \"{}\"\n",
            self.deadline().as_millis(),
            self.name
        )
    }
}

const fn attack(name: &'static str, end: End) -> Attack {
    Attack { name, end }
}

/// Texts of limits.
const DEADLINE: End = Fault("deadline", "limits.deadline_ms");
const MEMORY: End = Fault("memory", "its limit is 32 (limits.memory_mib)");
const OUTPUT: End = Fault("output", "limits.output_kib");
const HOST_CALLS: End = Fault("host-calls", "limits.host_calls");
/// What comes back of reads outside the grant: the same for what exists and for what does not.
const OUTSIDE: End =
    Verdict("Deny(\"denied denied denied invalid invalid invalid invalid denied denied\")");

pub const RUST: &[Attack] = &[
    attack("loop", DEADLINE),
    attack("host-call-flood", HOST_CALLS),
    attack("memory", MEMORY),
    attack("recursion", Fault("trap", "call stack exhausted")),
    attack("huge", MEMORY),
    attack("bulk", OUTPUT),
    attack("panic", Fault("trap", "aborted without a message")),
    attack("not-utf8", Fault("answer", "utf-8")),
    attack("nobody", Fault("answer", "an approval by 0 people")),
    attack("destructor", DEADLINE),
    attack("auto", Verdict("Allow")),
];

pub const C: &[Attack] = &[
    attack("loop", DEADLINE),
    attack("initialiser", DEADLINE),
    attack("realloc-loop", DEADLINE),
    attack(
        "realloc-calls",
        Fault("trap", "cannot leave component instance"),
    ),
    attack("realloc-outside", Fault("trap", "realloc")),
    attack("result-loop", DEADLINE),
    attack("host-call-flood", HOST_CALLS),
    attack("log-flood", HOST_CALLS),
    attack("log-bulk", OUTPUT),
    attack("log-codes", Verdict("Allow")),
    attack("log-not-utf8", Fault("trap", "utf-8")),
    attack("log-outside", Fault("trap", "out of bounds")),
    attack("memory", MEMORY),
    attack("recursion", Fault("trap", "out of bounds memory access")),
    attack("huge", MEMORY),
    attack("bulk", OUTPUT),
    attack("amplify", OUTPUT),
    attack("nobody", Fault("answer", "an approval by 0 people")),
    attack("throw", Fault("trap", "my own fault")),
    attack("throw-codes", Fault("trap", "gone | and more")),
    attack("exit", Fault("trap", "called exit")),
    attack("divide", Fault("trap", "integer divide by zero")),
    attack("not-utf8", Fault("answer", "utf-8")),
    attack("bad-pointer", Fault("answer", "out of bounds")),
    attack("bad-length", Fault("answer", "out of bounds")),
    attack("sleep", Verdict("Allow")),
    attack("outside", OUTSIDE),
    attack("read-bulk", OUTPUT),
    attack("read-codes", Verdict("Deny(\"invalid\")")),
    attack("no-host", Verdict("Deny(\"refused refused refused\")")),
];

pub const GO: &[Attack] = &[
    attack("loop", DEADLINE),
    attack("initialiser", DEADLINE),
    attack("host-call-flood", HOST_CALLS),
    attack("log-flood", HOST_CALLS),
    attack("log-bulk", OUTPUT),
    attack("log-codes", Verdict("Allow")),
    attack("log-not-utf8", Fault("trap", "utf-8")),
    attack("memory", MEMORY),
    attack("goroutines", MEMORY),
    attack("recursion", Fault("trap", "call stack exhausted")),
    attack("huge", MEMORY),
    attack("bulk", OUTPUT),
    attack("throw", Fault("trap", "policy.go:{line}: my own fault")),
    attack("throw-codes", Fault("trap", "gone")),
    attack("index", Fault("trap", "slice bounds out of range")),
    attack("deadlock", Fault("trap", "deadlock")),
    attack("exit", Fault("trap", "called exit")),
    attack("not-utf8", Fault("answer", "utf-8")),
    attack("bad-pointer", Fault("answer", "out of bounds")),
    attack("nobody", Fault("answer", "an approval by 0 people")),
    attack("sleep", Verdict("Allow")),
    attack("outside", OUTSIDE),
    attack("read-bulk", OUTPUT),
    attack("read-codes", Verdict("Deny(\"invalid\")")),
    attack(
        "no-host",
        Verdict("Deny(\"refused refused refused refused refused 0\")"),
    ),
];

pub const JAVASCRIPT: &[Attack] = &[
    attack("loop", DEADLINE),
    attack("regex", DEADLINE),
    attack("host-call-flood", HOST_CALLS),
    attack("log-flood", HOST_CALLS),
    attack("log-bulk", OUTPUT),
    attack("log-codes", Verdict("Allow")),
    attack("memory", MEMORY),
    attack("memory-caught", Verdict("Deny(\"survived\")")),
    attack("recursion", Fault("trap", "call stack exhausted")),
    attack("huge", MEMORY),
    attack("bulk", OUTPUT),
    attack(
        "throw",
        Fault("trap", "the plugin failed: policy.js:{line}: my own fault"),
    ),
    attack(
        "throw-text",
        Fault("trap", "the plugin failed: just a text"),
    ),
    attack("throw-codes", Fault("trap", "gone and more")),
    attack("throw-bulk", Fault("trap", "the plugin failed: xxx")),
    attack("bad-case", Fault("trap", "unknown variant tag: permit")),
    attack(
        "nothing",
        Fault("trap", "undefined where variant is expected"),
    ),
    attack(
        "wrong-type",
        Fault("trap", "the plugin failed: int where string is expected"),
    ),
    attack(
        "missing-field",
        Fault("trap", "the plugin failed: undefined where i32 is expected"),
    ),
    attack("nobody", Fault("answer", "an approval by 0 people")),
    attack("promise", Verdict("Allow")),
    attack(
        "no-host",
        Verdict("Deny(\"undefined undefined undefined undefined undefined\")"),
    ),
    attack("outside", OUTSIDE),
    attack("read-bulk", OUTPUT),
    attack("read-codes", Verdict("Deny(\"invalid\")")),
];

pub const PYTHON: &[Attack] = &[
    attack("loop", DEADLINE),
    attack("regex", DEADLINE),
    attack("destructor", DEADLINE),
    attack("host-call-flood", HOST_CALLS),
    attack("log-flood", HOST_CALLS),
    attack("log-bulk", OUTPUT),
    attack("log-codes", Verdict("Allow")),
    attack("memory", MEMORY),
    attack("memory-caught", Verdict("Deny(\"survived\")")),
    attack("recursion", Fault("trap", "RecursionError")),
    attack("recursion-unbounded", MEMORY),
    attack("huge", MEMORY),
    attack("bulk", OUTPUT),
    attack(
        "throw",
        Fault(
            "trap",
            "the plugin failed: policy.py:{line}: ValueError: my own fault",
        ),
    ),
    attack("throw-codes", Fault("trap", "gone")),
    attack("not-utf8", Fault("trap", "surrogates not allowed")),
    attack("nothing", Fault("trap", "NoneType")),
    attack("wrong-type", Fault("trap", "'int' object")),
    attack("bad-number", Fault("trap", "OverflowError")),
    attack("nobody", Fault("answer", "an approval by 0 people")),
    attack("exit", Fault("trap", "called exit")),
    attack("kill", Fault("trap", "aborted without a message")),
    attack(
        "no-host",
        Verdict("Deny(\"refused refused refused refused refused refused 0\")"),
    ),
    attack("sleep", Verdict("Allow")),
    attack("outside", OUTSIDE),
    attack("read-bulk", OUTPUT),
    attack("read-codes", Verdict("Deny(\"invalid\")")),
];
