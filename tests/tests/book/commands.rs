//! Every command of the program that a page shows, whether it can be run here or not.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::examples::program;
use k8shawk_tests::markdown::{Page, root};

use super::pages::all;

/// Languages of blocks: a block of commands in another one would be tested by nobody.
const LANGUAGES: [&str; 10] = [
    "sh", "console", "text", "diff", "toml", "json", "yaml", "rust", "wit", "mermaid",
];

/// Words of a shell that end the arguments of a command.
const ENDS: [&str; 4] = [">", "2>&1", "|", "||"];

/// The commands of a text, each as its words: comments, prompts and variables are left out.
fn words(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(|line| {
        let line = line.trim_start_matches("$ ");
        shlex::split(line).unwrap_or_else(|| panic!("a quote is open: {line}"))
    });
    let set = |word: &&String| *word == "export" || word.contains('=') && !word.starts_with('-');
    let commands = lines.flat_map(|line| {
        let commands = line.split(|word| word == "&&");
        let words = commands.map(|words| words.iter().skip_while(set).cloned().collect());
        words.collect::<Vec<Vec<String>>>()
    });
    commands.filter(|words| !words.is_empty()).collect()
}

/// The arguments of our program in a command; also behind the `--` of another program.
fn arguments(words: &[String]) -> Option<&[String]> {
    let ours = |word: &String| word == "k8shawk" || word.ends_with("/k8shawk");
    let start = match words.first().is_some_and(ours) {
        true => 0,
        false => words.iter().position(|word| word == "--")? + 1,
    };
    let rest = words.get(start..)?;
    rest.first().is_some_and(ours).then(|| &rest[1..])
}

/// Every command of a page with its place: of blocks, and of code spans that begin with our name.
fn commands(page: &Page) -> Vec<(String, Vec<String>)> {
    let blocks = page.blocks();
    let shown = blocks.iter().filter(|b| b.is("sh") || b.is("console"));
    let of_blocks = shown.flat_map(|block| {
        let prompted = |line: &&str| block.is("sh") || line.starts_with("$ ");
        let text: Vec<&str> = block.text.lines().filter(prompted).collect();
        let all = words(&text.join("\n")).into_iter();
        all.map(|words| (block.place.clone(), words))
            .collect::<Vec<_>>()
    });
    let spans = page.spans().into_iter();
    let of_spans = spans.filter(|(_, span)| span.starts_with("k8shawk "));
    let of_spans = of_spans.flat_map(|(place, span)| {
        let all = words(&span).into_iter();
        all.map(move |words| (place.clone(), words))
    });
    of_blocks.chain(of_spans).collect()
}

#[test]
fn each_command_of_a_page_is_one_that_the_program_takes() {
    let mut seen = BTreeSet::new();
    for (place, words) in all().iter().flat_map(commands) {
        let Some(arguments) = arguments(&words) else {
            continue;
        };
        // What stands for something has a form that every argument may have.
        let stands = |word: &String| word.chars().all(|c| c.is_ascii_uppercase());
        let given = arguments.iter().map(|word| match stands(word) {
            true => "x".to_owned(),
            false => word.clone(),
        });
        let mut given: Vec<String> = given
            .take_while(|word| !ENDS.contains(&word.as_str()))
            .collect();
        given.push("--help".to_owned());
        if seen.insert(given.clone()) {
            let output = Command::new(program()).args(&given).output().unwrap();
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                output.status.success(),
                "{place}: {}: {why}",
                words.join(" ")
            );
        }
    }
    assert!(seen.len() > 30, "{} commands", seen.len());
}

#[test]
fn each_target_test_and_program_of_a_page_exists() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let mut count = 0;
    for (place, words) in all().iter().flat_map(commands) {
        let behind = |option: &str| {
            let at = words.iter().position(|word| word == option)?;
            words.get(at + 1)
        };
        if words[0] == "make" {
            let target = format!("\n{}:", words[1]);
            assert!(makefile.contains(&target), "{place}: make {}", words[1]);
            count += 1;
        }
        if let Some(test) = behind("--test") {
            let directory = root().join("tests/tests").join(test);
            assert!(directory.is_dir(), "{place}: --test {test}");
            count += 1;
        }
        if let Some(bin) = behind("--bin") {
            let file = root().join(format!("tests/src/bin/{bin}.rs"));
            assert!(
                file.is_file() || file.with_extension("").is_dir(),
                "{place}: --bin {bin}"
            );
            count += 1;
        }
    }
    assert!(count > 15, "{count} targets, tests and programs");
}

#[test]
fn each_block_has_a_language_and_attributes_that_the_tests_know() {
    for block in all().iter().flat_map(Page::blocks) {
        let (place, words) = (&block.place, &block.words);
        assert!(
            LANGUAGES.iter().any(|known| block.is(known)),
            "{place}: {words:?}"
        );
        let attributes = words.iter().skip(1);
        for attribute in attributes {
            let known = block.is("sh")
                && ["cluster", "build", "tutorial", "install"].contains(&attribute.as_str());
            assert!(known, "{place}: {attribute}");
        }
    }
}

#[test]
fn commands_are_split_into_words() {
    let text = "# first\nRUST_LOG=x k8shawk run   # on\nmkdir a && cd a\nhelm x \\\n  --set y=1\n";
    let all: Vec<String> = words(text).iter().map(|words| words.join(" ")).collect();
    assert_eq!(all, ["k8shawk run", "mkdir a", "cd a", "helm x --set y=1"]);
    assert_eq!(
        words("k8shawk dismiss 17 --reason 'a b'")[0]
            .last()
            .unwrap(),
        "a b"
    );
    let behind = "kubectl -n k8shawk exec deploy/k8shawk -- k8shawk check".to_owned();
    assert_eq!(arguments(&words(&behind)[0]).unwrap(), ["check"]);
    assert!(arguments(&words("helm install k8shawk x")[0]).is_none());
}
