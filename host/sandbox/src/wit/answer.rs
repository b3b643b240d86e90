//! What a plugin returned.

use k8shawk_core as core;
use k8shawk_core::finding::Conclusion;
use k8shawk_core::policy::{ApprovalRule, Verdict};

use crate::wit::analysis::exports::k8shawk::analysis::analysis;
use crate::wit::fix::exports::k8shawk::fix::fix;
use crate::wit::imports::k8shawk::incident::types as wit;
use crate::wit::policy::exports::k8shawk::policy::policy;
use crate::wit::triage::exports::k8shawk::triage::triage;
use crate::wit::value::{Plan, RawProposal};

fn all<A, B: From<A>>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(B::from).collect()
}

impl From<wit::ObjectRef> for core::ObjectRef {
    fn from(object: wit::ObjectRef) -> Self {
        core::ObjectRef {
            api_version: object.api_version,
            kind: object.kind,
            namespace: object.namespace,
            name: object.name,
            uid: object.uid,
        }
    }
}

impl From<wit::Severity> for core::Severity {
    fn from(severity: wit::Severity) -> Self {
        match severity {
            wit::Severity::Info => core::Severity::Info,
            wit::Severity::Low => core::Severity::Low,
            wit::Severity::Medium => core::Severity::Medium,
            wit::Severity::High => core::Severity::High,
            wit::Severity::Critical => core::Severity::Critical,
        }
    }
}

impl From<triage::Judgement> for core::Judgement {
    fn from(judgement: triage::Judgement) -> Self {
        match judgement {
            triage::Judgement::Pass => core::Judgement::Pass,
            triage::Judgement::Drop(why) => core::Judgement::Drop(why),
            triage::Judgement::Open(opening) => core::Judgement::Open(core::Opening {
                severity: opening.severity.into(),
                class: opening.class,
                why: opening.why,
                shared: opening.shared.map(Into::into),
            }),
        }
    }
}

impl From<wit::Evidence> for core::Evidence {
    fn from(evidence: wit::Evidence) -> Self {
        core::Evidence {
            id: evidence.id,
            source: evidence.source,
            excerpt: evidence.excerpt,
        }
    }
}

impl From<wit::Fact> for core::Fact {
    fn from(fact: wit::Fact) -> Self {
        core::Fact {
            key: fact.key,
            value: fact.value,
        }
    }
}

impl From<wit::Finding> for core::Finding {
    fn from(finding: wit::Finding) -> Self {
        core::Finding {
            class: finding.class,
            title: finding.title,
            cause: finding.cause,
            confidence: finding.confidence,
            severity: finding.severity.into(),
            object: finding.object.into(),
            owner: finding.owner.into(),
            evidence: all(finding.evidence),
            unknown: finding.unknown,
            unsupported: Vec::new(),
            facts: all(finding.facts),
            victims: all(finding.victims),
            shared: finding.shared.map(Into::into),
        }
    }
}

impl From<analysis::Conclusion> for Conclusion {
    fn from(conclusion: analysis::Conclusion) -> Self {
        match conclusion {
            analysis::Conclusion::Findings(findings) => Conclusion::Findings(all(findings)),
            analysis::Conclusion::Healthy(how) => Conclusion::Healthy(how),
        }
    }
}

impl From<wit::Proposal> for RawProposal {
    fn from(proposal: wit::Proposal) -> Self {
        RawProposal {
            action: proposal.action,
            target: proposal.target.into(),
            parameters: proposal
                .parameters
                .into_iter()
                .map(|p| (p.name, p.value))
                .collect(),
            rationale: proposal.rationale,
        }
    }
}

impl From<fix::Plan> for Plan {
    fn from(plan: fix::Plan) -> Self {
        Plan {
            proposals: all(plan.proposals),
            next_check: plan.next_check,
        }
    }
}

impl From<policy::Verdict> for Verdict {
    fn from(verdict: policy::Verdict) -> Self {
        match verdict {
            policy::Verdict::Allow => Verdict::Allow,
            policy::Verdict::RequireApproval(rule) => Verdict::RequireApproval(ApprovalRule {
                approvers: rule.approvers,
                count: rule.count,
                why: rule.why,
            }),
            policy::Verdict::Auto => Verdict::Auto,
            policy::Verdict::Deny(why) => Verdict::Deny(why),
        }
    }
}
