//! From the path of a request to what it is about.

use k8shawk_core::kinds::{KINDS, Kind};

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addressed {
    pub(super) kind: &'static Kind,
    /// Empty for a cluster-scoped kind, and for a list of all namespaces.
    pub(super) namespace: String,
    /// Empty for a list.
    pub(super) name: String,
    /// Subresource, such as `log`; empty for the object itself.
    pub(super) part: String,
}

/// Parse `/api/v1/...` or `/apis/GROUP/VERSION/...`; none where no known kind is named.
pub(super) fn parse(path: &str) -> Option<Addressed> {
    let mut words = path.trim_matches('/').split('/');
    let group = match words.next()? {
        "api" => "",
        "apis" => words.next()?,
        _ => return None,
    };
    let version = words.next()?;
    let rest: Vec<&str> = words.collect();
    let find = |plural: &str, namespaced: Option<bool>| {
        KINDS.iter().find(|k| {
            k.group == group
                && k.version == version
                && k.plural == plural
                && namespaced.is_none_or(|n| k.namespaced == n)
        })
    };
    let (kind, namespace, tail) = match rest.as_slice() {
        ["namespaces", namespace, plural, tail @ ..] if find(plural, Some(true)).is_some() => {
            (find(plural, Some(true))?, *namespace, tail)
        }
        [plural, tail @ ..] => (find(plural, None)?, "", tail),
        [] => return None,
    };
    let mut tail = tail.iter().map(|word| (*word).to_owned());
    let target = Addressed {
        kind,
        namespace: namespace.to_owned(),
        name: tail.next().unwrap_or_default(),
        part: tail.next().unwrap_or_default(),
    };
    tail.next().is_none().then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_what_they_are_about() {
        let cases = [
            ("/api/v1/pods", "Pod", "", "", ""),
            ("/api/v1/namespaces/a/pods/b/log", "Pod", "a", "b", "log"),
            ("/api/v1/namespaces/a", "Namespace", "", "a", ""),
            (
                "/apis/apps/v1/namespaces/a/deployments",
                "Deployment",
                "a",
                "",
                "",
            ),
            ("/api/v1/nodes/n1", "Node", "", "n1", ""),
        ];
        for (path, kind, namespace, name, part) in cases {
            let found = parse(path).unwrap();
            assert_eq!(
                (
                    found.kind.kind,
                    &*found.namespace,
                    &*found.name,
                    &*found.part
                ),
                (kind, namespace, name, part),
                "{path}"
            );
        }
        for path in [
            "/",
            "/api/v1",
            "/api/v1/widgets",
            "/apis/apps/v1/pods",
            "/version",
        ] {
            assert_eq!(parse(path), None, "{path}");
        }
    }
}
