//! Signatures in cosign's form, checked without a network: a simple-signing document that names the
//! digest of an artifact, and an ECDSA P-256 signature of its bytes.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use k8shawk_core::artifact::{Digest, Pinned};
use k8shawk_sandbox::files;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::RegistryError;

/// Media type of the signed document.
pub const PAYLOAD_TYPE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The annotation of its layer with the signature, in base64.
pub const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// The most signatures of one artifact that are looked at.
pub const MOST: usize = 16;
/// The largest signed document, bytes.
pub const PAYLOAD: u64 = 64 << 10;

/// `id-ecPublicKey`.
const EC: &str = "1.2.840.10045.2.1";
/// `prime256v1`.
const P256: &str = "1.2.840.10045.3.1.7";

/// The tag at which the signatures of an artifact are.
pub fn tag(digest: &Digest) -> String {
    format!("sha256-{}.sig", digest.hex())
}

/// A signature as it was found; it proves nothing until it is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The signed document.
    pub payload: String,
    /// The signature of its bytes, in base64.
    pub signature: String,
}

/// A key that the operator trusts.
#[derive(Debug, Clone)]
pub struct PublicKey {
    file: PathBuf,
    point: Vec<u8>,
}

impl PublicKey {
    /// Read a key in PEM, as `cosign generate-key-pair` writes `cosign.pub`.
    ///
    /// # Errors
    /// [`RegistryError::Key`] names the file.
    pub fn load(file: &Path) -> Result<PublicKey, RegistryError> {
        let fault = |why: String| RegistryError::Key {
            path: file.to_owned(),
            why,
        };
        let text = files::text(file).map_err(|why| fault(why.to_string()))?;
        let point = point(text.as_bytes()).map_err(|why| fault(why.to_owned()))?;
        Ok(PublicKey {
            file: file.to_owned(),
            point,
        })
    }

    fn verifies(&self, signed: &Signed) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.point);
        STANDARD
            .decode(&signed.signature)
            .is_ok_and(|signature| key.verify(signed.payload.as_bytes(), &signature).is_ok())
    }
}

fn point(pem: &[u8]) -> Result<Vec<u8>, &'static str> {
    let no_key = "is not a public key in PEM";
    let (_, pem) = parse_x509_pem(pem).map_err(|_| no_key)?;
    if pem.label != "PUBLIC KEY" {
        return Err(match pem.label.contains("PRIVATE") {
            true => "holds a private key; a host needs the public one alone",
            false => no_key,
        });
    }
    let (_, info) = SubjectPublicKeyInfo::from_der(&pem.contents).map_err(|_| no_key)?;
    let curve = info
        .algorithm
        .parameters
        .as_ref()
        .and_then(|p| p.as_oid().ok());
    let is_p256 = info.algorithm.algorithm.to_id_string() == EC
        && curve.is_some_and(|curve| curve.to_id_string() == P256);
    match is_p256 {
        true => Ok(info.subject_public_key.data.to_vec()),
        false => Err("is not a key for ECDSA P-256"),
    }
}

/// What cosign signs.
#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

/// That one of the keys signed the artifact; the file of the key, none where no key is listed.
///
/// # Errors
/// [`RegistryError::Unsigned`], [`RegistryError::WrongKey`] or [`RegistryError::SignedAnother`].
pub fn verify<'k>(
    pinned: &Pinned,
    found: &[Signed],
    keys: &'k [PublicKey],
) -> Result<Option<&'k Path>, RegistryError> {
    let reference = || pinned.to_string();
    if keys.is_empty() {
        return Ok(None);
    }
    if found.is_empty() {
        return Err(RegistryError::Unsigned {
            reference: reference(),
        });
    }
    let mut other = None;
    for signed in found {
        let Some(key) = keys.iter().find(|key| key.verifies(signed)) else {
            continue;
        };
        // What is parsed is signed by a key of the operator.
        match serde_json::from_str::<Payload>(&signed.payload) {
            Ok(Payload { critical }) if critical.kind.contains("cosign") => {
                if critical.image.digest == pinned.digest().to_string() {
                    return Ok(Some(&key.file));
                }
                other = Some(critical.image.digest);
            }
            _ => other = Some("something that is no artifact".to_owned()),
        }
    }
    let reference = reference();
    Err(match other {
        Some(signed) => RegistryError::SignedAnother { reference, signed },
        None => RegistryError::WrongKey { reference },
    })
}
