//! Components are compiled by a child, and whatever becomes of the child is the component's
//! fault alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use k8shawk_core::Judgement;
use k8shawk_sandbox::{Blame, ChildCompiler, Compiler, Registry, Reloader, Shelf};

use crate::workshop::{Guest, Workshop, dist, product, signal, summary, version};

fn files(workshop: &Workshop) -> Vec<(String, u32)> {
    let entries = fs::read_dir(workshop.path().join("cache")).unwrap();
    let file = |entry: fs::DirEntry| {
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        (entry.file_name().into_string().unwrap(), mode)
    };
    entries.flatten().map(file).collect()
}

#[tokio::test]
async fn a_child_compiles_and_leaves_one_private_file() {
    let workshop = Workshop::with(Compiler::Child(ChildCompiler::new(product())));
    let guest = workshop.hostile(Guest::Triage, "good", "").await;
    let judgement = guest.triage(&signal(), &summary()).result;
    assert_eq!(judgement, Ok(Judgement::Drop("version-aaaa".to_owned())));
    let files = files(&workshop);
    assert!(
        matches!(&files[..], [(name, 0o600)] if name.ends_with(".cwasm")),
        "{files:?}"
    );
}

#[tokio::test]
async fn a_child_says_what_is_wrong_with_a_component() {
    let workshop = Workshop::with(Compiler::Child(ChildCompiler::new(product())));
    for (bytes, fault) in [
        (&Guest::Triage.component()[..5000], "the file is cut off"),
        (b"not wasm at all", "this is a text file, not a component"),
    ] {
        workshop.plugin("broken", Guest::Triage, bytes);
        let error = workshop.prepare("broken").await.err().unwrap();
        assert_eq!(error.blame(), Blame::Guest);
        let said = error.to_string();
        assert!(said.contains(&format!("plugin.wasm: {fault}")), "{said}");
    }
    assert_eq!(files(&workshop), []);
}

/// An engine whose compiler is a script.
fn scripted(directory: &Path, script: &str) -> Workshop {
    let program = directory.join("compiler");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    Workshop::with(Compiler::Child(ChildCompiler::new(program)))
}

#[tokio::test]
async fn a_child_that_dies_or_writes_rubbish_is_an_error_of_that_plugin() {
    let directory = tempfile::tempdir().unwrap();
    for (script, expected) in [
        ("kill -SEGV $$", "the compiler was killed by signal 11"),
        ("echo rubbish", "does not load"),
        ("exit 0", "does not load"),
        ("echo because >&2; exit 3", "because"),
    ] {
        let workshop = scripted(directory.path(), script);
        workshop.plugin("x", Guest::Triage, Guest::Triage.component());
        let error = workshop.prepare("x").await.err().unwrap().to_string();
        assert!(error.contains(expected), "{script}: {error}");
        assert_eq!(files(&workshop), [], "{script}");
    }
}

#[tokio::test]
async fn a_child_sees_neither_arguments_nor_environment_of_the_host() {
    let directory = tempfile::tempdir().unwrap();
    let workshop = scripted(directory.path(), "echo \"$# $1 $2 $HOME\" >&2; exit 3");
    workshop.plugin("x", Guest::Triage, Guest::Triage.component());
    let error = workshop.prepare("x").await.err().unwrap().to_string();
    assert!(error.ends_with("2 compile-component 256"), "{error}");
}

/// An engine whose children may use so much memory together.
fn bounded(memory_mib: u32) -> Workshop {
    Workshop::with(Compiler::Child(ChildCompiler {
        memory_mib,
        ..ChildCompiler::new(product())
    }))
}

/// In a container, the kernel would end the host with its child.
#[tokio::test]
async fn a_component_that_needs_too_much_memory_is_refused_and_the_key_is_named() {
    let component = fs::read(dist().join("plugins/analysis/analysis.wasm")).unwrap();
    let workshop = bounded(64);
    workshop.plugin("large", Guest::Analysis, &component);
    let error = workshop.prepare("large").await.err().unwrap();
    assert_eq!(error.blame(), Blame::Operator);
    let said = error.to_string();
    let expected = "compiling it needs more than 32 MiB: raise compile_memory_mib in [plugins]";
    assert!(said.ends_with(expected), "{said}");
    assert_eq!(files(&workshop), []);
    // With enough of it, what is wrong is something else: its manifest is that of another.
    let workshop = bounded(512);
    workshop.plugin("large", Guest::Analysis, &component);
    let said = workshop.prepare("large").await.err().map(|e| e.to_string());
    assert!(
        !said.as_deref().is_some_and(|said| said.contains("MiB")),
        "{said:?}"
    );
    assert_eq!(files(&workshop).len(), 1, "{said:?}");
}

/// All children together stay within the memory, so a large component has no other beside it.
#[tokio::test]
async fn a_large_component_has_the_memory_of_two() {
    let directory = tempfile::tempdir().unwrap();
    let workshop = scripted(directory.path(), "echo \"so much: $2\" >&2; exit 3");
    let small = Guest::Triage.component();
    // A section that means nothing: its number, its length as LEB128, and a name of no characters.
    let padding = [&[0, 0x81, 0x80, 0x80, 2, 0][..], &vec![0; 4 << 20]].concat();
    let large = [small, &padding].concat();
    for (component, share) in [(small, "256"), (&large, "512")] {
        workshop.plugin("x", Guest::Triage, component);
        let error = workshop.prepare("x").await.err().unwrap().to_string();
        assert!(error.ends_with(&format!("so much: {share}")), "{error}");
    }
}

#[tokio::test]
async fn where_no_child_starts_the_host_compiles() {
    let workshop = Workshop::with(Compiler::Child(ChildCompiler::new("/nowhere/k8shawk")));
    let guest = workshop.hostile(Guest::Triage, "good", "").await;
    assert!(guest.triage(&signal(), &summary()).result.is_ok());
}

#[tokio::test]
async fn several_plugins_are_compiled_by_two_children_at_most() {
    let directory = tempfile::tempdir().unwrap();
    let running = directory.path().join("running");
    fs::create_dir(&running).unwrap();
    let script = format!(
        "cd {0}; touch $$; ls | wc -l >> ../counts; sleep 0.1; rm $$; exec {1} \"$@\"",
        running.display(),
        product().display()
    );
    let script = format!("PATH=/usr/bin:/bin; {script}");
    let workshop = scripted(directory.path(), &script);
    let ids = ["b", "c", "d", "e", "f"];
    for id in ids {
        let component = version(Guest::Triage.component(), id.as_bytes()[0]);
        workshop.plugin(id, Guest::Triage, &component);
    }
    let registry = std::sync::Arc::new(Registry::default());
    let (plugins, grants) = (workshop.plugins(), workshop.grants());
    let mut reloader = Reloader::new(
        workshop.engine.clone(),
        registry.clone(),
        (Shelf::Plugins, &plugins),
        &grants,
    );
    let events = reloader.pass().await;
    let loaded: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(loaded, ids);
    assert_eq!(registry.all().len(), ids.len());
    let counts = fs::read_to_string(directory.path().join("counts")).unwrap();
    let counts: Vec<u32> = counts
        .split_whitespace()
        .map(|count| count.parse().unwrap())
        .collect();
    assert_eq!(counts.len(), ids.len(), "each once");
    assert_eq!(counts.iter().max(), Some(&2), "{counts:?}");
}
