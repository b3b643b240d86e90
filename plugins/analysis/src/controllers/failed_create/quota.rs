//! A ResourceQuota that refuses a pod.

use k8shawk_sdk::analysis::Finding;
use k8shawk_sdk::count;
use k8shawk_sdk::facts;
use k8shawk_sdk::quantity::{milli, show};
use serde_json::Value;

use crate::controllers::refusal::{self, Refusal};
use crate::json::{name, named, pairs, reference, text};
use crate::message::between;

/// One resource of `exceeded quota: NAME, requested: a=1, used: a=2, limited: a=2`, in
/// thousandths.
#[derive(Debug, PartialEq, Eq)]
struct Shortage {
    resource: String,
    requested: i128,
    used: i128,
    hard: i128,
}

/// The quota's name and the resources that do not suffice.
fn parse(message: &str) -> Option<(String, Vec<Shortage>)> {
    let (_, rest) = message.split_once("exceeded quota: ")?;
    let (quota, rest) = rest.split_once(", requested: ")?;
    let (requested, rest) = rest.split_once(", used: ")?;
    let (used, limited) = rest.split_once(", limited: ")?;
    let lookup = |list: &str, resource: &str| {
        let found = list
            .split(',')
            .filter_map(|pair| pair.trim().split_once('='));
        found
            .into_iter()
            .find(|(key, _)| *key == resource)
            .and_then(|(_, v)| milli(v))
    };
    let shortages = requested
        .split(',')
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(resource, value)| {
            Some(Shortage {
                resource: resource.to_owned(),
                requested: milli(value)?,
                used: lookup(used, resource)?,
                hard: lookup(limited, resource)?,
            })
        })
        .filter(|s| s.used + s.requested > s.hard)
        .collect();
    Some((quota.trim().to_owned(), shortages))
}

/// `exceeded quota: ...`: names the quota, what is asked, used and hard, and what would do.
pub fn exceeded(refusal: &Refusal) -> Finding {
    let (quota, shortages) = parse(&refusal.message).unwrap_or_default();
    let object = refusal
        .case
        .get("ResourceQuota", refusal.namespace(), &quota);
    let guilty = object.as_deref().map_or_else(
        || named("ResourceQuota", refusal.namespace(), &quota),
        reference,
    );
    let (mut draft, cited) = refusal.draft("quota-exceeded", guilty.clone());
    draft.shared(guilty).confidence(97);
    draft.title(format!(
        "quota {quota} refuses pods of {}",
        name(refusal.workload)
    ));
    for short in &shortages {
        let r = short.resource.as_str();
        draft.say(format!(
            "ResourceQuota {quota} allows {r}={} and {} is used; each new pod requests {} {cited}.",
            show(r, short.hard),
            show(r, short.used),
            show(r, short.requested)
        ));
    }
    if shortages.is_empty() {
        draft.say(format!("ResourceQuota {quota} refuses them {cited}."));
    }
    if let Some(object) = &object {
        let live = draft.cite(
            format!("ResourceQuota {quota} status"),
            format!(
                "used {}; hard {}",
                crate::json::written(&pairs(object, "/status/used")),
                crate::json::written(&pairs(object, "/status/hard"))
            ),
        );
        draft.say(format!("The quota now reports {live}."));
    }
    suggest(&mut draft, refusal, &shortages, object.as_deref());
    for victim in refusal::victims(refusal, &format!("exceeded quota: {quota},")) {
        draft.victim(victim);
    }
    draft.finish()
}

/// What the live quota says of a resource, else what the refusal said.
fn live(object: Option<&Value>, at: &str, resource: &str) -> Option<i128> {
    let (_, value) = object
        .map(|o| pairs(o, at))?
        .into_iter()
        .find(|(key, _)| *key == resource)?;
    milli(value)
}

fn suggest(
    draft: &mut crate::finding::Draft,
    refusal: &Refusal,
    shortages: &[Shortage],
    object: Option<&Value>,
) {
    let missing = i128::from(refusal.missing());
    let Some(first) = shortages.first() else {
        return;
    };
    let resource = first.resource.as_str();
    let used = live(object, "/status/used", resource).unwrap_or(first.used);
    let hard = live(object, "/spec/hard", resource).unwrap_or(first.hard);
    let wanted = used + first.requested * missing;
    draft.fact(facts::QUOTA_RESOURCE, resource);
    if wanted > hard {
        draft.fact(facts::SUGGESTED_QUOTA, show(resource, wanted));
        let sum = format!(
            "{} used + {missing} x {} requested",
            show(resource, used),
            show(resource, first.requested)
        );
        let cited = draft.cite(format!("sum of {resource}"), sum);
        draft.say(format!(
            "In all, {} would need {resource}={} {cited}.",
            count(missing, "missing pod"),
            show(resource, wanted)
        ));
    } else {
        let numbers = format!("{} used of {}", show(resource, used), show(resource, hard));
        let cited = draft.cite(format!("present numbers of {resource}"), numbers);
        draft.say(format!(
            "The quota has room again; the next attempt should succeed {cited}."
        ));
    }
    for other in shortages.iter().skip(1) {
        let r = other.resource.as_str();
        let needed = show(r, other.used + other.requested * missing);
        draft.unknown(format!("{r} is short as well: it would need {needed}"));
    }
    let scalable = matches!(
        text(refusal.workload, "/kind"),
        "Deployment" | "StatefulSet" | "ReplicaSet"
    );
    let fits = shortages
        .iter()
        .map(|s| (s.hard - s.used).max(0) / s.requested.max(1))
        .min();
    let fits = i128::from(refusal.present) + fits.unwrap_or_default();
    if scalable && fits > 0 && fits < i128::from(refusal.wanted) {
        draft.fact(facts::SUGGESTED_REPLICAS, fits.to_string());
    }
}

/// `failed quota: NAME: must specify limits.cpu for: app; ...`
pub fn unspecified(refusal: &Refusal) -> Finding {
    let quota = between(&refusal.message, "failed quota: ", &[':', ' ']).unwrap_or("?");
    let guilty = named("ResourceQuota", refusal.namespace(), quota);
    let (mut draft, cited) = refusal.draft("quota-exceeded", guilty.clone());
    let needed = refusal
        .message
        .split_once("must specify ")
        .map_or("resources", |(_, n)| n);
    draft
        .title(format!(
            "quota {quota} requires resources that {} does not set",
            name(refusal.workload)
        ))
        .say(format!(
            "ResourceQuota {quota} accepts only pods that set {needed}, and the pod template \
             does not set them {cited}."
        ))
        .confidence(95)
        .shared(guilty);
    draft.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_the_resources_that_do_not_suffice() {
        let message = "pods \"a\" is forbidden: exceeded quota: mem, requested: \
            pods=1,requests.memory=1Gi, used: pods=1,requests.memory=2Gi, limited: \
            pods=9,requests.memory=2Gi";
        let (quota, shortages) = parse(message).unwrap();
        assert_eq!(quota, "mem");
        assert_eq!(shortages.len(), 1);
        assert_eq!(shortages[0].resource, "requests.memory");
        assert_eq!(show("requests.memory", shortages[0].used), "2Gi");
    }
}
