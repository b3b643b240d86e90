//! What a policy sees of a proposal, as text.

use k8shawk_sdk::policy::{ReadError, diff, finding, ledger, owners};

/// One of the capabilities, by its word.
pub fn told(capability: &str) -> String {
    match capability {
        "finding" => found(),
        "diff" => said(diff::get(), |change| {
            format!("{} {:?} {:?}", change.path, change.before, change.after)
        }),
        "ledger" => [
            ledger::Scope::Object,
            ledger::Scope::Namespace,
            ledger::Scope::Class,
            ledger::Scope::Every,
        ]
        .map(|scope| said(ledger::runs(scope), run))
        .join(" | "),
        _ => said(owners::chain(), owned),
    }
}

fn said<T>(answer: Result<Vec<T>, ReadError>, told: impl Fn(&T) -> String) -> String {
    match answer {
        Ok(items) => items.iter().map(told).collect::<Vec<_>>().join("; "),
        Err(error) => format!("{error:?}"),
    }
}

fn found() -> String {
    let found = finding::get();
    let evidence = found
        .evidence
        .iter()
        .map(|e| format!("{}={}", e.id, e.excerpt));
    let evidence = evidence.collect::<Vec<_>>().join(",");
    let (class, cause, confidence) = (found.class, found.cause, found.confidence);
    format!("{class}: {cause} {confidence} {evidence}")
}

fn run(run: &ledger::Run) -> String {
    let (target, outcome, approvers) = (&run.target, run.outcome, run.approvers.join("+"));
    format!(
        "{} {}/{} {outcome:?} {approvers}",
        run.incident, target.namespace, target.name
    )
}

fn owned(owned: &owners::Owned) -> String {
    let managers = owned.managers.iter();
    let managers: Vec<String> = managers
        .map(|m| format!("{}:{}", m.name, m.fields.join(",")))
        .collect();
    let (object, tools) = (&owned.object, &owned.tools);
    format!(
        "{} {} {} {tools:?} {managers:?}",
        object.kind, object.name, owned.readable
    )
}
