//! How fixes ended: shown with later incidents of the same signature and to policies, and held
//! against a fix that did not help.

use k8shawk_core::ObjectRef;
use k8shawk_core::approval::RELEASED;
use k8shawk_core::fix::Fix;
use k8shawk_core::policy::{MOST_RUNS, Outcome, Run, Scope};
use k8shawk_core::record::Record;
use rusqlite::{Row, params};

use super::{Store, Stored};

/// An execution of one fix on one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Incident that it was for.
    pub incident: String,
    /// How it ended.
    pub verdict: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

impl Past {
    /// True where doing it again would be no better.
    pub fn is_useless(&self) -> bool {
        matches!(self.verdict.as_str(), "unchanged" | "worse" | "failed")
    }

    /// Why it is not proposed again.
    pub fn refusal(&self, now: i64) -> String {
        let minutes = (now - self.at) / 60_000;
        let (id, verdict) = (&self.incident, &self.verdict);
        format!("{id} did this {minutes} min ago with the outcome {verdict}")
    }
}

impl Store {
    /// Remember how the fix of an incident ended.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn remember(&self, record: &Record, fix: &Fix, at: i64) -> Stored<()> {
        let (verdict, id) = (record.state.as_str(), &record.incident.id.0);
        let (signature, class, target) = (record.signature(), record.class(), &fix.target);
        let (action, text) = (fix.action.name(), fix.kubectl());
        let sent = record.execution.iter().flat_map(|e| &e.approvers);
        let people: Vec<&String> = sent.filter(|name| *name != RELEASED).collect();
        let people = serde_json::json!(people).to_string();
        self.transact(|t| {
            t.execute(
                "INSERT INTO outcomes (signature, action, fix, verdict, incident, at, class, kind,
                     namespace, name, approvers)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
                 WHERE NOT EXISTS (SELECT 1 FROM outcomes WHERE incident = ?5)",
                params![
                    signature,
                    action,
                    text,
                    verdict,
                    id,
                    at,
                    class,
                    target.kind,
                    target.namespace,
                    target.name,
                    people
                ],
            )
            .map(|_| ())
            .map_err(|e| self.fault(e))
        })
    }

    /// Executions of exactly this fix since a moment, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn past(&self, fix: &Fix, since: i64) -> Stored<Vec<Past>> {
        let sql = "SELECT incident, verdict, at FROM outcomes WHERE fix = ?1 AND at >= ?2
                   ORDER BY at DESC";
        self.within(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let rows = statement.query_map(params![fix.kubectl(), since], |r| {
                Ok(Past {
                    incident: r.get(0)?,
                    verdict: r.get(1)?,
                    at: r.get(2)?,
                })
            })?;
            rows.collect()
        })
    }

    /// What a policy that judges a fix for a class may see: the [`MOST_RUNS`] newest earlier fixes
    /// of each scope, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn runs(&self, fix: &Fix, class: &str) -> Stored<Vec<Run>> {
        let sql = "SELECT incident, at, action, kind, namespace, name, class, verdict, approvers
                   FROM outcomes WHERE action = ?1
                       OR rowid IN (SELECT rowid FROM outcomes ORDER BY at DESC LIMIT ?2)
                   ORDER BY at DESC, rowid DESC";
        let action = fix.action.name();
        self.within(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let most = i64::try_from(MOST_RUNS).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![action, most], run)?;
            let mut room = Scope::ALL.map(|scope| (scope, MOST_RUNS));
            let mut has_room = |run: &Run| {
                let mut is_wanted = false;
                for (scope, left) in &mut room {
                    if *left > 0 && scope.holds(run, action, &fix.target, class) {
                        *left -= 1;
                        is_wanted = true;
                    }
                }
                is_wanted
            };
            rows.filter(|run| run.as_ref().map_or(true, &mut has_room))
                .collect()
        })
    }

    /// How often an action led to each verdict for a signature.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outcomes(&self, signature: &str, action: &str) -> Stored<Vec<(String, u32)>> {
        let sql = "SELECT verdict, count(*) FROM outcomes WHERE signature = ?1 AND action = ?2
                   GROUP BY verdict ORDER BY 2 DESC";
        self.within(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let rows =
                statement.query_map(params![signature, action], |r| Ok((r.get(0)?, r.get(1)?)))?;
            rows.collect()
        })
    }
}

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let (kind, namespace, name): (String, String, String) = (row.get(3)?, row.get(4)?, row.get(5)?);
    let (verdict, approvers): (String, String) = (row.get(7)?, row.get(8)?);
    let people: Vec<String> = serde_json::from_str(&approvers).unwrap_or_default();
    Ok(Run {
        incident: row.get(0)?,
        at: row.get(1)?,
        action: row.get(2)?,
        target: ObjectRef::of(&kind, &namespace, &name),
        class: row.get(6)?,
        outcome: Outcome::of(&verdict),
        approvers: people.into_iter().filter(|name| name != RELEASED).collect(),
    })
}

#[cfg(test)]
mod tests {
    use k8shawk_core::record::State;

    use super::*;
    use crate::services::testing::applied;

    /// A pod that was deleted for an incident of its own.
    fn delete(store: &Store, namespace: &str, name: &str, state: State, at: i64) -> Fix {
        let mut record = applied(state);
        let target = ObjectRef::of("Pod", namespace, name);
        let fix = Fix::parse("delete-pod", target, &[]).unwrap();
        if let Some(execution) = &mut record.execution {
            execution.fix = fix.clone();
            execution.approvers = vec!["ada".to_owned()];
        }
        let record = store.insert(record, &[]).unwrap();
        store.remember(&record, &fix, at).unwrap();
        fix
    }

    #[test]
    fn a_policy_sees_the_newest_runs_of_every_scope_whatever_else_ran() {
        let store = Store::in_memory().unwrap();
        let fix = delete(&store, "shop", "web", State::Unchanged, 1);
        delete(&store, "shop", "api", State::Recovered, 2);
        for n in 0..100 {
            delete(&store, "bank", &format!("pod-{n}"), State::Worse, 10 + n);
        }
        let runs = store.runs(&fix, "no such class").unwrap();
        let of = |scope: Scope| {
            let held = |run: &&Run| scope.holds(run, "delete-pod", &fix.target, "no such class");
            runs.iter().filter(held).collect::<Vec<_>>()
        };
        assert_eq!(of(Scope::Object).len(), 1);
        assert_eq!(of(Scope::Object)[0].outcome, Outcome::Unchanged);
        assert_eq!(of(Scope::Object)[0].approvers, ["ada"]);
        let newest: Vec<i64> = of(Scope::Namespace).iter().map(|run| run.at).collect();
        assert_eq!(newest, [2, 1]);
        assert_eq!(of(Scope::Class), Vec::<&Run>::new());
        assert_eq!(
            runs.len(),
            MOST_RUNS + 2,
            "64 of 102, and two of other scopes"
        );
        assert_eq!(runs[0].at, 109);
    }
}
