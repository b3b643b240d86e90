//! Text that may leave, as a type: what reaches a person, a file, a model or another program.

use crate::shorten;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::redact;

/// Text that passed the one egress: unseen characters went, then secrets. Only this type is
/// written, printed, posted, sent or spoken.
///
/// It is made of foreign text by [`Redacted::of`], of our own words by `From<&'static str>`, and
/// of both by [`redacted!`](crate::redacted). Escaping comes after, by [`Redacted::escaped`].
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Redacted(String);

impl Redacted {
    /// Foreign text.
    pub fn of(text: &str) -> Redacted {
        Redacted(redact(text))
    }

    /// Foreign text in one line: line ends become blanks.
    pub fn line(text: &str) -> Redacted {
        Redacted::of(text).escaped(|text| text.replace('\n', " "))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, for those who keep it.
    pub fn into_string(self) -> String {
        self.0
    }

    /// With marks of the medium around or within it. `escape` gets text without secrets and must
    /// bring in no other.
    #[must_use]
    pub fn escaped(&self, escape: impl FnOnce(&str) -> String) -> Redacted {
        Redacted(escape(&self.0))
    }

    /// At most `characters` of it; where it is longer, an ellipsis says so.
    #[must_use]
    pub fn shortened(&self, characters: usize) -> Redacted {
        self.escaped(|text| shorten(text, characters).into_owned())
    }

    /// Its lines.
    pub fn lines(&self) -> impl Iterator<Item = Redacted> + '_ {
        self.0.lines().map(|line| Redacted(line.to_owned()))
    }

    /// Several texts with one of ours between them.
    pub fn join(parts: &[Redacted], between: &'static str) -> Redacted {
        let parts: Vec<&str> = parts.iter().map(Redacted::as_str).collect();
        Redacted(parts.join(between))
    }

    /// Add more.
    pub fn push(&mut self, more: &Redacted) {
        self.0.push_str(&more.0);
    }

    /// True where nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each `{}` of a text of ours is replaced by a part; for [`redacted!`](crate::redacted).
    #[doc(hidden)]
    pub fn composed(format: &'static str, parts: &[&dyn Part]) -> Redacted {
        let mut out = String::with_capacity(format.len());
        let mut parts = parts.iter();
        let mut pieces = format.split("{}").peekable();
        while let Some(piece) = pieces.next() {
            out.push_str(piece);
            if pieces.peek().is_some()
                && let Some(part) = parts.next()
            {
                part.write(&mut out);
            }
        }
        Redacted(out)
    }
}

impl From<&'static str> for Redacted {
    fn from(ours: &'static str) -> Redacted {
        Redacted(ours.to_owned())
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for Redacted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

mod sealed {
    pub trait Sealed {}
}

/// What may stand in a composed text: what was redacted, our own words, numbers.
pub trait Part: sealed::Sealed {
    /// Append it.
    #[doc(hidden)]
    fn write(&self, out: &mut String);
}

macro_rules! parts {
    ($($type:ty),+) => {
        $(impl sealed::Sealed for $type {}
        impl Part for $type {
            fn write(&self, out: &mut String) {
                out.push_str(&self.to_string());
            }
        })+
    };
}

parts!(
    Redacted,
    &'static str,
    u8,
    u16,
    u32,
    u64,
    usize,
    i32,
    i64,
    char
);

impl<T: sealed::Sealed> sealed::Sealed for &T {}
impl<T: Part> Part for &T {
    fn write(&self, out: &mut String) {
        (*self).write(out);
    }
}

/// True where a text of ours has so many `{}` and no other brace; for [`redacted!`](crate::redacted).
#[doc(hidden)]
pub const fn has_holes(format: &str, parts: usize) -> bool {
    let (mut rest, mut found) = (format.as_bytes(), 0);
    while let [first, behind @ ..] = rest {
        rest = match (first, behind) {
            (b'{', [b'}', after @ ..]) => {
                found += 1;
                after
            }
            (b'{' | b'}', _) => return false,
            _ => behind,
        };
    }
    found == parts
}

/// Compose text that may leave: `redacted!("{} on {}", word, Redacted::of(&foreign))`. Foreign text
/// that was not redacted does not compile.
///
/// ```compile_fail
/// let foreign = String::from("password=hunter2");
/// let text = k8shawk_core::redacted!("it said {}", foreign.as_str());
/// ```
///
/// Nor does a text whose `{}` are not as many as its parts:
///
/// ```compile_fail
/// let text = k8shawk_core::redacted!("it said {said}");
/// ```
#[macro_export]
macro_rules! redacted {
    ($format:literal $(, $part:expr)* $(,)?) => {{
        const {
            let parts: &[&str] = &[$(stringify!($part)),*];
            assert!(
                $crate::redact::has_holes($format, parts.len()),
                "each part has its hole, and no other brace stands in the text"
            );
        }
        $crate::redact::Redacted::composed($format, &[$(&$part as &dyn $crate::redact::Part),*])
    }};
}

/// A JSON document that may leave: every text in it was redacted, those of secret names wholly.
#[derive(Debug, Clone, PartialEq)]
pub struct RedactedJson(Value);

impl RedactedJson {
    /// Redact every text of a document.
    pub fn of(mut value: Value) -> RedactedJson {
        clean(&mut value);
        RedactedJson(value)
    }

    /// The document.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The document, for those who send it.
    pub fn into_value(self) -> Value {
        self.0
    }
}

impl fmt::Display for RedactedJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The same for a part of a document.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) => {
            let shown = redact(text);
            if shown != *text {
                *text = shown;
            }
        }
        Value::Array(items) => {
            flagged(items);
            items.iter_mut().for_each(clean);
        }
        Value::Object(fields) => {
            let hidden = fields
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(super::is_secret_name);
            for (key, inner) in fields.iter_mut() {
                let secret = super::is_secret_name(key) || (hidden && key == "value");
                match inner {
                    Value::String(text)
                        if secret && !text.is_empty() && !super::veil::is_token(text) =>
                    {
                        *text = super::REDACTED.to_owned();
                    }
                    inner => clean(inner),
                }
            }
        }
        _ => {}
    }
}

/// The item behind a flag of a secret name.
fn flagged(items: &mut [Value]) {
    let mut secret = false;
    for item in items {
        let Value::String(text) = item else {
            secret = false;
            continue;
        };
        let name = text.trim_start_matches('-');
        let flag = name.len() < text.len();
        let next = flag && !name.contains('=') && super::is_secret_name(name);
        if secret && !flag {
            *text = super::REDACTED.to_owned();
        }
        secret = next;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ours_and_foreign_text_are_composed() {
        let foreign = Redacted::of("login \u{202e}\u{1b}[2Jpassword=hunter2 x");
        let text = redacted!("{}: {} of {}", "cause", foreign, 3_u32);
        assert_eq!(text.as_str(), "cause: login password=[redacted] x of 3");
        assert_eq!(Redacted::line("a\nb").as_str(), "a b");
    }

    #[test]
    fn a_document_is_redacted_as_a_whole() {
        let document = json!({"env": [{"name": "DB_PASS", "value": "plain"}], "token": "plain",
            "args": ["--token", "plain", "-v"], "note": "password=plain", "n": 3});
        let shown = RedactedJson::of(document).to_string();
        assert!(
            !shown.contains("plain") && shown.contains("\"n\":3"),
            "{shown}"
        );
    }
}
