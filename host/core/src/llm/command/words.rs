//! Words of a line as a shell would see them, without anything that a shell would do.

/// What a shell would act on, outside of quotes.
const ACTIVE: &str = "|&;<>()$`\\*?~\n\r";

/// Split a line; a comment at its end is dropped.
pub(super) fn split(line: &str) -> Result<Vec<String>, String> {
    let line = line.trim().trim_start_matches("$ ");
    if line.len() > 2000 {
        return Err("the line is too long".to_owned());
    }
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some('"') if "$`\\".contains(c) => return Err(active(c)),
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c == '#' && word.is_none() => break,
            None if ACTIVE.contains(c) => return Err(active(c)),
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

fn active(c: char) -> String {
    format!("{c:?} has no place in a fix: nothing here is run by a shell")
}
