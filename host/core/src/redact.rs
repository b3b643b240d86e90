//! The one point that text passes before it leaves the cluster.

mod assignment;

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What takes the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Shapes of secrets. Group 1, where there is one, is kept in front of the secret.
const PATTERNS: &[&str] = &[
    r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
    r"(?s)-----BEGIN (?:TRUSTED )?CERTIFICATE-----.*?(?:-----END (?:TRUSTED )?CERTIFICATE-----|\z)",
    // The same two in base64, as they stand in a Secret.
    r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]+",
    r"(?i)((?:authorization|proxy-authorization|x-api-key|api-key|x-auth-token)[\x22']?\s*[:=]\s*\\*[\x22']?(?:(?:bearer|basic|token|digest|negotiate)\s+)?)[^\s,;\x22'\\]+",
    r"(?i)(\b(?:set-)?cookie\s*:\s*)[^\r\n]+",
    r"(?i)(\bbearer\s+)[a-z0-9._~+/=-]{8,}",
    r"(\b[A-Za-z][A-Za-z0-9+.-]*://[^\s:/@\x22']*:)[^\s\x22'/]+(?:@)",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*",
    r"\beyJ[A-Za-z0-9+/_-]{20,}={0,2}",
    r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b",
    r"\bAIza[A-Za-z0-9_-]{30,}",
    r"\bya29\.[A-Za-z0-9._-]{10,}",
    r"\b(?:gh[opsur]|github_pat|gsk|hf|npm|whsec|dop_v1|(?:sk|pk|rk)_(?:live|test))_[A-Za-z0-9_]{10,}",
    r"\b(?:glpat|gldt|xox[abeoprs]|xapp|sk)[-_][A-Za-z0-9_-]{10,}",
    r"\bpypi-AgE[A-Za-z0-9_-]{10,}",
    r"\bhv[sbr]\.[A-Za-z0-9_-]{10,}",
    // A login of a registry.
    r"(?i)(\\*[\x22']_?auth\\*[\x22']\s*:\s*\\*[\x22'])[a-z0-9+/=_-]{8,}",
    r"(?i)(\b_auth\s*=\s*)[^\s]+",
    r"\bSG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}",
    r"(\bhooks\.slack\.com/(?:services|workflows)/)[A-Za-z0-9/_-]+",
    r"(?i)((?:[?&;]|\b)(?:sig|x-amz-signature|x-amz-credential|x-goog-signature|accountkey|sharedaccesskey)=)[^\s&;\x22']+",
    r"(\bcurl\b[^\n|;]*?\s(?:-u|--user)[ =])[^\s]+",
];

static COMPILED: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERNS.iter().filter_map(|p| Regex::new(p).ok()).collect());

/// Text in quotation marks, with its control characters escaped, and without its secrets: what is
/// escaped first has no lines left by which a Secret is known.
pub fn quoted(text: &str) -> String {
    format!("{:?}", redact(text))
}

/// The text without what looks like a secret. What is redacted once stays as it is.
pub fn redact(text: &str) -> String {
    let shaped = COMPILED.iter().fold(text.to_owned(), |text, pattern| {
        match pattern.is_match(&text) {
            true => pattern.replace_all(&text, hidden).into_owned(),
            false => text,
        }
    });
    assignment::redact(&shaped)
}

fn hidden(found: &Captures<'_>) -> String {
    let whole = found.get(0).map_or("", |m| m.as_str());
    let kept = found.get(1).map_or("", |m| m.as_str());
    let value = whole.get(kept.len()..).unwrap_or_default();
    if value.starts_with(REDACTED) {
        return whole.to_owned();
    }
    let at = if whole.ends_with('@') { "@" } else { "" };
    format!("{kept}{REDACTED}{at}")
}

/// Parts of names of variables and keys that hold secrets.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "accesskey",
    "private_key",
    "privatekey",
    "credential",
    "client_secret",
    "secret_key",
    "dockerconfigjson",
];

