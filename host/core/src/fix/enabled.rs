//! Which fixes the operator lets happen, and where.

use std::collections::BTreeSet;

use super::{Fix, actions};

/// The enabled fixes. Everything is, unless the operator names what is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Enabled {
    actions: Option<BTreeSet<&'static str>>,
    namespaces: Option<BTreeSet<String>>,
}

impl Enabled {
    /// Only these actions of the catalogue; `*` is all of them.
    ///
    /// # Errors
    /// The first name that is no action.
    pub fn with_actions(&mut self, names: &[String]) -> Result<(), String> {
        let known = |name: &String| {
            actions()
                .find(|action| action == name)
                .ok_or_else(|| format!("{name:?} is not an action of the catalogue"))
        };
        self.actions = match names {
            [all] if all == "*" => None,
            names => Some(names.iter().map(known).collect::<Result<_, _>>()?),
        };
        Ok(())
    }

    /// Only in these namespaces; `*` is all of them. RBAC knows no patterns of names, and so
    /// there are none here.
    ///
    /// # Errors
    /// The first text that is no name.
    pub fn with_namespaces(&mut self, names: &[String]) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let good = |name: &String| (1..64).contains(&name.len()) && name.chars().all(plain);
        self.namespaces = match names {
            [all] if all == "*" => None,
            names => match names.iter().find(|name| !good(name)) {
                Some(bad) => return Err(format!("{bad:?} is not the name of a namespace")),
                None => Some(names.iter().cloned().collect()),
            },
        };
        Ok(())
    }

    /// The enabled actions, in the order of the catalogue.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> + '_ {
        let named = self.actions.as_ref();
        actions().filter(move |action| named.is_none_or(|named| named.contains(action)))
    }

    /// The namespaces in which fixes may happen; none where that is in all of them.
    pub fn namespaces(&self) -> Option<impl Iterator<Item = &str>> {
        let named = self.namespaces.as_ref();
        named.map(|named| named.iter().map(String::as_str))
    }

    /// Why a fix is not enabled; none where it is. What has no namespace is bound by its action
    /// alone.
    pub fn refusal(&self, fix: &Fix) -> Option<String> {
        let (action, namespace) = (fix.action.name(), fix.target.namespace.as_str());
        if !self.actions().any(|enabled| enabled == action) {
            return Some(format!("{action} is not enabled (fix.enabled)"));
        }
        let mut namespaces = self.namespaces()?;
        let here = namespace.is_empty() || namespaces.any(|enabled| enabled == namespace);
        (!here).then(|| format!("fixes are not enabled in namespace {namespace} (fix.namespaces)"))
    }
}

#[cfg(test)]
impl Enabled {
    /// Only these actions, in these namespaces.
    pub(crate) fn only(actions: &[&str], namespaces: &[&str]) -> Enabled {
        let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let mut enabled = Enabled::default();
        enabled.with_actions(&owned(actions)).unwrap();
        enabled.with_namespaces(&owned(namespaces)).unwrap();
        enabled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::ObjectRef;

    fn fix(action: &str, kind: &str, namespace: &str) -> Fix {
        Fix::parse(action, ObjectRef::new("v1", kind, namespace, "x"), &[]).unwrap()
    }

    #[test]
    fn everything_is_enabled_unless_something_is_named() {
        let all = Enabled::default();
        assert_eq!(all, Enabled::only(&["*"], &["*"]));
        assert_eq!(all.actions().count(), actions().count());
        assert_eq!(all.refusal(&fix("delete-pod", "Pod", "shop")), None);
    }

    #[test]
    fn what_is_not_named_is_refused_with_the_key_that_would_enable_it() {
        let some = Enabled::only(&["delete-pod", "cordon"], &["shop"]);
        assert_eq!(some.refusal(&fix("delete-pod", "Pod", "shop")), None);
        assert_eq!(some.refusal(&fix("cordon", "Node", "")), None);
        let elsewhere = some.refusal(&fix("delete-pod", "Pod", "bank")).unwrap();
        assert!(elsewhere.contains("fix.namespaces"), "{elsewhere}");
        let other = some.refusal(&fix("evict-pod", "Pod", "shop")).unwrap();
        assert!(other.contains("fix.enabled"), "{other}");
    }

    #[test]
    fn an_empty_list_enables_nothing() {
        let none = Enabled::only(&[], &["*"]);
        assert!(none.refusal(&fix("delete-pod", "Pod", "shop")).is_some());
        let nowhere = Enabled::only(&["*"], &[]);
        assert!(nowhere.refusal(&fix("delete-pod", "Pod", "shop")).is_some());
    }

    #[test]
    fn names_that_do_not_exist_are_errors() {
        let mut enabled = Enabled::default();
        assert!(enabled.with_actions(&["reboot".to_owned()]).is_err());
        assert!(enabled.with_namespaces(&["team-*".to_owned()]).is_err());
    }
}
