//! Where the credentials of registries come from: docker's `config.json`, which a Secret of the type
//! `kubernetes.io/dockerconfigjson` holds too. They are read for each use and kept nowhere.

use std::path::PathBuf;
use std::time::Duration;

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use k8shawk_sandbox::files;
use oci_client::secrets::RegistryAuth;
use tokio::time::timeout;

use super::RegistryError;

/// The file's name in its usual directory.
const FILE: &str = "config.json";
/// How long a credential helper may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where credentials are; nothing is read yet.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    file: Option<PathBuf>,
    named: bool,
}

impl Credentials {
    /// The file that the operator names, else the usual one, which need not be there.
    pub fn new(named: Option<PathBuf>, variable: impl Fn(&str) -> Option<String>) -> Credentials {
        let is_named = named.is_some();
        let usual = || {
            let docker = variable("DOCKER_CONFIG").map(PathBuf::from);
            let home = || variable("HOME").map(|home| PathBuf::from(home).join(".docker"));
            docker.or_else(home).map(|directory| directory.join(FILE))
        };
        Credentials {
            file: named.or_else(usual),
            named: is_named,
        }
    }

    /// What is sent to a registry.
    ///
    /// # Errors
    /// [`RegistryError::Credentials`], without the credentials.
    pub(super) async fn of(&self, host: &str) -> Result<RegistryAuth, RegistryError> {
        let Some(file) = self.file.clone() else {
            return Ok(RegistryAuth::Anonymous);
        };
        let fault = |why: &str| RegistryError::Credentials {
            path: file.clone(),
            why: why.to_owned(),
        };
        let text = match files::text_if_there(&file) {
            Ok(Some(text)) => text,
            Ok(None) if !self.named => return Ok(RegistryAuth::Anonymous),
            Ok(None) => return Err(fault("there is no such file")),
            Err(why) => return Err(fault(&why.to_string())),
        };
        let server = host.to_owned();
        // A credential helper is a program: it blocks, and may hang.
        let asked = tokio::task::spawn_blocking(move || {
            get_credential_from_reader(text.as_bytes(), &server)
        });
        match timeout(PATIENCE, asked).await {
            Ok(Ok(Ok(DockerCredential::UsernamePassword(name, password)))) => {
                Ok(RegistryAuth::Basic(name, password))
            }
            Ok(Ok(Ok(DockerCredential::IdentityToken(_)))) => Err(fault(
                "an identity token cannot be used; log in with a user name and a token",
            )),
            Ok(Ok(Err(CredentialRetrievalError::NoCredentialConfigured))) => {
                Ok(RegistryAuth::Anonymous)
            }
            Ok(Ok(Err(error))) => Err(fault(words(&error))),
            Ok(Err(_)) => Err(fault("the credential helper stopped")),
            Err(_) => Err(fault("the credential helper does not answer")),
        }
    }

    /// Which credentials were sent, for a registry that wants others.
    pub(super) fn told(&self, sent: &RegistryAuth) -> String {
        match (&self.file, sent) {
            (None, _) => "no credentials are configured".to_owned(),
            (Some(file), RegistryAuth::Anonymous) => {
                format!("no credentials for it in {}", file.display())
            }
            (Some(file), _) => format!("with the credentials in {}", file.display()),
        }
    }
}

/// In words of ours: a helper's output may hold the secret.
fn words(error: &CredentialRetrievalError) -> &'static str {
    match error {
        CredentialRetrievalError::HelperCommunicationError => "its credential helper cannot be run",
        CredentialRetrievalError::MalformedHelperResponse
        | CredentialRetrievalError::HelperFailure { .. } => "its credential helper failed",
        CredentialRetrievalError::CredentialDecodingError => "an entry cannot be decoded",
        CredentialRetrievalError::CredentialMismatchError => {
            "auth and user name of an entry do not match"
        }
        _ => "it is not docker's config.json",
    }
}
