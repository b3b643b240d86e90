//! Plugins from a real registry, signed and read by the official clients' code; and what a hostile
//! one gets.

mod hostile;
mod serving;
mod world;

use serde_json::{Value, json};

use world::{Person, Registry, plain};

/// Base64, as HTTP and docker use it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for piece in bytes.chunks(3) {
        let all = piece
            .iter()
            .fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
        let all = all << (8 * (3 - piece.len()));
        for place in 0..=piece.len() {
            let digit = all >> (18 - 6 * place) & 63;
            text.push(char::from(DIGITS[digit as usize]));
        }
        text.push_str(&"=".repeat(3 - piece.len()));
    }
    text
}

#[test]
fn official_clients_read_what_is_pushed_and_a_second_push_changes_nothing() {
    let (registry, person) = (Registry::start().unwrap(), Person::new());
    let to = format!("oci://{}/acme/freeze:1", registry.address);
    let pinned = person.push("0.1.0", &to);
    assert_eq!(person.push("0.1.0", &to), pinned);
    // go-containerregistry, which checks each digest.
    let said = person.judge(&["read", &format!("{}/acme/freeze:1", registry.address)]);
    let read: Value = serde_json::from_str(&said.out).unwrap();
    let digest = read["digest"].as_str().unwrap();
    assert!(pinned.ends_with(&format!(":1@{digest}")), "{pinned}");
    // The document that other WebAssembly tools read, such as wkg.
    let layer = &read["manifest"]["layers"][0];
    assert_eq!(read["manifest"]["layers"].as_array().unwrap().len(), 1);
    assert_eq!(layer["mediaType"], "application/wasm");
    let kind = "application/vnd.wasm.config.v0+json";
    assert_eq!(read["manifest"]["config"]["mediaType"], kind);
    let config = json!({
        "created": "1970-01-01T00:00:00Z", "architecture": "wasm", "os": "wasip2",
        "layerDigests": [layer["digest"]],
        "component": {"imports": read["config"]["component"]["imports"], "exports": ["k8shawk:policy/policy@0.1.0"]},
    });
    assert_eq!(read["config"], config);
    let imports = config["component"]["imports"].as_array().unwrap();
    assert!(
        imports.iter().any(|i| i == "k8shawk:host/clock@0.1.0"),
        "{imports:?}"
    );
    // And back again.
    let to = person.path("pulled");
    let pulled = person.run(&["plugin", "pull", &pinned, "--to", &to.display().to_string()]);
    assert!(pulled.ok && pulled.out.contains(&pinned), "{pulled:?}");
    for file in ["freeze.wasm", "plugin.toml"] {
        let (one, other) = (
            to.join("freeze").join(file),
            person.freeze("0.1.0").join(file),
        );
        assert_eq!(std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
    }
}

#[test]
fn what_is_not_as_the_operator_said_is_refused_in_words() {
    let (mut registry, mut person) = (Registry::start().unwrap(), Person::new());
    let at = |name: &str| format!("oci://{}/acme/{name}", registry.address);
    let refused = |person: &Person, reference: &str, words: &str| {
        let said = person.run(&["plugin", "pull", reference]);
        assert!(
            !said.ok && said.err.contains(words),
            "{reference}: {said:?}"
        );
        assert!(said.err.contains(reference), "{said:?}");
    };
    let first = person.push("0.1.0", &at("freeze:1"));
    let second = person.push("0.2.0", &at("freeze:1"));
    refused(&person, &first, "the tag was moved; it is now sha256:");
    refused(&person, &at("freeze:2"), "has no such artifact");
    refused(&person, &at("nobody"), "has no such artifact");
    let wasm = ["application/vnd.wasm.config.v0+json", "application/wasm"];
    let image = [
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.oci.image.layer.v1.tar+gzip",
    ];
    let plugin = "id = \"big\"\nversion = \"1\"\npoint = \"policy\"\n";
    for (name, types, size, plugin, words) in [
        (
            "image",
            image,
            "1000",
            plugin,
            "is not a plugin: its configuration is",
        ),
        ("layer", [wasm[0], image[1]], "1000", plugin, "its layer is"),
        (
            "foreign",
            wasm,
            "1000",
            "",
            "is not a plugin: plugin.toml has no valid id",
        ),
        (
            "escape",
            wasm,
            "1000",
            "id = \"../x\"\nversion = \"1\"\npoint = \"policy\"\n",
            "no valid id",
        ),
        (
            "big",
            wasm,
            "100000000",
            plugin,
            "its component has 100000000 bytes; at most 67108864",
        ),
    ] {
        let to = at(name);
        let plain = to.strip_prefix("oci://").unwrap();
        let pushed = person.judge(&["artifact", plain, types[0], types[1], size, plugin]);
        assert!(pushed.ok, "{pushed:?}");
        refused(&person, &to, words);
    }
    person.sign(&first, "ours", None);
    person.sign(&second, "theirs", None);
    let keys = ["ours.pub", "spare.pub"].map(|name| person.path(name).display().to_string());
    assert!(person.judge(&["keys", ".", "spare"]).ok);
    person.set("K8SHAWK_REGISTRY_KEYS", &keys.join(","));
    let third = person.push("0.3.0", &at("freeze:3"));
    refused(&person, &third, "has no signature");
    refused(&person, &second, "by none of the keys");
    person.sign(&second, "ours", Some(&first));
    refused(&person, &second, "its signature is for sha256:");
    let by_digest = format!("oci://{}", plain(&first));
    let pulled = person.run(&["plugin", "pull", &by_digest]);
    assert!(pulled.ok && pulled.out.contains("signed by"), "{pulled:?}");
    // A signature of another's stays beside ours.
    person.sign(&third, "theirs", None);
    person.sign(&third, "spare", None);
    let pulled = person.run(&["plugin", "pull", &third]);
    assert!(pulled.ok && pulled.out.contains("spare.pub"), "{pulled:?}");
    let away = at("freeze:1");
    registry.away();
    refused(&person, &away, "cannot be reached");
}

#[test]
fn the_cache_is_used_where_the_registry_is_away_and_believed_in_nothing() {
    let (mut registry, mut person) = (Registry::start().unwrap(), Person::new());
    let pinned = person.push(
        "0.1.0",
        &format!("oci://{}/acme/freeze:1", registry.address),
    );
    person.set("K8SHAWK_REGISTRY_POLICIES", &pinned);
    let list = |person: &Person| person.run(&["plugin", "list"]);
    registry.away();
    let said = list(&person);
    assert!(!said.ok && said.err.contains("freeze: oci://"), "{said:?}");
    assert!(said.err.contains("cannot be reached"), "{said:?}");
    registry.back().unwrap();
    let said = list(&person);
    assert!(said.ok && said.out.contains("freeze"), "{said:?}");
    registry.away();
    assert!(list(&person).ok);
    // Somebody writes into the cache.
    let digest = pinned.split_once("@sha256:").unwrap().1;
    let entry = person
        .path("state/k8shawk-artifacts")
        .join(format!("sha256-{digest}"));
    let file = entry.join("freeze/freeze.wasm");
    let other = person.path("policies/approvals/approvals.wasm");
    std::fs::copy(&other, &file).unwrap();
    let said = list(&person);
    assert!(
        !said.ok && said.err.contains("its files were changed"),
        "{said:?}"
    );
    registry.back().unwrap();
    assert!(list(&person).ok, "it is pulled again");
    // A key is demanded from now on, of what is in the cache too.
    assert!(person.judge(&["keys", ".", "ours"]).ok);
    let key = person.path("ours.pub").display().to_string();
    person.set("K8SHAWK_REGISTRY_KEYS", &key);
    registry.away();
    let said = list(&person);
    assert!(
        !said.ok && said.err.contains("has no signature"),
        "{said:?}"
    );
    registry.back().unwrap();
    person.sign(&pinned, "ours", None);
    assert!(list(&person).ok);
    registry.away();
    assert!(
        list(&person).ok,
        "the signature is checked without the registry"
    );
}

#[test]
fn an_artifact_is_under_the_same_grant_pin_and_directory_rules_as_a_directory() {
    let (registry, mut person) = (Registry::start().unwrap(), Person::new());
    let pinned = person.push(
        "0.1.0",
        &format!("oci://{}/acme/freeze:1", registry.address),
    );
    person.set("K8SHAWK_REGISTRY_POLICIES", &pinned);
    let list = |person: &Person| person.run(&["plugin", "list"]);
    assert!(list(&person).ok);
    let grant = person.path("grants/freeze.toml");
    let granted = std::fs::read_to_string(&grant).unwrap();
    let other = format!("digest = \"{}\"\n{granted}", "0".repeat(64));
    std::fs::write(&grant, other).unwrap();
    let said = list(&person);
    assert!(!said.ok && said.err.contains("digest is 0000"), "{said:?}");
    std::fs::write(&grant, granted).unwrap();
    // The same id on disk: neither runs.
    let twin = person.path("policies/freeze");
    std::fs::create_dir_all(&twin).unwrap();
    for file in ["freeze.wasm", "plugin.toml"] {
        std::fs::copy(person.freeze("0.1.0").join(file), twin.join(file)).unwrap();
    }
    let said = list(&person);
    assert!(
        !said.ok && said.err.contains("there are two plugins freeze"),
        "{said:?}"
    );
    std::fs::remove_dir_all(&twin).unwrap();
    // A policy among the plugins: who writes those decides nothing.
    person.set("K8SHAWK_REGISTRY_POLICIES", "");
    person.set("K8SHAWK_REGISTRY_PLUGINS", &pinned);
    let said = list(&person);
    assert!(
        !said.ok && said.err.contains("a policy must be in"),
        "{said:?}"
    );
}

#[test]
fn a_key_that_is_none_stops_the_start() {
    let mut person = Person::new();
    assert!(person.judge(&["keys", ".", "ours"]).ok);
    for (name, words) in [
        ("ours.key", "private key"),
        ("docker", "regular file"),
        ("none", "No such file"),
    ] {
        let file = person.path(name).display().to_string();
        person.set("K8SHAWK_REGISTRY_KEYS", &file);
        let said = person.run(&["plugin", "list"]);
        assert!(
            !said.ok && said.err.contains(words) && said.err.contains(&file),
            "{said:?}"
        );
    }
}
