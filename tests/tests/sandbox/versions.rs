//! New versions of a plugin: what they must pass before they go live, and how they are taken back.

mod host;
mod shadow;

use std::collections::BTreeSet;
use std::time::Duration;

use k8shawk_tests::api_server::{ApiServer, Cure};
use k8shawk_tests::cluster::wait_until;
use k8shawk_tests::recorded;

use crate::versions::host::Host;
use crate::workshop::{Guest, version};

/// Recorded incidents whose fix is to undo a rollout: the three verdicts that version b flips.
const UNDONE: [&str; 3] = [
    "app-panic-rollout",
    "command-not-found-rollout",
    "configmap-missing-rollout",
];
/// Incidents with other fixes.
const OTHERS: [&str; 2] = ["oom", "service-selector-near-miss"];
/// Under it a version that changes verdicts is held.
const HELD: &str = "reload = \"accept\"\n[settings]\nmode = \"versions\"\n";

fn component(letter: u8) -> Vec<u8> {
    version(Guest::Policy.component(), letter)
}

/// A host with the recorded incidents, once all of them wait for people and their calls are stored.
fn judged(grant: &str) -> (ApiServer, Host) {
    let server = ApiServer::start(1).unwrap();
    for name in UNDONE.iter().chain(&OTHERS) {
        let bundle = recorded::read(name).unwrap();
        server.add(&bundle, name, Cure::Heals).unwrap();
    }
    let mut host = Host::new(&server, &component(b'a'), grant);
    host.start(&[]);
    host.until_waiting(5);
    host.until("the calls are stored", |host| {
        host.stored("SELECT count(*) FROM calls WHERE plugin = 'guard'") >= 5
    });
    (server, host)
}

#[test]
fn a_version_that_flips_three_verdicts_is_held_and_the_three_are_shown() {
    let (server, mut host) = judged(HELD);
    host.install(&component(b'b'));
    host.until_listed("held; 3 of 5 recorded calls have another verdict");
    let history = host.ask(&["plugin", "history", "guard"]);
    let shown: BTreeSet<&str> = UNDONE
        .into_iter()
        .filter(|name| {
            let mut lines = history.lines();
            lines.any(|line| line.contains(name) && line.ends_with(": allow -> deny"))
        })
        .collect();
    assert_eq!(shown.len(), 3, "{history}");
    assert_eq!(history.matches("allow -> deny").count(), 3, "{history}");
    let document = |of: &[&str]| -> serde_json::Value {
        let all = [&["plugin"], of, &["-o", "json"]].concat();
        serde_json::from_str(&host.ask(&all)).unwrap()
    };
    let told = document(&["history", "guard"]);
    let held = told["versions"].as_array().unwrap().iter();
    let held = held.clone().find(|one| one["state"] == "held").unwrap();
    let changed = held["changed_verdicts"].as_array().unwrap().iter();
    assert_eq!(
        changed.filter(|one| one["new"] == "deny").count(),
        3,
        "{told}"
    );
    let listed = document(&["list"]);
    let guard = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == "guard");
    assert_eq!(
        guard.unwrap()["waiting"]["digest"],
        held["digest"],
        "{listed}"
    );
    assert_eq!(guard.unwrap()["called"]["guest_faults"], 0, "{listed}");
    assert_eq!(told["now"]["digest"], guard.unwrap()["digest"], "{told}");
    for what in ["accept", "rollback", "history"] {
        let refused = host.refused(&["plugin", what, "nobody"]);
        assert!(
            refused.contains("there is no plugin \"nobody\"; loaded: "),
            "{refused}"
        );
    }
    let metrics = host.metrics();
    assert!(
        metrics
            .contains("k8shawk_plugin_waiting{plugin=\"guard\",point=\"policy\",state=\"held\"} 1"),
        "{metrics}"
    );

    // The version before it goes on deciding, also after a restart.
    let allowed = |host: &Host, namespace: &str| {
        let bundle = recorded::read(UNDONE[0]).unwrap();
        server.add(&bundle, namespace, Cure::Heals).unwrap();
        host.allows(namespace)
    };
    assert!(allowed(&host, "before"));
    // A call is stored after its answer is there. What a killed host did not store is not tried.
    let undone =
        "SELECT count(*) FROM calls WHERE plugin = 'guard' AND subject LIKE 'rollout-undo%'";
    host.until("the new call is stored", |host| host.stored(undone) > 3);
    host.kill();
    let all = host.stored("SELECT count(*) FROM calls WHERE plugin = 'guard'");
    let undone = host.stored(undone);
    host.start(&[]);
    host.until_listed(&format!(
        "held; {undone} of {all} recorded calls have another verdict"
    ));
    assert!(allowed(&host, "restarted"));

    // A person accepts it.
    let said = host.ask(&["plugin", "accept", "guard"]);
    let flipped = said.matches("allow -> deny").count();
    assert_eq!(flipped, usize::try_from(undone).unwrap(), "{said}");
    host.until_not_listed("held");
    assert!(!allowed(&host, "accepted"));
    host.kill();
    host.start(&[]);
    host.until_listed("guard 1");
    assert!(!allowed(&host, "again"));
    assert!(!host.list().contains("held"), "{}", host.list());

    // And takes it back: its files stay where they are, and the version before decides.
    let said = host.ask(&["plugin", "rollback", "guard"]);
    assert!(said.contains("decides again"), "{said}");
    host.until_listed("rolled back by");
    assert!(allowed(&host, "back"));
    host.kill();
    host.start(&[]);
    host.until_listed("rolled back by");
    assert!(allowed(&host, "still-back"));
    let history = host.ask(&["plugin", "history", "guard"]);
    for part in [
        "is live",
        "is rolled-back",
        "accepted by ",
        "rolled back to version 1",
    ] {
        assert!(history.contains(part), "{part}: {history}");
    }

    // Without the rule in its grant another one goes live at once, and what it changes is listed.
    host.grant("[settings]\nmode = \"versions\"\n");
    host.install(&component(b'e'));
    host.until("version e is live and was tried", |host| {
        let tried = "SELECT changed FROM versions WHERE plugin = 'guard' AND state = 'live'";
        host.stored(tried) > 3
    });
}

