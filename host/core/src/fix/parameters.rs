//! The parameters of a proposal, parsed.

use std::collections::BTreeMap;
use std::str::FromStr;

use k8shawk_vocabulary::quantity::Quantity;
use thiserror::Error;

/// Longest value, in bytes.
const MAX_VALUE: usize = 512;

/// Why a proposal is not a fix. It is recorded with the incident and never executed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FixError {
    /// No such action in the catalogue.
    #[error("{0:?} is not an action of the catalogue")]
    UnknownAction(String),
    /// The action does not fit the target's kind.
    #[error("{action} cannot target a {kind}")]
    WrongKind {
        /// Action.
        action: String,
        /// Kind.
        kind: String,
    },
    /// A parameter is missing, is unknown, or does not parse.
    #[error("{action}: {why}")]
    Parameter {
        /// Action.
        action: String,
        /// What is wrong with which parameter.
        why: String,
    },
}

/// Parameters that are taken out as they are parsed; what is left is unknown.
pub(super) struct Parameters<'a> {
    action: &'a str,
    left: BTreeMap<&'a str, &'a str>,
}

impl<'a> Parameters<'a> {
    pub(super) fn of(action: &'a str, given: &'a [(String, String)]) -> Parameters<'a> {
        let pairs = given.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        Parameters {
            action,
            left: pairs.collect(),
        }
    }

    /// A parameter of this action is wrong, and why.
    pub(super) fn fault(&self, why: impl Into<String>) -> FixError {
        FixError::Parameter {
            action: self.action.to_owned(),
            why: why.into(),
        }
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), FixError> {
        match self.left.keys().next() {
            Some(unknown) => Err(self.fault(format!("unknown parameter {unknown:?}"))),
            None => Ok(()),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<&'a str, FixError> {
        match self.left.remove(name) {
            Some(value) if !value.is_empty() && value.len() <= MAX_VALUE => Ok(value),
            Some(_) => Err(self.fault(format!("{name} is empty or too long"))),
            None => Err(self.fault(format!("{name} is missing"))),
        }
    }

    pub(super) fn number<T: FromStr>(&mut self, name: &str) -> Result<T, FixError> {
        let text = self.text(name)?;
        text.parse()
            .map_err(|_| self.fault(format!("{name} {text:?} is not a number in range")))
    }

    pub(super) fn quantity(&mut self, name: &str) -> Result<Quantity, FixError> {
        let text = self.text(name)?;
        self.quantity_of(name, text)
    }

    pub(super) fn optional_quantity(&mut self, name: &str) -> Result<Option<Quantity>, FixError> {
        let text = self.left.remove(name);
        text.map(|text| self.quantity_of(name, text)).transpose()
    }

    fn quantity_of(&self, name: &str, text: &str) -> Result<Quantity, FixError> {
        Quantity::parse(text)
            .ok_or_else(|| self.fault(format!("{name} {text:?} is not a quantity")))
    }

    /// Letters, digits and the characters of `more`.
    pub(super) fn word(&mut self, name: &str, more: &str) -> Result<String, FixError> {
        let text = self.text(name)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        if text.chars().all(plain) {
            Ok(text.to_owned())
        } else {
            Err(self.fault(format!(
                "{name} {text:?} has characters that a name cannot have"
            )))
        }
    }
}
