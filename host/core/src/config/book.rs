//! Writes the tables of the book's chapter on configuration and the file that is shipped beside the
//! binary, and holds what each key says of itself against what it does.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::variables::{self, SECRETS};
use super::{Config, Input, KEYS, Key, Trust};
use crate::llm::Provider;

/// A table for each section of the file.
fn keys() -> String {
    let mut text = String::new();
    let mut section = "";
    for key in KEYS {
        let (its, name) = key.path.split_once('.').unwrap();
        if its != section {
            section = its;
            let head = "| key | environment | default | meaning |\n|---|---|---|---|\n";
            write!(text, "\n### [{section}]\n\n{head}").unwrap();
        }
        let values = match key.values {
            "" => String::new(),
            values => format!(" ({values})"),
        };
        let Key {
            env,
            default,
            meaning,
            ..
        } = key;
        writeln!(
            text,
            "| `{name}` | `{env}` | {default} | {meaning}{values} |"
        )
        .unwrap();
    }
    text
}

/// What only a file that somebody named may say: the names that do one thing in one row.
fn named() -> String {
    let mut rows: Vec<(&str, Vec<String>)> = Vec::new();
    let mut add = |trust: Option<Trust>, name: String| {
        let Some(Trust::Named(does)) = trust else {
            return;
        };
        match rows.iter_mut().find(|row| row.0 == does) {
            Some(row) => row.1.push(name),
            None => rows.push((does, vec![name])),
        }
    };
    for key in KEYS {
        let unless = match key.harmless.first() {
            Some(_) => format!(" unless `{}`", key.harmless.join("`, `")),
            None => String::new(),
        };
        add(Some(key.trust), format!("`{}`{unless}", key.path));
    }
    let files = SECRETS.map(|name| format!("{name}_FILE"));
    let models = Provider::ALL.iter().map(|provider| provider.variables());
    let others = [
        "K8SHAWK_CONFIG",
        "K8SHAWK_WEBHOOK_URL",
        "K8SHAWK_WEBHOOK_SECRET",
    ];
    let secrets = SECRETS.into_iter().chain(files.iter().map(String::as_str));
    let models = models.flat_map(|(key, url)| [key, url]);
    for name in secrets.chain(models).chain(others) {
        add(variables::of_variable(name), format!("`{name}`"));
    }
    let mut text = "\n| key or variable | reason: it |\n|---|---|\n".to_owned();
    for (does, names) in rows {
        writeln!(text, "| {} | {does} |", names.join(", ")).unwrap();
    }
    text
}

/// `text` with what stands between the two marks of `name` replaced.
fn with(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (head, rest) = text.split_once(&begin).unwrap();
    let (_, tail) = rest.split_once(&end).unwrap();
    format!("{head}{begin}{table}\n{end}{tail}")
}

/// The file with every key and its default.
fn sample() -> String {
    let mut text =
        "# Configuration of K8sHawk. Every key is optional; the values here are the defaults.\n\
                    # The environment variable in brackets replaces the key.\n"
            .to_owned();
    let mut section = "";
    for key in KEYS {
        let (its, name) = key.path.split_once('.').unwrap();
        if its != section {
            section = its;
            write!(text, "\n[{section}]\n").unwrap();
        }
        let (line, default) = match quoted(key.default) {
            Some(value) if value.parse::<i64>().is_ok() || value.parse::<bool>().is_ok() => {
                (format!("{name} = {value}"), String::new())
            }
            Some(value) => (format!("{name} = {value:?}"), String::new()),
            None => (format!("# {name} ="), format!("; default: {}", key.default)),
        };
        let values = match key.values {
            "" => String::new(),
            values => format!(" ({values})"),
        };
        let told = format!("{}{values}{default}", key.meaning).replace('`', "");
        writeln!(text, "# {told} [{}]\n{line}", key.env).unwrap();
    }
    text
}

/// A file by its path from the top of the checkout.
fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// Holds a file against what it should be, or writes it where that is asked for.
fn hold(path: &str, wanted: &str) {
    let file = at(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, wanted).unwrap();
    } else {
        let how = "UPDATE=1 cargo test --release -p k8shawk-core config::book";
        assert!(
            std::fs::read_to_string(&file).unwrap() == wanted,
            "{path} is stale: {how}"
        );
    }
}

#[test]
fn the_book_has_the_tables_of_the_keys() {
    let path = "docs/src/configuration.md";
    let book = std::fs::read_to_string(at(path)).unwrap();
    let wanted = with(&with(&book, "named", &named()), "keys", &keys());
    hold(path, &wanted);
}

#[test]
fn the_shipped_file_says_every_default() {
    hold("deploy/k8shawk.toml", &sample());
    let file = super::File {
        name: "k8shawk.toml",
        text: &sample(),
        named: true,
    };
    let parsed = Config::parse([file], |_| None);
    assert_eq!(parsed, Ok(Config::default()));
}

/// The configuration that this value of one key leads to.
fn said(key: &Key, value: &str) -> Result<Config, String> {
    let mut config = Config::default();
    (key.set)(&mut config, &Input::Text(value.to_owned()))?;
    Ok(config)
}

/// What stands in backquotes, where that is all.
fn quoted(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('`')?.strip_suffix('`')?;
    (!inner.contains('`')).then_some(inner)
}

#[test]
fn each_default_is_the_one_that_a_key_tells() {
    let mut count = 0;
    for key in KEYS {
        assert!(
            !key.default.is_empty() && !key.meaning.is_empty(),
            "{}",
            key.path
        );
        if let Some(default) = quoted(key.default) {
            let config = said(key, default);
            assert_eq!(config, Ok(Config::default()), "{} = {default}", key.path);
            count += 1;
        }
    }
    assert!(count > 40, "{count} defaults");
}

#[test]
fn each_key_takes_the_values_that_it_tells_and_no_others() {
    let (mut ranges, mut words) = (0, 0);
    for key in KEYS.iter().filter(|key| !key.values.is_empty()) {
        let takes = |value: &str| said(key, value).is_ok();
        if let Some((low, high)) = key.values.split_once(" to ") {
            let (low, high): (i64, i64) = (low.parse().unwrap(), high.parse().unwrap());
            let all = [low - 1, low, high, high + 1].map(|n| takes(&n.to_string()));
            assert_eq!(
                all,
                [false, true, true, false],
                "{} {}",
                key.path,
                key.values
            );
            ranges += 1;
        } else {
            for word in key.values.split(", ") {
                assert!(takes(quoted(word).unwrap()), "{} {word}", key.path);
            }
            assert!(!takes("no-such-word"), "{}", key.path);
            words += 1;
        }
    }
    assert!(ranges > 25 && words > 5, "{ranges} ranges, {words} lists");
}
