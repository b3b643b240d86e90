//! Sentences behind a colon: `token: no such file or directory` holds no token.

/// Words that messages have at their first or second place, and passwords have not.
const WORDS: &[&str] = &[
    "a",
    "access",
    "already",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "authentication",
    "bad",
    "be",
    "been",
    "but",
    "by",
    "can",
    "cannot",
    "can't",
    "changed",
    "connection",
    "context",
    "could",
    "couldn't",
    "created",
    "deleted",
    "denied",
    "deprecated",
    "did",
    "does",
    "doesn't",
    "don't",
    "empty",
    "error",
    "exceeded",
    "exists",
    "expected",
    "expired",
    "expires",
    "failed",
    "failure",
    "field",
    "file",
    "for",
    "forbidden",
    "found",
    "from",
    "generated",
    "get",
    "has",
    "have",
    "if",
    "illegal",
    "in",
    "incorrect",
    "input",
    "invalid",
    "is",
    "isn't",
    "it",
    "key",
    "login",
    "lookup",
    "malformed",
    "mismatch",
    "missing",
    "must",
    "neither",
    "no",
    "not",
    "null",
    "of",
    "on",
    "open",
    "operation",
    "or",
    "permission",
    "please",
    "provided",
    "read",
    "read-only",
    "refused",
    "rejected",
    "required",
    "requires",
    "revoked",
    "same",
    "server",
    "should",
    "signature",
    "specified",
    "stat",
    "such",
    "that",
    "the",
    "this",
    "timeout",
    "timed",
    "to",
    "too",
    "unable",
    "unauthorized",
    "undefined",
    "unexpected",
    "unknown",
    "unsupported",
    "updated",
    "used",
    "using",
    "verification",
    "was",
    "wasn't",
    "while",
    "will",
    "with",
    "wrong",
    "x509:",
    "you",
    "your",
];

/// Words that are a message by themselves.
const ALONE: &[&str] = &[
    "denied",
    "empty",
    "eof",
    "expired",
    "failed",
    "failure",
    "forbidden",
    "incorrect",
    "invalid",
    "malformed",
    "missing",
    "mismatch",
    "ok",
    "refused",
    "rejected",
    "required",
    "revoked",
    "timeout",
    "unauthorized",
    "unauthenticated",
    "undefined",
    "unknown",
    "unset",
    "unsupported",
];

/// What is said of a thing that is named: `secret x not found`. Where the name is quoted, any of
/// [`WORDS`] is: `serviceaccounts "x" is forbidden`.
const NEXT: &[&str] = &[
    "not", "failed", "missing", "denied", "invalid", "expired", "may", "must", "cannot",
];

/// What the code of an error has in it: `InvalidAccessKeyId`, `NoSuchSecret`.
const CODES: &[&str] = &[
    "Invalid",
    "DoesNot",
    "Error",
    "Exception",
    "NotFound",
    "NoSuch",
    "Denied",
    "Expired",
    "Failed",
    "Failure",
    "Missing",
    "Mismatch",
    "Forbidden",
];

/// True where a line reads like a message. Behind a path a line of words is enough: what follows
/// the name of a file is what happened to it.
pub(super) fn is_message(line: &str, path: bool) -> bool {
    let mut words = line.split_whitespace();
    let bare = |word: &str| {
        word.trim_end_matches([',', '.', ';', ':', '!', ')'])
            .to_owned()
    };
    let Some(first) = words.next().map(bare) else {
        return true;
    };
    if !is_word(&first) {
        return is_error_code(&first);
    }
    let known = |word: &str| WORDS.contains(&word.to_ascii_lowercase().as_str());
    match words.next().map(bare) {
        None => ALONE.contains(&first.to_ascii_lowercase().as_str()),
        Some(second) => {
            let third = words.next().map(bare).unwrap_or_default();
            known(&first)
                || known(&second)
                || (path && (is_word(&second) || second.starts_with('/')))
                || NEXT.contains(&third.as_str())
                || words.next().is_some_and(|fourth| NEXT.contains(&fourth))
                || (is_quoted(&second) && known(&third))
        }
    }
}

/// Letters as a word has them.
fn is_word(word: &str) -> bool {
    let rest = word.get(1..).unwrap_or_default();
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && rest
            .chars()
            .all(|c| c.is_ascii_lowercase() || "'-/".contains(c))
}

fn is_quoted(word: &str) -> bool {
    let quote = |c: char| matches!(c, '"' | '\'' | '`' | '\\');
    word.len() > 2 && word.starts_with(quote) && word.ends_with(quote)
}

/// `ENOENT`, `InvalidAccessKeyId`.
fn is_error_code(word: &str) -> bool {
    let letters = word.bytes().all(|b| b.is_ascii_alphabetic());
    let lower = word.bytes().any(|b| b.is_ascii_lowercase());
    if letters && lower && word.len() <= 60 && CODES.iter().any(|code| word.contains(code)) {
        return true;
    }
    word.len() >= 4
        && word.len() <= 16
        && word.starts_with('E')
        && word.chars().all(|c| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::is_message;

    #[test]
    fn messages_are_told_from_passwords() {
        for line in [
            "no such file or directory",
            "authentication failed for user app",
            "must be set",
            "expired",
            "Permission denied",
            "ENOENT",
            "parameter not set",
            "serviceaccounts 'default' is forbidden: node requested token bound to a pod",
            r#"serviceaccounts \"default\" is forbidden"#,
            "resource name may not be empty",
            "InvalidAccessKeyId: does not exist",
        ] {
            assert!(is_message(line, false), "{line}");
        }
        assert!(is_message("device busy", true) && !is_message("device busy", false));
        assert!(is_message(
            "mount /tmp/x:/etc/passwd (via /proc/self/fd/6)",
            true
        ));
        for line in [
            "hunter2 is it",
            "correct horse battery staple",
            "hunter",
            "S3cret no",
            "horse 'battery' staple",
            "x1",
        ] {
            assert!(!is_message(line, false), "{line}");
        }
    }
}
