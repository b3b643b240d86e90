//! Which values are harmless by their form alone: numbers, truth values, quantities, durations,
//! versions, host names, paths, URLs without user info, words of an enumeration, lists and flags
//! of these. Whatever has none of these forms may be a secret, whatever its name is.

use std::net::IpAddr;

use super::REDACTED;
use super::names::is_secret_name;

/// Longest value that has a form.
const LONGEST: usize = 400;
/// Most items of a list, or words of a line of flags.
const ITEMS: usize = 40;

/// Units of quantities and durations.
const UNITS: &[&str] = &[
    "", "m", "k", "K", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "Pi", "kB", "KB", "MB", "GB", "TB",
    "B", "b", "%", "n", "u", "ns", "us", "ms", "s", "sec", "min", "h", "d", "w", "mb", "gb", "kb",
    "g", "x", "rps", "qps",
];

/// True where nothing of this form is a secret.
pub(super) fn is_harmless(value: &str) -> bool {
    let value = without_references(value.trim());
    let value = value.as_str();
    if value.len() > LONGEST {
        return false;
    }
    value.is_empty() || value == REDACTED || is_single(value) || is_list(value) || is_flags(value)
}

fn is_single(value: &str) -> bool {
    is_measured(value) || is_word(value) || is_told(value)
}

/// Forms that say by themselves what they are, also in the middle of a line.
fn is_told(value: &str) -> bool {
    is_number(value)
        || is_quantity(value)
        || is_version(value)
        || is_time(value)
        || is_network(value)
        || is_path(value)
        || is_url(value)
}

fn is_measured(value: &str) -> bool {
    is_number(value) || is_quantity(value)
}

