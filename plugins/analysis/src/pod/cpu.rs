//! A container whose CPU limit is too small for its own probes.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::count;
use k8shawk_sdk::event::EventRow;
use k8shawk_sdk::facts;
use k8shawk_sdk::quantity;

use super::container::Container;
use super::probed::{LATE, Probe};
use super::subject::{Subject, cite_event, mentions};

/// A limit up to which a late answer is put down to it alone, in thousandths of a core.
const TINY: i128 = 60;

/// Limit above which a late answer is not put down to CPU without a reading, likewise.
const SMALL: i128 = 250;

/// Whether the probe times out because of too little CPU.
pub fn diagnose(
    subject: &Subject,
    container: &Container,
    probe: &Probe,
    answer: Option<&EventRow>,
) -> Option<Finding> {
    let answer = answer.filter(|e| mentions(&e.message, LATE))?;
    let shown = container.resource("limits", "cpu");
    let limit = quantity::milli(shown)?;
    let usage = subject
        .case
        .cluster
        .top(subject.namespace(), &subject.object.name)
        .unwrap_or_default();
    let used = usage
        .iter()
        .find(|u| u.container == container.name())
        .map(|u| u.cpu_milli);
    let at_limit = used.is_some_and(|used| i128::from(used) * 10 >= limit * 8);
    if !(at_limit || limit <= TINY || (limit <= SMALL && used.is_none())) {
        return None;
    }
    let mut draft = subject.draft("cpu-starvation", Severity::High);
    let late = cite_event(&mut draft, answer);
    let bound = draft.cite(format!("{} limits.cpu", container.name()), shown);
    let suggested = u64::try_from((limit * 4).max(200)).unwrap_or(1000);
    draft
        .title(format!(
            "{} of pod {} is starved of CPU (limit {shown})",
            container.called(),
            subject.object.name
        ))
        .say(format!(
            "The {} probe of {} in pod {} times out {late}, and the container's CPU limit \
                      is only {shown} {bound}.",
            probe.kind,
            container.called(),
            subject.object.name
        ))
        .say(format!(
            "The probe timeout is {} s ({}).",
            probe.timing("timeoutSeconds", 1),
            probe.describe()
        ))
        .fact(facts::CONTAINER, container.name())
        .fact(facts::SUGGESTED_CPU, quantity::cores(suggested))
        .confidence(if at_limit { 92 } else { 70 });
    match used {
        Some(used) => {
            let cited = draft.cite(
                format!("top of {}", container.name()),
                format!("cpu={}", quantity::cores(used)),
            );
            draft.say(format!("It uses {} {cited}.", quantity::cores(used)));
        }
        None => {
            draft
                .unknown("The container's CPU usage and throttling: no usage sample is available.");
        }
    }
    if let Some(exit) = container.exit().filter(|_| container.restarts() > 0) {
        let cited = container.cite_exit(&mut draft, &exit);
        draft.say(format!(
            "It has {} {cited}.",
            count(container.restarts(), "restart")
        ));
    }
    Some(draft.finish())
}
