//! Which names of variables, keys and flags say that a secret follows. The only list of them.

/// Where one of these stands in a name, without separators and in lower case.
const ANYWHERE: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "dockerconfigjson",
    "dockercfg",
    "connectionstring",
    "clientcertificatedata",
    "clientkeydata",
    "sessionid",
    "sessid",
];

/// Where one of these is a whole word of a name: `DB_PASS`, `redisAuth`.
const WORDS: &[&str] = &[
    "pass",
    "pwd",
    "pw",
    "auth",
    "creds",
    "cred",
    "psk",
    "pat",
    "otp",
    "salt",
    "pepper",
    "passw",
    "userpass",
    "dbpass",
    "basicauth",
    "keytab",
    "jks",
];

/// In front of `key`, in any case: the others are keys of maps.
const KEYS: &[&str] = &[
    "api",
    "access",
    "account",
    "admin",
    "aes",
    "app",
    "application",
    "auth",
    "aws",
    "client",
    "cookie",
    "crypto",
    "crypt",
    "datadog",
    "dd",
    "decryption",
    "deploy",
    "ecdsa",
    "ed25519",
    "encryption",
    "encrypt",
    "fernet",
    "hmac",
    "integration",
    "jwe",
    "jwt",
    "license",
    "licence",
    "master",
    "payment",
    "private",
    "rsa",
    "secret",
    "server",
    "service",
    "session",
    "shared",
    "sign",
    "signature",
    "signing",
    "ssh",
    "sse",
    "storage",
    "stripe",
    "subscription",
    "tls",
    "unseal",
    "vault",
    "webhook",
    "root",
    "seal",
];

/// In front of `KEY` in a variable, these make it no secret.
const PUBLIC_KEYS: &[&str] = &[
    "public",
    "pub",
    "primary",
    "foreign",
    "partition",
    "partitioning",
    "sort",
    "routing",
    "cache",
    "object",
    "map",
    "label",
    "annotation",
    "config",
    "row",
    "column",
    "shard",
    "group",
    "index",
    "topology",
    "host",
    "search",
    "message",
    "event",
    "hot",
    "unknown",
    "publishable",
    "prefix",
    "lock",
    "queue",
    "idempotency",
    "site",
    "metric",
];

/// Endings of names that are no secret although they sound so, without separators: what is named
/// there is a thing, or what happened to one.
const HARMLESS: &[&str] = &[
    "name",
    "names",
    "namespace",
    "ref",
    "refs",
    "type",
    "policy",
    "class",
    "provider",
    "version",
    "audience",
    "issuer",
    "algorithm",
    "mounts",
    "projection",
    "rotation",
    "review",
    "error",
    "invalid",
    "missing",
    "available",
    "reason",
    "status",
    "controller",
    "operator",
    "manager",
    "kind",
];

/// Endings behind which a place, a measure or a choice is expected: what has another form there is
/// taken for the secret.
const EXPECTED: &[&str] = &[
    "seconds",
    "path",
    "file",
    "dir",
    "count",
    "ttl",
    "length",
    "size",
    "url",
    "endpoint",
    "enabled",
    "required",
    "expiry",
    "expired",
    "limit",
    "format",
    "expiration",
    "timeout",
    "duration",
    "lifetime",
    "interval",
    "mount",
    "location",
    "store",
    "scope",
    "method",
    "mode",
    "directory",
    "uri",
    "host",
    "port",
    "hostname",
    "address",
];

/// What a name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sound {
    /// It is a secret.
    Secret,
    /// It is one where it has none of the harmless forms.
    Perhaps,
    /// Nothing.
    Harmless,
}

/// Plurals that are counted or are lists of names.
const COUNTED: &[&str] = &[
    "maxtokens",
    "mintokens",
    "imagepullsecrets",
    "pullsecrets",
    "prompttokens",
    "inputtokens",
    "outputtokens",
    "completiontokens",
    "totaltokens",
    "tokenize",
    "tokenizer",
    "tokenized",
];

/// Markers by which a text is searched for names at all, in lower case.
pub(super) const MARKERS: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "cred",
    "auth",
    "dockerc",
    "connection",
    "client-certificate",
    "psk",
    "salt",
    "pepper",
    "jks",
    "pw",
    "pat",
    "otp",
    "sessionid",
    "session_id",
    "session-id",
    "sessid",
];