#[test]
fn plugin_check_lists_the_verdicts_that_a_version_changes_in_recorded_incidents() {
    let server = ApiServer::start(1).unwrap();
    let host = Host::new(&server, &component(b'a'), HELD);
    let recordings = host.directory().join("recordings");
    std::fs::create_dir(&recordings).unwrap();
    for name in UNDONE.iter().chain(&OTHERS) {
        let file = recorded::dist()
            .join("incidents")
            .join(name)
            .with_extension("json");
        std::fs::copy(file, recordings.join(name).with_extension("json")).unwrap();
    }
    let new = host.beside(&component(b'b'));
    let checked = host.ask_with(
        &["plugin", "check", new.to_str().unwrap()],
        &[("K8SHAWK_BUNDLES", recordings.to_str().unwrap())],
    );
    assert!(
        checked.contains("3 of 5 recorded calls have another verdict"),
        "{checked}"
    );
    for name in UNDONE {
        let line = format!("  recording {name}, rollout-undo ");
        assert!(checked.contains(&line), "{line}: {checked}");
    }
}

/// A pinned version is the one that its operator chose.
#[test]
fn a_version_that_the_grant_does_not_pin_is_not_rolled_back_to() {
    let server = ApiServer::start(1).unwrap();
    let mut host = Host::new(
        &server,
        &component(b'a'),
        "[settings]\nmode = \"versions\"\n",
    );
    host.start(&[]);
    host.until_listed("guard 1");
    host.install(&component(b'b'));
    host.until("version b is live", |host| {
        host.stored("SELECT count(*) FROM versions WHERE plugin = 'guard' AND state = 'past'") == 1
    });
    host.pin(&component(b'b'));
    let said = host.refused(&["plugin", "rollback", "guard"]);
    assert!(said.contains("digest is"), "{said}");
}

/// The process ends between two states of a version; the next one goes on from what is stored.
#[test]
fn a_crash_between_two_states_of_a_version_leaves_one_that_decides() {
    let server = ApiServer::start(1).unwrap();
    for (number, point) in ["version-kept", "version-live"].into_iter().enumerate() {
        let mut host = Host::new(
            &server,
            &component(b'a'),
            "[settings]\nmode = \"versions\"\n",
        );
        host.start(&[]);
        host.until_listed("guard 1");
        host.kill();
        host.install(&component(b'b'));
        host.crash_at(point);
        let live = "SELECT count(*) FROM versions WHERE plugin = 'guard' AND state = 'live'";
        assert_eq!(host.stored(live), 1, "{point}");
        let past = "SELECT count(*) FROM versions WHERE plugin = 'guard' AND state = 'past'";
        assert_eq!(host.stored(past), i64::try_from(number).unwrap(), "{point}");
        host.start(&[]);
        host.until_listed("guard 1");
        assert_eq!((host.stored(live), host.stored(past)), (1, 1), "{point}");
        host.ask(&["plugin", "rollback", "guard"]);
        host.until_listed("rolled back by");
    }
    for (point, command) in [
        ("version-rolled-back", "rollback"),
        ("version-accepted", "accept"),
    ] {
        let mut host = Host::new(
            &server,
            &component(b'a'),
            "[settings]\nmode = \"versions\"\n",
        );
        host.start(&[]);
        host.until_listed("guard 1");
        host.install(&component(b'b'));
        host.until("version b is live", |host| {
            host.stored("SELECT count(*) FROM versions WHERE plugin = 'guard' AND state = 'past'")
                == 1
        });
        if command == "accept" {
            host.ask(&["plugin", "rollback", "guard"]);
            host.until_listed("rolled back by");
        }
        host.kill();
        host.start_crashing_at(point);
        host.until_listed("guard 1");
        host.try_ask(&["plugin", command, "guard"]);
        host.until_ended();
        host.start(&[]);
        host.until_listed("guard 1");
        let back = host.list().contains("rolled back by");
        assert_eq!(back, command == "rollback", "{point}: {}", host.list());
    }
}

/// Wait for something within the time that a host may take on a busy machine.
fn in_time(what: &str, probe: impl FnMut() -> anyhow::Result<Option<()>>) -> anyhow::Result<()> {
    wait_until(Duration::from_secs(60), what, probe)
}
