//! One instance of a policy for many calls.

use k8shawk_core::Incident;
use k8shawk_core::fix::Risk;
use k8shawk_core::grant::Limits;
use k8shawk_core::point::Point;
use k8shawk_core::policy::Verdict;

use crate::call::{CallContext, CallError};
use crate::prepared::async_call::{Run, limit_time};
use crate::prepared::end::explain;
use crate::prepared::{Plugin, Prepared};
use crate::wit::input;
use crate::wit::policy::PolicyPlugin;
use crate::wit::value::RawProposal;

impl Plugin {
    /// One instance for many calls: for benchmarks, since calls share its memory.
    ///
    /// # Errors
    /// [`CallError`] where it is no policy, or cannot be instantiated.
    pub async fn policy_session(&self, context: CallContext) -> Result<PolicySession, CallError> {
        let Prepared::Policy(pre) = &self.prepared else {
            let (is, asked) = (self.point(), Point::Policy);
            return Err(CallError::Point { is, asked });
        };
        let (now_ms, limits) = (context.now_ms, self.granted.limits);
        let mut run = self.run(context).await;
        match pre.instantiate_async(&mut run.store).await {
            Ok(instance) => Ok(PolicySession {
                run,
                instance,
                limits,
                now_ms,
            }),
            Err(error) => Err(explain(&error, run.store.data(), limits)),
        }
    }
}

/// One instance of a policy that is called again and again. It sees no dossier.
pub struct PolicySession {
    run: Run,
    instance: PolicyPlugin,
    limits: Limits,
    now_ms: i64,
}

impl PolicySession {
    /// Judge one proposal.
    ///
    /// # Errors
    /// [`CallError`]; after it the session is useless.
    pub async fn judge(
        &mut self,
        incident: &Incident,
        proposal: &RawProposal,
        risk: Risk,
    ) -> Result<Verdict, CallError> {
        let store = &mut self.run.store;
        store.data_mut().again();
        limit_time(store);
        let incident = input::incident(incident, self.now_ms);
        let guest = self.instance.k8shawk_policy_policy();
        match guest
            .call_judge(&mut *store, &incident, &proposal.into(), risk.into())
            .await
        {
            Ok(verdict) => Ok(verdict.into()),
            Err(error) => Err(explain(&error, store.data(), self.limits)),
        }
    }
}
