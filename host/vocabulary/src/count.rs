//! A number with its noun, in the form that the number asks for.

use std::fmt::Display;

/// `1 ready endpoint`, `0 pods`, `3 policies`: the last word of `noun`, which is given in the
/// singular, gets its plural wherever the number is not one.
pub fn count<N: Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    match number == N::from(1) {
        true => format!("{number} {noun}"),
        false => format!("{number} {}", plural(noun)),
    }
}

/// The plural of a noun; of several words, that of the last one.
fn plural(noun: &str) -> String {
    let end = |ends: &[&str]| ends.iter().any(|end| noun.ends_with(end));
    if let Some(before) = noun.strip_suffix("person") {
        format!("{before}people")
    } else if let Some(stem) = noun.strip_suffix('y').filter(|_| !end(&["ay", "ey", "oy"])) {
        format!("{stem}ies")
    } else if end(&["s", "x", "ch", "sh"]) {
        format!("{noun}es")
    } else {
        format!("{noun}s")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::count;

    #[rstest]
    #[case("failed pod", "1 failed pod", "2 failed pods")]
    #[case("policy", "1 policy", "2 policies")]
    #[case("key", "1 key", "2 keys")]
    #[case("class", "1 class", "2 classes")]
    #[case("other person", "1 other person", "2 other people")]
    fn one_is_singular_and_every_other_number_plural(
        #[case] noun: &str,
        #[case] one: &str,
        #[case] two: &str,
    ) {
        assert_eq!(count(1_u32, noun), one);
        assert_eq!(count(2_usize, noun), two);
        assert_eq!(count(0_i64, noun), two.replacen('2', "0", 1));
        assert_eq!(count(-1_i64, noun), two.replacen('2', "-1", 1));
    }
}
