// Package export_k8shawk_policy_policy is the policy.
package export_k8shawk_policy_policy

import (
	"encoding/json"

	"wit_component/k8shawk_host_settings"
	. "wit_component/k8shawk_policy_policy"
)

// Judge one proposal.
func Judge(incident Incident, proposal Proposal, risk Risk) Verdict {
	frozen := "kube-system"
	if value := k8shawk_host_settings.Get("frozen"); value.IsSome() {
		if err := json.Unmarshal([]byte(value.Some()), &frozen); err != nil {
			return MakeVerdictDeny("setting frozen: " + err.Error())
		}
	}
	if proposal.Target.Namespace == frozen {
		return MakeVerdictDeny(frozen + " is changed by hand")
	}
	return MakeVerdictAllow()
}
