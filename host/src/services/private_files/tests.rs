use k8shawk_core::Severity;
use k8shawk_core::redact::Redacted;

use super::*;
use crate::services::speech::{Engine, Options, Speech, Spoken};
use crate::services::store::Store;

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().mode() & 0o777
}

/// What is made while the umask closes nothing.
fn unmasked<T>(make: impl FnOnce() -> T) -> T {
    let _held = UMASK.lock().unwrap();
    let before = umask(Mode::empty());
    let made = make();
    umask(before);
    made
}

/// Every file and directory below, with its mode.
fn below(path: &Path, to: &mut Vec<(String, u32)>) {
    for entry in std::fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        to.push((path.display().to_string(), mode(&path)));
        if path.is_dir() {
            below(&path, to);
        }
    }
}

#[test]
fn database_rca_and_audio_are_closed_whatever_the_umask() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state");
    let database = state.join("k8shawk.sqlite");
    let rca = state.join("knowledge-base/rca/2026-01-01/rca_web.md");
    let audio = Options {
        threshold: Severity::Info,
        quiet: None,
        knowledge_base: state.join("knowledge-base"),
        keep: true,
    };
    let frame = [[0xff, 0xf3, 0x80, 0xc0].as_slice(), &[0; 204]].concat();
    let spoken = Spoken::check(frame.repeat(50)).unwrap();
    let store = unmasked(|| {
        directory(&state).unwrap();
        let store = Store::open(&database).unwrap();
        store.note_policy("kept", true, 0).unwrap();
        crate::stages::document::write(&rca, &Redacted::from("# web")).unwrap();
        Speech::new(Engine::Offline, audio)
            .save(&spoken, "web", 0)
            .unwrap();
        store
    });
    let mut all = Vec::new();
    below(home.path(), &mut all);
    drop(store);
    for (path, mode) in &all {
        let is_directory = !path.rsplit('/').next().unwrap().contains('.');
        assert_eq!(
            *mode,
            if is_directory { DIRECTORY } else { FILE },
            "{path}: {mode:o}"
        );
    }
    let ends = |end: &str| all.iter().any(|(path, _)| path.ends_with(end));
    assert!(
        ends(".sqlite") && ends(".sqlite-wal") && ends(".md") && ends(".mp3"),
        "{all:?}"
    );
}

#[test]
fn what_is_made_is_closed_whatever_the_umask() {
    let home = tempfile::tempdir().unwrap();
    let (state, file) = (home.path().join("a/b"), home.path().join("a/b/x"));
    let made = unmasked(|| directory(&state).and_then(|()| write(&file, b"x")));
    made.unwrap();
    assert_eq!((mode(&state), mode(&file)), (0o700, 0o600));
    let socket = home.path().join("s");
    let _listener = bind(&socket).unwrap();
    assert_eq!(mode(&socket) & 0o077, 0);
}

#[test]
fn what_an_earlier_host_left_open_is_closed() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state");
    let rca = state.join("knowledge-base/rca/2026-01-01/rca_x.md");
    let database = state.join("k8shawk.sqlite");
    std::fs::create_dir_all(rca.parent().unwrap()).unwrap();
    for path in [&rca, &database, &state.join("k8shawk.sqlite-wal")] {
        std::fs::write(path, "x").unwrap();
        std::fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    }
    std::fs::set_permissions(&state, Permissions::from_mode(0o755)).unwrap();
    tighten(&state, &database, &state.join("knowledge-base"));
    assert_eq!(mode(&state), 0o700);
    assert_eq!(mode(rca.parent().unwrap()), 0o700);
    for path in [&rca, &database, &state.join("k8shawk.sqlite-wal")] {
        assert_eq!(mode(path), 0o600);
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_told_and_nothing_is_made() {
    let home = tempfile::tempdir().unwrap();
    let (file, link) = (home.path().join("file"), home.path().join("link"));
    std::fs::write(&file, "").unwrap();
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    let wrong = [&*file, &file.join("x"), &link, Path::new("/dev/null/x")];
    for wrong in wrong {
        assert!(usable(wrong).is_err(), "{wrong:?}");
    }
    usable(home.path()).unwrap();
    usable(&home.path().join("a/b")).unwrap();
    usable(Path::new("not-made-yet")).unwrap();
    assert!(!home.path().join("a").exists());
}

#[test]
fn a_directory_with_the_files_of_others_stays_open() {
    let home = tempfile::tempdir().unwrap();
    std::fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    std::fs::write(home.path().join("k8shawk.sqlite"), "").unwrap();
    std::fs::write(home.path().join("README.md"), "").unwrap();
    tighten(
        home.path(),
        &home.path().join("k8shawk.sqlite"),
        home.path(),
    );
    assert_eq!(mode(home.path()), 0o755);
}

#[test]
fn a_link_in_the_place_of_a_file_is_not_followed() {
    let home = tempfile::tempdir().unwrap();
    let (victim, link) = (home.path().join("victim"), home.path().join("link"));
    std::fs::write(&victim, "kept").unwrap();
    std::os::unix::fs::symlink(&victim, &link).unwrap();
    assert!(write(&link, b"gone").is_err());
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "kept");
}
