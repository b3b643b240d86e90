//! Many rounds of `kill -9` at random moments, while the API server fails at random.
//!
//! `K8SHAWK_SOAK_ROUNDS` is their number (100), `K8SHAWK_SOAK_SEED` what everything is drawn from;
//! without it a new one is printed. See CONTRIBUTING, "Soak".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use k8shawk_core::bundle::Bundle;
use k8shawk_tests::api_server::{ApiServer, Cure, Fate, Instance, Rates};
use serde_json::Value;

use crate::host::{Commands, Host, approve_all};
use crate::judge::{self, Judge, text};
use crate::{mix, number};

/// Rounds over one database; then everything must come to rest.
const CAMPAIGN: u32 = 50;
/// Campaigns at the same time: they wait more than they work.
const AT_ONCE: u32 = 2;
/// Incidents of one campaign.
const INCIDENTS: usize = 40;
/// Milliseconds that a process lives.
const LIFE: std::ops::Range<u64> = 50..1500;
/// Longest time until everything has come to rest.
const REST: Duration = Duration::from_secs(180);

/// How often requests fail.
fn rates() -> Rates {
    Rates {
        busy: 0.02,
        broken: 0.02,
        silent: 0.005,
        cut: 0.01,
        lost: 0.02,
        lost_writes: 0.25,
        watches: Some(100..2000),
    }
}

/// What a campaign did.
#[derive(Debug, Default)]
struct Tally {
    rounds: u32,
    starts: u32,
    exits: u32,
    incidents: usize,
    operations: usize,
    unanswered: usize,
    states: BTreeMap<String, usize>,
    requests: BTreeMap<Fate, u64>,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.rounds += other.rounds;
        self.starts += other.starts;
        self.exits += other.exits;
        self.incidents += other.incidents;
        self.operations += other.operations;
        self.unanswered += other.unanswered;
        for (state, number) in other.states {
            *self.states.entry(state).or_default() += number;
        }
        for (fate, number) in other.requests {
            *self.requests.entry(fate).or_default() += number;
        }
    }
}

