// Package export_k8shawk_fix_fix chooses fixes.
package export_k8shawk_fix_fix

import . "wit_component/k8shawk_fix_fix"

// Propose fixes for a finding.
func Propose(incident Incident, finding Finding) Plan {
	if finding.Class != "license-expired" || incident.Owner.Kind != "Deployment" {
		return Plan{}
	}
	return Plan{
		Proposals: []Proposal{{
			Action:    "rollout-restart",
			Target:    incident.Owner,
			Rationale: "The new license is read at the start.",
		}},
		NextCheck: "renew the license in the Secret, then restart",
	}
}
