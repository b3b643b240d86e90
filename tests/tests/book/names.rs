//! The tests that the book names as proof.

use super::pages::all;
use super::sources::tests;

/// True for what reads like the name of a test: a sentence of at least four words.
fn is_sentence(span: &str) -> bool {
    let metric = ["k8shawk_", "gen_ai_", "process_"];
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_{}".contains(c);
    span.chars().all(plain)
        && span.split('_').filter(|word| !word.is_empty()).count() > 3
        && !metric.iter().any(|start| span.starts_with(start))
}

#[test]
fn each_test_that_the_book_names_exists() {
    let (exists, mut count) = (tests(), 0);
    for (place, span) in all().iter().flat_map(|page| page.spans()) {
        let name = span.rsplit("::").next().unwrap_or(&span);
        if is_sentence(name) {
            count += 1;
            assert!(
                exists(name),
                "{place} names {name}, and there is no such test"
            );
        }
    }
    assert!(count > 50, "{count} names");
}
