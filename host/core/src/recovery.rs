//! Did the fix help? A predicate over a stability window, and the verdict.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition;
use crate::quantity::Quantity;

/// Replicas wanted and available, or the like for kinds without replicas (0 or 1 of 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// How many are wanted.
    pub wanted: u32,
    /// How many are good.
    pub good: u32,
    /// True while the change is still rolling out.
    pub moving: bool,
}

/// What became of the incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything wanted is good for the whole stability window.
    Recovered,
    /// More is good than before, but not all.
    Partly,
    /// As before.
    Unchanged,
    /// Less is good than before.
    Worse,
}

impl Verdict {
    /// The word that people see.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Recovered => "recovered",
            Verdict::Partly => "partly",
            Verdict::Unchanged => "unchanged",
            Verdict::Worse => "worse",
        }
    }
}

impl fmt::Display for Health {
    /// `1 of 2 healthy`, and whether the change has reached every pod.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} healthy", self.good, self.wanted)?;
        match self.moving {
            true => f.write_str(", rollout incomplete"),
            false => Ok(()),
        }
    }
}

impl Health {
    /// True where nothing lacks and nothing moves.
    pub fn is_good(&self) -> bool {
        self.good >= self.wanted && !self.moving
    }

    fn one(good: bool) -> Health {
        Health {
            wanted: 1,
            good: u32::from(good),
            moving: false,
        }
    }

    /// Health of an object by its own status; `ready_endpoints` counts for a Service.
    pub fn of(object: &Value, ready_endpoints: u32) -> Health {
        told_by(text(object, "/kind"))
            .map_or_else(|| Health::one(true), |told| told(object, ready_endpoints))
    }

    /// True where the status of this kind tells whether an object is well.
    pub fn is_told_by(kind: &str) -> bool {
        told_by(kind).is_some()
    }

    /// An object that is gone, where that was the aim.
    pub fn gone() -> Health {
        Health::one(true)
    }

    /// An object that is gone, where it should be there.
    pub fn lost() -> Health {
        Health::one(false)
    }
}

/// Health of an object, with the ready endpoints of a Service.
type Told = fn(&Value, u32) -> Health;

/// Every kind whose status tells whether an object is well, and how.
const TOLD: &[(&str, Told)] = &[
    ("Deployment", |object, _| replicas(object)),
    ("StatefulSet", |object, _| replicas(object)),
    ("ReplicaSet", |object, _| replicas(object)),
    ("DaemonSet", |object, _| daemon(object)),
    ("Job", |object, _| Health::one(holds(object, "Complete"))),
    ("Pod", |object, _| {
        Health::one(is_ready(object) || text(object, "/status/phase") == "Succeeded")
    }),
    ("Node", |object, _| {
        Health::one(is_ready(object) && object.pointer("/spec/unschedulable").is_none())
    }),
    ("PersistentVolumeClaim", |object, _| {
        Health::one(is_bound_in_full(object))
    }),
    ("Service", |_, ready_endpoints| {
        Health::one(ready_endpoints > 0)
    }),
    ("HorizontalPodAutoscaler", |object, _| {
        Health::one(!holds(object, "ScalingLimited"))
    }),
    ("PodDisruptionBudget", |object, _| {
        Health::one(number(object, "/status/disruptionsAllowed") > 0)
    }),
];

fn told_by(kind: &str) -> Option<Told> {
    let row = TOLD.iter().find(|(told, _)| *told == kind);
    row.map(|(_, told)| *told)
}

fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn number(object: &Value, pointer: &str) -> u32 {
    let number = object
        .pointer(pointer)
        .and_then(Value::as_u64)
        .unwrap_or_default();
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Types and statuses of an object's conditions.
fn conditions(object: &Value) -> impl Iterator<Item = (&str, &str)> {
    let listed = object.pointer("/status/conditions");
    let listed = listed.and_then(Value::as_array).into_iter().flatten();
    listed.map(|c| (text(c, "/type"), text(c, "/status")))
}

fn holds(object: &Value, kind: &str) -> bool {
    condition::holds(conditions(object), kind)
}

fn is_ready(object: &Value) -> bool {
    condition::is_ready(conditions(object))
}

/// Bound, and as large as it was asked to be: an expansion takes a while.
fn is_bound_in_full(claim: &Value) -> bool {
    let size = |pointer| Quantity::parse(text(claim, pointer)).map(|q| q.nano());
    let wanted = size("/spec/resources/requests/storage");
    let has = size("/status/capacity/storage");
    text(claim, "/status/phase") == "Bound" && has.zip(wanted).is_none_or(|(h, w)| h >= w)
}

fn behind(object: &Value) -> bool {
    number(object, "/metadata/generation") > number(object, "/status/observedGeneration")
}

fn replicas(object: &Value) -> Health {
    let wanted = object
        .pointer("/spec/replicas")
        .map_or(1, |_| number(object, "/spec/replicas"));
    let updated = match object.pointer("/status/updatedReplicas") {
        Some(_) => number(object, "/status/updatedReplicas"),
        None if wanted == 0 || text(object, "/kind") == "ReplicaSet" => wanted,
        None => 0,
    };
    let available = number(object, "/status/availableReplicas");
    let total = number(object, "/status/replicas");
    Health {
        wanted,
        good: available.min(wanted),
        moving: behind(object) || updated < wanted || total > wanted,
    }
}

fn daemon(object: &Value) -> Health {
    let wanted = number(object, "/status/desiredNumberScheduled");
    let updated = number(object, "/status/updatedNumberScheduled");
    Health {
        wanted,
        good: number(object, "/status/numberAvailable").min(wanted),
        moving: behind(object) || updated < wanted,
    }
}

/// Watches checks until there is a verdict. Times are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Health before the fix.
    pub before: Health,
    /// When the fix was applied.
    pub since: i64,
    /// Since when it has been good without a break.
    pub good_since: Option<i64>,
    /// Restarts of the workload's containers when it became good.
    pub restarts: u32,
    /// The newest check.
    pub last: Option<Health>,
    /// Checks made.
    pub checks: u32,
    /// Looks that failed.
    #[serde(default)]
    pub missed: u32,
    /// Since when nothing can be seen, for a reason that may pass.
    #[serde(default)]
    blind_since: Option<i64>,
    /// How long nothing could be seen before that, milliseconds.
    #[serde(default)]
    blind: i64,
}

/// Time in which the API server may not answer that is not taken from the time of the recovery,
/// milliseconds.
const OUTAGE: i64 = 15 * 60_000;

impl fmt::Display for Recovery {
    /// How many are healthy now, and how many were before the fix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            Some(last) => write!(f, "{last}")?,
            None => f.write_str("first check pending")?,
        }
        write!(f, "; before the fix: {}", self.before)
    }
}

impl Recovery {
    /// Start after a fix.
    pub fn new(before: Health, since: i64) -> Recovery {
        Recovery {
            before,
            since,
            good_since: None,
            restarts: 0,
            last: None,
            checks: 0,
            missed: 0,
            blind_since: None,
            blind: 0,
        }
    }

    /// Take a look that failed, which tells nothing: the window begins again. Where it may pass,
    /// as an outage does, the time until it has passed does not count, up to a quarter of an hour.
    /// True once it is too late for a verdict.
    pub fn missed(&mut self, may_pass: bool, now: i64, timeout: i64) -> bool {
        self.missed += 1;
        self.good_since = None;
        if may_pass {
            self.blind_since.get_or_insert(now);
        } else {
            self.sighted(now);
        }
        self.elapsed(now) >= timeout
    }

    /// It can be seen again.
    fn sighted(&mut self, now: i64) {
        self.blind += self.blind_since.take().map_or(0, |since| now - since);
    }

    /// Time that counts, milliseconds.
    fn elapsed(&self, now: i64) -> i64 {
        let blind = self.blind + self.blind_since.map_or(0, |since| now - since);
        now - self.since - blind.min(OUTAGE)
    }

    /// Take one check; returns a verdict once there is one. A restart within the stability
    /// window restarts the window.
    pub fn check(
        &mut self,
        health: Health,
        restarts: u32,
        now: i64,
        stability: i64,
        timeout: i64,
    ) -> Option<Verdict> {
        self.checks += 1;
        self.sighted(now);
        self.last = Some(health);
        if !health.is_good() || (self.good_since.is_some() && restarts > self.restarts) {
            self.good_since = health.is_good().then_some(now);
        } else if self.good_since.is_none() {
            self.good_since = Some(now);
        }
        self.restarts = restarts;
        if self
            .good_since
            .is_some_and(|since| now - since >= stability)
        {
            return Some(Verdict::Recovered);
        }
        (self.elapsed(now) >= timeout).then(|| self.verdict_at_timeout(health))
    }

