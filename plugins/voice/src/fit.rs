//! Keeping a script within its limit, counted in characters.

/// Head, as much of the body as fits, and the tail; the head alone, cut at a word, where even
/// that is too much.
pub fn fit(head: &str, body: &[String], tail: &str, limit: usize) -> String {
    let mut script = head.trim().to_owned();
    if count(&script) > limit {
        return cut(&script, limit).to_owned();
    }
    let tail = if count(&script) + 1 + count(tail) <= limit {
        tail
    } else {
        ""
    };
    let kept = if tail.is_empty() { 0 } else { count(tail) + 1 };
    let room = limit - kept;
    for sentence in body.iter().map(|s| s.trim()).filter(|s| !s.is_empty()) {
        let left = room.saturating_sub(count(&script) + 1);
        if count(sentence) <= left {
            script.push(' ');
            script.push_str(sentence);
            continue;
        }
        // A few words say nothing; the rest of a longer sentence still helps.
        if left >= 40 {
            script.push(' ');
            script.push_str(cut(sentence, left - 1).trim_end_matches([',', ';', ':']));
            script.push('.');
        }
        break;
    }
    if !tail.is_empty() {
        script.push(' ');
        script.push_str(tail);
    }
    script
}

/// Characters, not bytes.
pub fn count(text: &str) -> usize {
    text.chars().count()
}

/// The longest prefix of at most `limit` characters that ends with a word.
pub fn cut(text: &str, limit: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(limit) else {
        return text;
    };
    let prefix = text.get(..end).unwrap_or_default();
    if text
        .get(end..)
        .is_some_and(|rest| rest.starts_with(char::is_whitespace))
    {
        return prefix.trim_end();
    }
    match prefix.rfind(char::is_whitespace) {
        Some(space) => prefix.get(..space).unwrap_or_default().trim_end(),
        None => whole_letters(text, prefix),
    }
}

/// A prefix of one long word that does not part a Tamil letter from its vowel sign.
fn whole_letters<'a>(text: &str, prefix: &'a str) -> &'a str {
    let sign = |c: char| matches!(c, '\u{0B82}' | '\u{0BBE}'..='\u{0BCD}' | '\u{0BD7}');
    let parted = text
        .get(prefix.len()..)
        .is_some_and(|rest| rest.starts_with(sign));
    if !parted {
        return prefix;
    }
    let letter = prefix.trim_end_matches(sign);
    letter
        .char_indices()
        .next_back()
        .and_then(|(at, _)| letter.get(..at))
        .unwrap_or_default()
}

/// The sentences of a text, each with its end mark.
pub fn sentences(text: &str) -> Vec<String> {
    text.split_inclusive(". ")
        .map(|s| s.trim().to_owned())
        .filter(|s| !s.is_empty())
        .collect()
}
