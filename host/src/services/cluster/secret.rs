//! Secrets without their contents: the only form in which they leave this module.

use k8s_openapi::ByteString;
use serde_json::{Map, Value, json};
use x509_parser::pem::Pem;

use super::strip;

/// `{apiVersion, kind, metadata, type, keys, tls: {notAfter}}`: names of the keys, never a value.
/// What was projected before, as in a recording, stays as it is.
pub(super) fn project(secret: &Value) -> Value {
    let mut metadata = secret.get("metadata").cloned().unwrap_or_default();
    let data = secret.get("data").and_then(Value::as_object);
    if let Some(fields) = metadata.as_object_mut() {
        fields.remove("managedFields");
        if let Some(annotations) = fields.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.retain(|key, _| !strip::is_copy(key));
            if annotations.is_empty() {
                fields.remove("annotations");
            }
        }
    }
    let keys: Vec<&str> = match data {
        Some(data) => data.keys().map(String::as_str).collect(),
        None => before(secret),
    };
    let mut projected = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": secret.get("type").cloned().unwrap_or_default(),
        "keys": keys,
    });
    let end = match data {
        Some(data) => not_after(data),
        None => secret
            .pointer("/tls/notAfter")
            .and_then(Value::as_str)
            .and_then(|end| end.parse::<jiff::Timestamp>().ok())
            .map(|end| end.to_string()),
    };
    if let (Some(end), Some(fields)) = (end, projected.as_object_mut()) {
        fields.insert("tls".to_owned(), json!({"notAfter": end}));
    }
    projected
}

/// The names of the keys that an earlier projection left; no API server sends such a field.
fn before(secret: &Value) -> Vec<&str> {
    let keys = secret.get("keys").and_then(Value::as_array);
    keys.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The projection of a Secret's text; none where it is not JSON.
pub(super) fn project_text(raw: &str) -> Option<String> {
    let secret: Value = serde_json::from_str(raw).ok()?;
    secret.is_object().then(|| project(&secret).to_string())
}

/// When the first certificate of `tls.crt` ends.
fn not_after(data: &Map<String, Value>) -> Option<String> {
    let bytes: ByteString = serde_json::from_value(data.get("tls.crt")?.clone()).ok()?;
    let leaf = Pem::iter_from_buffer(&bytes.0).next()?.ok()?;
    let end = leaf.parse_x509().ok()?.validity().not_after.timestamp();
    jiff::Timestamp::from_second(end)
        .ok()
        .map(|time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Self-signed for `old.example`, valid for the day of 2020-01-01.
    const CERTIFICATE: &str = include_str!("testdata/expired.crt.base64");

    fn secret() -> Value {
        json!({
            "metadata": {"name": "cert", "namespace": "shop", "uid": "u1",
                "managedFields": [{"fieldsV1": {"f:data": {}}}],
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":1}"}},
            "type": "kubernetes.io/tls",
            "data": {"tls.crt": CERTIFICATE.trim(), "tls.key": "c2VjcmV0LWtleQ=="},
            "stringData": {"x": "plain-secret"},
        })
    }

    #[test]
    fn no_value_gets_through() {
        let text = project_text(&secret().to_string()).unwrap();
        for hidden in [
            "c2VjcmV0",
            CERTIFICATE.trim(),
            "plain-secret",
            "last-applied",
            "managed",
        ] {
            assert!(!text.contains(hidden), "{hidden}");
        }
        assert_eq!(project(&secret())["keys"], json!(["tls.crt", "tls.key"]));
    }

    #[test]
    fn a_projection_is_not_projected_further() {
        let once = project(&secret());
        assert_eq!(project(&once), once);
    }

    #[test]
    fn the_end_of_the_certificate_is_read() {
        assert_eq!(
            project(&secret())["tls"]["notAfter"],
            "2020-01-02T00:00:00Z"
        );
    }

    #[test]
    fn nonsense_is_no_certificate() {
        for bad in [
            json!("bm90IGEgY2VydA=="),
            json!("%%"),
            json!(7),
            json!(null),
        ] {
            let projected = project(&json!({"metadata": {}, "data": {"tls.crt": bad}}));
            assert!(projected.get("tls").is_none());
        }
        assert!(project_text("[1]").is_none());
    }
}