    fn verdict_at_timeout(&self, health: Health) -> Verdict {
        if self.good_since.is_some() {
            return Verdict::Partly;
        }
        match health.good.cmp(&self.before.good) {
            std::cmp::Ordering::Greater => Verdict::Partly,
            std::cmp::Ordering::Equal => Verdict::Unchanged,
            std::cmp::Ordering::Less => Verdict::Worse,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(available: u32, updated: u32) -> Value {
        json!({"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 2},
            "status": {"observedGeneration": 2, "replicas": 2, "updatedReplicas": updated,
                "availableReplicas": available}})
    }

    #[test]
    fn recovered_only_after_the_stability_window() {
        let mut r = Recovery::new(Health::of(&deployment(0, 2), 0), 0);
        let good = Health::of(&deployment(2, 2), 0);
        assert_eq!(r.check(good, 0, 1000, 5000, 60_000), None);
        assert_eq!(r.check(good, 1, 4000, 5000, 60_000), None);
        assert_eq!(
            r.check(good, 1, 6100, 5000, 60_000),
            None,
            "the restart began it again"
        );
        assert_eq!(
            r.check(good, 1, 9100, 5000, 60_000),
            Some(Verdict::Recovered)
        );
    }

    #[test]
    fn a_claim_that_still_grows_is_not_good() {
        let claim = |capacity: &str| {
            json!({"kind": "PersistentVolumeClaim",
            "spec": {"resources": {"requests": {"storage": "2Gi"}}},
            "status": {"phase": "Bound", "capacity": {"storage": capacity}}})
        };
        assert!(!Health::of(&claim("1Gi"), 0).is_good());
        assert!(Health::of(&claim("2Gi"), 0).is_good());
    }

    #[test]
    fn a_rollout_that_moves_is_not_good() {
        assert!(!Health::of(&deployment(2, 1), 0).is_good());
    }

    const BEFORE: Health = Health {
        wanted: 2,
        good: 0,
        moving: false,
    };

    #[test]
    fn ends_at_its_deadline_where_it_may_not_look() {
        let mut r = Recovery::new(BEFORE, 0);
        assert!(!r.missed(false, 15_000, 60_000));
        assert!(!r.missed(false, 59_000, 60_000));
        assert!(r.missed(false, 60_000, 60_000));
    }

    #[test]
    fn an_outage_takes_no_time_from_the_recovery_but_ends_too() {
        let good = Health::of(&deployment(2, 2), 0);
        let mut r = Recovery::new(BEFORE, 0);
        for minute in 1..=5 {
            assert!(!r.missed(true, minute * 60_000, 180_000));
        }
        // 60 s before the outage count, and 4 min in it do not.
        assert_eq!(r.check(good, 0, 301_000, 30_000, 180_000), None);
        assert_eq!(
            r.check(good, 0, 331_000, 30_000, 180_000),
            Some(Verdict::Recovered)
        );
        let mut r = Recovery::new(BEFORE, 0);
        assert!(!r.missed(true, 1_000, 180_000));
        assert!(!r.missed(true, OUTAGE, 180_000));
        assert!(r.missed(true, OUTAGE + 181_000, 180_000));
    }

    #[test]
    fn what_was_good_before_a_failed_look_is_not_taken_for_good_since() {
        let good = Health::of(&deployment(2, 2), 0);
        let mut r = Recovery::new(BEFORE, 0);
        assert_eq!(r.check(good, 0, 1_000, 30_000, 180_000), None);
        assert!(!r.missed(true, 16_000, 180_000));
        assert_eq!(r.check(good, 0, 31_000, 30_000, 180_000), None);
        assert_eq!(
            r.check(good, 0, 61_000, 30_000, 180_000),
            Some(Verdict::Recovered)
        );
    }

    #[test]
    fn tells_partly_unchanged_and_worse_apart() {
        let before = Health {
            wanted: 4,
            good: 2,
            moving: false,
        };
        for (good, verdict) in [
            (3, Verdict::Partly),
            (2, Verdict::Unchanged),
            (1, Verdict::Worse),
        ] {
            let mut r = Recovery::new(before, 0);
            let now = Health {
                wanted: 4,
                good,
                moving: false,
            };
            assert_eq!(r.check(now, 0, 60_000, 5000, 60_000), Some(verdict));
        }
    }
}
