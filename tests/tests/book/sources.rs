//! The Rust sources of the program.

use std::fs;
use std::path::Path;

use k8shawk_tests::markdown::root;

/// Every source under these directories; those of tests only where they are wanted.
fn read(directories: &[&str], tests: bool) -> Vec<String> {
    let mut found = Vec::new();
    for directory in directories {
        walk(&root().join(directory), tests, &mut found);
    }
    assert!(found.len() > 50, "{} sources", found.len());
    found
}

fn walk(directory: &Path, tests: bool, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && (tests || name != "tests") {
            walk(&path, tests, found);
        } else if name.ends_with(".rs") && (tests || name != "tests.rs") {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
}

/// What the program can say: its sources without tests, with the lines of each text joined.
pub fn said() -> String {
    let mut all = String::new();
    for file in read(&["host", "plugins", "policies"], false) {
        let code = file.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let mut parts = code.split("\\\n");
        all.push_str(parts.next().unwrap());
        parts.for_each(|part| all.push_str(part.trim_start()));
    }
    all.replace("\\\"", "\"")
}

/// True where a function, or a case of a table, has this name among the sources, tests included.
pub fn tests() -> impl Fn(&str) -> bool {
    let all = read(&["host", "plugins", "policies", "tests"], true).join("\n");
    move |name| {
        let forms = [
            format!("fn {name}("),
            format!("\"{name}\""),
            format!("::{name}\""),
        ];
        forms.iter().any(|form| all.contains(form))
    }
}
