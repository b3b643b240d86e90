// Package export_k8shawk_policy_policy is a policy that denies every fix with all that it sees of it.
package export_k8shawk_policy_policy

import (
	"fmt"
	"strings"

	"wit_component/k8shawk_kubectl_types"
	"wit_component/k8shawk_policy_diff"
	"wit_component/k8shawk_policy_finding"
	"wit_component/k8shawk_policy_ledger"
	"wit_component/k8shawk_policy_owners"
	. "wit_component/k8shawk_policy_policy"
)

// Judge one proposal.
func Judge(incident Incident, proposal Proposal, risk Risk) Verdict {
	return MakeVerdictDeny(strings.Join([]string{found(), changed(), ran(), owned()}, " | "))
}

func found() string {
	seen := k8shawk_policy_finding.Get()
	var evidence []string
	for _, one := range seen.Evidence {
		evidence = append(evidence, one.Id+"="+one.Excerpt)
	}
	return fmt.Sprintf("%s %d %s %s", seen.Class, seen.Confidence, seen.Cause, strings.Join(evidence, "+"))
}

func changed() string {
	answer := k8shawk_policy_diff.Get()
	if answer.IsErr() {
		return "diff " + refusal(answer.Err())
	}
	var changes []string
	for _, one := range answer.Ok() {
		before, after := one.Before.SomeOr("none"), one.After.SomeOr("none")
		changes = append(changes, one.Path+":"+before+">"+after)
	}
	return strings.Join(changes, "+")
}

func ran() string {
	var scopes, approvers []string
	outcome := ""
	for _, scope := range []k8shawk_policy_ledger.Scope{
		k8shawk_policy_ledger.Scope_Object, k8shawk_policy_ledger.Scope_Namespace,
		k8shawk_policy_ledger.Scope_Class, k8shawk_policy_ledger.Scope_Every,
	} {
		answer := k8shawk_policy_ledger.Runs(scope)
		if answer.IsErr() {
			return "ledger " + refusal(answer.Err())
		}
		var incidents []string
		for _, run := range answer.Ok() {
			incidents = append(incidents, run.Incident)
			if outcome == "" {
				outcome, approvers = outcomes[run.Outcome], run.Approvers
			}
		}
		scopes = append(scopes, strings.Join(incidents, "+"))
	}
	return strings.Join(scopes, "/") + " " + outcome + " " + strings.Join(approvers, "+")
}

var outcomes = map[k8shawk_policy_ledger.Outcome]string{
	k8shawk_policy_ledger.Outcome_Recovered: "recovered", k8shawk_policy_ledger.Outcome_Worse: "worse",
}

func owned() string {
	answer := k8shawk_policy_owners.Chain()
	if answer.IsErr() {
		return "owners " + refusal(answer.Err())
	}
	var chain []string
	for _, one := range answer.Ok() {
		words := []string{one.Object.Kind, one.Object.Name}
		if !one.Readable {
			words = append(words, "unreadable")
		}
		for _, tool := range one.Tools {
			words = append(words, kept(tool))
		}
		for _, manager := range one.Managers {
			words = append(words, manager.Name+"@"+strings.Join(manager.Fields, ","))
		}
		chain = append(chain, strings.Join(words, " "))
	}
	return strings.Join(chain, "+")
}

func kept(tool k8shawk_policy_owners.Tool) string {
	switch tool.Tag() {
	case k8shawk_policy_owners.Tool_ArgoCd:
		return "argo-cd=" + tool.ArgoCd()
	case k8shawk_policy_owners.Tool_Operator:
		return "operator=" + tool.Operator()
	}
	return "another"
}

func refusal(why k8shawk_kubectl_types.ReadError) string {
	switch why.Tag() {
	case k8shawk_kubectl_types.ReadError_Denied:
		return "denied"
	case k8shawk_kubectl_types.ReadError_Unavailable:
		return "unavailable"
	}
	return "refused"
}
