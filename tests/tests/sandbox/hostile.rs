//! Attacks on the host, in every language that has templates and in bytes that no compiler makes.
//! Each ends within its limit, is the fault of the plugin, and the next incident is judged.

mod attacks;
mod files;
mod languages;
mod modules;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use k8shawk::services::terminal::plain;
use k8shawk_core::ObjectRef;
use k8shawk_core::fix::Risk;
use k8shawk_core::guard::{Answer, Permit, Reader, Reading};
use k8shawk_core::policy::{Origin, Verdict};
use k8shawk_sandbox::{Blame, CallContext, Called, Plugin, RawProposal};
use tokio::task::JoinSet;

use crate::workshop::{Guest, Workshop, dossier, incident};

use self::attacks::{Attack, End};

/// Beyond its deadline an attack may take this long on a busy machine.
const SLACK: Duration = Duration::from_secs(5);
/// Nothing that hangs may hang the test.
const STALLED: Duration = Duration::from_secs(60);
/// Characters of why a call failed, and of why a component does not load.
const LONGEST: (usize, usize) = (400, 4000);

/// What an attack came to.
struct Row {
    guest: &'static str,
    attack: &'static str,
    ended: String,
    took: Duration,
    /// Why it is not as it should be.
    wrong: Vec<String>,
}

/// A cluster that counts what reaches it.
#[derive(Default)]
struct Cluster(AtomicU32);

impl Reader for Cluster {
    fn read(&self, _: Permit) -> Reading<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(Answer::Text("{}".to_owned())) })
    }
}

async fn judge(plugin: &Plugin, cluster: &Arc<Cluster>) -> Called<Verdict> {
    let proposal = RawProposal {
        action: "delete-pod".to_owned(),
        target: ObjectRef::new("v1", "Pod", "default", "web"),
        parameters: Vec::new(),
        rationale: String::new(),
    };
    let dossier = dossier(Origin::Plugin("fix".to_owned()));
    let context = CallContext {
        reader: cluster.clone(),
        now_ms: 0,
    };
    let (incident, risk) = (incident(), Risk::Low);
    plugin
        .judge_proposal(&incident, &proposal, &dossier, risk, context)
        .await
}

/// A workshop with a policy that behaves, beside what attacks.
struct Arena {
    workshop: Workshop,
    healthy: Plugin,
    cluster: Arc<Cluster>,
    /// The line of the source that fails with a message, where there is one.
    line: usize,
}

impl Arena {
    async fn new() -> Arena {
        Arena::of(Workshop::new()).await
    }

    async fn of(workshop: Workshop) -> Arena {
        Arena {
            healthy: workshop.hostile(Guest::Policy, "allow", "").await,
            cluster: Arc::default(),
            line: 0,
            workshop,
        }
    }

    /// Why the policy that behaves does not judge as before, if it does not.
    async fn unhealthy(&self) -> Option<String> {
        let after = tokio::time::timeout(STALLED, judge(&self.healthy, &self.cluster)).await;
        match after.map(|called| called.result) {
            Ok(Ok(Verdict::Allow)) => None,
            other => Some(format!("the next incident: {other:?}")),
        }
    }

    /// Let the plugin of an id attack once.
    async fn attack(&self, guest: &'static str, id: &str, attack: &Attack) -> Row {
        self.workshop.grant(id, &attack.grant());
        let begun = Instant::now();
        let tried = async {
            let plugin = self.workshop.prepare(id).await;
            match plugin {
                Ok(plugin) => (Ok(judge(&plugin, &self.cluster).await), begun.elapsed()),
                Err(error) => (Err(error), begun.elapsed()),
            }
        };
        let mut row = Row {
            guest,
            attack: attack.name,
            ended: String::new(),
            took: Duration::ZERO,
            wrong: Vec::new(),
        };
        match tokio::time::timeout(STALLED, tried).await {
            Err(_) => row.wrong.push("stalled".to_owned()),
            Ok((Err(error), _)) => row.wrong.push(format!("does not load: {error}")),
            Ok((Ok(called), _)) => row.end(attack, &called, self.line),
        }
        row.wrong.extend(self.unhealthy().await);
        let reads = self.cluster.0.load(Ordering::Relaxed);
        if reads > 0 {
            row.wrong.push(format!("{reads} reads reached the cluster"));
        }
        row
    }
}

impl Row {
    fn end(&mut self, attack: &Attack, called: &Called<Verdict>, line: usize) {
        self.took = called.record.duration;
        let (ended, expected) = match (&called.result, attack.end) {
            (Err(error), End::Fault(label, part)) => {
                self.blamed(error.blame());
                let holds = error.label() == label
                    && error
                        .to_string()
                        .contains(&part.replace("{line}", &line.to_string()));
                (format!("{}: {error}", error.label()), holds)
            }
            (Ok(verdict), End::Verdict(text)) => {
                (format!("{verdict:?}"), format!("{verdict:?}") == text)
            }
            (Err(error), End::Verdict(_)) => (format!("{}: {error}", error.label()), false),
            (Ok(verdict), End::Fault(..)) => (format!("{verdict:?}"), false),
        };
        if !expected {
            self.wrong.push(format!("{:?} is expected", attack.end));
        }
        if self.took > attack.deadline() + SLACK {
            self.wrong.push("took too long".to_owned());
        }
        self.told(&ended);
        for refusal in &called.record.refusals {
            self.told(refusal);
        }
        for (_, line) in &called.record.log {
            self.told(plain(line).as_str());
        }
        self.ended = ended;
    }

    fn blamed(&mut self, blame: Blame) {
        if blame != Blame::Guest {
            self.wrong.push(format!("the {blame} is blamed"));
        }
    }

    /// What people read is one bounded line without codes of a terminal. A line of the log is longer,
    /// and is bounded by its limits.
    fn told(&mut self, text: &str) {
        if text.contains(char::is_control) {
            self.wrong.push(format!("codes of a terminal in {text:?}"));
        }
    }

    /// Too long a text for people is wrong too.
    fn weigh(&mut self) {
        let (call, load) = LONGEST;
        let most = if self.guest == "file" { load } else { call };
        let length = self.ended.chars().count();
        if length > most {
            self.wrong.push(format!("a text of {length} characters"));
        }
    }

    fn print(&self) {
        let ended: String = self.ended.chars().take(100).collect();
        let millis = self.took.as_secs_f64() * 1e3;
        let state = if self.wrong.is_empty() { "ok" } else { "WRONG" };
        println!(
            "{:<11} {:<20} {millis:>7.1} ms  {state:<6} {ended}",
            self.guest, self.attack
        );
        for wrong in &self.wrong {
            println!("{:>33}  {wrong}", "");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_attack_ends_within_its_limit_and_the_next_incident_is_judged() {
    let mut tasks = JoinSet::new();
    for language in languages::ALL {
        tasks.spawn(languages::attack(language));
    }
    tasks.spawn(modules::attack());
    tasks.spawn(files::attack());
    let mut rows: Vec<Row> = tasks.join_all().await.into_iter().flatten().collect();
    rows.sort_by_key(|row| row.guest);
    rows.iter_mut().for_each(Row::weigh);
    rows.iter().for_each(Row::print);
    let wrong = rows.iter().filter(|row| !row.wrong.is_empty()).count();
    let kinds: BTreeSet<&str> = rows.iter().map(|row| row.attack).collect();
    println!(
        "{} attacks of {} kinds, {wrong} wrong",
        rows.len(),
        kinds.len()
    );
    assert_eq!(wrong, 0, "see the table");
    assert!(kinds.len() >= 30, "{kinds:?}");
}
