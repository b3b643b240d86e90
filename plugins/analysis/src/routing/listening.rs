//! Ports that a pod shows to listen on, beside those that it declares.

use serde_json::Value;

use crate::case::Case;
use crate::json::{items, number, reference, text};

/// Words of a log line before the port that a process listens on.
const LISTENS: &[&str] = &[
    "listen",
    "serving",
    "started",
    "running on",
    "bound to",
    "port",
];

/// Words of a log line about somebody else's port.
const FOREIGN: &[&str] = &[
    "from ", "connect", "client", "upstream", "database", "remote",
];

/// Words of a command before the port that it listens on.
const INTRODUCES: &[&str] = &[
    "-p",
    "-P",
    "-l",
    "-lp",
    "-lk",
    "listen",
    "-listen",
    "--listen",
    "-port",
    "--port",
    "--http-port",
    "--server-port",
    "--listen-port",
    "http.server",
    "--bind-port",
];

/// Hosts of an address on which a process listens.
const EVERYWHERE: &[&str] = &["", "0.0.0.0", "[::]", "*", "http://0.0.0.0", "http://"];

/// Variables that tell a process its own port.
const OWN_PORT: &[&str] = &[
    "PORT",
    "HTTP_PORT",
    "LISTEN_PORT",
    "SERVER_PORT",
    "APP_PORT",
];

/// Ports that a pod shows to serve, by its probes, its command and its log.
pub fn ports(case: &Case, pod: &Value) -> Vec<(i64, String)> {
    let mut found = Vec::new();
    for container in items(pod, "/spec/containers") {
        let named = text(container, "/name");
        for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
            for way in ["httpGet", "tcpSocket", "grpc"] {
                let port = number(container, &format!("/{probe}/{way}/port"));
                found.extend(port.map(|p| (p, format!("{probe} of {named}"))));
            }
        }
        let words = items(container, "/command")
            .iter()
            .chain(items(container, "/args"));
        let command = words
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" ");
        found.extend(
            in_command(&command)
                .into_iter()
                .map(|p| (p, format!("command of {named}"))),
        );
        for variable in items(container, "/env") {
            let port = OWN_PORT.contains(&text(variable, "/name"));
            let value = text(variable, "/value").parse().ok().filter(|_| port);
            found.extend(value.map(|p| (p, format!("environment of {named}"))));
        }
        let log = case.logs(&reference(pod), named, false);
        found.extend(
            in_log(&log)
                .into_iter()
                .map(|p| (p, format!("log of {named}"))),
        );
    }
    found
}

/// Ports in a command: `-p 80`, `--port=80`, `:80`, `0.0.0.0:80`, `listen 80`.
fn in_command(command: &str) -> Vec<i64> {
    let mut found: Vec<i64> = Vec::new();
    let mut before = "";
    for token in command.split([' ', '=', '\n', '\t', ';', '"', '\'', ',', '(', ')']) {
        let bound = token
            .rsplit_once(':')
            .filter(|(host, _)| EVERYWHERE.contains(host));
        let port = bound
            .map(|(_, port)| port)
            .or(INTRODUCES.contains(&before).then_some(token));
        found.extend(port.and_then(|port| port.parse::<i64>().ok()));
        before = token;
    }
    found.retain(|port| (1..65_536).contains(port));
    found
}

/// Ports in lines that tell of listening.
fn in_log(log: &str) -> Vec<i64> {
    let mut found: Vec<i64> = Vec::new();
    for line in log.lines() {
        let lower = line.to_lowercase();
        let ours = LISTENS.iter().any(|word| lower.contains(word));
        if !ours || FOREIGN.iter().any(|word| lower.contains(word)) {
            continue;
        }
        for (at, _) in lower.match_indices([':', ' ']) {
            let rest = lower.get(at + 1..).unwrap_or_default();
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let after = rest.chars().nth(digits.len());
            let ends = after.is_none_or(|c| matches!(c, ' ' | '/' | ',' | '.' | ')' | '"' | ']'));
            let colon = lower.as_bytes().get(at) == Some(&b':');
            let introduced = colon || lower.get(..at).is_some_and(|b| b.ends_with("port"));
            if let Ok(port) = digits.parse::<i64>()
                && ends
                && introduced
                && (80..65_536).contains(&port)
            {
                found.push(port);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("--port=8080", &[8080])]
    #[case(":9090", &[9090])]
    #[case("nc -lk -p 7000", &[7000])]
    #[case("sleep 3600", &[])]
    fn reads_ports_of_commands(#[case] word: &str, #[case] expected: &[i64]) {
        assert_eq!(in_command(word), expected);
    }

    #[rstest::rstest]
    #[case("Listening on http://0.0.0.0:8080/", &[8080])]
    #[case("server started on port 5000", &[5000])]
    #[case("2026-01-01 10:15:22 did 8080 things", &[])]
    fn reads_ports_of_logs(#[case] line: &str, #[case] expected: &[i64]) {
        assert_eq!(in_log(line), expected);
    }
}
