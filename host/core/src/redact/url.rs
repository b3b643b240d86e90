//! User info in URLs: `scheme://user:password@host`, also where the password has a slash.

use std::ops::Range;

use super::{REDACTED, form};

/// User names that say nothing by themselves.
const USERS: &[&str] = &[
    "admin",
    "amqp",
    "anonymous",
    "app",
    "git",
    "guest",
    "hg",
    "minio",
    "mongo",
    "mysql",
    "postgres",
    "rabbitmq",
    "redis",
    "root",
    "sa",
    "svn",
    "ubuntu",
    "user",
    "username",
];

/// A user part that is so long is a token.
const LONGEST_USER: usize = 19;

/// The text without passwords of URLs; None where there are none.
pub(super) fn redact(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut kept = 0;
    for (at, mark) in text.match_indices("://") {
        let scheme = scheme(text.get(..at)?);
        let start = at + mark.len();
        let Some(secret) = secret(scheme, text.get(start..)?) else {
            continue;
        };
        let (from, to) = (start + secret.start, start + secret.end);
        if from < kept {
            continue;
        }
        out.push_str(text.get(kept..from)?);
        out.push_str(REDACTED);
        kept = to;
    }
    out.push_str(text.get(kept..)?);
    (kept > 0).then_some(out)
}

/// Parameters of a query that carry a secret, beside those whose name says so elsewhere too.
const PARAMETERS: &[&str] = &[
    "code",
    "key",
    "ticket",
    "assertion",
    "sid",
    "session",
    "samlresponse",
    "code_verifier",
    "device_code",
];

/// The text without what `?code=` and its like carry; None where there is none.
pub(super) fn queries(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut kept = 0;
    for (at, _) in text.match_indices('?') {
        let mut start = at + 1;
        let query = text.get(start..)?;
        let ends = |c: char| c.is_whitespace() || "\"'`<>\\".contains(c);
        for pair in query
            .get(..query.find(ends).unwrap_or(query.len()))?
            .split('&')
        {
            let Some((name, value)) = pair.split_once('=') else {
                break;
            };
            let from = start + name.len() + 1;
            if from >= kept && is_parameter(name) && !is_shown(name, value) {
                out.push_str(text.get(kept..from)?);
                out.push_str(REDACTED);
                kept = from + value.len();
            }
            start += pair.len() + 1;
        }
    }
    out.push_str(text.get(kept..)?);
    (kept > 0).then_some(out)
}

fn is_parameter(name: &str) -> bool {
    PARAMETERS.iter().any(|p| name.eq_ignore_ascii_case(p))
}

/// Hidden already, a status in the place of a code, or a word.
fn is_shown(name: &str, value: &str) -> bool {
    let long = value.len() > 3 && value.bytes().all(|b| b.is_ascii_digit());
    value.starts_with(REDACTED)
        || (form::is_harmless(value) && !(long && name.eq_ignore_ascii_case("code")))
}

fn scheme(before: &str) -> &str {
    let joins = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    let start = before.trim_end_matches(joins).len();
    before.get(start..).unwrap_or_default()
}

/// The part of the user info that is secret.
fn secret(scheme: &str, rest: &str) -> Option<Range<usize>> {
    let end = rest.find(|c: char| c.is_whitespace() || "\"'`\\<>".contains(c));
    let mut url = rest.get(..end.unwrap_or(rest.len()))?;
    if let Some(next) = url.find("://") {
        url = url.get(..next)?;
    }
    let info = url.get(..user_info(scheme, url)?)?;
    let hidden = |part: &str| part.is_empty() || part == REDACTED || is_reference(part);
    match info.split_once(':') {
        Some((user, password)) => {
            let user_is_secret = user.len() > LONGEST_USER && !hidden(user);
            let start = if user_is_secret { 0 } else { user.len() + 1 };
            (!hidden(password)).then_some(start..info.len())
        }
        None => {
            let known = USERS.contains(&info.to_ascii_lowercase().as_str());
            (!hidden(info) && !known).then_some(0..info.len())
        }
    }
}

