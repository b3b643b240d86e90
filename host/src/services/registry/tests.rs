use std::path::PathBuf;

use k8shawk_core::artifact::{Digest, Reference};
use k8shawk_core::config::RegistryConfig;
use k8shawk_sandbox::sha256;

use super::*;

/// An artifact whose component is no component: the cache does not look into it.
fn fetched(id: &str) -> Fetched {
    let component = id.as_bytes().to_vec();
    let plugin = format!("id = {id:?}\nversion = \"1\"\npoint = \"policy\"\n");
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "config": {"mediaType": "application/vnd.wasm.config.v0+json", "digest": "sha256:0", "size": 1},
        "layers": [{"mediaType": "application/wasm", "size": component.len(),
            "digest": format!("sha256:{}", sha256(&component))}],
        "annotations": {"dev.k8shawk.plugin.toml": plugin},
    });
    let manifest = manifest.to_string().into_bytes();
    let digest = Digest::parse(&format!("sha256:{}", sha256(&manifest))).unwrap();
    Fetched {
        pinned: Reference::parse("oci://ghcr.io/acme/x")
            .unwrap()
            .pinned(digest),
        layout: Layout::parse(&manifest).unwrap(),
        manifest,
        component,
        signatures: Vec::new(),
    }
}

#[test]
fn the_cache_keeps_what_is_in_use_and_eight_more() {
    let state = tempfile::tempdir().unwrap();
    let cache = Cache::in_state(state.path());
    let used = fetched("used");
    let in_use = [used.pinned.digest()];
    cache.put(&used, &in_use).unwrap();
    let all: Vec<Fetched> = (0..12).map(|n| fetched(&format!("p{n}"))).collect();
    for one in &all {
        std::thread::sleep(std::time::Duration::from_millis(5));
        cache.put(one, &in_use).unwrap();
    }
    assert_eq!(std::fs::read_dir(cache.root()).unwrap().count(), 1 + 8 + 1);
    assert!(cache.open(&used.pinned).is_some());
    assert!(cache.open(&all[11].pinned).is_some());
    assert!(cache.open(&all[0].pinned).is_none());
}

#[test]
fn only_this_machine_and_the_registries_of_the_setting_are_asked_without_encryption() {
    let config = RegistryConfig {
        plain_http: vec!["registry.local:5000".to_owned()],
        ..RegistryConfig::default()
    };
    let registry = Registry::new(&config, Credentials::default()).unwrap();
    for host in ["127.0.0.1:5000", "localhost", "registry.local:5000"] {
        assert!(registry.is_plain(host), "{host}");
    }
    for host in [
        "ghcr.io",
        "registry.local",
        "registry.local:5001",
        "10.0.0.1",
    ] {
        assert!(!registry.is_plain(host), "{host}");
    }
}

#[test]
fn a_key_of_another_curve_is_no_key() {
    // P-384, by openssl.
    let text = "-----BEGIN PUBLIC KEY-----\n\
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEKu6qt/GtG3dGMEuM0AK8C8MdtoXRqWF7\n\
        SJW5/oIViNvpwtpTEW2lLw1VaBqz8/l4k2cUW9941SNVW6DlEhbjQ6Bnop0eAroJ\n\
        NuatZph7TQNdyZWSRJzh8JBR5QsTcrKB\n\
        -----END PUBLIC KEY-----\n";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let error = PublicKey::load(file.path()).unwrap_err().to_string();
    let file: PathBuf = file.path().to_owned();
    assert!(error.starts_with(&file.display().to_string()), "{error}");
    assert!(error.ends_with("is not a key for ECDSA P-256"), "{error}");
}
