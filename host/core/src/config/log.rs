/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object for each line.
    Json,
}

impl LogFormat {
    /// The format of a word.
    ///
    /// # Errors
    /// The word is none of them.
    pub fn parse(text: &str) -> Result<LogFormat, String> {
        match text.to_lowercase().as_str() {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(format!("{text:?} is none of text, json")),
        }
    }
}
