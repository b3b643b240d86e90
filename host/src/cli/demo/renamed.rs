//! Recordings under other names: a test calls its namespaces after itself, a story does not.

use serde_json::{Map, Value};

/// A document in which each word of `names` is replaced, in every text and every key.
///
/// A word ends where a letter or a digit is followed by neither: `web` is one in `web-5c8d` and in
/// `shop/web:2`, and none in `webhook`.
pub(super) fn renamed(document: &Value, names: &[(&str, &str)]) -> Value {
    match document {
        Value::String(text) => Value::String(text_renamed(text, names)),
        Value::Array(list) => list.iter().map(|value| renamed(value, names)).collect(),
        Value::Object(fields) => {
            let one =
                |(key, value): (&String, &Value)| (text_renamed(key, names), renamed(value, names));
            Value::Object(fields.iter().map(one).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn text_renamed(text: &str, names: &[(&str, &str)]) -> String {
    let all = names.iter();
    all.fold(text.to_owned(), |text, (from, to)| word(&text, from, to))
}

/// The text with every whole word `from` replaced.
fn word(text: &str, from: &str, to: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once(from) {
        let begins = before.chars().next_back().or(out.chars().next_back());
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let whole = !inside(begins) && !inside(after.chars().next());
        out.push_str(before);
        out.push_str(if whole { to } else { from });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_words_are_renamed_in_texts_and_keys_alike() {
        let names = [("fault-1a2-3", "shop"), ("web", "checkout")];
        let document = json!({
            "name": "web-5c8d-web", "labels": {"web": "x"},
            "list": ["webhook", "cobweb", "fault-1a2-3/web:2", "fault-1a2-34", "web"], "n": 1
        });
        let expected = json!({
            "name": "checkout-5c8d-checkout", "labels": {"checkout": "x"},
            "list": ["webhook", "cobweb", "shop/checkout:2", "fault-1a2-34", "checkout"], "n": 1
        });
        assert_eq!(renamed(&document, &names), expected);
    }
}
