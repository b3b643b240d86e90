//! An incident that takes back the fix of another: both are written in one transaction, so that
//! two clicks make one.

use super::{Store, StoreError};
use k8shawk_core::record::Record;

impl Store {
    /// Store what `make` makes of the incident, and of the one that takes it back already.
    ///
    /// # Errors
    /// What `make` returns, or [`StoreError`]; nothing was written.
    pub fn insert_undo<E: From<StoreError>>(
        &self,
        of: &str,
        make: impl FnOnce(&Record, Option<&Record>) -> Result<Record, E>,
    ) -> Result<Record, E> {
        let record = self.transact_as(|t| {
            let mut undone = self.read(t, of)?;
            let earlier = match undone.undone_by.as_deref().map(|id| self.read(t, id)) {
                // It ended long ago, and was deleted or cannot be read.
                None | Some(Err(StoreError::Unknown(_) | StoreError::Record { .. })) => None,
                Some(found) => Some(found?),
            };
            let mut record = make(&undone, earlier.as_ref())?;
            self.add(t, &mut record)?;
            undone.undone_by = Some(record.incident.id.0.clone());
            self.write(t, &undone)?;
            Ok::<_, E>(record)
        })?;
        self.telemetry.opened(&record);
        self.changed(&record.incident.id.0);
        self.changed(of);
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::testing::applied;
    use k8shawk_core::record::State;

    #[test]
    fn a_second_undo_is_told_of_the_first() {
        let store = Store::in_memory().unwrap();
        let id = store
            .insert(applied(State::Worse), &[])
            .unwrap()
            .incident
            .id
            .0;
        let mut changes = store.changes();
        let make = |of: &Record, earlier: Option<&Record>| {
            assert!(earlier.is_none());
            Ok::<_, StoreError>(of.clone())
        };
        let undo = store.insert_undo(&id, make).unwrap().incident.id.0;
        assert_ne!(undo, id);
        assert_eq!(
            store.get(&id).unwrap().undone_by.as_deref(),
            Some(undo.as_str())
        );
        assert_eq!(changes.try_recv().unwrap(), undo);
        assert_eq!(changes.try_recv().unwrap(), id);
        let refuse = |_: &Record, earlier: Option<&Record>| {
            let earlier = earlier.unwrap().incident.id.0.clone();
            Err::<Record, _>(StoreError::Unknown(earlier))
        };
        let refused = store.insert_undo(&id, refuse).unwrap_err();
        assert!(refused.to_string().contains(&undo), "{refused}");
        assert_eq!(store.list(false).unwrap().len(), 2, "nothing was written");
    }
}
