//! Which fixes there are.

use k8shawk_core::fix::actions;
use k8shawk_core::point::Point;

use crate::call::Call;
use crate::capability::{Capability, Definition, Own};
use crate::wit::imports::k8shawk::policy::catalogue;

/// The names of the actions, for a policy that is configured with some of them.
pub(super) const CATALOGUE: Capability = Capability(&Definition {
    package: "policy",
    word: "catalogue",
    points: &[Point::Policy],
    verbs: &[],
    told: Some("gets the fix catalogue"),
    link: |linker| catalogue::add_to_linker::<_, Own>(linker, |call| call),
});

impl catalogue::Host for Call {
    async fn actions(&mut self) -> wasmtime::Result<Vec<String>> {
        self.journal.charge(0)?;
        Ok(actions().map(str::to_owned).collect())
    }
}
