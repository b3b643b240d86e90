//! Every input that `make fuzz` kept: those that reach what no other does, and those that once found a
//! fault.

use std::fs;
use std::path::PathBuf;

use k8shawk_tests::fuzz::TARGETS;

fn corpus(target: &str) -> Vec<PathBuf> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let files = fs::read_dir(directory.join(target)).unwrap();
    let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_target_keeps_its_promises_for_its_corpus() {
    for target in &TARGETS {
        let inputs = corpus(target.name);
        assert!(
            inputs.len() >= 20,
            "{}: {} inputs",
            target.name,
            inputs.len()
        );
        for path in inputs {
            // A panic names no input.
            println!("{}", path.display());
            (target.run)(&fs::read(path).unwrap());
        }
    }
}

#[test]
fn every_corpus_is_one_of_a_target() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for entry in fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(TARGETS.iter().any(|target| target.name == name), "{name}");
    }
}
