//! Which fixes the operator lets happen, and where.

use std::collections::BTreeSet;

use super::{Fix, actions, targets};
use crate::kinds::{self, Kind};

/// The enabled fixes. Everything is, unless the operator names what is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Enabled {
    actions: Option<BTreeSet<&'static str>>,
    namespaces: Option<BTreeSet<String>>,
    /// K8sHawk's own namespace: `*` does not include it.
    own: Option<String>,
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

    /// K8sHawk runs in this namespace: fixes there need its name in `fix.namespaces`.
    pub fn protect(&mut self, own: &str) {
        self.own = Some(own.to_owned());
    }

    /// The namespace that K8sHawk runs in; none where that is not known, as beside a cluster.
    pub fn home(&self) -> Option<&str> {
        self.own.as_deref()
    }

    /// True where an enabled action may target objects of this kind at all.
    ///
    /// Without any namespace nothing may be changed, also not what has none. Where namespaces are
    /// named, an action that has targets inside of namespaces stays inside of those; one that
    /// targets only what has no namespace, such as `cordon`, is bound by its name alone.
    pub fn reaches(&self, action: &str, kind: &Kind) -> bool {
        let enabled = self.actions().any(|enabled| enabled == action);
        enabled
            && match &self.namespaces {
                None => true,
                Some(named) if named.is_empty() => false,
                Some(_) => kind.namespaced || !stays_inside(action),
            }
    }

    /// Why a fix is not enabled; none where it is.
    pub fn refusal(&self, fix: &Fix) -> Option<String> {
        let (action, target) = (fix.action.name(), &fix.target);
        if !self.actions().any(|enabled| enabled == action) {
            return Some(format!("{action} is not enabled (fix.enabled)"));
        }
        if let Some(own) = self.is_own(target.home()) {
            return Some(format!(
                "{own} is K8sHawk's own namespace: fixes there need its name in fix.namespaces"
            ));
        }
        let namespace = target.namespace.as_str();
        if namespace.is_empty() {
            let reached = kinds::kind(&target.kind).is_some_and(|kind| self.reaches(action, kind));
            return (!reached).then(|| {
                format!(
                    "{action} of a {} affects more than the namespaces of fix.namespaces",
                    target.kind
                )
            });
        }
        let here = self.namespaces()?.any(|enabled| enabled == namespace);
        (!here).then(|| format!("fixes are not enabled in namespace {namespace} (fix.namespaces)"))
    }

    /// The namespace, where it is our own and not named.
    fn is_own<'n>(&self, namespace: &'n str) -> Option<&'n str> {
        let named = self.namespaces.as_ref();
        let is_named = named.is_some_and(|named| named.contains(namespace));
        (self.own.as_deref() == Some(namespace) && !is_named).then_some(namespace)
    }
}

/// True where an action can target something inside of a namespace.
pub fn stays_inside(action: &str) -> bool {
    targets(action).iter().any(|kind| kind.namespaced)
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

    fn removal(finalizer: &str, target: ObjectRef) -> Fix {
        let finalizer = ("finalizer".to_owned(), finalizer.to_owned());
        Fix::parse("remove-finalizer", target, &[finalizer]).unwrap()
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
    fn named_namespaces_bound_what_also_reaches_objects_without_one() {
        let some = Enabled::only(&["*"], &["shop"]);
        let mut remove = removal("example.com/x", ObjectRef::new("v1", "Node", "", "x"));
        let why = some.refusal(&remove).unwrap();
        assert!(why.contains("remove-finalizer of a Node"), "{why}");
        assert_eq!(Enabled::default().refusal(&remove), None);
        remove.target = ObjectRef::new("v1", "Pod", "shop", "x");
        assert_eq!(some.refusal(&remove), None);
    }

    #[test]
    fn the_own_namespace_is_changed_only_where_it_is_named() {
        let mut all = Enabled::default();
        all.protect("k8shawk");
        let why = all.refusal(&fix("delete-pod", "Pod", "k8shawk")).unwrap();
        assert!(why.contains("own namespace"), "{why}");
        assert_eq!(all.refusal(&fix("delete-pod", "Pod", "shop")), None);
        let target = ObjectRef::new("v1", "Namespace", "", "k8shawk");
        let remove = removal("kubernetes", target);
        assert!(all.refusal(&remove).is_some());
        let mut named = Enabled::only(&["*"], &["k8shawk", "shop"]);
        named.protect("k8shawk");
        assert_eq!(named.refusal(&fix("delete-pod", "Pod", "k8shawk")), None);
    }

    #[test]
    fn an_empty_list_enables_nothing() {
        let none = Enabled::only(&[], &["*"]);
        assert!(none.refusal(&fix("delete-pod", "Pod", "shop")).is_some());
        let nowhere = Enabled::only(&["*"], &[]);
        assert!(nowhere.refusal(&fix("delete-pod", "Pod", "shop")).is_some());
        assert!(nowhere.refusal(&fix("cordon", "Node", "")).is_some());
    }

    #[test]
    fn names_that_do_not_exist_are_errors() {
        let mut enabled = Enabled::default();
        assert!(enabled.with_actions(&["reboot".to_owned()]).is_err());
        assert!(enabled.with_namespaces(&["team-*".to_owned()]).is_err());
    }
}
