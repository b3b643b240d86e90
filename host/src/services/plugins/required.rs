//! The policies without which nothing is decided: what is missing denies everything.

use std::sync::Arc;

use k8shawk_sandbox::{Live, Point, Registry, Shelf};

use crate::services::store::{KnownPolicy, Store, StoreError};

/// Which policies must be live, and where they are looked up.
pub struct Required {
    registry: Arc<Registry>,
    /// What the operator names; else every policy that was live before.
    named: Option<Vec<String>>,
    /// Where it is kept which policies were live.
    store: Option<Arc<Store>>,
}

/// A required policy that does not judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Id.
    pub id: String,
    /// Why it does not judge.
    pub why: String,
    /// It is live and in quarantine, which is an incident already.
    pub in_quarantine: bool,
}

impl Required {
    /// What stands among the policies must be live; nothing is known of earlier starts.
    pub fn of(registry: Arc<Registry>) -> Required {
        Required {
            registry,
            named: None,
            store: None,
        }
    }

    /// The policies that the operator names, else those that were live before by what is stored.
    pub fn kept(
        registry: Arc<Registry>,
        named: Option<Vec<String>>,
        store: Arc<Store>,
    ) -> Required {
        Required {
            registry,
            named,
            store: Some(store),
        }
    }

    /// Store which policies are live now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note(&self, now: i64) -> Result<(), StoreError> {
        for live in self.registry.at(Point::Policy) {
            if let Some(store) = &self.store {
                store.note_policy(live.id(), live.plugin().is_granted(), now)?;
            }
        }
        Ok(())
    }

    /// The policies that must judge and do not, by id. Where the store does not tell which must,
    /// that is missing.
    pub fn missing(&self) -> Vec<Missing> {
        let known = match self.store.as_ref().map(|s| s.known_policies()).transpose() {
            Ok(known) => known.unwrap_or_default(),
            Err(fault) => {
                return vec![Missing {
                    id: "*".to_owned(),
                    why: format!("cannot read which policies are required: {fault}"),
                    in_quarantine: false,
                }];
            }
        };
        let live = self.registry.at(Point::Policy);
        let mut wanted = self.wanted(&known);
        wanted.extend(live.iter().map(|l| l.id().to_owned()));
        wanted.sort();
        wanted.dedup();
        let missing = |id: String| {
            let live = live.iter().find(|live| live.id() == id);
            let granted = known.iter().any(|k| k.id == id && k.granted);
            self.fault(live.map(Arc::as_ref), &id, granted)
        };
        wanted.into_iter().filter_map(missing).collect()
    }

    /// What [`Required::missing`] finds, a line each for people.
    pub fn faults(&self) -> Vec<String> {
        self.missing().iter().map(Missing::told).collect()
    }

    fn wanted(&self, known: &[KnownPolicy]) -> Vec<String> {
        match &self.named {
            Some(named) => named.clone(),
            None => {
                let known = known.iter().map(|k| k.id.clone());
                let refused = self.registry.refused().into_iter();
                let refused = refused.filter(|r| r.shelf == Shelf::Policies);
                known.chain(refused.map(|r| r.id)).collect()
            }
        }
    }

    /// What is wrong with a policy; none where it judges under what the operator gave it.
    fn fault(&self, live: Option<&Live>, id: &str, granted: bool) -> Option<Missing> {
        let quarantine = live.and_then(Live::quarantine);
        let why = match (live, &quarantine) {
            (None, _) => self.why_not_live(id),
            (Some(_), Some(error)) => error.to_string(),
            (Some(live), None) if granted && !live.plugin().is_granted() => {
                "its grant was removed, and its settings with it".to_owned()
            }
            (Some(_), None) => return None,
        };
        Some(Missing {
            id: id.to_owned(),
            why,
            in_quarantine: quarantine.is_some(),
        })
    }

    fn why_not_live(&self, id: &str) -> String {
        let refused = self.registry.refused().into_iter();
        let mut of_id = refused.filter(|r| r.id == id);
        let none = "it is not in the policies directory".to_owned();
        of_id.next().map_or(none, |refused| refused.why)
    }
}

impl Missing {
    /// One line for people.
    pub fn told(&self) -> String {
        format!(
            "{}: the policy is required but not available: {}",
            self.id, self.why
        )
    }
}
