//! The last calls of each plugin, on which a new version is tried. They hold what the plugin read,
//! so they are bounded in number, in bytes and in age.

use rusqlite::{Connection, params};
use tracing::debug;

use k8shawk_sandbox::RecordedCall;

use super::{Store, Stored};

/// Bytes of one call; a larger one is not kept.
const LARGEST: usize = 256 << 10;
/// Bytes of the calls of one plugin.
const BYTES: i64 = 4 << 20;
/// How long a call is kept, milliseconds: 7 days.
const AGE: i64 = 7 * 24 * 60 * 60_000;

/// A call that was made, of one plugin.
#[derive(Debug, Clone)]
pub struct KeptCall {
    /// Plugin.
    pub plugin: String,
    /// Incident, or empty.
    pub incident: String,
    /// What it is about, in words.
    pub subject: String,
    /// The call.
    pub call: RecordedCall,
}

impl Store {
    /// Keep calls, each in the place of an earlier one about the same, and of each plugin the newest
    /// `most`.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn keep_calls(&self, calls: &[KeptCall], most: u32, now: i64) -> Stored<()> {
        let mut texts = Vec::new();
        for kept in calls {
            match serde_json::to_string(&kept.call) {
                Ok(text) if text.len() <= LARGEST => texts.push((kept, text)),
                Ok(text) => debug!(plugin = kept.plugin, bytes = text.len(), "call not kept"),
                Err(error) => debug!(plugin = kept.plugin, %error, "call not kept"),
            }
        }
        self.atomic(|t| {
            for (kept, text) in &texts {
                let (plugin, incident, subject) = (&kept.plugin, &kept.incident, &kept.subject);
                t.prepare_cached(
                    "INSERT OR REPLACE INTO calls (plugin, incident, subject, at, call)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![plugin, incident, subject, now, text])?;
            }
            let mut plugins: Vec<&String> = texts.iter().map(|(kept, _)| &kept.plugin).collect();
            plugins.dedup();
            for plugin in plugins {
                bound(t, plugin, most)?;
            }
            t.execute("DELETE FROM calls WHERE at < ?1", params![now - AGE])?;
            Ok(())
        })
    }

    /// The calls of a plugin that are kept, the newest first. What does not parse, as after an
    /// upgrade, is left out.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn kept_calls(&self, plugin: &str) -> Stored<Vec<KeptCall>> {
        self.within(|c| {
            let mut statement = c.prepare_cached(
                "SELECT incident, subject, call FROM calls WHERE plugin = ?1 ORDER BY number DESC",
            )?;
            let rows = statement.query_map(params![plugin], |r| {
                let text: String = r.get(2)?;
                Ok(serde_json::from_str(&text)
                    .ok()
                    .map(|call| (r.get(0), r.get(1), call)))
            })?;
            let mut calls = Vec::new();
            for row in rows {
                if let Some((incident, subject, call)) = row? {
                    calls.push(KeptCall {
                        plugin: plugin.to_owned(),
                        incident: incident?,
                        subject: subject?,
                        call,
                    });
                }
            }
            Ok(calls)
        })
    }
}

/// The newest calls of a plugin within its bounds.
fn bound(t: &Connection, plugin: &str, most: u32) -> rusqlite::Result<()> {
    t.prepare_cached(
        "DELETE FROM calls WHERE plugin = ?1 AND number IN (
            SELECT number FROM (
                SELECT number, row_number() OVER newest AS place,
                       sum(length(call)) OVER newest AS bytes
                FROM calls WHERE plugin = ?1 WINDOW newest AS (ORDER BY number DESC))
            WHERE place > ?2 OR bytes > ?3)",
    )?
    .execute(params![plugin, most, BYTES])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use k8shawk_core::guard::{Answer, Read};
    use k8shawk_core::{Finding, ObjectRef, Severity};
    use k8shawk_sandbox::{Language, Question};

    use super::*;

    fn call(subject: &str, bytes: usize) -> KeptCall {
        let object = ObjectRef::of("Pod", "shop", subject);
        let finding = Finding {
            class: "crash".to_owned(),
            title: String::new(),
            cause: String::new(),
            confidence: 0,
            severity: Severity::Low,
            object: object.clone(),
            owner: object,
            evidence: Vec::new(),
            unknown: Vec::new(),
            unsupported: Vec::new(),
            facts: Vec::new(),
            victims: Vec::new(),
            shared: None,
        };
        let read = Read::Get {
            kind: "Pod".to_owned(),
            namespace: "shop".to_owned(),
            name: subject.to_owned(),
        };
        KeptCall {
            plugin: "voice".to_owned(),
            incident: "inc-1".to_owned(),
            subject: subject.to_owned(),
            call: RecordedCall {
                question: Question::Voice {
                    severity: Severity::Low,
                    finding: Box::new(finding),
                    language: Language::English,
                    limit: 500,
                },
                now_ms: 7,
                reads: vec![(read, Ok(Answer::Text("x".repeat(bytes))))],
                verdict: "said".to_owned(),
            },
        }
    }

    fn subjects(store: &Store) -> Vec<String> {
        let kept = store.kept_calls("voice").unwrap();
        kept.into_iter().map(|kept| kept.subject).collect()
    }

    #[test]
    fn the_newest_calls_are_kept_one_for_each_subject() {
        let store = Store::in_memory().unwrap();
        for subject in ["a", "b", "a", "c"] {
            store.keep_calls(&[call(subject, 1)], 2, 1).unwrap();
        }
        assert_eq!(subjects(&store), ["c", "a"]);
        let kept = store.kept_calls("voice").unwrap();
        let (read, answer) = &kept[0].call.reads[0];
        assert!(matches!(read, Read::Get { name, .. } if name == "c"));
        assert_eq!(answer, &Ok(Answer::Text("x".to_owned())));
        assert!(store.kept_calls("other").unwrap().is_empty());
    }

    #[test]
    fn calls_are_bounded_in_bytes_and_in_age() {
        let store = Store::in_memory().unwrap();
        for number in 0..40 {
            store
                .keep_calls(&[call(&number.to_string(), 200 << 10)], 1000, 1)
                .unwrap();
        }
        let kept = subjects(&store);
        assert!((15..=20).contains(&kept.len()), "{}", kept.len());
        assert_eq!(kept[0], "39");
        store
            .keep_calls(&[call("huge", 300 << 10)], 1000, 1)
            .unwrap();
        assert!(!subjects(&store).contains(&"huge".to_owned()));
        store.keep_calls(&[call("new", 1)], 1000, AGE + 2).unwrap();
        assert_eq!(subjects(&store), ["new"]);
    }
}
