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
        "the address it wants to listen on is taken",
    ),
    ("eaddrinuse", "the address it wants to listen on is taken"),
    (
        "no space left on device",
        "a file system it writes to is full",
    ),
    (
        "read-only file system",
        "it writes to a file system that is read-only",
    ),
    ("erofs", "it writes to a file system that is read-only"),
    ("too many open files", "it has used up its file descriptors"),
    (
        "password authentication failed",
        "its credentials are refused",
    ),
    ("access denied for user", "its credentials are refused"),
    ("authentication failed", "its credentials are refused"),
    (
        "invalid username or password",
        "its credentials are refused",
    ),
    ("unsupported platform", "its image does not fit the node"),
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
    ("unknown flag", "it does not know an argument it is given"),
    (
        "flag provided but not defined",
        "it does not know an argument it is given",
    ),
    (
        "unrecognized option",
        "it does not know an argument it is given",
    ),
    (
        "unrecognized argument",
        "it does not know an argument it is given",
    ),
    (
        "unknown directive",
        "its configuration holds an unknown directive",
    ),
    (
        "environment variable",
        "an environment variable that it needs is missing or wrong",
    ),
    (
        "env var",
        "an environment variable that it needs is missing or wrong",
    ),
    ("keyerror", "a name that it looks up is missing"),
    ("missing required", "a setting that it needs is missing"),
    ("is required", "a setting that it needs is missing"),
    ("not set", "a setting that it needs is missing"),
    ("must be set", "a setting that it needs is missing"),
    ("undefined variable", "a setting that it needs is missing"),
    ("parameter not set", "a setting that it needs is missing"),
    ("syntax error", "something that it reads does not parse"),
    ("syntaxerror", "something that it reads does not parse"),
    ("parse error", "something that it reads does not parse"),
    ("parsing", "something that it reads does not parse"),
    ("failed to parse", "something that it reads does not parse"),
    ("cannot unmarshal", "something that it reads does not parse"),
    ("unmarshal", "something that it reads does not parse"),
    ("yaml:", "something that it reads does not parse"),
    ("unexpected token", "something that it reads does not parse"),
    (
        "invalid character",
        "something that it reads does not parse",
    ),
    ("jsondecodeerror", "something that it reads does not parse"),
    (
        "permission denied",
        "it is not permitted to use a file or port",
    ),
    ("eacces", "it is not permitted to use a file or port"),
    (
        "operation not permitted",
        "it is not permitted to do what it tries",
    ),
    (
        "no such file or directory",
        "a file that it needs is missing",
    ),
    ("enoent", "a file that it needs is missing"),
    ("filenotfound", "a file that it needs is missing"),
    ("invalid value", "a setting has a value that it refuses"),
    ("invalid", "a setting has a value that it refuses"),
    (
        "segmentation fault",
        "it touches memory that is not its own",
    ),
    ("assertion", "an assertion of its own fails"),
    ("panic:", "it panics"),
    ("panicked at", "it panics"),
    (
        "unhandledpromiserejection",
        "it fails with an exception that nothing catches",
    ),
    (
        "uncaught",
        "it fails with an exception that nothing catches",
    ),
    (
        "exception",
        "it fails with an exception that nothing catches",
    ),
    (
        "traceback",
        "it fails with an exception that nothing catches",
    ),
    ("[emerg]", "it gives up with an error"),
    ("fatal", "it gives up with an error"),
    ("error", "it gives up with an error"),
    ("failed", "it gives up with an error"),
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