/// Where the user info ends.
fn user_info(scheme: &str, url: &str) -> Option<usize> {
    let authority = url.find(['/', '?', '#']).unwrap_or(url.len());
    let path = url
        .find(['?', '#'])
        .filter(|at| *at >= authority)
        .unwrap_or(url.len());
    let web = scheme.starts_with("http") || scheme.starts_with("ws");
    let early = url.get(..authority)?.rfind('@');
    let late = url
        .get(..path)?
        .rfind('@')
        .or_else(|| url.rfind('@').filter(|_| !web));
    match early {
        Some(early) if web => Some(early),
        Some(early) => late.or(Some(early)),
        None => late.filter(|at| slashed(scheme, url, authority, *at)),
    }
}

/// True where a slash in front of the `@` is one of a password, not one of a path.
fn slashed(scheme: &str, url: &str, authority: usize, at: usize) -> bool {
    let Some((_, port)) = url.get(..authority).and_then(|a| a.split_once(':')) else {
        return false;
    };
    let host = url.get(at + 1..).unwrap_or_default();
    let is_port = !port.is_empty() && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit());
    let web = scheme.starts_with("http") || scheme.starts_with("docker") || scheme == "oci";
    let digest = host.starts_with("sha256:") || host.starts_with("sha512:");
    !digest
        && !(is_port && web)
        && host.starts_with(|c: char| c.is_ascii_alphanumeric() || "[$".contains(c))
}

/// A variable in the place of a password, or a placeholder.
fn is_reference(part: &str) -> bool {
    let within = |open: &str, close: &str| {
        let inner = part.strip_prefix(open).and_then(|p| p.strip_suffix(close));
        inner.is_some_and(|i| i.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
    };
    within("$(", ")") || within("${", "}") || matches!(part, "%s" | "***" | "xxxxx" | "xxx")
}

#[cfg(test)]
mod tests {
    use super::{queries, redact};

    #[test]
    fn codes_and_keys_of_queries_go_and_words_stay() {
        let out = queries("GET /cb?state=1&code=S3CR3T&n=2 HTTP/1.1 http://h/x?key=S3CR3T");
        let shown = "GET /cb?state=1&code=[redacted]&n=2 HTTP/1.1 http://h/x?key=[redacted]";
        assert_eq!(out.as_deref(), Some(shown));
        assert_eq!(queries(shown), None);
        for text in [
            "/x?code=404",
            "/v1/kv?key=replicas",
            "what? code=S3",
            "${X:?a=b}",
        ] {
            assert_eq!(queries(text), None, "{text}");
        }
    }

    #[test]
    fn passwords_of_urls_go_and_hosts_stay() {
        for (url, kept) in [
            ("postgres://app:S3/CR3T@db:5432/x", "@db:5432/x"),
            ("postgres://app:S3CR3T@db:5432/x?mail=a@b", "@db:5432/x"),
            ("amqp://u:S3@CR3T/S3CR3T@mq/vhost", "@mq/vhost"),
            ("https://S3CR3TS3CR3T@github.com/x", "@github.com/x"),
            ("https://x-token:S3CR3T@github.com/x", "@github.com/x"),
            ("redis://:S3CR3T@cache:6379/0", "@cache:6379/0"),
            ("a=http://x,b=http://u:S3CR3T@y/z", "@y/z"),
            ("postgres://app:12/S3CR3T@db", "@db"),
            ("https://S3CR3TS3CR3TS3CR3TXY:x-oauth-basic@h", "@h"),
        ] {
            let out = redact(url).unwrap_or_default();
            assert!(!out.contains("S3") && out.contains(kept), "{out}");
            assert_eq!(redact(&out), None, "{out}");
        }
    }

    #[test]
    fn urls_without_passwords_stay() {
        for url in [
            "https://registry:5000/team/app@sha256:0a1b",
            "docker-pullable://registry:5000/app@sha256:0a1b",
            "https://unpkg.com/react@18.2.0",
            "ssh://git@github.com/x/y",
            "postgres://app:$(DB_PASSWORD)@db/x",
            "http://host:8080/a@b",
            "http://a/b?to=c@d",
            "Get \"http://10.0.0.1:8080/x\": refused by a@b",
        ] {
            assert_eq!(redact(url), None, "{url}");
        }
    }
}
