//! What an artifact looks like: a Wasm component as the WebAssembly tools store one, with
//! `plugin.toml` in an annotation of its manifest.
//!
//! One layer `application/wasm`, and a configuration that names imports and exports. The manifest has
//! no time of its own: the same plugin has the same digest wherever it is pushed from.

use std::collections::BTreeMap;
use std::path::Path;

use k8shawk_core::artifact::Digest;
use k8shawk_core::toml_fault::message;
use k8shawk_sandbox::{Interfaces, Manifest, component_file, files, is_id, sha256};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use serde_json::json;

/// Media type of the configuration.
pub const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
/// Media type of the component.
pub const LAYER_TYPE: &str = "application/wasm";
/// The annotation with the text of `plugin.toml`.
pub const PLUGIN: &str = "dev.k8shawk.plugin.toml";
/// The largest `plugin.toml` in an annotation, bytes.
const PLUGIN_BYTES: usize = 64 << 10;

/// A plugin in the form of an artifact, to be pushed.
#[derive(Debug)]
pub struct Package {
    /// Its id.
    pub id: String,
    /// Manifest, as JSON.
    pub manifest: Vec<u8>,
    /// Configuration, as JSON.
    pub config: Vec<u8>,
    /// Component.
    pub component: Vec<u8>,
}

impl Package {
    /// Read a directory with `plugin.toml` and a component.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn read(dir: &Path) -> Result<Package, String> {
        let path = dir.join("plugin.toml");
        let said = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let text = files::text(&path).map_err(|why| said(&path, &why))?;
        if text.len() > PLUGIN_BYTES {
            let why = format!("an artifact holds at most {} KiB of it", PLUGIN_BYTES >> 10);
            return Err(said(&path, &why));
        }
        let plugin = Manifest::parse(&text, &path).map_err(|why| why.to_string())?;
        let file = component_file(dir).map_err(|why| why.to_string())?;
        let component = files::read(&file, files::COMPONENT).map_err(|why| said(&file, &why))?;
        let interfaces = Interfaces::of(&component).map_err(|why| said(&file, &why))?;
        let config = config(&component, &interfaces)?;
        let manifest = manifest(&plugin, text, &config, &component)?;
        Ok(Package {
            id: plugin.id,
            manifest,
            config,
            component,
        })
    }

    /// The digest by which it is pulled.
    ///
    /// # Errors
    /// Never for a package that was read.
    pub fn digest(&self) -> Result<Digest, String> {
        Digest::parse(&digest(&self.manifest))
    }
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256(bytes))
}

fn config(component: &[u8], interfaces: &Interfaces) -> Result<Vec<u8>, String> {
    let config = json!({
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [digest(component)],
        "component": {"imports": interfaces.imports, "exports": interfaces.exports},
    });
    serde_json::to_vec(&config).map_err(|why| why.to_string())
}

fn manifest(
    plugin: &Manifest,
    text: String,
    config: &[u8],
    component: &[u8],
) -> Result<Vec<u8>, String> {
    let annotations = BTreeMap::from([
        (
            "org.opencontainers.image.title".to_owned(),
            plugin.id.clone(),
        ),
        (
            "org.opencontainers.image.version".to_owned(),
            plugin.version.to_string(),
        ),
        (PLUGIN.to_owned(), text),
    ]);
    let manifest = OciImageManifest {
        media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
        config: descriptor(CONFIG_TYPE, config),
        layers: vec![descriptor(LAYER_TYPE, component)],
        annotations: Some(annotations),
        ..OciImageManifest::default()
    };
    serde_json::to_vec(&manifest).map_err(|why| why.to_string())
}

fn descriptor(media_type: &str, bytes: &[u8]) -> OciDescriptor {
    OciDescriptor {
        media_type: media_type.to_owned(),
        digest: digest(bytes),
        size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
        ..OciDescriptor::default()
    }
}

/// What a manifest says of its plugin.
#[derive(Debug)]
pub struct Layout {
    /// Id of the plugin.
    pub id: String,
    /// Text of `plugin.toml`.
    pub plugin: String,
    /// Digest of the component.
    pub component: Digest,
    /// Its size, as the manifest says.
    pub size: u64,
}

impl Layout {
    /// Parse a manifest.
    ///
    /// # Errors
    /// Why it is not that of a plugin.
    pub fn parse(manifest: &[u8]) -> Result<Layout, String> {
        let parsed: OciImageManifest = serde_json::from_slice(manifest)
            .map_err(|_| "it is an index of images, or no OCI manifest".to_owned())?;
        if parsed.config.media_type != CONFIG_TYPE {
            return Err(format!(
                "its configuration is {:?}, not a Wasm artifact's",
                shown(&parsed.config.media_type)
            ));
        }
        let [layer] = parsed.layers.as_slice() else {
            return Err(format!("it has {} layers, not one", parsed.layers.len()));
        };
        if layer.media_type != LAYER_TYPE {
            return Err(format!(
                "its layer is {:?}, not {LAYER_TYPE}",
                shown(&layer.media_type)
            ));
        }
        let mut annotations = parsed.annotations.unwrap_or_default();
        let plugin = annotations.remove(PLUGIN).ok_or_else(|| {
            format!("a Wasm artifact without the annotation {PLUGIN}; push it with `k8shawk plugin push`")
        })?;
        if plugin.len() > PLUGIN_BYTES {
            return Err(format!(
                "the annotation {PLUGIN} is larger than {} KiB",
                PLUGIN_BYTES >> 10
            ));
        }
        Ok(Layout {
            id: id(&plugin)?,
            plugin,
            component: Digest::parse(&layer.digest)?,
            size: u64::try_from(layer.size).map_err(|_| "its layer has a negative size")?,
        })
    }
}

/// The id of a plugin becomes the name of a directory: it is one, before anything is made of it.
fn id(plugin: &str) -> Result<String, String> {
    let table: toml::Table =
        toml::from_str(plugin).map_err(|why| format!("plugin.toml: {}", message(&why)))?;
    let id = table
        .get("id")
        .and_then(toml::Value::as_str)
        .unwrap_or_default();
    if !is_id(id) {
        return Err("plugin.toml has no valid id".to_owned());
    }
    // The directory has the plugin's id: everything else that is wrong is found here.
    let path = Path::new(id).join("plugin.toml");
    Manifest::parse(plugin, &path).map_err(|why| why.to_string())?;
    Ok(id.to_owned())
}

/// Foreign text in a sentence of ours.
fn shown(text: &str) -> String {
    let shown: String = text.chars().filter(char::is_ascii_graphic).collect();
    k8shawk_core::shorten(&shown, 100).into_owned()
}
