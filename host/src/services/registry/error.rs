//! Why an artifact is not used. Nothing that a registry wrote is repeated: it may hold what was sent.

use std::path::PathBuf;

use k8shawk_core::artifact::Digest;
use thiserror::Error;

/// Why an artifact is not pushed, not pulled or not used.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The registry cannot be reached: try again later. What was pulled before stays usable.
    #[error("{reference}: the registry {host} cannot be reached: {why}")]
    Away {
        /// The artifact.
        reference: String,
        /// The registry.
        host: String,
        /// What the system said.
        why: String,
    },
    /// The registry wants other credentials: see where they are taken from.
    #[error("{reference}: the registry {host} denies access ({used})")]
    Denied {
        /// The artifact.
        reference: String,
        /// The registry.
        host: String,
        /// Which credentials were sent.
        used: String,
    },
    /// The registry has no such artifact.
    #[error("{reference}: the registry {host} has no such artifact")]
    Missing {
        /// The artifact.
        reference: String,
        /// The registry.
        host: String,
    },
    /// The registry answered something else.
    #[error("{reference}: the registry {host} answered {what}")]
    Answered {
        /// The artifact.
        reference: String,
        /// The registry.
        host: String,
        /// A status or a code, in words of ours.
        what: String,
    },
    /// The credentials would leave without encryption, or for a place that the operator did not name.
    #[error("{reference}: no credentials are sent: {why}")]
    Exposed {
        /// The artifact.
        reference: String,
        /// What would happen.
        why: String,
    },
    /// Credentials are configured and cannot be used.
    #[error("credentials in {path}: {why}")]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What is wrong, without the credentials.
        why: String,
    },
    /// The artifact holds something else.
    #[error("{reference} is not a plugin: {why}")]
    NotPlugin {
        /// The artifact.
        reference: String,
        /// What is different.
        why: String,
    },
    /// A part of the artifact is too large.
    #[error("{reference}: {part} has {size} bytes; at most {most} are allowed")]
    TooLarge {
        /// The artifact.
        reference: String,
        /// The part.
        part: &'static str,
        /// Its size: as it says, or more than the bound.
        size: u64,
        /// The bound.
        most: u64,
    },
    /// What came is not what its digest names: the registry or the way to it is broken.
    #[error("{reference}: the registry {host} sent something else than its digest names")]
    Corrupt {
        /// The artifact.
        reference: String,
        /// The registry.
        host: String,
    },
    /// The tag names another artifact now: compare, then name the new digest.
    #[error("{reference}: the tag was moved; it is now {found}")]
    Moved {
        /// The artifact, with tag and digest.
        reference: String,
        /// The digest of the tag.
        found: Digest,
    },
    /// Nobody signed the artifact.
    #[error("{reference} has no signature; [registry] keys demands one")]
    Unsigned {
        /// The artifact.
        reference: String,
    },
    /// Somebody else signed the artifact.
    #[error("{reference} is signed, but by none of the keys in [registry] keys")]
    WrongKey {
        /// The artifact.
        reference: String,
    },
    /// The signature was moved here from another artifact.
    #[error("{reference}: its signature is for {signed}, another artifact")]
    SignedAnother {
        /// The artifact.
        reference: String,
        /// What was signed.
        signed: String,
    },
    /// A key cannot be used.
    #[error("{path}: {why}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The cache cannot be written.
    #[error("{path}: {why}")]
    Cache {
        /// The path.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// There is no HTTP client, or its work was stopped.
    #[error("the client of registries failed: {0}")]
    Client(String),
}

impl RegistryError {
    /// True where another attempt can succeed: a digest names the same bytes forever, but a
    /// registry comes back, a signature is added, credentials are replaced.
    pub fn may_pass(&self) -> bool {
        !matches!(
            self,
            RegistryError::NotPlugin { .. } | RegistryError::TooLarge { .. }
        )
    }

    /// True where the operator has to correct a file of the configuration.
    pub fn is_misuse(&self) -> bool {
        matches!(
            self,
            RegistryError::Key { .. } | RegistryError::Credentials { .. }
        )
    }
}
