//! An incident that takes back the fix of another: both are written in one transaction, so that
//! two clicks make one.

use k8shawk_core::record::Record;
use rusqlite::TransactionBehavior;

use super::{Store, StoreError};

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
        let mut connection = self.lock();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|e| self.fault(e))?;
        let mut undone = self.read(&transaction, of)?;
        let earlier = match &undone.undone_by {
            Some(id) => Some(self.read(&transaction, id)?),
            None => None,
        };
        let mut record = make(&undone, earlier.as_ref())?;
        self.add(&transaction, &mut record)?;
        undone.undone_by = Some(record.incident.id.0.clone());
        self.write(&transaction, &undone)?;
        transaction.commit().map_err(|e| self.fault(e))?;
        drop(connection);
        self.changed(&record.incident.id.0);
        self.changed(of);
        Ok(record)
    }
}
