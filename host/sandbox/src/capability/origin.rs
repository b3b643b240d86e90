//! Who proposed what a policy judges.

use k8shawk_core::point::Point;

use crate::call::Call;
use crate::capability::{Capability, Definition, Own};
use crate::wit::imports::k8shawk::policy::origin;

/// The source of the proposal.
pub(super) const ORIGIN: Capability = Capability(&Definition {
    package: "policy",
    word: "origin",
    points: &[Point::Policy],
    verbs: &[],
    told: Some("gets the origin of a fix"),
    link: |linker| origin::add_to_linker::<_, Own>(linker, |call| call),
});

impl origin::Host for Call {
    /// Where nobody said who proposed it, it is judged as what may do least: a model.
    async fn get(&mut self) -> wasmtime::Result<origin::Source> {
        self.journal.charge(0)?;
        let known = self.origin.as_ref();
        Ok(known.map_or(origin::Source::Model, Into::into))
    }
}
