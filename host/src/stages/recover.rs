//! Stage: did the fix help?

use std::time::Duration;

use k8shawk_core::record::{Record, State};
use k8shawk_core::recovery::Recovery;

use crate::services::Services;
use crate::services::cluster::ClusterError;
use crate::services::cluster::health;
use crate::stages::StageError;

/// Take one check; true once there is a verdict.
///
/// # Errors
/// [`StageError`].
pub async fn check(services: &Services, record: &Record) -> Result<bool, StageError> {
    let seen = match health::look(&services.cluster, record).await {
        Ok(seen) => seen,
        Err(error) => return missed(services, record, error),
    };
    let now = services.clock.now();
    let mut recovery = match &record.recovery {
        Some(recovery) => recovery.clone(),
        None => Recovery::new(seen.health, now),
    };
    let verdict = recovery.check(
        seen.health,
        seen.restarts,
        now,
        millis(services.config.recovery_stability),
        millis(services.config.recovery_timeout),
    );
    services
        .store
        .advance(&record.incident.id.0, State::Applied, |r| {
            r.recovery = Some(recovery);
            if let Some(verdict) = verdict {
                r.step(now, verdict.into(), seen.health.to_string());
            }
        })?;
    Ok(verdict.is_some())
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// A look failed: try again until the deadline, and then say that it is not known.
fn missed(services: &Services, record: &Record, error: ClusterError) -> Result<bool, StageError> {
    let now = services.clock.now();
    let may_pass = error.may_pass();
    let timeout = millis(services.config.recovery_timeout);
    let mut late = false;
    services
        .store
        .advance(&record.incident.id.0, State::Applied, |r| {
            late = match &mut r.recovery {
                Some(recovery) => recovery.missed(may_pass, now, timeout),
                None => true,
            };
            if late {
                let note = format!("not known whether it helped: {error}");
                r.step(now, State::NotKnown, note);
            }
        })?;
    if late {
        return Ok(true);
    }
    Err(StageError::Cluster(error))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use k8shawk_core::bundle::{Bundle, FORMAT, Frame};
    use k8shawk_core::config::Config;
    use k8shawk_core::rca;
    use k8shawk_sandbox::Registry;

    use super::*;
    use crate::services::clock::Clock;
    use crate::services::cluster::AnyCluster;
    use crate::services::cluster::replay::Replay;
    use crate::services::plugins::Plugins;
    use crate::services::testing::applied;

    fn services() -> Services {
        let bundle = Bundle {
            format: FORMAT,
            title: String::new(),
            subject: String::new(),
            kubernetes: String::new(),
            dry_runs: vec![],
            conversations: vec![],
            frames: vec![Frame::default()],
        };
        let plugins = Plugins::new(Arc::new(Registry::new(5)));
        let cluster = AnyCluster::Recorded(Replay::new(bundle));
        Services::aside(Config::default(), plugins, cluster, Clock::default()).unwrap()
    }

    #[test]
    fn looks_that_are_refused_end_at_the_deadline_with_the_reason() {
        let services = services();
        let stored = services.store.insert(applied(State::Applied), &[]).unwrap();
        let since = stored.recovery.as_ref().unwrap().since;
        let refused = || ClusterError::Denied {
            attempt: "list Pod".into(),
            why: "pods is forbidden".into(),
        };
        let id = &stored.incident.id.0;
        services.clock.set(since + 60_000);
        let told = missed(&services, &stored, refused())
            .unwrap_err()
            .to_string();
        assert!(!told.contains("does not answer"), "{told}");
        assert_eq!(services.store.get(id).unwrap().state, State::Applied);
        services.clock.set(since + 181_000);
        assert!(missed(&services, &stored, refused()).unwrap());
        let ended = services.store.get(id).unwrap();
        assert_eq!(ended.state, State::NotKnown);
        let text = rca::render(&ended, "prod").into_string();
        assert!(text.contains("pods is forbidden"), "{text}");
        assert!(
            ended.inverse().is_some(),
            "it was applied: it can be taken back"
        );
    }
}
