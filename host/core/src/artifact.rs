//! Where a plugin is in a registry: `oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST]`.

use std::fmt;

/// The scheme of every reference.
pub const SCHEME: &str = "oci://";
/// What stands before the digits of a digest.
const ALGORITHM: &str = "sha256:";

/// An artifact in a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// SHA-256 of an artifact's manifest, which names everything in the artifact by its own digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest(String);

/// An artifact that cannot change: its reference has a digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pinned {
    reference: Reference,
    digest: Digest,
}

impl Digest {
    /// Parse `sha256:` and 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// A sentence.
    pub fn parse(text: &str) -> Result<Digest, String> {
        let digits = text.strip_prefix(ALGORITHM).unwrap_or_default();
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        match digits.len() == 64 && digits.chars().all(hex) {
            true => Ok(Digest(digits.to_owned())),
            false => Err("the digest must be sha256: and 64 lower-case hexadecimal digits".into()),
        }
    }

    /// The 64 digits.
    pub fn hex(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}{}", self.0)
    }
}

impl Reference {
    /// Parse a reference. What may be a password is not quoted in the error.
    ///
    /// # Errors
    /// A sentence.
    pub fn parse(text: &str) -> Result<Reference, String> {
        let rest = text.strip_prefix(SCHEME).ok_or_else(form)?;
        let (host, path) = rest.split_once('/').ok_or_else(form)?;
        if host.contains('@') {
            // No word in front of a colon or an equals sign may be the name of a secret: what follows would be hidden.
            return Err(
                "a reference to an artifact cannot carry credentials; write them into docker's config.json".into(),
            );
        }
        if let Some(port) = host.rsplit_once(':').map(|(_, port)| port)
            && port.bytes().all(|b| b.is_ascii_digit())
            && !is_port(port)
        {
            return Err(format!("the port of {SCHEME}{host} must be 1 to 65535"));
        }
        if !is_host(host) {
            return Err(form());
        }
        let (name, digest) = match path.split_once('@') {
            Some((name, digest)) => (name, Some(Digest::parse(digest)?)),
            None => (path, None),
        };
        let (repository, tag) = match name.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (name, None),
        };
        if !is_repository(repository) || tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(form());
        }
        Ok(Reference {
            host: host.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest,
        })
    }

    /// The registry, with its port where one is named.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository within the registry.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, which its owner may move to another artifact.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, where one is named.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same artifact by this digest.
    #[must_use]
    pub fn pinned(&self, digest: Digest) -> Pinned {
        let mut reference = self.clone();
        reference.digest = Some(digest.clone());
        Pinned { reference, digest }
    }

    /// True where the registry is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// True for a host, with or without a port, that is this machine.
pub fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let parsed = address.parse::<std::net::IpAddr>();
    name == "localhost" || parsed.is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl Pinned {
    /// Parse a reference that has a digest.
    ///
    /// # Errors
    /// A sentence.
    pub fn parse(text: &str) -> Result<Pinned, String> {
        let reference = Reference::parse(text)?;
        match reference.digest.clone() {
            Some(digest) => Ok(Pinned { reference, digest }),
            None => Err(format!(
                "{reference} has no digest, and a tag can be moved: `k8shawk plugin pull {reference}` \
                 prints the reference with its digest"
            )),
        }
    }

    /// The digest.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The reference that has it.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }
}

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reference.fmt(f)
    }
}

fn form() -> String {
    "a reference to an artifact is oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST]".to_owned()
}

/// A name or an address, with or without a port.
pub fn is_host(host: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let ends = host.starts_with(['.', '-', ':']) || host.ends_with(['.', '-', ':']);
    (1..=255).contains(&host.len()) && host.chars().all(plain) && !ends
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_repository(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| {
        part.starts_with(plain)
            && part.ends_with(plain)
            && part
                .chars()
                .all(|c| plain(c) || matches!(c, '.' | '_' | '-'))
            && !part.contains("..")
    };
    text.len() <= 255 && text.split('/').all(part)
}

fn is_tag(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= 128
        && text.starts_with(word)
        && text.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}

#[cfg(test)]
mod tests;