/// True where a marker within a text can be a part of a secret name: a short one has to be a whole
/// word of the name, as in `GITHUB_PAT`, or the text has it all over, as in `path`.
pub(super) fn may_begin(text: &str, start: usize, end: usize) -> bool {
    if end - start > 3 {
        return true;
    }
    if text
        .get(start..end)
        .is_some_and(|m| m.eq_ignore_ascii_case("key") || m.eq_ignore_ascii_case("pwd"))
    {
        return true;
    }
    let letter = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).copied();
    let (first, last) = (letter(Some(start)), letter(Some(end - 1)));
    let lower = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase());
    let upper = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_uppercase());
    let (before, behind) = (letter(start.checked_sub(1)), letter(Some(end)));
    let begins = !(lower(before) && lower(first)) && !(upper(before) && upper(first));
    let ends = !lower(behind) && !(upper(last) && upper(behind));
    begins && ends
}

/// True where a variable, key or flag of this name holds a secret, whatever its value looks like.
pub fn is_secret_name(name: &str) -> bool {
    sound(name) == Sound::Secret
}

/// What the name of a variable, key or flag says of its value.
pub(super) fn sound(name: &str) -> Sound {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let ends = |endings: &[&str]| endings.iter().any(|end| plain.ends_with(end));
    if ends(HARMLESS) || ends(COUNTED) || !sounds(name, &plain) {
        Sound::Harmless
    } else if ends(EXPECTED) {
        Sound::Perhaps
    } else {
        Sound::Secret
    }
}

/// True for the name of a password: what follows is one, also where it is an ordinary word.
pub(super) fn is_password(name: &str) -> bool {
    const ENDS: [&str; 5] = ["password", "passwd", "passphrase", "passcode", "pwd"];
    ENDS.iter().any(|end| {
        let from = name.len().checked_sub(end.len());
        from.and_then(|from| name.get(from..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    })
}

/// True for a method that takes a secret: `setPassword`, `client.with_token`.
pub(super) fn is_setter(name: &str) -> bool {
    const VERBS: [&str; 6] = ["set", "with", "put", "use", "add", "update"];
    words(name)
        .iter()
        .any(|word| VERBS.contains(&word.as_str()))
}

/// A part of the name says so, whatever it ends with.
fn sounds(name: &str, plain: &str) -> bool {
    if ANYWHERE.iter().any(|part| plain.contains(part)) {
        return true;
    }
    let words = words(name);
    if words.iter().any(|word| WORDS.contains(&word.as_str())) {
        return true;
    }
    let variable = !name.contains(|c: char| c.is_ascii_lowercase());
    words.windows(2).any(|pair| match pair {
        [before, key] if key == "key" || key == "keys" => {
            KEYS.contains(&before.as_str()) || (variable && !PUBLIC_KEYS.contains(&before.as_str()))
        }
        _ => false,
    })
}

/// The words of a name, in lower case: `DB_PASS`, `dbPass` and `db.pass` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut lower = false;
    for c in name.chars() {
        let begins = !c.is_ascii_alphanumeric() || (lower && c.is_ascii_uppercase());
        if begins && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_that_a_secret_follows() {
        for name in [
            "JWT_SECRET",
            "DB_PASS",
            "MYSQL_PWD",
            "SIGNING_KEY",
            "APP_SECRET",
            "SMTP_PASS",
            "ENCRYPTION_KEY",
            "SESSION_SECRET",
            "REDIS_AUTH",
            "HMAC_KEY",
            "API_TOKEN",
            "PGPASSWORD",
            "dbPassword",
            "api-key",
            "apiKey",
            "aws.secretAccessKey",
            "S3_KEY",
            "redisAuth",
            "db.pass",
            "GITHUB_PAT",
            "LICENSE_KEY",
            "user_creds",
            "pass",
            "DATABASE_CONNECTION_STRING",
            "AzureStorageKey",
            "AUTH_HEADER",
            "TOKEN_HEADER",
            "SECRET_CONFIG",
            "sessionid",
            "JSESSIONID",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn names_that_only_sound_so() {
        for name in [
            "PASSWORD_FILE",
            "secretName",
            "imagePullSecrets",
            "tokenExpirationSeconds",
            "key",
            "max_tokens",
            "routing_key",
            "PARTITION_KEY",
            "PUBLIC_KEY",
            "secretKeyRef",
            "TOKEN_URL",
            "compass",
            "bypass",
            "keyboard",
            "author",
            "KeyError",
            "HOST",
            "path",
            "authority",
            "passengers",
            "topologyKey",
            "pattern",
            "AUTH_MODE",
            "authorizer",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
