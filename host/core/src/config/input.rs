//! A configured value as it was written, and what it can be read as.

use std::path::PathBuf;

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Text; from the environment everything is text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A list of strings.
    List(Vec<String>),
    /// True or false.
    Flag(bool),
}

impl Input {
    pub(super) fn of(value: &toml::de::DeValue<'_>) -> Result<Input, String> {
        use toml::de::DeValue;
        match value {
            DeValue::String(text) => Ok(Input::Text(text.clone().into_owned())),
            DeValue::Integer(number) => number
                .to_string()
                .parse()
                .map(Input::Number)
                .map_err(|_| "the number is out of range".to_owned()),
            DeValue::Boolean(flag) => Ok(Input::Flag(*flag)),
            DeValue::Array(items) => items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => Ok(text.clone().into_owned()),
                    _ => Err("must be a list of strings".to_owned()),
                })
                .collect::<Result<_, _>>()
                .map(Input::List),
            _ => Err(
                "must be a string, a whole number, true or false, or a list of strings".to_owned(),
            ),
        }
    }

    /// As a variable would say it; none for a list.
    pub(super) fn plain(&self) -> Option<String> {
        match self {
            Input::Text(text) => Some(text.clone()),
            Input::Number(number) => Some(number.to_string()),
            Input::Flag(flag) => Some(flag.to_string()),
            Input::List(_) => None,
        }
    }

    pub(super) fn text(&self) -> Result<String, String> {
        match self {
            Input::Text(text) => Ok(text.clone()),
            _ => Err("must be a string".to_owned()),
        }
    }

    /// A whole number from `low` to `high`, of whatever type the field has.
    pub(super) fn number<T: TryFrom<i64>>(&self, low: i64, high: i64) -> Result<T, String> {
        let number = match self {
            Input::Number(number) => *number,
            Input::Text(text) => text
                .trim()
                .parse()
                .map_err(|_| format!("{text:?} is not a whole number"))?,
            _ => return Err("must be a whole number".to_owned()),
        };
        let fits = Some(number).filter(|n| (low..=high).contains(n));
        fits.and_then(|n| T::try_from(n).ok())
            .ok_or_else(|| format!("{number} is not between {low} and {high}"))
    }

    pub(super) fn list(&self) -> Result<Vec<String>, String> {
        match self {
            Input::List(items) => Ok(items.clone()),
            Input::Text(text) => Ok(text
                .split(',')
                .map(|t| t.trim().to_owned())
                .filter(|t| !t.is_empty())
                .collect()),
            _ => Err("must be a list of strings".to_owned()),
        }
    }

    pub(super) fn flag(&self) -> Result<bool, String> {
        match self {
            Input::Flag(flag) => Ok(*flag),
            Input::Text(text) if matches!(text.as_str(), "true" | "1" | "yes") => Ok(true),
            Input::Text(text) if matches!(text.as_str(), "false" | "0" | "no") => Ok(false),
            _ => Err("must be true or false".to_owned()),
        }
    }

    pub(super) fn path(&self) -> Result<PathBuf, String> {
        self.text().map(PathBuf::from)
    }

    pub(super) fn namespace(&self) -> Result<Option<String>, String> {
        let text = self.text()?;
        match text.as_str() {
            "" | "*" | "all" => Ok(None),
            _ => namespace(&text)
                .map(Some)
                .map_err(|why| format!("{why}, or `*` for all")),
        }
    }
}

/// A name that a namespace can have.
///
/// # Errors
/// What is wrong with it, in words.
pub fn namespace(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = text.starts_with('-') || text.ends_with('-');
    match (1..=63).contains(&text.len()) && text.chars().all(plain) && !ends {
        true => Ok(text.to_owned()),
        false => Err(format!("{text:?} is not the name of one namespace")),
    }
}
