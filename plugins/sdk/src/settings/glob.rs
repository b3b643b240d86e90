//! Namespace patterns with `*`.

/// A pattern over namespaces, such as `prod-*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// Parse the pattern that stands at `key`.
    ///
    /// # Errors
    /// Where it has characters that no namespace has.
    pub fn parse(key: &str, text: &str) -> Result<Glob, String> {
        let plain =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '*');
        if text.is_empty() || !text.chars().all(plain) {
            return Err(format!("{key}: {text:?} is not a namespace pattern"));
        }
        Ok(Glob(text.to_owned()))
    }

    /// True where the whole namespace fits; a cluster-scoped object fits `*` alone.
    pub fn matches(&self, namespace: &str) -> bool {
        if namespace.is_empty() {
            return self.0.chars().all(|c| c == '*');
        }
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = namespace.strip_prefix(first) else {
            return false;
        };
        let mut last = None;
        for part in parts {
            if let Some(middle) = last.replace(part) {
                let Some((_, after)) = rest.split_once(middle) else {
                    return false;
                };
                rest = after;
            }
        }
        last.map_or(rest.is_empty(), |end| rest.ends_with(end))
    }
}
