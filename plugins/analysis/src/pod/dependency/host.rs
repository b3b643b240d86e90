//! Hosts in log lines.

use crate::pod::setting::tokens;

/// Words before a host name, in the libraries' own case.
const BEFORE_HOST: &[&str] = &[
    "lookup ",
    "ENOTFOUND ",
    "EAI_AGAIN ",
    "UnknownHostException: ",
    "translate host name \"",
    "resolve host: ",
    "bad address '",
    "bad address \"",
    "upstream \"",
    "host \"",
    "ECONNREFUSED ",
    "dial tcp ",
    "connecting to ",
    "connect to ",
    "server on '",
    "server at \"",
];

/// A short word is a host only where the line uses it as one: with a port, in quotes, or after
/// words that introduce a host.
pub fn likely_host(line: &str, host: &str) -> bool {
    let quoted = ["\"", "'"]
        .iter()
        .any(|q| line.contains(&format!("{q}{host}{q}")));
    let ported = line.contains(&format!("{host}:"))
        || line.contains(&format!("{host} port"))
        || line.contains(&format!("//{host}"));
    quoted
        || ported
        || line.contains(&format!("@{host}"))
        || BEFORE_HOST
            .iter()
            .any(|b| line.contains(&format!("{b}{host}")))
}

/// The host that a line names after words that introduce one.
pub fn host(line: &str) -> Option<String> {
    let named = BEFORE_HOST.iter().find_map(|before| {
        let (_, rest) = line.split_once(before)?;
        tokens(rest).next().and_then(bare)
    });
    named.or_else(|| {
        tokens(line)
            .filter(|t| t.contains("://") || port_of(t).is_some())
            .find_map(bare)
    })
}

fn port_of(token: &str) -> Option<u16> {
    token
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok())
}

/// A token without scheme, credentials, path and port, if it can be a host.
pub fn bare(token: &str) -> Option<String> {
    let rest = token.split_once("://").map_or(token, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let rest = rest.split('/').next().unwrap_or_default();
    let host = rest
        .split(':')
        .next()
        .unwrap_or_default()
        .trim_end_matches('.');
    let fits = host.len() > 1
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    fits.then(|| host.to_owned())
}

/// Name and namespace of a Service as its clients write it.
pub fn split(host: &str, own: &str) -> (String, String) {
    let host = host.strip_suffix(".cluster.local").unwrap_or(host);
    let host = host.strip_suffix(".svc").unwrap_or(host);
    match host.split_once('.') {
        Some((name, namespace)) => (name.to_owned(), namespace.to_owned()),
        None => (host.to_owned(), own.to_owned()),
    }
}
