//! What a plugin returned, its texts bounded and without what nobody sees.

use k8shawk_core as core;
use k8shawk_core::finding::Conclusion;
use k8shawk_core::policy::{ApprovalRule, Verdict};

use crate::wit::analysis::exports::k8shawk::analysis::analysis;
use crate::wit::fix::exports::k8shawk::fix::fix;
use crate::wit::imports::k8shawk::incident::types as wit;
use crate::wit::policy::exports::k8shawk::policy::policy;
use crate::wit::triage::exports::k8shawk::triage::triage;
use crate::wit::value::{Plan, RawProposal};
use crate::wit::words::{line, lines, passage};

fn all<A, B: From<A>>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(B::from).collect()
}

impl From<wit::ObjectRef> for core::ObjectRef {
    fn from(object: wit::ObjectRef) -> Self {
        core::ObjectRef {
            api_version: line(object.api_version),
            kind: line(object.kind),
            namespace: line(object.namespace),
            name: line(object.name),
            uid: line(object.uid),
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
            triage::Judgement::Drop(why) => core::Judgement::Drop(line(why)),
            triage::Judgement::Open(opening) => core::Judgement::Open(core::Opening {
                severity: opening.severity.into(),
                class: line(opening.class),
                why: line(opening.why),
                shared: opening.shared.map(Into::into),
            }),
        }
    }
}

impl From<wit::Evidence> for core::Evidence {
    fn from(evidence: wit::Evidence) -> Self {
        core::Evidence {
            id: line(evidence.id),
            source: line(evidence.source),
            excerpt: passage(evidence.excerpt),
        }
    }
}

impl From<wit::Fact> for core::Fact {
    fn from(fact: wit::Fact) -> Self {
        core::Fact {
            key: line(fact.key),
            value: line(fact.value),
        }
    }
}

impl From<wit::Finding> for core::Finding {
    fn from(finding: wit::Finding) -> Self {
        core::Finding {
            class: line(finding.class),
            title: line(finding.title),
            cause: passage(finding.cause),
            confidence: finding.confidence,
            severity: finding.severity.into(),
            object: finding.object.into(),
            owner: finding.owner.into(),
            evidence: all(finding.evidence),
            unknown: lines(finding.unknown),
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
            analysis::Conclusion::Healthy(how) => Conclusion::Healthy(passage(how)),
        }
    }
}

impl From<wit::Proposal> for RawProposal {
    fn from(proposal: wit::Proposal) -> Self {
        RawProposal {
            action: line(proposal.action),
            target: proposal.target.into(),
            parameters: proposal
                .parameters
                .into_iter()
                .map(|p| (line(p.name), line(p.value)))
                .collect(),
            rationale: line(proposal.rationale),
        }
    }
}

impl From<fix::Plan> for Plan {
    fn from(plan: fix::Plan) -> Self {
        Plan {
            proposals: all(plan.proposals),
            next_check: passage(plan.next_check),
        }
    }
}

impl From<policy::Verdict> for Verdict {
    fn from(verdict: policy::Verdict) -> Self {
        match verdict {
            policy::Verdict::Allow => Verdict::Allow,
            policy::Verdict::RequireApproval(rule) => Verdict::RequireApproval(ApprovalRule {
                approvers: lines(rule.approvers),
                count: rule.count,
                why: line(rule.why),
            }),
            policy::Verdict::Auto => Verdict::Auto,
            policy::Verdict::Deny(why) => Verdict::Deny(line(why)),
        }
    }
}
