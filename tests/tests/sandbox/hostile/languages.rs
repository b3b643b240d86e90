//! The languages in which a plugin attacks, each built once by the commands of a newcomer from the
//! source in `tests/hostile`.

use std::fs;
use std::path::Path;

use super::attacks::{self, Attack};
use super::{Arena, Row};
use crate::newcomer::k8shawk;
use crate::workshop::{Guest, Workshop};

#[derive(Clone, Copy)]
pub struct Language {
    name: &'static str,
    /// The source in `tests/hostile`, and where it stands in a new plugin.
    source: Option<(&'static str, &'static str)>,
    attacks: &'static [Attack],
}

pub const ALL: [Language; 5] = [
    Language {
        name: "rust",
        source: None,
        attacks: attacks::RUST,
    },
    Language {
        name: "c",
        source: Some(("c/policy.c", "policy.c")),
        attacks: attacks::C,
    },
    Language {
        name: "go",
        source: Some(("go/policy.go", "export_k8shawk_policy_policy/policy.go")),
        attacks: attacks::GO,
    },
    Language {
        name: "javascript",
        source: Some(("javascript/policy.js", "policy.js")),
        attacks: attacks::JAVASCRIPT,
    },
    Language {
        name: "python",
        source: Some(("python/policy.py", "policy.py")),
        attacks: attacks::PYTHON,
    },
];

/// Every attack of a language.
pub async fn attack(language: Language) -> Vec<Row> {
    let mut arena = Arena::new().await;
    arena.line = build(language, &arena.workshop);
    let mut rows = Vec::new();
    for attack in language.attacks {
        rows.push(arena.attack(language.name, "mine", attack).await);
    }
    rows
}

/// Put the plugin `mine` among the plugins of a workshop. Returns the line of its source that fails
/// with a message.
fn build(language: Language, workshop: &Workshop) -> usize {
    let Some((from, to)) = language.source else {
        workshop.plugin("mine", Guest::Policy, Guest::Policy.component());
        return 0;
    };
    let (project, new) = (workshop.path().join("mine"), ["policy", "new", "mine"]);
    tokio::task::block_in_place(|| {
        k8shawk(
            workshop,
            &[&new[..], &["--language", language.name]].concat(),
        );
        let hostile = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile");
        let source = fs::read_to_string(hostile.join(from)).unwrap();
        fs::write(project.join(to), &source).unwrap();
        let manifest = project.join("plugin.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        let wants = text.replace("\"settings\"]", "\"settings\", \"get\"]");
        assert_ne!(wants, text);
        fs::write(&manifest, wants).unwrap();
        k8shawk(workshop, &["plugin", "build", "mine", "--to", "plugins"]);
        let fails = source
            .lines()
            .position(|line| line.contains("my own fault"));
        fails.unwrap() + 1
    })
}
