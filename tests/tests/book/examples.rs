//! The commands of the pages that need no cluster, run, and what they print compared.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use k8shawk_tests::markdown::{Block, Page, is_shown, root};
use tempfile::TempDir;

use super::pages::all;

/// Variables that an example gets; it gets no other, so that nothing of this machine is in its output.
const KEPT: [&str; 5] = [
    "HOME",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "XDG_CACHE_HOME",
    "RUST_MIN_STACK",
];

/// The program as it is shipped, with everything beside it.
pub fn program() -> PathBuf {
    let program = root().join("target/dist/k8shawk");
    assert!(program.is_file(), "{}: run `make build`", program.display());
    program
}

/// A directory to run the blocks of one page in, one after the other.
struct Desk(TempDir);

impl Desk {
    fn new() -> Desk {
        let (desk, dist) = (tempfile::tempdir().unwrap(), root().join("target/dist"));
        fs::create_dir(desk.path().join("target")).unwrap();
        symlink(&dist, desk.path().join("target/dist")).unwrap();
        symlink(dist.join("incidents"), desk.path().join("incidents")).unwrap();
        Desk(desk)
    }

    /// What a block prints on standard output.
    fn run(&self, block: &Block) -> String {
        let program = program();
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", program.parent().unwrap().display());
        let mut shell = Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", &block.text]);
        shell
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", path);
        for kept in KEPT {
            if let Some(value) = std::env::var_os(kept) {
                shell.env(kept, value);
            }
        }
        let output = shell.output().unwrap();
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        // 1 says that something is broken, as it is in recordings.
        let code = output.status.code();
        assert!(
            matches!(code, Some(0 | 1)),
            "{}: {code:?}: {why}",
            block.place
        );
        assert!(!why.contains("error:"), "{}: {why}", block.place);
        String::from_utf8(output.stdout).unwrap()
    }
}

/// True where a block can be run anywhere.
fn is_run(block: &Block) -> bool {
    block.is("sh") && block.words.len() == 1
}

fn examples(page: &Page) -> usize {
    let (blocks, desk) = (page.blocks(), Desk::new());
    let run = blocks.iter().enumerate().filter(|(_, block)| is_run(block));
    run.map(|(at, block)| {
        let printed = desk.run(block);
        if let Some(shown) = blocks
            .get(at + 1)
            .filter(|next| next.follows && next.is("text"))
        {
            let same = is_shown(&printed, &shown.text);
            assert!(same, "{} does not print this, but:\n{printed}", shown.place);
        }
    })
    .count()
}

#[test]
fn each_example_that_needs_no_cluster_runs_and_prints_what_is_shown() {
    let count: usize = all().iter().map(examples).sum();
    assert!(count >= 6, "{count} examples");
}

#[test]
fn output_that_differs_from_what_is_shown_is_seen() {
    let printed = "inc-1 open\ninc-2 waiting\n";
    for same in [
        "inc-1 open\ninc-2 waiting",
        "inc-1 ...\n... waiting",
        "... open\n...",
    ] {
        assert!(is_shown(printed, same), "{same}");
    }
    for other in [
        "inc-1 open",
        "inc-1 open\n... closed",
        "inc-2 ... inc-1",
        "... open",
    ] {
        assert!(!is_shown(printed, other), "{other}");
    }
    let page = Page {
        name: "x.md".to_owned(),
        text: "```sh\necho a\n```\n\n```text\nb\n```\n".to_owned(),
    };
    assert!(std::panic::catch_unwind(|| examples(&page)).is_err());
}
