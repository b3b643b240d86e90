//! A running host whose policy came from a registry, and where its credentials are found: nowhere.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use k8shawk_tests::api_server::{ApiServer, Cure};
use k8shawk_tests::recorded;
use serde_json::Value;

use super::base64;
use super::world::{Person, Registry, USER};
use crate::host::Host;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "tr0ub4dor-unmistakable";

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(100));
    }
}

struct World {
    server: Arc<ApiServer>,
    host: Host,
    broken: usize,
}

impl World {
    /// A host that must have both policies; the one of the registry freezes everything.
    fn new(person: &mut Person) -> World {
        let grant = person.path("grants/freeze.toml");
        let granted = std::fs::read_to_string(&grant).unwrap();
        let window = "windows = [{ from = \"2000-01-01T00:00:00Z\", to = \"2100-01-01T00:00:00Z\", \
                      reason = \"as the registry says\" }]\n";
        std::fs::write(&grant, format!("{granted}{window}")).unwrap();
        person.set("K8SHAWK_POLICIES_REQUIRED", "approvals,freeze");
        person.set("RUST_LOG", "trace");
        let server = Arc::new(ApiServer::start(1).unwrap());
        let mut environment = person.environment();
        environment.retain(|(name, _)| *name != "K8SHAWK_STATE");
        let host = Host::new(&server, &environment).unwrap();
        World {
            server,
            host,
            broken: 0,
        }
    }

    /// Something more breaks; its record, once it is decided.
    fn decided(&mut self) -> String {
        self.broken += 1;
        let namespace = format!("shop{}", self.broken);
        let bundle = recorded::read("configmap-missing-env").unwrap();
        self.server.add(&bundle, &namespace, Cure::Heals).unwrap();
        until("an incident is not decided", || {
            let incidents = self.host.commands.incidents().unwrap();
            let of_it = |i: &&Value| i.to_string().contains(&namespace);
            let incident = incidents.iter().find(of_it)?;
            let state = incident["state"].as_str()?;
            (state == "needs-human" || state == "waiting").then(|| incident.to_string())
        })
    }

    fn log_says(&self, words: &str) {
        until(words, || self.host.log().contains(words).then_some(()));
    }

    fn judges_by_the_registry(&mut self) {
        let incident = self.decided();
        assert!(incident.contains("as the registry says"), "{incident}");
    }
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(files(&path)),
            path if path.is_file() => found.push(path),
            _ => {}
        }
    }
    found
}

#[test]
fn the_next_incident_is_judged_by_a_policy_of_the_registry_and_its_password_is_nowhere() {
    let mut registry = Registry::at("127.0.0.1", Some(PASSWORD)).unwrap();
    let mut person = Person::new();
    person.log_in(&registry.address, PASSWORD);
    let pinned = person.push(
        "0.1.0",
        &format!("oci://{}/acme/freeze:1", registry.address),
    );
    person.sign(&pinned, "ours", None);
    let key = person.path("ours.pub").display().to_string();
    person.set("K8SHAWK_REGISTRY_KEYS", &key);
    person.set("K8SHAWK_REGISTRY_POLICIES", &pinned);
    registry.away();
    let mut world = World::new(&mut person);
    world.host.start().unwrap();
    // What is required and missing denies, and the registry is named.
    let incident = world.decided();
    assert!(!incident.contains("as the registry says"), "{incident}");
    assert!(incident.contains("cannot be reached"), "{incident}");
    // It comes back, and so does the policy, without a restart.
    registry.back().unwrap();
    world.log_says("pulled a plugin");
    world.log_says("loaded");
    until("freeze is not live", || {
        world.host.log().contains("freeze").then_some(())
    });
    thread::sleep(Duration::from_secs(2));
    world.judges_by_the_registry();
    // Another start, without the registry.
    registry.away();
    world.host.kill().unwrap();
    world.host.start().unwrap();
    world.judges_by_the_registry();
    // Somebody writes another policy into the cache of the running host.
    let digest = pinned.split_once("@sha256:").unwrap().1;
    let cache = world.host.directory().join("k8shawk-artifacts");
    let file = cache.join(format!("sha256-{digest}/freeze/freeze.wasm"));
    std::fs::copy(person.path("policies/approvals/approvals.wasm"), file).unwrap();
    world.log_says("is not what was pulled");
    world.judges_by_the_registry();
    // The password was used, and is in no argument, no log, no database and no document.
    let arguments = std::fs::read(format!("/proc/{}/cmdline", world.host.pid())).unwrap();
    let auth = base64(format!("{USER}:{PASSWORD}").as_bytes());
    let secrets = [PASSWORD.to_owned(), auth, base64(PASSWORD.as_bytes())];
    let holds = |bytes: &[u8], secret: &str| {
        bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes())
    };
    for secret in &secrets {
        assert!(!holds(&arguments, secret));
        for path in files(world.host.directory()) {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!holds(&bytes, secret), "{} holds {secret}", path.display());
        }
    }
}

#[test]
fn a_wrong_password_is_refused_and_not_repeated() {
    let registry = Registry::at("127.0.0.1", Some(PASSWORD)).unwrap();
    let mut person = Person::new();
    person.set("RUST_LOG", "trace");
    person.log_in(&registry.address, "wr0ng-unmistakable");
    let from = format!("oci://{}/acme/freeze:1", registry.address);
    let said = person.run(&["plugin", "pull", &from]);
    assert!(
        !said.ok && said.err.contains("denies access (with the credentials in"),
        "{said:?}"
    );
    for secret in [
        "wr0ng".to_owned(),
        base64(format!("{USER}:wr0ng-unmistakable").as_bytes()),
    ] {
        assert!(
            !said.err.contains(&secret) && !said.out.contains(&secret),
            "{said:?}"
        );
    }
    // Another registry's credentials are not sent.
    person.log_in("other.example", PASSWORD);
    let said = person.run(&["plugin", "pull", &from]);
    assert!(
        !said.ok && said.err.contains("no credentials for it in"),
        "{said:?}"
    );
}
