//! A grant in sentences, for `k8shawk plugin explain`.

use k8shawk_core::grant::{Allow, Release, Reload, Verb};
use k8shawk_core::point::Point;

use crate::capability::SETTINGS;
use crate::prepared::Plugin;

/// What a plugin may do and within which limits.
pub fn explain(plugin: &Plugin) -> Vec<String> {
    let id = plugin.id();
    let mut lines = vec![identity(plugin)];
    let reads: Vec<String> = plugin
        .grant()
        .allow
        .iter()
        .filter_map(|allow| sentence(plugin, allow))
        .collect();
    if reads.is_empty() {
        lines.push(format!("{id} may read nothing from the cluster."));
    }
    lines.extend(reads);
    lines.extend(releases(plugin));
    lines.extend(interfaces(plugin));
    lines.extend(wasi(plugin));
    lines.push(limits(plugin));
    lines.extend(settings(plugin));
    lines.extend(reload(plugin));
    lines.extend(missing(plugin));
    lines.extend(idle(plugin));
    lines
}

fn identity(plugin: &Plugin) -> String {
    let (id, version) = (plugin.id(), &plugin.manifest().version);
    let pin = match &plugin.grant().digest {
        Some(_) => "the grant is pinned to it",
        None => "the grant is for any plugin of this id",
    };
    format!(
        "{id} {version} is {}; digest {}, {pin}.",
        plugin.point().plugin(),
        plugin.digest()
    )
}

/// What a new version must pass; nothing where it goes live at once.
fn reload(plugin: &Plugin) -> Option<String> {
    let id = plugin.id();
    let what = match plugin.grant().reload {
        Reload::AtOnce => return None,
        Reload::Accept => "that changes a verdict waits",
        Reload::Shadow => "judges beside the live one and decides nothing",
    };
    Some(format!(
        "A new version {what} until `k8shawk plugin accept {id}`."
    ))
}

/// What a policy may release without approval.
fn releases(plugin: &Plugin) -> Vec<String> {
    let id = plugin.id();
    if plugin.point() != Point::Policy {
        return Vec::new();
    }
    let auto = &plugin.grant().auto;
    if auto.is_empty() {
        let nothing = "may release nothing without approval: its `auto` counts as `allow`";
        return vec![format!("{id} {nothing}.")];
    }
    let sentence = |release: &Release| {
        let every = release.actions.iter().any(|a| a == "*");
        let actions = if every {
            "every action".to_owned()
        } else {
            and(&release.actions)
        };
        let (places, risk) = (places(&release.namespaces()), release.risk);
        format!("{id} may release without approval: {actions} of at most {risk} risk in {places}.")
    };
    auto.iter().map(sentence).collect()
}

/// What of an `[[allow]]` the plugin can use, as it got the interfaces for it.
fn sentence(plugin: &Plugin, allow: &Allow) -> Option<String> {
    let usable: Vec<&str> = allow
        .verbs
        .iter()
        .filter(|v| has(plugin, **v))
        .map(|v| v.as_str())
        .collect();
    if usable.is_empty() {
        return None;
    }
    let every = allow.kinds.iter().any(|k| k == "*");
    let kinds = if every {
        "every kind".to_owned()
    } else {
        and(&allow.kinds)
    };
    let secrets = if every || allow.kinds.iter().any(|k| k == "Secret") {
        "; Secrets come without their values"
    } else {
        ""
    };
    let (id, verbs) = (plugin.id(), and(&usable));
    Some(format!(
        "{id} may {verbs} {kinds} in {}{secrets}.",
        places(&allow.namespaces())
    ))
}

fn places(patterns: &[String]) -> String {
    let (hidden, shown): (Vec<&String>, Vec<&String>) =
        patterns.iter().partition(|p| p.starts_with('!'));
    let mut text = if shown.iter().any(|p| *p == "*") {
        "all namespaces".to_owned()
    } else {
        format!("namespace {}", and(&shown))
    };
    if !hidden.is_empty() {
        let hidden: Vec<&str> = hidden.iter().map(|p| p.trim_start_matches('!')).collect();
        text += &format!(
            " except {}, and not in a list over all namespaces",
            and(&hidden)
        );
    }
    text
}

fn interfaces(plugin: &Plugin) -> Vec<String> {
    let id = plugin.id();
    let told = plugin.linked().iter().filter_map(|c| c.told());
    told.map(|what| format!("{id} {what}.")).collect()
}

fn wasi(plugin: &Plugin) -> Option<String> {
    plugin.imports_wasi().then(|| {
        "WASI is linked without access to anything: no files, no network, no \
         environment; its clock and randomness are deterministic for each call, and its output \
         goes to its log."
            .to_owned()
    })
}

fn limits(plugin: &Plugin) -> String {
    let limits = &plugin.grant().limits;
    format!(
        "One call has {:?}, {} MiB of memory, {} host calls and {} KiB of output.",
        limits.deadline,
        limits.memory >> 20,
        limits.host_calls,
        limits.output >> 10
    )
}

fn settings(plugin: &Plugin) -> Option<String> {
    let keys: Vec<&String> = plugin.grant().settings.keys().collect();
    match (keys.is_empty(), plugin.linked().contains(&SETTINGS)) {
        (true, _) => None,
        (false, true) => Some(format!("Settings are given for {}.", and(&keys))),
        (false, false) => Some(format!(
            "Settings are given for {}, but the plugin does not ask for `settings`.",
            and(&keys)
        )),
    }
}

fn missing(plugin: &Plugin) -> Option<String> {
    let missing: Vec<&str> = plugin
        .manifest()
        .wants
        .iter()
        .filter(|c| !plugin.linked().contains(c))
        .map(|c| c.word())
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "{} asks for {}, which is not granted.",
            plugin.id(),
            and(&missing)
        )
    })
}

/// Verbs that the operator allows and the plugin has no interface for.
fn idle(plugin: &Plugin) -> Option<String> {
    let allowed = plugin.grant().allow.iter().flat_map(|a| a.verbs.iter());
    let mut idle: Vec<&str> = allowed
        .filter(|v| !has(plugin, **v))
        .map(|v| v.as_str())
        .collect();
    idle.sort_unstable();
    idle.dedup();
    (!idle.is_empty()).then(|| {
        format!(
            "The grant allows {}, which {} does not ask for.",
            and(&idle),
            plugin.id()
        )
    })
}

fn has(plugin: &Plugin, verb: Verb) -> bool {
    plugin.linked().iter().any(|c| c.verbs().contains(&verb))
}

fn and<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_exclusions_of_a_grant() {
        let patterns = ["*".to_owned(), "!kube-system".to_owned()];
        assert_eq!(
            places(&patterns),
            "all namespaces except kube-system, and not in a list over all namespaces"
        );
    }

    #[test]
    fn joins_words_as_people_do() {
        assert_eq!(and(&["get", "list", "logs"]), "get, list and logs");
    }
}
