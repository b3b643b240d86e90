//! Numbers agree with their nouns, and what is cut says so: over everything that is said of every
//! recording, and over the sources that say it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use k8shawk_tests::fault::Product;
use regex::Regex;
use serde_json::Value;

/// Things that are counted in what people read.
const COUNTED: &str = "pods|nodes|containers|replicas|restarts|endpoints|services|deployments|\
    namespaces|checks|incidents|victims|objects|fields|signals|messages|requests|rounds|tokens|\
    calls|cases|frames|recordings|members|people|approvals|rules|days|disruptions|faults|\
    conversations|conflicts|permissions|plugins|policies";

/// One of something that is said in the plural; what Kubernetes says itself, such as `0/1 nodes are
/// available`, is quoted as it is.
fn wrong_plural() -> Regex {
    let before = r#"(?:^|[^\w/.,:=-])"#;
    Regex::new(&format!("{before}1 (?:[a-z-]+ ){{0,2}}(?:{COUNTED})\\b")).unwrap()
}

/// A number that is put in front of a plural by hand, not by `count`.
fn by_hand() -> Regex {
    let number = r"\{[a-z_.-]*\} (?:of \{[a-z_.-]*\} )?";
    let which =
        "ready|failed|more|other|old|missing|open|consecutive|health|healthy|selected|API|host";
    Regex::new(&format!(
        "{number}(?:(?:{which}) )*(?:{COUNTED})(?:[^=\\w]|$)"
    ))
    .unwrap()
}

/// What the product says of its own, without what it quotes.
fn own_texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| own_texts(one, into)),
        Value::Object(fields) => {
            // Evidence and signals quote the cluster.
            let own = fields.iter().filter(|(key, _)| *key != "signals");
            own.for_each(|(_, field)| own_texts(field, into));
        }
        _ => {}
    }
}

#[test]
fn one_of_anything_is_singular_in_all_that_is_said_of_every_recording() {
    let here = tempfile::tempdir().unwrap();
    let product = Product::with_kubeconfig(Path::new("/nowhere")).unwrap();
    let mut demo = product.command(here.path());
    demo.args(["demo", "--all", "-o", "json"]);
    let output = demo.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut texts = Vec::new();
    own_texts(&all, &mut texts);
    assert!(texts.len() > 5000, "{}", texts.len());
    let rcas = files(&here.path().join("k8shawk-demo/knowledge-base/rca"), "md");
    assert!(rcas.len() > 100, "{}", rcas.len());
    texts.extend(
        rcas.iter()
            .map(|path| std::fs::read_to_string(path).unwrap()),
    );
    let wrong = wrong_plural();
    let found: Vec<&str> = texts
        .iter()
        .filter_map(|text| wrong.find(text))
        .map(|said| said.as_str())
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_source_puts_a_number_before_a_plural_by_hand() {
    let by_hand = by_hand();
    let found = in_sources(|_, text| by_hand.find_iter(text).map(|found| found.start()).collect());
    assert!(found.is_empty(), "say it with `count`: {found:#?}");
}

/// Places in the sources of what is shipped, as `file:line`: those that `find` gives as offsets in
/// the text without comments.
fn in_sources(find: impl Fn(&Path, &str) -> Vec<usize>) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let rooms = [
        "host/src",
        "host/core",
        "host/vocabulary",
        "plugins",
        "policies",
    ];
    let sources: Vec<PathBuf> = rooms
        .iter()
        .flat_map(|room| files(&root.join(room), "rs"))
        .collect();
    assert!(sources.len() > 500, "{}", sources.len());
    let mut found = Vec::new();
    for path in sources {
        let shown = path.display().to_string();
        // Built output, what only tests say, and one policy that says the same in six languages.
        let tests = [
            "/target/",
            "/tests/",
            "/tests.rs",
            "/examples/",
            "/samples.rs",
            "/reference-rust/",
        ];
        if tests.iter().any(|part| shown.contains(part)) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let product = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default();
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        let blank = |line: &str| {
            if is_code(&line) {
                line.to_owned()
            } else {
                String::new()
            }
        };
        let code = product.lines().map(blank).collect::<Vec<_>>().join("\n");
        for at in find(&path, &code) {
            let line = 1 + code[..at].matches('\n').count();
            found.push(format!("{shown}:{line}"));
        }
    }
    found
}

/// What is counted in characters and is no text that is cut for people.
const NO_CUT: [&str; 6] = [
    // A cut voice script ends with a whole word, and nobody can say an ellipsis.
    "host/src/services/speech.rs",
    // The start of a digest.
    "host/src/run/load.rs",
    "host/src/run/endpoints/scrape.rs",
    // What a person typed is bounded before it is parsed.
    "host/src/services/slack/payload.rs",
    // A file name.
    "host/core/src/rca/file_name.rs",
    // A digit is looked for, nothing is shown.
    "plugins/analysis/src/routing/listening.rs",
];

#[test]
fn no_source_cuts_text_by_hand() {
    let cut =
        Regex::new(r"(?s)\bchars\(\)\s*(?:\.filter\([^;]{0,60}\)\s*)?\.take\(|floor_char_boundary")
            .unwrap();
    let found = in_sources(|path, text| {
        let is_other = NO_CUT.iter().any(|other| path.ends_with(other));
        let is_middle = path.ends_with("host/core/src/truncate.rs");
        let recorded = path.ends_with("host/src/services/cluster/held.rs");
        if is_other || is_middle || recorded {
            return Vec::new();
        }
        cut.find_iter(text).map(|found| found.start()).collect()
    });
    assert!(found.is_empty(), "cut it with `shorten`: {found:#?}");
}

#[test]
fn the_patterns_find_what_they_are_for() {
    for text in [
        "1 failed pods",
        "has 1 ready endpoints now",
        "1 checks",
        "of 1 pods",
    ] {
        assert!(wrong_plural().is_match(text), "{text}");
    }
    for text in [
        "0/1 nodes are available",
        "21 pods",
        "1 pod",
        "v1.1 pods",
        "=1 pods",
    ] {
        assert!(!wrong_plural().is_match(text), "{text}");
    }
    assert!(by_hand().is_match("\"{} ready endpoints\""));
    assert!(by_hand().is_match("{n} of {of} pods"));
}

/// Files below a directory whose names end so.
fn files(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            all.push(path);
        }
    }
    all
}
