//! Evidence as a model finds it: the ids that a conversation has given to what was read.

use serde_json::Value;

use super::Seen;

/// A scripted value in which `{{words}}` is the mark, such as `[e3]`, of the first evidence in the
/// request that holds the words. Where there is none, the braces stay.
pub(super) fn cited(value: &Value, request: &Seen) -> Value {
    match value {
        Value::String(text) => Value::String(filled(text, request)),
        Value::Array(items) => items.iter().map(|item| cited(item, request)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), cited(value, request)))
            .collect(),
        other => other.clone(),
    }
}

pub(super) fn filled(text: &str, request: &Seen) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((words, after)) = behind.split_once("}}") else {
            break;
        };
        let mark = mark(request, words).unwrap_or_else(|| format!("{{{{{words}}}}}"));
        out.push_str(before);
        out.push_str(&mark);
        rest = after;
    }
    out + rest
}

/// The mark of the first piece of evidence with these words.
fn mark(request: &Seen, words: &str) -> Option<String> {
    let mut told = Vec::new();
    texts(&request.body["messages"], &mut told);
    let told = told.join("\n");
    let mut piece: Option<(String, String)> = None;
    let mut pieces = Vec::new();
    for line in told.lines() {
        if let Some(mark) = begins(line) {
            pieces.extend(piece.replace((mark, String::new())));
        }
        if let Some((_, text)) = &mut piece {
            text.push_str(line);
            text.push('\n');
        }
    }
    pieces.extend(piece);
    let found = pieces.into_iter().find(|(_, text)| text.contains(words));
    found.map(|(mark, _)| mark)
}

/// `[e12] ` at the start of a line.
fn begins(line: &str) -> Option<String> {
    let (mark, _) = line.split_once("] ")?;
    let digits = mark.strip_prefix("[e")?;
    let number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    number.then(|| format!("{mark}]"))
}

/// What was said by us, in the forms of both protocols.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(fields) => ["content", "text"]
            .iter()
            .filter_map(|key| fields.get(*key))
            .for_each(|inner| texts(inner, into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn evidence_is_found_by_its_words_in_both_protocols() {
        let chat = json!({"messages": [{"role": "user", "content": "x\n[e1] status: exit 1\n[e2] event: BackOff"},
            {"role": "tool", "content": "[e7] kubectl logs web\n<<DATA>>\npanic: x\n<<END>>"}]});
        let blocks = json!({"messages": [{"role": "user", "content": [
            {"type": "tool_result", "content": "[e7] kubectl logs web\npanic: x"}, {"type": "text", "text": "go on"}]}]});
        for body in [chat, blocks] {
            let request = Seen {
                path: String::new(),
                headers: Vec::new(),
                text: String::new(),
                body,
                took: Default::default(),
            };
            assert_eq!(
                filled("It panics {{panic: x}}, or {{not}}.", &request),
                "It panics [e7], or {{not}}."
            );
        }
    }
}
