//! What each sink shows of an incident, and where: so that it is changed there, and not sent a
//! second time.

use rusqlite::{OptionalExtension, params};

use super::{Store, Stored};

/// What a sink shows of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where it stands, in the words of the sink: the store only compares it.
    pub place: String,
    /// Digest of what stands there; empty where it is to be sent again.
    pub digest: String,
    /// How often it was sent to another place, because somebody had deleted it.
    pub replaced: u32,
}

impl Store {
    /// What a sink shows of an incident; none where it shows nothing yet.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn shown(&self, sink: &str, incident: &str) -> Stored<Option<Shown>> {
        self.within(|c| {
            let mut select = c.prepare_cached(
                "SELECT place, digest, replaced FROM shown WHERE sink = ?1 AND incident = ?2",
            )?;
            let shown = select.query_row(params![sink, incident], |r| {
                Ok(Shown {
                    place: r.get(0)?,
                    digest: r.get(1)?,
                    replaced: r.get(2)?,
                })
            });
            shown.optional()
        })
    }

    /// The incident that a sink shows at a place.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn incident_at(&self, sink: &str, place: &str) -> Stored<Option<String>> {
        self.within(|c| {
            let sql = "SELECT incident FROM shown WHERE sink = ?1 AND place = ?2";
            c.query_row(sql, params![sink, place], |r| r.get(0))
                .optional()
        })
    }

    /// Remember what a sink shows of an incident.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn keep_shown(&self, sink: &str, incident: &str, shown: &Shown) -> Stored<()> {
        let Shown {
            place,
            digest,
            replaced,
        } = shown;
        self.atomic(|c| {
            c.execute(
                "INSERT OR REPLACE INTO shown (sink, incident, place, digest, replaced)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![sink, incident, place, digest, replaced],
            )
            .map(drop)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sink_knows_its_own_places() {
        let store = Store::in_memory().unwrap();
        let shown = |place: &str| Shown {
            place: place.to_owned(),
            digest: "d".to_owned(),
            replaced: 0,
        };
        store.keep_shown("one", "inc-1", &shown("a")).unwrap();
        store.keep_shown("two", "inc-1", &shown("b")).unwrap();
        store.keep_shown("two", "inc-1", &shown("c")).unwrap();
        let found = |sink| store.shown(sink, "inc-1").unwrap().map(|s| s.place);
        assert_eq!(found("one").as_deref(), Some("a"));
        assert_eq!(found("two").as_deref(), Some("c"));
        assert_eq!(found("three"), None);
        let at = |sink, place| store.incident_at(sink, place).unwrap();
        assert_eq!(at("two", "c").as_deref(), Some("inc-1"));
        assert_eq!((at("two", "b"), at("one", "c")), (None, None));
    }
}
