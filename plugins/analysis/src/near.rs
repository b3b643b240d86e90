//! Nearest names, for the sentence "the nearest existing name is ...".

/// Least similarity at which a name counts as a likely slip.
const LIKELY: f64 = 0.72;

/// The name most like `wanted`, if one is near enough to be a slip. The same name in another
/// case or with a missing prefix or suffix counts as near.
pub fn nearest<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    ranked(wanted, names)
        .into_iter()
        .next()
        .map(|(_, name)| name)
}

/// The nearest name, only where no other is as near: safe to propose as a patch.
pub fn only_near<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    match ranked(wanted, names).as_slice() {
        [(_, name)] => Some(name),
        [(first, name), (second, _), ..] if first - second > 0.08 => Some(name),
        _ => None,
    }
}

/// The one existing name that `wanted` is a slip of. None where another name is likely too, and
/// where the difference may be meant: in a digit, or in more than one letter of four.
pub fn slip<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    match ranked(wanted, names).as_slice() {
        [(_, name)] if is_slip(wanted, name) => Some(name),
        _ => None,
    }
}

fn is_slip(wanted: &str, name: &str) -> bool {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let most = (wanted.len().min(name.len()) / 4).min(2);
    digits(wanted) == digits(name) && strsim::damerau_levenshtein(wanted, name) <= most
}

/// A clause for a cause: `; the nearest existing name is "x"`, or what there is instead.
pub fn clause<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    match nearest(wanted, names) {
        Some(name) => format!("; the nearest existing name is \"{name}\""),
        None => String::new(),
    }
}

fn ranked<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<(f64, &'n str)> {
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .filter(|name| *name != wanted)
        .map(|name| (score(wanted, name), name))
        .filter(|(score, _)| *score >= LIKELY)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored
}

fn score(wanted: &str, name: &str) -> f64 {
    let (a, b) = (folded(wanted), folded(name));
    if a == b {
        return 1.0;
    }
    let shorter = a.len().min(b.len());
    let extended = shorter >= 4
        && (a.starts_with(&b) || b.starts_with(&a) || a.ends_with(&b) || b.ends_with(&a));
    let edits = strsim::normalized_damerau_levenshtein(&a, &b);
    let slip = shorter >= 3 && strsim::damerau_levenshtein(&a, &b) == 1;
    match (extended, slip) {
        (true, _) => edits.max(0.8),
        (false, true) => edits.max(0.75),
        (false, false) => edits,
    }
}

/// Lower case, and without the marks that people confuse.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_slip_and_ignores_strangers() {
        let names = ["app-config", "db-credentials", "kube-root-ca.crt"];
        assert_eq!(nearest("app-confg", names), Some("app-config"));
        assert_eq!(nearest("APP_CONFIG", names), Some("app-config"));
        assert_eq!(nearest("redis", names), None);
    }

    #[test]
    fn a_slip_is_of_one_name_and_never_of_a_digit() {
        assert_eq!(
            slip("app-confg", ["app-config", "other"]),
            Some("app-config")
        );
        assert_eq!(slip("web-config", ["web-conf"]), Some("web-conf"));
        assert_eq!(slip("app-confg", ["app-config", "app-conf"]), None);
        assert_eq!(slip("app-config-2", ["app-config-1"]), None);
        assert_eq!(slip("builder", ["build"]), None);
        assert_eq!(slip("web", ["wex"]), None);
    }

    #[test]
    fn two_equally_near_names_are_no_patch() {
        assert_eq!(only_near("app-confi", ["app-config", "app-confid"]), None);
        assert_eq!(
            only_near("app-confg", ["app-config", "other"]),
            Some("app-config")
        );
    }
}
