//! Where the document of an incident is.

use crate::record::Record;

/// `YYYY-MM-DD/rca_<owner>_<timestamp>.<incident>.md`, from the incident's own data: the same after
/// a restart, and another one for an object of the same name that fails at the same moment. It is
/// made of nothing but letters, digits, `-`, `_` and `.`.
pub fn file_name(record: &Record) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '.' {
            c
        } else {
            '-'
        }
    };
    let name: String = record
        .incident
        .owner
        .name
        .chars()
        .take(80)
        .map(plain)
        .collect();
    let opened = jiff::Timestamp::from_millisecond(record.incident.opened_at).unwrap_or_default();
    format!(
        "{}/rca_{}_{}.{}.md",
        opened.strftime("%Y-%m-%d"),
        name.trim_matches('.'),
        opened.strftime("%Y%m%dT%H%M%S%3fZ"),
        record.incident.id
    )
}

/// True for a name in the directory of a day that [`file_name`] gives, or gave before it had the id.
pub fn is_file_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let parts = || {
        let rest = name.strip_prefix("rca_")?.strip_suffix(".md")?;
        let (owner, rest) = rest.split_once('_')?;
        Some((owner, rest.split_once('.').unwrap_or((rest, ""))))
    };
    parts().is_some_and(|(owner, (moment, id))| {
        owner.chars().all(plain) && is_moment(moment) && (id.is_empty() || id.starts_with("inc-"))
    })
}

/// `YYYYMMDDTHHMMSSmmmZ`.
fn is_moment(text: &str) -> bool {
    let fits = |(at, c): (usize, char)| match at {
        8 => c == 'T',
        18 => c == 'Z',
        _ => c.is_ascii_digit(),
    };
    text.len() == 19 && text.chars().enumerate().all(fits)
}
