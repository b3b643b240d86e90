//! Machine code that the operator ships: used where it fits, from a directory that nobody else can write.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use k8shawk_tests::fault::Product;

/// `k8shawk` with an empty home in `here`.
fn k8shawk(here: &Path, arguments: &[&str], precompiled: Option<&Path>) -> Output {
    let product = Product::with_kubeconfig(Path::new("/nowhere")).unwrap();
    let mut command = product.command(here);
    command
        .args(arguments)
        .env("XDG_CACHE_HOME", here.join("cache"));
    if let Some(directory) = precompiled {
        command.env("K8SHAWK_PRECOMPILED", directory);
    }
    command.output().unwrap()
}

/// How many components are compiled in a directory.
fn compiled(directory: &Path) -> usize {
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    files
        .filter(|file| file.path().extension().is_some_and(|end| end == "cwasm"))
        .count()
}

#[test]
fn what_was_compiled_before_is_not_compiled_again() {
    let here = tempfile::tempdir().unwrap();
    let (shipped, cache) = (
        here.path().join("shipped"),
        here.path().join("cache/k8shawk/components"),
    );
    let shipped_name = shipped.to_str().unwrap();
    let output = k8shawk(here.path(), &["plugin", "precompile", shipped_name], None);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let all = compiled(&shipped);
    assert!(all > 5, "{output:?}");
    for (path, mode) in [(shipped.clone(), 0o755)].into_iter().chain(
        fs::read_dir(&shipped)
            .unwrap()
            .map(|f| (f.unwrap().path(), 0o644)),
    ) {
        let found = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{}", path.display());
    }

    // A host with it compiles nothing.
    let list = ["plugin", "list"];
    let output = k8shawk(here.path(), &list, Some(&shipped));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(compiled(&cache), 0, "{output:?}");

    // Where others can write there, it says so and compiles by itself.
    fs::set_permissions(&shipped, Permissions::from_mode(0o777)).unwrap();
    let output = k8shawk(here.path(), &list, Some(&shipped));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(compiled(&cache), all, "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("others can write to it"), "{said}");
}

#[test]
fn a_directory_of_other_files_is_left_alone() {
    let here = tempfile::tempdir().unwrap();
    let mine = here.path().join("mine");
    fs::create_dir(&mine).unwrap();
    fs::write(mine.join("key.pem"), "precious").unwrap();
    fs::set_permissions(mine.join("key.pem"), Permissions::from_mode(0o600)).unwrap();
    let output = k8shawk(
        here.path(),
        &["plugin", "precompile", mine.to_str().unwrap()],
        None,
    );
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("key.pem") && said.contains("name a new directory"),
        "{said}"
    );
    let mode = fs::metadata(mine.join("key.pem"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(compiled(&mine), 0);
}
