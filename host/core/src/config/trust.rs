//! What a value can do beyond changing how K8sHawk works, and so which files may say it.
//!
//! `k8shawk.toml` and `.env` of the working directory are read without being named. Anyone who can
//! put a file there, as with a repository that somebody cloned, must not by it get a program
//! started, get a secret or evidence, or get a say in what is changed. So a key or a variable has
//! [`Trust::Named`] where it is
//!
//! - a credential, or where one is read,
//! - a destination of evidence or of a credential,
//! - authority: who approves, which policies judge, what a fix may change, and in which cluster.

/// Which files may say a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Any that is read.
    Found,
    /// Only one that somebody named, or that lies beside the binary, and the environment; with
    /// what the value does.
    Named(&'static str),
}

/// Why a value of a found file is not taken, and what to do.
pub(super) fn refused(key: &str, env: &str, does: &str, file: &str) -> String {
    format!(
        "{key} {does}, and this file was only found in the working directory: start with `--config \
         {file}` if you trust it, or set {env} in the environment"
    )
}