/// True where a variable or key of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
    }

    #[test]
    fn secrets_go_and_the_sense_stays() {
        for (text, secret, kept) in [
            ("password=hunter2 host=db", "hunter2", "host=db"),
            ("DB_PASSWORD: \"s3cr3t\" missing", "s3cr3t", "missing"),
            (
                "Authorization: Bearer abcdef123456",
                "abcdef123456",
                "Authorization",
            ),
            ("dial postgres://app:pa55@db:5432/x", "pa55", "db:5432"),
            (
                "key AKIAABCDEFGHIJKLMNOP leaked",
                "AKIAABCDEFGHIJKLMNOP",
                "leaked",
            ),
            ("t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.abc x", "eyJhbGci", "x"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n",
                "MIIE",
                "[redacted]",
            ),
        ] {
            let out = redact(text);
            assert!(!out.contains(secret) && out.contains(kept), "{out}");
        }
    }

    #[test]
    fn secrets_of_every_shape_go() {
        for text in [
            "AIzaSyA1234567890abcdefghijklmnopqrstuv0",
            "ghp_S3CR3TS3CR3TS3CR3T github",
            "xoxb-S3CR3T-1234567890",
            "https://hooks.slack.com/services/T0/B0/S3CR3TxS3CR3T",
            "Cookie: session=S3CR3T; theme=dark",
            r#"{\"auths\":{\"r.example\":{\"auth\":\"UzNDUjNUUzNDUjNU\"}}}"#,
            r#"{"password":"my S3CR3T pass \" S3CR3T","user":"u"}"#,
            r#"log {\"db_password\":\"a S3CR3T b\"} end"#,
            "Server=db;Uid=u;Pwd=S3CR3T;Port=3306",
            "env:\n- name: DB_PASSWORD\n  value: a S3CR3T b\n- name: X\n  value: y",
            "in one line - name: DB_PASSWORD value: S3CR3T",
            r#"{"name":"API_TOKEN","value":"S3CR3T"}"#,
            "args: --db-password S3CR3T --port 80",
            "args: [--token, S3CR3T, --verbose]",
            r"note: - name: DB_PASSWORD\n  value: S3CR3T",
            r#"{"note":"password: |\n  line S3CR3T\n  more S3CR3T"}"#,
            r#"["--token","S3CR3T","x"]"#,
            "- --token\n- S3CR3T\n- x",
            "password: |\n  line S3CR3T\n  more S3CR3T\nnext: x",
            "kind: Secret\ndata:\n  any: UzNDUjNUUzNDUjNU\n  other: UzNDUjNUUzNDUjNU\nmetadata:\n  name: x",
            r#"{"kind":"Secret","stringData":{"x":"a S3CR3T b"}}"#,
            "redis://:S3CR3T@cache:6379/0",
            "LS0tLS1CRUdJTiBQUklWQVRFS3CR3T",
            "curl -s -u admin:S3CR3T https://x",
            "DefaultEndpointsProtocol=https;AccountKey=S3CR3T==;",
            "https://x.blob/y?sv=1&sig=S3CR3T%3D&se=2",
            "PASSWORD=aS3CR3T&bS3CR3T,cS3CR3T;dS3CR3T",
        ] {
            let out = redact(text);
            for gone in ["S3CR3T", "UzNDUjNU", "AIzaSy"] {
                assert!(!out.contains(gone), "{text}\n{out}");
            }
            assert_eq!(redact(&out), out, "{text}");
        }
    }

    #[test]
    fn ordinary_messages_stay_as_they_are() {
        for text in [
            "secret \"db-credentials\" not found",
            "couldn't find key token in ConfigMap shop/app",
            "panic: runtime error: index out of range [3]",
            "volumes:\n- name: x\n  secret:\n    secretName: db-credentials",
            "automountServiceAccountToken: false",
            "imagePullSecrets: [{name: regcred}]",
            "password: $(DB_PASSWORD)",
            "PWD=/app max_tokens: 4096",
            "args: [--insecure-token, --port, 80]",
            "secretKeyRef: {key: password, name: db}",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
