//! Pushing and pulling. One deadline for each artifact, a bound for each part.

use std::error::Error as _;
use std::future::Future;
use std::io::ErrorKind;
use std::time::Duration;

use http::header::WWW_AUTHENTICATE;
use http_auth::parser::ChallengeParser;
use k8shawk_core::artifact::{Digest, Pinned, Reference, is_loopback};
use k8shawk_core::config::RegistryConfig;
use k8shawk_sandbox::{files, sha256};
use oci_client::client::{ClientConfig, ClientProtocol, LayerDescriptor};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::manifest::{IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciImageManifest};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference as Image, RegistryOperation};
use reqwest::Url;
use tokio::time::timeout;

use super::bounded::Bounded;
use super::layout::{Layout, Package};
use super::signature::{self, PublicKey, Signed};
use super::{Credentials, MANIFEST, RegistryError};
use crate::services::http_client;

/// How long a connection may take, and how long a registry may be silent.
const CONNECT: Duration = Duration::from_secs(5);
const SILENT: Duration = Duration::from_secs(15);
/// What is asked for at a manifest's address.
const MANIFESTS: [&str; 2] = [OCI_IMAGE_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE];

/// What was pulled, with every digest checked.
#[derive(Debug)]
pub struct Fetched {
    /// Where it is, by its digest.
    pub pinned: Pinned,
    /// Manifest, as it was sent.
    pub manifest: Vec<u8>,
    /// What the manifest says.
    pub layout: Layout,
    /// Component.
    pub component: Vec<u8>,
    /// Signatures as they were found, where any are demanded; not verified yet.
    pub signatures: Vec<Signed>,
}

/// Registries, as the operator configured them.
pub struct Registry {
    plain_http: Vec<String>,
    timeout: Duration,
    credentials: Credentials,
    keys: Vec<PublicKey>,
}

/// One artifact's registry, with the credentials that it is sent.
struct Session<'r> {
    registry: &'r Registry,
    client: Client,
    reference: &'r Reference,
    auth: RegistryAuth,
}

impl Registry {
    /// Registries with the keys of the configuration.
    ///
    /// # Errors
    /// [`RegistryError::Key`].
    pub fn new(
        config: &RegistryConfig,
        credentials: Credentials,
    ) -> Result<Registry, RegistryError> {
        let keys = config.keys.iter().map(|file| PublicKey::load(file));
        Ok(Registry {
            plain_http: config.plain_http.clone(),
            timeout: config.timeout,
            credentials,
            keys: keys.collect::<Result<_, _>>()?,
        })
    }

