//! `may = ["auto"]` and its `[[auto]]` tables: which fixes a policy may release without approval.

use serde::Deserialize;
use toml::Spanned;

use super::{GrantFaults, NamespacePattern, let_through, namespaces, written};
use crate::fix::{self, Risk};
use crate::grant::Scope;
use crate::kinds;
use crate::object::ObjectRef;

/// The word in `may`.
const AUTO: &str = "auto";

/// One `[[auto]]` of a grant, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    namespaces: Vec<NamespacePattern>,
    /// Actions of the catalogue; `*` is every action.
    pub actions: Vec<String>,
    /// The highest risk.
    pub risk: Risk,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRelease {
    namespaces: Spanned<Vec<Spanned<String>>>,
    actions: Spanned<Vec<Spanned<String>>>,
    risk: Spanned<String>,
}

/// `may` says that there is something, `[[auto]]` says what: one without the other is a fault.
pub(super) fn parse(
    may: &[Spanned<String>],
    raw: Vec<RawRelease>,
    faults: &mut GrantFaults<'_>,
) -> Vec<Release> {
    for word in may.iter().filter(|word| word.get_ref() != AUTO) {
        let what = format!("may: {:?} is not known; there is {AUTO:?}", word.get_ref());
        faults.at(word.span().start, &what);
    }
    let granted = may.iter().find(|word| word.get_ref() == AUTO);
    match (granted, raw.first()) {
        (Some(word), None) => {
            let what = "may = [\"auto\"] needs an [[auto]] with namespaces, actions and risk";
            faults.at(word.span().start, what);
        }
        (None, Some(first)) => {
            let what = "[[auto]] without may = [\"auto\"] at the top grants nothing";
            faults.at(first.namespaces.span().start, what);
        }
        _ => {}
    }
    raw.into_iter().map(|r| r.parse(faults)).collect()
}

impl RawRelease {
    fn parse(self, faults: &mut GrantFaults<'_>) -> Release {
        if self.actions.get_ref().is_empty() {
            let what = "auto.actions is empty, so nothing is released";
            faults.at(self.actions.span().start, what);
        }
        let actions = self.actions.into_inner();
        for action in &actions {
            let name = action.get_ref();
            if name != "*" && !fix::actions().any(|known| known == name) {
                let what = format!("auto.actions: {name:?} is neither `*` nor in the catalogue");
                faults.at(action.span().start, &what);
            }
        }
        let risk = match self.risk.get_ref().as_str() {
            "low" => Risk::Low,
            "medium" => Risk::Medium,
            other => {
                let what = format!(
                    "auto.risk: {other:?} is neither \"low\" nor \"medium\"; high risk never runs \
                     without approval"
                );
                faults.at(self.risk.span().start, &what);
                Risk::Low
            }
        };
        Release {
            namespaces: namespaces("auto", &self.namespaces, faults),
            actions: actions.into_iter().map(Spanned::into_inner).collect(),
            risk,
        }
    }
}

impl Release {
    /// Everything that can be released at all.
    pub fn everything() -> Release {
        Release {
            namespaces: vec![NamespacePattern::every()],
            actions: vec!["*".to_owned()],
            risk: Risk::Medium,
        }
    }

    pub(super) fn covers(&self, action: &str, risk: Risk, target: &ObjectRef) -> bool {
        risk <= self.risk
            && self.actions.iter().any(|a| a == "*" || a == action)
            && let_through(&self.namespaces, scope(target))
    }

    /// The namespaces as the operator wrote them.
    pub fn namespaces(&self) -> Vec<String> {
        written(&self.namespaces)
    }
}

/// Where a fix acts: a Namespace counts as its own, and a kind without a namespace is in none,
/// whatever the proposal says.
fn scope(target: &ObjectRef) -> Scope<'_> {
    let namespaced = kinds::kind(&target.kind).is_some_and(|kind| kind.namespaced);
    match target.home() {
        home if !home.is_empty() && (namespaced || target.kind == "Namespace") => {
            Scope::Namespace(home)
        }
        _ => Scope::Cluster,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::Grant;
    use super::*;
    const DEV: &str = "may = [\"auto\"]\n[[auto]]\nnamespaces = [\"dev-*\", \"!dev-db\"]\nactions = [\"delete-pod\", \"scale\"]\nrisk = \"low\"\n";

    fn released(grant: &str, action: &str, risk: Risk, kind: &str, namespace: &str) -> bool {
        let target = ObjectRef::new("v1", kind, namespace, "x");
        let grant = Grant::parse(grant).unwrap();
        grant.may_release(action, risk, &target)
    }

    #[rstest]
    #[case("delete-pod", Risk::Low, "Pod", "dev-a", true)]
    #[case("delete-pod", Risk::Low, "Pod", "dev-db", false)]
    #[case("delete-pod", Risk::Low, "Pod", "prod", false)]
    #[case("evict-pod", Risk::Low, "Pod", "dev-a", false)]
    #[case("scale", Risk::Medium, "Deployment", "dev-a", false)]
    #[case("delete-pod", Risk::Low, "Node", "dev-a", false)]
    fn releases_what_its_namespaces_actions_and_risk_cover(
        #[case] action: &str,
        #[case] risk: Risk,
        #[case] kind: &str,
        #[case] namespace: &str,
        #[case] may: bool,
    ) {
        assert_eq!(released(DEV, action, risk, kind, namespace), may);
        assert!(!released("", action, risk, kind, namespace));
    }

    #[test]
    fn a_star_covers_what_is_in_no_namespace() {
        let every = DEV
            .replace("\"dev-*\", \"!dev-db\"", "\"*\"")
            .replace("\"scale\"", "\"*\"");
        assert!(released(&every, "uncordon", Risk::Low, "Node", ""));
        assert!(!released(&every, "cordon", Risk::Medium, "Node", ""));
    }

    #[rstest]
    #[case("may = [\"auto\"]\n", "line 1: may = [\"auto\"] needs an [[auto]]")]
    #[case("may = [\"autom\"]\n", "line 1: may: \"autom\" is not known")]
    #[case(&DEV.replacen("may = [\"auto\"]\n", "", 1), "line 2: [[auto]] without may")]
    #[case(&DEV.replace("\"low\"", "\"high\""), "line 5: auto.risk: \"high\"")]
    #[case(&DEV.replace("delete-pod", "delete-all"), "line 4: auto.actions: \"delete-all\"")]
    #[case(&DEV.replace("\"dev-*\", ", ""), "line 3: auto.namespaces: only exclusions")]
    fn what_cannot_be_meant_is_a_fault_with_its_line(#[case] text: &str, #[case] says: &str) {
        let error = Grant::parse(text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
