//! The shipped triage plugin of K8sHawk.
use k8shawk_sdk::triage::{self, Guest, Judgement, ObjectSummary, Signal};
struct Rules;
impl Guest for Rules {
    fn judge(_signal: Signal, _summary: ObjectSummary) -> Judgement {
        Judgement::Pass
    }
}
triage::export!(Rules with_types_in triage);
