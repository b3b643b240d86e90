// Package export_k8shawk_policy_policy is the reference policy in Go: what it says is in policies/README.md.
package export_k8shawk_policy_policy

import (
	"strconv"
	"strings"

	"wit_component/k8shawk_host_settings"
	"wit_component/k8shawk_incident_types"
	. "wit_component/k8shawk_policy_policy"
)

// Judge one proposal.
func Judge(incident Incident, proposal Proposal, risk Risk) Verdict {
	limit := k8shawk_host_settings.Get("limit").SomeOr("10")
	most, ok := number(limit)
	if !ok {
		return invalid("limit")
	}
	approvers := []string{}
	if approver := k8shawk_host_settings.Get("approver"); approver.IsSome() {
		text, ok := plain(approver.Some())
		if !ok {
			return invalid("approver")
		}
		approvers = append(approvers, text)
	}
	action, namespace := proposal.Action, proposal.Target.Namespace
	deploys := action == "set-image" || action == "rollout-undo"
	urgent := incident.Severity >= k8shawk_incident_types.Severity_High
	if deploys && strings.HasPrefix(namespace, "prod-") && !urgent {
		return MakeVerdictDeny(action + " in " + namespace + " needs severity high")
	}
	if action == "scale" {
		for _, parameter := range proposal.Parameters {
			if parameter.Name != "replicas" {
				continue
			}
			if replicas, ok := number(parameter.Value); !ok || replicas > most {
				return MakeVerdictRequireApproval(ApprovalRule{approvers, 1, "more than " + limit + " replicas"})
			}
		}
	}
	return MakeVerdictAllow()
}

func invalid(key string) Verdict {
	return MakeVerdictDeny("the settings of the reference policy are invalid: " + key)
}

// One to nine digits.
func number(text string) (int, bool) {
	if len(text) < 1 || len(text) > 9 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	value, err := strconv.Atoi(text)
	return value, err == nil
}

// The text of a JSON string that needs no escapes and is not empty.
func plain(json string) (string, bool) {
	if len(json) < 3 || json[0] != '"' || json[len(json)-1] != '"' || strings.Contains(json, `\`) {
		return "", false
	}
	return json[1 : len(json)-1], true
}