struct Campaign {
    server: Arc<ApiServer>,
    host: Host,
    random: fastrand::Rng,
    judge: Judge,
    bundles: Arc<Vec<(&'static str, Bundle)>>,
    instances: Vec<Arc<Instance>>,
    /// Namespaces whose target somebody took away.
    meddled: BTreeSet<String>,
}

impl Campaign {
    fn new(seed: u64, bundles: Arc<Vec<(&'static str, Bundle)>>) -> Result<Campaign> {
        let server = Arc::new(ApiServer::start(seed)?);
        let host = Host::new(&server, &[])?;
        Ok(Campaign {
            server,
            random: fastrand::Rng::with_seed(seed),
            judge: Judge::of(&host),
            host,
            bundles,
            instances: Vec::new(),
            meddled: BTreeSet::new(),
        })
    }

    /// Something more breaks.
    fn grow(&mut self) -> Result<()> {
        let many = if self.instances.is_empty() { 12 } else { 2 };
        for _ in 0..many.min(INCIDENTS - self.instances.len()) {
            let (name, bundle) = &self.bundles[self.random.usize(0..self.bundles.len())];
            let namespace = format!("k{}-{}", self.instances.len(), name.replace('_', "-"));
            let cure = match self.random.u8(0..4) {
                0 => Cure::Stays,
                _ => Cure::Heals,
            };
            self.instances
                .push(self.server.add(bundle, &namespace, cure)?);
        }
        Ok(())
    }

    /// Somebody else changes a target, or takes it away.
    fn meddle(&mut self, round: u32) {
        if self.random.u8(0..20) == 0 {
            self.server.compact();
        }
        let instance = &self.instances[self.random.usize(0..self.instances.len())];
        let Some(target) = &instance.target else {
            return;
        };
        match self.random.u8(0..40) {
            0..3 => {
                self.server.meddle(target, |_| None);
                self.meddled.insert(instance.namespace.clone());
            }
            3..20 => self.server.meddle(target, |object| {
                object["metadata"]["annotations"]["touched"] = round.to_string().into();
                Some(())
            }),
            _ => {}
        }
    }

    fn round(&mut self, round: u32) -> Result<()> {
        self.grow()?;
        let life = Duration::from_millis(self.random.u64(LIFE));
        let before = life.mul_f64(self.random.f64());
        self.host.start()?;
        let spoiler = Spoiler {
            server: self.server.clone(),
            instances: self.instances.clone(),
            random: self.random.fork(),
        };
        let approving = Approving::begin(self.host.commands.clone(), spoiler);
        thread::sleep(before);
        self.meddle(round);
        thread::sleep(life.saturating_sub(before));
        self.host.kill()?;
        let (approved, spoiled) = approving.end()?;
        self.judge.approved.extend(approved);
        self.meddled.extend(spoiled);
        self.look()
    }

    fn look(&mut self) -> Result<()> {
        let (incidents, audit) = (self.host.commands.incidents()?, self.server.audit());
        self.judge.look(&audit, &incidents, &audit)
    }

    /// In clear weather everything comes to rest.
    fn rest(&mut self) -> Result<Tally> {
        self.server.weather().fail(Rates::default());
        let begun = Instant::now();
        loop {
            self.host.keep_alive()?;
            thread::sleep(Duration::from_millis(500));
            self.judge
                .approved
                .extend(approve_all(&self.host.commands)?);
            let incidents = self.host.commands.incidents()?;
            let resting = |i: &Value| judge::is_at_rest(text(i, "/state"));
            let missing = self.unnoticed(&incidents);
            if incidents.iter().all(resting) && missing.is_empty() {
                break;
            }
            if begun.elapsed() > REST {
                let moving: Vec<String> = incidents
                    .iter()
                    .filter(|i| !resting(i))
                    .map(ToString::to_string)
                    .collect();
                anyhow::bail!("not at rest: {moving:#?}; lost, or never noticed: {missing:?}");
            }
        }
        // RCAs are written after the last arrow.
        thread::sleep(Duration::from_secs(1));
        self.host.kill()?;
        self.look()?;
        let (incidents, audit) = (self.host.commands.incidents()?, self.server.audit());
        let resting = |i: &Value| judge::is_at_rest(text(i, "/state"));
        if !incidents.iter().all(resting) {
            // Something more was noticed in that second.
            return self.rest();
        }
        judge::at_the_end(&incidents, &audit, &self.judge.directory)?;
        ensure!(!self.host.log().contains("panicked"), "it panicked");
        let mut tally = Tally {
            starts: self.host.starts,
            exits: self.host.exits,
            incidents: incidents.len(),
            operations: judge::operations(&audit).count(),
            unanswered: audit.iter().filter(|e| !e.answered).count(),
            requests: self.server.weather().counts(),
            ..Tally::default()
        };
        for incident in &incidents {
            let state = text(incident, "/state").to_owned();
            *tally.states.entry(state).or_default() += 1;
        }
        Ok(tally)
    }

    /// Namespaces in which something broke and that no incident is about.
    fn unnoticed(&self, incidents: &[Value]) -> Vec<String> {
        let known: BTreeSet<&str> = incidents.iter().map(judge::namespace).collect();
        let all = self.instances.iter().map(|i| i.namespace.as_str());
        all.filter(|n| !known.contains(n) && !self.meddled.contains(*n))
            .map(str::to_owned)
            .collect()
    }

    fn run(&mut self, rounds: u32) -> Result<Tally> {
        self.server.weather().fail(rates());
        for round in 1..=rounds {
            let done = self.round(round);
            done.with_context(|| format!("round {round}"))?;
        }
        let tally = self.rest().context("after the rounds")?;
        Ok(Tally { rounds, ..tally })
    }
}

/// Somebody who takes targets away right when their fix is being sent.
struct Spoiler {
    server: Arc<ApiServer>,
    instances: Vec<Arc<Instance>>,
    random: fastrand::Rng,
}

impl Spoiler {
    /// Returns the namespaces whose target is gone now.
    fn spoil(&mut self, incidents: &[Value]) -> Vec<String> {
        let sending = incidents.iter().filter(|i| i["state"] == "executing");
        let mut spoiled = Vec::new();
        for incident in sending {
            let namespace = judge::namespace(incident);
            let instance = self.instances.iter().find(|i| i.namespace == namespace);
            if let Some(target) = instance.and_then(|i| i.target.as_ref())
                && self.random.u8(0..4) == 0
            {
                self.server.meddle(target, |_| None);
                spoiled.push(namespace.to_owned());
            }
        }
        spoiled
    }
}

/// Incidents whose yes the host took, and namespaces whose target was taken away.
type Told = (Vec<String>, Vec<String>);

/// A person who approves whatever waits, until the host is killed.
struct Approving {
    over: Arc<AtomicBool>,
    thread: thread::JoinHandle<Told>,
}

impl Approving {
    fn begin(commands: Arc<Commands>, mut spoiler: Spoiler) -> Approving {
        let over = Arc::new(AtomicBool::new(false));
        let until = over.clone();
        let thread = thread::spawn(move || {
            let (mut taken, mut spoiled) = (Vec::new(), Vec::new());
            while !until.load(Ordering::Acquire) {
                thread::sleep(Duration::from_millis(100));
                // The host may be killed while it makes the database: what counts is the look after that.
                taken.extend(approve_all(&commands).unwrap_or_default());
                spoiled.extend(spoiler.spoil(&commands.incidents().unwrap_or_default()));
            }
            (taken, spoiled)
        });
        Approving { over, thread }
    }

