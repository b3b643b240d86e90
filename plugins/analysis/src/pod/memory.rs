//! Containers that the kernel kills for memory.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::count;
use k8shawk_sdk::facts;
use k8shawk_sdk::quantity;

use super::container::{Container, Exit, Role, shared};
use super::subject::{Subject, between, cite_event, mentions, spell};

/// A run this long before each kill looks like a leak, in seconds.
const LEAK: i64 = 1800;

/// Exit code of a process that got SIGKILL.
const SIGKILL: i64 = 137;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Why this container was killed for memory.
pub fn diagnose(subject: &Subject, container: &Container) -> Option<Finding> {
    let exit = container.exit()?;
    let starved = mentions(exit.message, &["oom-killed", "memory limit too low"]);
    if exit.reason == "OOMKilled" || starved {
        return Some(killed(subject, container, &exit));
    }
    if exit.code == SIGKILL {
        return node_ran_out(subject, container, &exit);
    }
    None
}

fn killed(subject: &Subject, container: &Container, exit: &Exit) -> Finding {
    let limit = container.resource("limits", "memory");
    let mut draft = subject.draft("out-of-memory", Severity::High);
    let cited = container.cite_exit(&mut draft, exit);
    let (short, bound) = match limit {
        "" => ("no memory limit".to_owned(), "no memory limit".to_owned()),
        limit => (
            format!("limit {limit}"),
            format!("a memory limit of {limit}"),
        ),
    };
    draft
        .title(format!(
            "{} of pod {} OOM-killed: {}",
            container.called(),
            subject.object.name,
            short
        ))
        .say(format!(
            "The {} of pod {} was OOM-killed: it has {bound}, and its last run ended as {} \
                      with exit code {} after {} {cited}.",
            container.called(),
            subject.object.name,
            exit.reason,
            exit.code,
            count(container.restarts(), "restart")
        ))
        .fact(facts::CONTAINER, container.name());
    if container.role == Role::Init {
        draft.say("It is an init container, so the pod's other containers never start.");
    }
    peak(subject, container, &mut draft, limit);
    match quantity::units(limit) {
        Some(bytes) => {
            draft
                .fact(facts::SUGGESTED_MEMORY, next_memory(bytes))
                .confidence(97);
        }
        None => {
            draft
                .confidence(85)
                .shared(shared("Node", "", subject.node()));
            draft.say(format!(
                "Without a limit, node {} (or the pod's parent cgroup) ran out of \
                               memory.",
                subject.node()
            ));
            draft.fact(facts::NODE, subject.node());
        }
    }
    match between(exit.started, exit.finished) {
        Some(ran) if ran >= LEAK && container.restarts() >= 2 => {
            draft.say(format!(
                "It ran for {} before that, which looks like a leak: a higher limit \
                               would only delay the next kill.",
                spell(ran)
            ));
        }
        Some(ran) => {
            draft.say(format!("It ran for {} before that.", spell(ran.max(0))));
        }
        None => {}
    }
    draft.finish()
}

fn peak(subject: &Subject, container: &Container, draft: &mut crate::finding::Draft, limit: &str) {
    let usage = subject
        .case
        .cluster
        .top(subject.namespace(), &subject.object.name)
        .unwrap_or_default();
    match usage.iter().find(|u| u.container == container.name()) {
        Some(used) => {
            let cited = draft.cite(
                format!("top of {}", container.name()),
                format!("memory={}", quantity::bytes(used.memory_bytes)),
            );
            draft.say(format!(
                "It uses {} now {cited}.",
                quantity::bytes(used.memory_bytes)
            ));
        }
        None => {
            let asked = if limit.is_empty() {
                "its memory use"
            } else {
                "its peak"
            };
            draft.unknown(format!(
                "No usage sample for this container: {asked} is unknown."
            ));
        }
    }
}

/// SIGKILL without a probe: perhaps the node itself ran out.
fn node_ran_out(subject: &Subject, container: &Container, exit: &Exit) -> Option<Finding> {
    let node = shared("Node", "", subject.node());
    let events = subject.case.events(&node);
    let event = events.iter().rev().find(|e| e.reason == "SystemOOM")?;
    let mut draft = subject.draft("out-of-memory", Severity::High);
    let cited = container.cite_exit(&mut draft, exit);
    let told = cite_event(&mut draft, event);
    draft
        .title(format!(
            "Node {} ran out of memory and {} was killed",
            subject.node(),
            container.called()
        ))
        .say(format!(
            "The {} of pod {} got SIGKILL (exit code {}) {cited} and node {} reports that \
                      its kernel OOM-killed processes {told}.",
            container.called(),
            subject.object.name,
            exit.code,
            subject.node()
        ))
        .fact(facts::CONTAINER, container.name())
        .fact(facts::NODE, subject.node())
        .confidence(70)
        .shared(node);
    Some(draft.finish())
}

/// The next sensible memory limit: twice as much, rounded up to a step of its own size.
pub fn next_memory(limit: u64) -> String {
    let doubled = limit.saturating_mul(2).max(16 * MIB);
    let step = match doubled {
        v if v < 128 * MIB => 16 * MIB,
        v if v < GIB => 64 * MIB,
        v if v < 8 * GIB => 256 * MIB,
        _ => GIB,
    };
    quantity::bytes(doubled.div_ceil(step).saturating_mul(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_limit_is_a_round_one() {
        assert_eq!(next_memory(32 * MIB), "64Mi");
        assert_eq!(next_memory(100 * MIB), "256Mi");
    }
}
