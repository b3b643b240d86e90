//! The one point that text passes before it leaves the cluster: what nobody sees goes first (it
//! hides names from patterns), then secrets; escaping comes last, for each medium its own.
//!
//! Text that leaves is [`Redacted`], which only this module makes. What is a secret is known by
//! its format ([`formats`]), by the name in front of it ([`is_secret_name`]), by its place in a
//! URL or a manifest, and, on the way to a model, by having no harmless form ([`Veil`]).

mod assignment;
mod between;
mod form;
mod formats;
mod manifest;
mod names;
mod prose;
mod rules;
mod strip;
mod text;
mod url;
mod value;
mod veil;

pub use names::is_secret_name;
pub use rules::PatternError;
pub use strip::visible;
#[doc(hidden)]
pub use text::has_holes;
pub use text::{Part, Redacted, RedactedJson};
pub use veil::Veil;

use rules::RULES;

/// What takes the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Compile every pattern; called at the start, before anything can leave.
///
/// # Errors
/// [`PatternError`] where one does not compile. Until it does, [`redact`] hides everything.
pub fn ready() -> Result<(), PatternError> {
    match &*RULES {
        Ok(_) => Ok(()),
        Err(error) => Err(error.clone()),
    }
}

/// Text in quotation marks, with its control characters escaped, and without its secrets: what is
/// escaped first has no lines left by which a Secret is known.
pub fn quoted(text: &str) -> String {
    format!("{:?}", redact(text))
}

/// The text without what nobody sees and without what looks like a secret. What is redacted once
/// stays as it is.
pub fn redact(text: &str) -> String {
    match &*RULES {
        Ok(rules) => rules.clean(text).into_owned(),
        Err(_) => REDACTED.to_owned(),
    }
}

#[cfg(test)]
mod tests;
