//! Words of processes that give up.

use super::super::log::Log;

/// Words of a process that ran out of its own heap, in lower case.
pub const HEAP: &[&str] = &[
    "java.lang.outofmemoryerror",
    "javascript heap out of memory",
    "allocation failed - javascript heap",
    "fatal error: runtime: out of memory",
    "std::bad_alloc",
    "memoryerror",
    "cannot allocate memory",
    "allowed memory size of",
];

/// Words of a certificate that is past its date, in lower case.
pub const EXPIRED: &[&str] = &[
    "certificate has expired",
    "certificate is expired",
    "certificate expired",
    "cert_has_expired",
    "notafter",
];

/// What an application says when it gives up, in lower case, with what it means. Rows stand from
/// the most telling to the least; a newcomer adds a line here.
const FAULTS: &[(&str, &str)] = &[
    (
        "address already in use",
        "its listen address is already in use",
    ),
    ("eaddrinuse", "its listen address is already in use"),
    (
        "no space left on device",
        "a file system it writes to is full",
    ),
    (
        "read-only file system",
        "it writes to a file system that is read-only",
    ),
    ("erofs", "it writes to a file system that is read-only"),
    ("too many open files", "it ran out of file descriptors"),
    (
        "password authentication failed",
        "its credentials are rejected",
    ),
    ("access denied for user", "its credentials are rejected"),
    ("authentication failed", "its credentials are rejected"),
    (
        "invalid username or password",
        "its credentials are rejected",
    ),
    (
        "unsupported platform",
        "its image is built for another platform",
    ),
    ("modulenotfounderror", "a module is missing from its image"),
    ("cannot find module", "a module is missing from its image"),
    (
        "classnotfoundexception",
        "a class is missing from its image",
    ),
    (
        "error while loading shared libraries",
        "a library is missing from its image",
    ),
    ("unknown flag", "it rejects a command-line argument"),
    (
        "flag provided but not defined",
        "it rejects a command-line argument",
    ),
    ("unrecognized option", "it rejects a command-line argument"),
    (
        "unrecognized argument",
        "it rejects a command-line argument",
    ),
    (
        "unknown directive",
        "its configuration has an unknown directive",
    ),
    (
        "environment variable",
        "an environment variable that it needs is missing or wrong",
    ),
    (
        "env var",
        "an environment variable that it needs is missing or wrong",
    ),
    ("keyerror", "a key that it looks up is missing"),
    ("missing required", "a setting that it needs is missing"),
    ("is required", "a setting that it needs is missing"),
    ("not set", "a setting that it needs is missing"),
    ("must be set", "a setting that it needs is missing"),
    ("undefined variable", "a setting that it needs is missing"),
    ("parameter not set", "a setting that it needs is missing"),
    ("syntax error", "it cannot parse its input"),
    ("syntaxerror", "it cannot parse its input"),
    ("parse error", "it cannot parse its input"),
    ("parsing", "it cannot parse its input"),
    ("failed to parse", "it cannot parse its input"),
    ("cannot unmarshal", "it cannot parse its input"),
    ("unmarshal", "it cannot parse its input"),
    ("yaml:", "it cannot parse its input"),
    ("unexpected token", "it cannot parse its input"),
    ("invalid character", "it cannot parse its input"),
    ("jsondecodeerror", "it cannot parse its input"),
    ("permission denied", "permission denied on a file or port"),
    ("eacces", "permission denied on a file or port"),
    ("operation not permitted", "an operation is not permitted"),
    (
        "no such file or directory",
        "a file that it needs is missing",
    ),
    ("enoent", "a file that it needs is missing"),
    ("filenotfound", "a file that it needs is missing"),
    ("invalid value", "a setting has an invalid value"),
    ("invalid", "a setting has an invalid value"),
    ("segmentation fault", "segmentation fault"),
    ("assertion", "an assertion fails"),
    ("panic:", "it panics"),
    ("panicked at", "it panics"),
    ("unhandledpromiserejection", "uncaught exception"),
    ("uncaught", "uncaught exception"),
    ("exception", "uncaught exception"),
    ("traceback", "uncaught exception"),
    ("[emerg]", "it exits with an error"),
    ("fatal", "it exits with an error"),
    ("error", "it exits with an error"),
    ("failed", "it exits with an error"),
];

/// The line that tells most, with its meaning. Of a traceback the last line is the telling one.
pub fn telling(log: &Log) -> Option<(String, &'static str)> {
    let row = |find: &dyn Fn(&[&str]) -> Option<String>| {
        FAULTS.iter().find_map(|(needle, meaning)| {
            let line = find(&[needle])?;
            let of_trace = *needle == "traceback";
            let line = log.last().filter(|_| of_trace).cloned().unwrap_or(line);
            Some((line, *meaning))
        })
    };
    row(&|needles| log.fault_with(needles)).or_else(|| row(&|needles| log.last_with(needles)))
}
