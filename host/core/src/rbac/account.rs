//! A service account by its namespace and name.

use std::fmt;

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What stands before namespace and name in the name of a user.
const USER: &str = "system:serviceaccount:";

impl Account {
    /// Parse `namespace/name`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Account, String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        let good = |part: &str| {
            (1..=253).contains(&part.len()) && part.chars().all(plain) && !part.contains("..")
        };
        match text.split_once('/') {
            Some((namespace, name)) if good(namespace) && good(name) => Ok(Account {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(format!(
                "{text:?} is not a service account, such as k8shawk/k8shawk-reader"
            )),
        }
    }

    /// The account of a user's name; none where the user is no service account.
    pub fn of_user(user: &str) -> Option<Account> {
        let (namespace, name) = user.strip_prefix(USER)?.split_once(':')?;
        Account::parse(&format!("{namespace}/{name}")).ok()
    }

    /// The name that the API server knows it by.
    pub fn user(&self) -> String {
        format!("{USER}{}:{}", self.namespace, self.name)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_and_its_user_are_two_names_of_one() {
        let account = Account::parse("ops/k8shawk-reader").unwrap();
        assert_eq!(account.user(), "system:serviceaccount:ops:k8shawk-reader");
        assert_eq!(Account::of_user(&account.user()), Some(account));
        assert_eq!(Account::of_user("kubernetes-admin"), None);
    }

    #[test]
    fn what_is_no_account_is_refused() {
        for bad in [
            "",
            "reader",
            "/reader",
            "ops/",
            "ops/a/b",
            "ops/a:b",
            "ops/a\r\nX: y",
        ] {
            assert!(Account::parse(bad).is_err(), "{bad:?}");
        }
    }
}
