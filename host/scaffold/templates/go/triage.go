// Package export_k8shawk_triage_triage is the triage.
package export_k8shawk_triage_triage

import . "wit_component/k8shawk_triage_triage"

// Judge one signal.
func Judge(signal Signal, summary ObjectSummary) Judgement {
	if signal.Object.Namespace == "sandbox" {
		return MakeJudgementDrop("sandbox is a playground")
	}
	return MakeJudgementPass()
}