    fn end(self) -> Result<Told> {
        self.over.store(true, Ordering::Release);
        let ended = self.thread.join();
        ended.map_err(|_| anyhow::anyhow!("the approver panicked"))
    }
}

/// One campaign; a failure says how to run it again, and leaves what there is.
fn campaign(seed: u64, rounds: u32, bundles: Arc<Vec<(&'static str, Bundle)>>) -> Result<Tally> {
    let mut campaign = Campaign::new(seed, bundles)?;
    campaign.run(rounds).map_err(|error| {
        let _ = campaign.host.kill();
        let place = campaign.host.keep();
        let audit: Vec<String> = campaign
            .server
            .audit()
            .iter()
            .map(|e| format!("{e:?}"))
            .collect();
        let _ = std::fs::write(place.join("audit"), audit.join("\n"));
        error.context(format!(
            "again with K8SHAWK_SOAK_SEED={seed} K8SHAWK_SOAK_ROUNDS={rounds}; database, log and \
             audit log are in {}",
            place.display()
        ))
    })
}

#[test]
fn a_thousand_kills_lose_nothing_fix_once_and_claim_only_what_happened() {
    let rounds: u32 = number("K8SHAWK_SOAK_ROUNDS", 100);
    let seed: u64 = number("K8SHAWK_SOAK_SEED", fastrand::u64(..1 << 32));
    eprintln!("{rounds} rounds, seed {seed}");
    let bundles = Arc::new(mix::all());
    let campaigns = rounds.div_ceil(CAMPAIGN);
    let (next, done) = (AtomicU32::new(0), Mutex::new(Tally::default()));
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(campaigns) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::AcqRel);
                    if at >= campaigns {
                        return;
                    }
                    let left = (rounds - at * CAMPAIGN).min(CAMPAIGN);
                    eprintln!("campaign {} of {campaigns}", at + 1);
                    match campaign(seed + u64::from(at), left, bundles.clone()) {
                        Ok(tally) => done.lock().unwrap().add(tally),
                        Err(error) => {
                            eprintln!("{error:#}");
                            failed.lock().unwrap().push(format!("{error:#}"));
                        }
                    }
                }
            });
        }
    });
    let done = done.into_inner().unwrap();
    eprintln!("{done:#?}");
    let failed = failed.into_inner().unwrap();
    assert!(
        failed.is_empty(),
        "{} of {campaigns} campaigns failed:\n{}",
        failed.len(),
        failed.join("\n\n")
    );
    // What did not happen proves nothing.
    assert!(done.operations > 0, "no fix was made");
    assert!(rounds < 100 || done.unanswered > 0, "no answer was lost");
}