    /// The keys that sign artifacts.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Pull an artifact: by its digest, or whatever the tag names now (`latest` where there is
    /// neither). Where both are named, they must agree.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn pull(&self, reference: &Reference) -> Result<Fetched, RegistryError> {
        self.in_time(reference, async {
            let session = self.open(reference).await?;
            let found = match (reference.tag(), reference.digest()) {
                (None, Some(digest)) => digest.clone(),
                (tag, named) => session.resolve(tag.unwrap_or("latest"), named).await?,
            };
            session.fetch(reference.pinned(found)).await
        })
        .await
    }

    /// Pull an artifact by its digest alone, wherever its tag is now.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn pull_pinned(&self, pinned: &Pinned) -> Result<Fetched, RegistryError> {
        let reference = pinned.reference();
        self.in_time(reference, async {
            self.open(reference).await?.fetch(pinned.clone()).await
        })
        .await
    }

    /// Push a plugin at a tag.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn push(
        &self,
        reference: &Reference,
        package: Package,
    ) -> Result<Pinned, RegistryError> {
        self.in_time(reference, async {
            self.open(reference).await?.push(package).await
        })
        .await
    }

    async fn in_time<T>(
        &self,
        reference: &Reference,
        work: impl Future<Output = Result<T, RegistryError>>,
    ) -> Result<T, RegistryError> {
        timeout(self.timeout, work).await.unwrap_or_else(|_| {
            Err(RegistryError::Away {
                reference: reference.to_string(),
                host: reference.host().to_owned(),
                why: format!("it takes longer than {:?}", self.timeout),
            })
        })
    }

    pub(super) fn is_plain(&self, host: &str) -> bool {
        is_loopback(host) || self.plain_http.iter().any(|plain| plain == host)
    }

    async fn open<'r>(&'r self, reference: &'r Reference) -> Result<Session<'r>, RegistryError> {
        http_client::choose_tls();
        let host = reference.host();
        let protocol = match self.is_plain(host) {
            true => ClientProtocol::HttpsExcept(vec![host.to_owned()]),
            false => ClientProtocol::Https,
        };
        let config = ClientConfig {
            protocol,
            connect_timeout: Some(CONNECT),
            read_timeout: Some(SILENT),
            user_agent: concat!("k8shawk/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|e| RegistryError::Client(e.to_string()))?;
        let session = Session {
            registry: self,
            client,
            reference,
            auth: self.credentials.of(host).await?,
        };
        if session.auth != RegistryAuth::Anonymous {
            session.check_door().await?;
        }
        Ok(session)
    }
}

impl Session<'_> {
    /// That the credentials go to the registry, or to the token service that it names, and to both
    /// with encryption.
    async fn check_door(&self) -> Result<(), RegistryError> {
        let host = self.reference.host();
        let scheme = if self.registry.is_plain(host) {
            "http"
        } else {
            "https"
        };
        let client = http_client::for_calls(SILENT).map_err(RegistryError::Client)?;
        let answer = client.get(format!("{scheme}://{host}/v2/")).send().await;
        let answer = answer.map_err(|error| self.away(&error))?;
        let exposed = |why: String| RegistryError::Exposed {
            reference: self.reference.to_string(),
            why,
        };
        if answer.status().is_redirection() {
            let why = format!("{host} redirects to another place; name that registry itself");
            return Err(exposed(why));
        }
        let challenge = answer
            .headers()
            .get(WWW_AUTHENTICATE)
            .and_then(|v| v.to_str().ok());
        let Some(realm) = challenge.and_then(realm) else {
            return Ok(());
        };
        let url = Url::parse(&realm).ok();
        let place = url.as_ref().and_then(|url| {
            let name = url.host_str()?;
            let port = url
                .port()
                .map(|port| format!(":{port}"))
                .unwrap_or_default();
            Some((url.scheme(), format!("{name}{port}")))
        });
        match place {
            Some(("https", _)) => Ok(()),
            Some(("http", place)) if self.registry.is_plain(&place) => Ok(()),
            _ => Err(exposed(format!(
                "{host} wants them without encryption at its token service"
            ))),
        }
    }

    /// The digest that a tag names now.
    async fn resolve(&self, tag: &str, named: Option<&Digest>) -> Result<Digest, RegistryError> {
        let (_, found) = self.manifest(&self.tagged(tag)).await?;
        match named {
            Some(named) if *named != found => Err(RegistryError::Moved {
                reference: self.reference.to_string(),
                found,
            }),
            _ => Ok(found),
        }
    }

    async fn fetch(&self, pinned: Pinned) -> Result<Fetched, RegistryError> {
        let digest = pinned.digest();
        let (manifest, _) = self.manifest(&self.by_digest(digest)).await?;
        let layout = Layout::parse(&manifest).map_err(|why| RegistryError::NotPlugin {
            reference: self.reference.to_string(),
            why,
        })?;
        self.fits("its component", layout.size, files::COMPONENT)?;
        let component = self
            .blob(&layout.component, "its component", files::COMPONENT)
            .await?;
        let signatures = match self.registry.keys.is_empty() {
            true => Vec::new(),
            false => self.signatures(digest).await?,
        };
        Ok(Fetched {
            pinned,
            manifest,
            layout,
            component,
            signatures,
        })
    }

    /// The signatures of an artifact; none where nobody signed it.
    async fn signatures(&self, digest: &Digest) -> Result<Vec<Signed>, RegistryError> {
        let manifest = match self.manifest(&self.tagged(&signature::tag(digest))).await {
            Err(RegistryError::Missing { .. }) => return Ok(Vec::new()),
            other => other?.0,
        };
        let parsed: OciImageManifest = serde_json::from_slice(&manifest).unwrap_or_default();
        let mut all = Vec::new();
        for layer in parsed.layers.iter().take(signature::MOST) {
            let annotations = layer.annotations.as_ref();
            let Some(signature) = annotations.and_then(|all| all.get(signature::SIGNATURE)) else {
                continue;
            };
            let Ok(digest) = Digest::parse(&layer.digest) else {
                continue;
            };
            if layer.media_type != signature::PAYLOAD_TYPE {
                continue;
            }
            let payload = self
                .blob(&digest, "a signature", signature::PAYLOAD)
                .await?;
            all.push(Signed {
                payload: String::from_utf8_lossy(&payload).into_owned(),
                signature: signature.clone(),
            });
        }
        Ok(all)
    }

    async fn push(&self, package: Package) -> Result<Pinned, RegistryError> {
        let corrupt = |_| self.corrupt();
        let tag = self.reference.tag().unwrap_or("latest");
        let image = self.tagged(tag);
        let op = RegistryOperation::Push;
        let asked = self.client.auth(&image, &self.auth, op).await;
        asked.map_err(|error| self.fault(error))?;
        let digest = package.digest().map_err(corrupt)?;
        for blob in [package.component, package.config] {
            let name = format!("sha256:{}", sha256(&blob));
            let pushed = self.client.push_blob(&image, blob, &name).await;
            pushed.map_err(|error| self.fault(error))?;
        }
        let kind = http::HeaderValue::from_static(OCI_IMAGE_MEDIA_TYPE);
        let pushed = self
            .client
            .push_manifest_raw(&image, package.manifest, kind)
            .await;
        pushed.map_err(|error| self.fault(error))?;
        Ok(self.reference.pinned(digest))
    }

    /// A manifest with its digest, which is computed here.
    async fn manifest(&self, image: &Image) -> Result<(Vec<u8>, Digest), RegistryError> {
        let pulled = self
            .client
            .pull_manifest_raw(image, &self.auth, &MANIFESTS)
            .await;
        let (bytes, _) = pulled.map_err(|error| self.fault(error))?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.fits("its manifest", size, MANIFEST)?;
        let found = Digest::parse(&format!("sha256:{}", sha256(&bytes)));
        let found = found.map_err(|_| self.corrupt())?;
        match image.digest() {
            Some(named) if named != found.to_string() => Err(self.corrupt()),
            _ => Ok((bytes.to_vec(), found)),
        }
    }

    /// Bytes that a digest names. Addresses in a manifest are not followed.
    async fn blob(
        &self,
        digest: &Digest,
        part: &'static str,
        most: u64,
    ) -> Result<Vec<u8>, RegistryError> {
        let (image, name) = (self.by_digest(digest), digest.to_string());
        let layer = LayerDescriptor {
            digest: &name,
            urls: &None,
        };
        let mut bytes = Bounded::new(most);
        match self.client.pull_blob(&image, &layer, &mut bytes).await {
            Ok(()) => {}
            Err(OciDistributionError::IoError(e)) if e.kind() == ErrorKind::FileTooLarge => {
                self.fits(part, most.saturating_add(1), most)?;
            }
            Err(error) => return Err(self.fault(error)),
        }
        let bytes = bytes.into_bytes();
        match sha256(&bytes) == digest.hex() {
            true => Ok(bytes),
            false => Err(self.corrupt()),
        }
    }

    fn fits(&self, part: &'static str, size: u64, most: u64) -> Result<(), RegistryError> {
        if size <= most {
            return Ok(());
        }
        Err(RegistryError::TooLarge {
            reference: self.reference.to_string(),
            part,
            size,
            most,
        })
    }

    fn tagged(&self, tag: &str) -> Image {
        let (host, repository) = self.place();
        Image::with_tag(host, repository, tag.to_owned())
    }

    fn by_digest(&self, digest: &Digest) -> Image {
        let (host, repository) = self.place();
        Image::with_digest(host, repository, digest.to_string())
    }

    fn place(&self) -> (String, String) {
        let Self { reference, .. } = self;
        (
            reference.host().to_owned(),
            reference.repository().to_owned(),
        )
    }

    fn corrupt(&self) -> RegistryError {
        RegistryError::Corrupt {
            reference: self.reference.to_string(),
            host: self.reference.host().to_owned(),
        }
    }

    fn away(&self, error: &reqwest::Error) -> RegistryError {
        RegistryError::Away {
            reference: self.reference.to_string(),
            host: self.reference.host().to_owned(),
            why: match error.is_timeout() {
                true => "it does not answer in time".to_owned(),
                false => root(error),
            },
        }
    }

    /// What a client's error means for a person.
    fn fault(&self, error: OciDistributionError) -> RegistryError {
        let (reference, host) = (self.reference.to_string(), self.reference.host().to_owned());
        let (denied, missing) = match &error {
            OciDistributionError::RequestError(error) => return self.away(error),
            OciDistributionError::DigestError(_) => return self.corrupt(),
            OciDistributionError::UnauthorizedError { .. }
            | OciDistributionError::AuthenticationFailure(_) => (true, false),
            OciDistributionError::ImageManifestNotFoundError(_) => (false, true),
            OciDistributionError::ServerError { code, .. } => {
                (matches!(code, 401 | 403), *code == 404)
            }
            OciDistributionError::RegistryError { envelope, .. } => {
                let any = |codes: &[OciErrorCode]| {
                    envelope
                        .errors
                        .iter()
                        .any(|error| codes.contains(&error.code))
                };
                let unknown = [
                    OciErrorCode::ManifestUnknown,
                    OciErrorCode::NameUnknown,
                    OciErrorCode::BlobUnknown,
                    OciErrorCode::NotFound,
                ];
                (
                    any(&[OciErrorCode::Denied, OciErrorCode::Unauthorized]),
                    any(&unknown),
                )
            }
            _ => (false, false),
        };
        if denied {
            let used = self.registry.credentials.told(&self.auth);
            return RegistryError::Denied {
                reference,
                host,
                used,
            };
        }
        if missing {
            return RegistryError::Missing { reference, host };
        }
        let what = match &error {
            OciDistributionError::ServerError { code, .. } => format!("with the status {code}"),
            OciDistributionError::RegistryError { envelope, .. } => match envelope.errors.first() {
                Some(error) => format!("with the error {:?}", error.code),
                None => "with an error".to_owned(),
            },
            _ => "something outside of the OCI specification".to_owned(),
        };
        RegistryError::Answered {
            reference,
            host,
            what,
        }
    }
}

/// The token service of a challenge; none where there is none.
fn realm(challenge: &str) -> Option<String> {
    ChallengeParser::new(challenge)
        .flatten()
        .filter(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"))
        .flat_map(|challenge| challenge.params)
        .find(|(name, _)| name.eq_ignore_ascii_case("realm"))
        .map(|(_, value)| value.to_unescaped())
}

/// The innermost cause, which names no address.
fn root(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "the connection broke".to_owned(), ToString::to_string)
}
