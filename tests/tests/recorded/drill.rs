//! An API server that answers five requests in a second and then not at all, while 200 incidents
//! are open: everything ends as without that, only later.
//!
//! `K8SHAWK_DRILL_INCIDENTS` (40), `K8SHAWK_DRILL_THROTTLED_SECONDS` (15) and
//! `K8SHAWK_DRILL_AWAY_SECONDS` (10) set its size; `make soak` runs it in full.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use k8shawk_core::bundle::Bundle;
use k8shawk_tests::api_server::{ApiServer, Cure, Instance};
use serde_json::Value;

use crate::host::{Host, approve_all};
use crate::judge::{self, Judge, text};
use crate::{mix, number};

/// Longest time until everything has come to rest in clear weather.
const REST: Duration = Duration::from_secs(600);

/// How bad it gets.
#[derive(Debug, Clone, Copy)]
struct Storm {
    throttled: Duration,
    away: Duration,
}

/// How what broke in a namespace ended: class, state and fix of each incident.
type Ends = BTreeMap<String, Vec<String>>;

struct Drill {
    server: ApiServer,
    host: Host,
    judge: Judge,
    namespaces: usize,
}

impl Drill {
    fn new(
        bundles: &[(&'static str, Bundle)],
        incidents: usize,
        patience: Duration,
    ) -> Result<Drill> {
        let server = ApiServer::start(0)?;
        for at in 0..incidents {
            let (name, bundle) = &bundles[at % bundles.len()];
            let added = server.add(bundle, &format!("d{at}-{name}"), Cure::Heals);
            added.map(drop::<std::sync::Arc<Instance>>)?;
        }
        // A verdict after the storm is what is asked for, not one that nobody could come to.
        let patience = ("RECOVERY_TIMEOUT_SECONDS", patience.as_secs().to_string());
        let host = Host::new(&server, &[patience])?;
        Ok(Drill {
            judge: Judge::of(&host),
            host,
            server,
            namespaces: incidents,
        })
    }

    fn run(&mut self, storm: Option<Storm>) -> Result<Ends> {
        if let Some(storm) = storm {
            self.through(storm)?;
        }
        let until = Instant::now() + REST;
        loop {
            let incidents = self.turn()?;
            // What is not known after a long outage is asked again, each minute.
            let resting = |i: &Value| {
                let state = text(i, "/state");
                judge::is_at_rest(state)
                    && (state != "needs-human" || text(i, "/class") != "undetermined")
            };
            let known = ends(&incidents);
            if incidents.iter().all(resting) && known.len() >= self.namespaces {
                break;
            }
            ensure!(
                Instant::now() < until,
                "not at rest: {:#?}",
                incidents.iter().filter(|i| !resting(i)).collect::<Vec<_>>()
            );
        }
        let before = self.server.audit();
        let incidents = self.host.commands.incidents()?;
        self.judge.look(&before, &incidents, &self.server.audit())?;
        Ok(ends(&incidents))
    }

    /// One look: the process lives, people approve, nothing is lost.
    fn turn(&mut self) -> Result<Vec<Value>> {
        self.host.keep_alive()?;
        thread::sleep(Duration::from_millis(500));
        self.judge
            .approved
            .extend(approve_all(&self.host.commands)?);
        let before = self.server.audit();
        let incidents = self.host.commands.incidents()?;
        self.judge.look(&before, &incidents, &self.server.audit())?;
        Ok(incidents)
    }

    fn through(&mut self, storm: Storm) -> Result<()> {
        self.server.weather().throttle(5);
        self.for_time(storm.throttled)?;
        let before = self.turn()?;
        let open = before
            .iter()
            .filter(|i| !judge::is_at_rest(text(i, "/state")));
        let open = open.count();
        ensure!(open > 0, "nothing is open when the API server goes away");
        self.server.weather().go_away(true);
        self.for_time(storm.away)?;
        ensure!(
            self.host.exits == 0,
            "it ended by itself: {}",
            self.host.log()
        );
        self.server.weather().go_away(false);
        self.server.weather().throttle(0);
        eprintln!(
            "{open} of {} incidents were open when it went away",
            before.len()
        );
        Ok(())
    }

    fn for_time(&mut self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.turn()?;
        }
        Ok(())
    }
}

fn ends(incidents: &[Value]) -> Ends {
    let mut ends = Ends::new();
    let of_cluster = incidents
        .iter()
        .filter(|i| text(i, "/owner/kind") != "Host");
    for incident in of_cluster {
        let end = format!(
            "{}/{} {} {} {}",
            text(incident, "/owner/kind"),
            text(incident, "/owner/name"),
            text(incident, "/class"),
            text(incident, "/state"),
            text(incident, "/fix/kubectl"),
        );
        ends.entry(judge::namespace(incident).to_owned())
            .or_default()
            .push(end);
    }
    ends.values_mut().for_each(|all| all.sort());
    ends
}

#[test]
fn a_server_that_is_slow_and_then_away_only_makes_everything_later() {
    let incidents = number("K8SHAWK_DRILL_INCIDENTS", 40);
    let storm = Storm {
        throttled: Duration::from_secs(number("K8SHAWK_DRILL_THROTTLED_SECONDS", 15)),
        away: Duration::from_secs(number("K8SHAWK_DRILL_AWAY_SECONDS", 10)),
    };
    let bundles: Vec<_> = mix::all()
        .into_iter()
        .filter(|(name, _)| !mix::TRIED.contains(name))
        .collect();
    let patience = storm.away + storm.throttled + Duration::from_secs(300);
    let run = |storm: Option<Storm>| {
        let begun = Instant::now();
        let mut drill = Drill::new(&bundles, incidents, patience).unwrap();
        let ends = drill.run(storm).with_context(|| {
            let place = drill.host.keep();
            format!("log and database are in {}", place.display())
        });
        (ends.unwrap(), begun.elapsed())
    };
    let (calm, took) = run(None);
    let (stormy, took_in_storm) = run(Some(storm));
    eprintln!(
        "{incidents} incidents: {} s in clear weather, {} s with {storm:?}",
        took.as_secs(),
        took_in_storm.as_secs()
    );
    let differ: Vec<_> = calm
        .iter()
        .filter(|(namespace, ends)| stormy.get(*namespace) != Some(ends))
        .map(|(namespace, ends)| {
            format!("{namespace}: {ends:?} became {:?}", stormy.get(namespace))
        })
        .collect();
    assert!(
        differ.is_empty(),
        "{} end otherwise:\n{}",
        differ.len(),
        differ.join("\n")
    );
}