/// `$(NAME)` and `${NAME}` stand for text that is not here.
fn without_references(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match reference(from) {
            Some(length) => {
                out.push('x');
                rest = from.get(length..).unwrap_or_default();
            }
            None => {
                out.push('$');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference(text: &str) -> Option<usize> {
    let close = match text.get(..2)? {
        "$(" => ')',
        "${" => '}',
        _ => return None,
    };
    let inner = text.get(2..)?;
    let end = inner.find(close)?;
    let name = inner.get(..end)?;
    let plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_.".contains(c));
    (plain && !name.is_empty()).then_some(end + 3)
}

fn digits(text: &str, most: usize) -> bool {
    !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_number(value: &str) -> bool {
    let value = value.trim_start_matches(['-', '+']);
    match value.split_once('.') {
        Some((whole, part)) => digits(whole, 12) && digits(part, 9),
        None => digits(value, 12),
    }
}

/// `512Mi`, `30s`, `1h30m`, `50%`.
fn is_quantity(value: &str) -> bool {
    let mut rest = value.trim_start_matches('-');
    let mut parts = 0;
    while !rest.is_empty() {
        let number = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
                .len();
        let behind = rest.get(number..).unwrap_or_default();
        let unit = behind
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(behind.len());
        let known = UNITS.contains(&behind.get(..unit).unwrap_or_default());
        parts += 1;
        if number == 0 || number > 9 || !known || parts > 4 {
            return false;
        }
        rest = behind.get(unit..).unwrap_or_default();
    }
    parts > 0
}

/// `v1.2.3`, `1.29.0-rc.1`.
fn is_version(value: &str) -> bool {
    let value = value.strip_prefix('v').unwrap_or(value);
    let (core, more) = match value.split_once(['-', '+']) {
        Some((core, more)) => (core, more),
        None => (value, ""),
    };
    let numbers: Vec<&str> = core.split('.').collect();
    (1..=4).contains(&numbers.len())
        && numbers.iter().all(|n| digits(n, 5))
        && more.len() <= 16
        && (more.is_empty() || more.split(['.', '-', '+']).all(|m| !is_random(m)))
}

fn is_time(value: &str) -> bool {
    value.parse::<jiff::Timestamp>().is_ok()
        || value.parse::<jiff::civil::Date>().is_ok()
        || value.parse::<jiff::civil::Time>().is_ok()
}

/// An address, a network, a host name with a dot, and each with a port.
fn is_network(value: &str) -> bool {
    if value.parse::<IpAddr>().is_ok() {
        return true;
    }
    if let Some((address, bits)) = value.split_once('/')
        && address.parse::<IpAddr>().is_ok()
    {
        return digits(bits, 3);
    }
    match value.rsplit_once(':') {
        Some((host, port)) if digits(port, 5) || is_reference_mark(port) => {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            host.is_empty() || bare.parse::<IpAddr>().is_ok() || is_host(host)
        }
        _ => value.contains('.') && is_host(value),
    }
}

fn is_reference_mark(text: &str) -> bool {
    text == "x"
}

/// A DNS name in lower case whose labels look like names.
fn is_host(value: &str) -> bool {
    let value = value.trim_end_matches('.');
    let label = |label: &str| {
        let plain = label
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
        plain
            && (1..=40).contains(&label.len())
            && !label.starts_with('-')
            && label.split(['-', '_']).all(|p| !is_random(p))
    };
    let last = value.rsplit('.').next().unwrap_or_default();
    let labels: Vec<&str> = value.split('.').collect();
    let single = labels.len() > 1 || is_word(value);
    value.len() <= 253
        && single
        && last.starts_with(|c: char| c.is_ascii_lowercase())
        && labels
            .into_iter()
            .all(|l| label(l.strip_prefix('*').unwrap_or(l)) || l == "*")
}

/// A path whose parts look like names.
fn is_path(value: &str) -> bool {
    let rooted = ["/", "./", "../", "~/"]
        .iter()
        .any(|p| value.starts_with(p));
    rooted && value.len() <= 256 && value.split('/').all(is_part)
}

fn is_part(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-+@:*%~, ".contains(c);
    part.len() <= 64
        && part.chars().all(plain)
        && !part.contains("://")
        && part
            .split(['.', '-', '_', '@', ':', '%', ' '])
            .all(|p| !is_random(p))
}

/// A URL without user info, whose query holds nothing but harmless values.
fn is_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else {
        return value
            .split_once(':')
            .is_some_and(|(jdbc, inner)| jdbc == "jdbc" && is_url(inner));
    };
    let known = !scheme.is_empty()
        && scheme.len() <= 24
        && scheme
            .chars()
            .all(|c| c.is_ascii_lowercase() || "+-.:".contains(c) || c.is_ascii_digit());
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let host = match host.rsplit_once('@') {
        None => host,
        // What was hidden is hidden.
        Some((info, host)) => {
            let hidden = info
                .split(':')
                .all(|p| p == REDACTED || (!p.is_empty() && is_word(p)));
            if !hidden || !info.contains(REDACTED) {
                return false;
            }
            host
        }
    };
    let query = query.is_empty() || query.split(['&', ';']).all(is_setting);
    let host_list = host
        .split(',')
        .all(|h| h.is_empty() || is_network(h) || is_host(h));
    known && host_list && path.split('/').all(is_part) && query
}

/// `name=value`, both harmless.
fn is_setting(text: &str) -> bool {
    match text.split_once('=') {
        Some((name, value)) => {
            is_name(name) && !is_secret_name(name) && (value.is_empty() || is_single(value))
        }
        None => is_single(text),
    }
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-:/".contains(c);
    !name.is_empty()
        && name.len() <= 60
        && name.chars().all(plain)
        && name.split(['_', '.', '-', ':', '/']).all(|p| !is_random(p))
}

/// A word of an enumeration: letters, in parts that short numbers may follow.
fn is_word(value: &str) -> bool {
    let mut lettered = false;
    let parts = value.split(['-', '_', '.', '/', ':']).all(|part| {
        let version = part.strip_prefix('v').is_some_and(|v| digits(v, 3));
        let letters = is_letters(part);
        lettered |= letters;
        digits(part, 4) || version || letters
    });
    parts && lettered && value.len() <= 64
}

/// Letters as words have them: `info`, `INFO`, `RollingUpdate`.
fn is_letters(part: &str) -> bool {
    if part.is_empty() || part.len() > 20 || !part.bytes().all(|b| b.is_ascii_alphabetic()) {
        return false;
    }
    let upper = part.bytes().filter(u8::is_ascii_uppercase).count();
    let same = upper == 0 || upper == part.len();
    let humps = part.len() >= upper * 3;
    (same || humps) && !is_unspeakable(part)
}

/// No word has so many consecutive consonants.
fn is_unspeakable(part: &str) -> bool {
    let mut run = 0;
    part.bytes().any(|b| {
        let vowel = b"aeiouyAEIOUY".contains(&b);
        run = if vowel { 0 } else { run + 1 };
        run > 5
    })
}

/// Items between commas or semicolons.
fn is_list(value: &str) -> bool {
    let items: Vec<&str> = value.split([',', ';']).collect();
    (2..=ITEMS).contains(&items.len())
        && items.iter().all(|item| {
            let item = item.trim();
            item.is_empty() || is_setting(item)
        })
}

/// Flags, and between them what tells its form.
fn is_flags(value: &str) -> bool {
    let words: Vec<&str> = value.split_whitespace().collect();
    (1..=ITEMS).contains(&words.len())
        && words.iter().any(|w| w.starts_with('-'))
        && words.iter().all(|w| is_flag(w) || is_told(w))
}

/// `--level=debug`, `-Xmx512m`, `-XX:+UseG1GC`, `-v`.
pub(super) fn is_flag(word: &str) -> bool {
    let Some(name) = word.strip_prefix('-') else {
        return false;
    };
    let name = name.strip_prefix('-').unwrap_or(name);
    let heap = ["Xmx", "Xms", "Xss", "Xmn"]
        .iter()
        .find_map(|x| name.strip_prefix(x));
    if heap.is_some_and(is_quantity) {
        return true;
    }
    if let Some(option) = name.strip_prefix("XX:") {
        return is_option(option.trim_start_matches(['+', '-']));
    }
    match name.split_once('=') {
        Some((name, value)) => {
            is_name(name)
                && !is_secret_name(name)
                && (value.is_empty() || is_single(value) || is_list(value))
        }
        None => (name.len() == 1 && name.is_ascii()) || is_word(name) || is_name_of_case(name),
    }
}

/// `UseG1GC`, `MaxRAMPercentage=75`.
fn is_option(option: &str) -> bool {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    let plain = name.len() <= 60 && name.chars().all(|c| c.is_ascii_alphanumeric());
    plain && (value.is_empty() || is_single(value))
}

/// `Xdebug`, `UseG1GC`: an option of a virtual machine.
fn is_name_of_case(name: &str) -> bool {
    name.len() <= 40 && name.starts_with(|c: char| c.is_ascii_uppercase()) && is_letters(name)
}

/// Looks like chance: it changes between letters and digits, or between cases, too often, or it is
/// a long mixture.
pub(super) fn is_random(part: &str) -> bool {
    let kind = |c: char| match c {
        c if c.is_ascii_digit() => 0,
        c if c.is_ascii_uppercase() => 1,
        c if c.is_ascii_lowercase() => 2,
        _ => 3,
    };
    let kinds: Vec<u8> = part.chars().map(kind).collect();
    let changes = kinds
        .windows(2)
        .filter(|pair| pair.first() != pair.last() && pair != &[1, 2])
        .count();
    let digits = kinds.iter().filter(|k| **k == 0).count();
    let letters = kinds.len() - digits;
    let mixed = digits > 0 && letters > 0;
    (mixed && changes >= 3 && part.len() >= 6)
        || (mixed && part.len() >= 16)
        || (changes >= 4 && part.len() >= 8)
        || part.len() > 40
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_settings_are_harmless() {
        for value in [
            "",
            "8080",
            "-1.5",
            "true",
            "512Mi",
            "1h30m",
            "50%",
            "v1.2.3",
            "1.29.0-rc.1",
            "2026-01-05T10:00:00Z",
            "10.0.0.0/8",
            "fd00::1",
            "db.shop.svc.cluster.local:5432",
            "orders-db",
            "orders-db:5432",
            "/etc/app/config.yaml",
            "./run.sh",
            "http://api:8080/v1/x",
            "https://api.example/x?level=debug&n=3",
            "postgres://db:5432/orders",
            "jdbc:postgresql://db:5432/x",
            "debug",
            "INFO",
            "RollingUpdate",
            "us-east-1",
            "production",
            "a,b,c",
            "-Xmx64m",
            "-Xmx512m -XX:+UseG1GC -Dfile.encoding=utf",
            "kafka-0.kafka:9092,kafka-1.kafka:9092",
            "http://$(HOST):$(PORT)/x",
            "$(DB_URL)",
            ":8080",
            "postgres://app:[redacted]@db:5432/x",
            "app=web,tier=front",
            "--port=8080",
            "shop.wsgi",
            "*.example.com",
        ] {
            assert!(is_harmless(value), "{value}");
        }
    }

    #[test]
    fn everything_else_may_be_a_secret() {
        for value in [
            "hunter2",
            "S3CR3T",
            "correct horse battery staple",
            "Tr0ub4dor&3",
            "P@ssw0rd",
            "9f86d081884c7d659a2feaa0c55ad015",
            "dGhpcyBpcyBzZWNyZXQ=",
            "postgres://app:pw@db:5432/x",
            "https://tokenx1y2@host/x",
            "abc123def456",
            "/9j4AAQSkZJRgABAQ",
            "true-S3cr3t!",
            "{x}",
            "[abc",
            "--S3CR3T",
            "$(cat /x)y1",
            "a b",
            "12345678901234567890",
            "qwrtpsdfgh",
            "x9f2k1.d8s7a6",
            "aBcDeFgHiJ",
            "https://h/x?k=a9f8e7d6c5b4a3f2",
            "password=abc",
            "-phunter2",
            "--api-key=abc",
        ] {
            assert!(!is_harmless(value), "{value}");
        }
    }
}
