// Package export_k8shawk_analysis_analysis is the analysis.
package export_k8shawk_analysis_analysis

import (
	"strings"

	. "wit_component/k8shawk_analysis_analysis"
	types "wit_component/k8shawk_incident_types"

	wit "go.bytecodealliance.org/pkg/wit/types"
)

// Analyse finds the cause of an incident.
func Analyse(incident Incident) Conclusion {
	for _, signal := range incident.Signals {
		if !strings.Contains(signal.Message, "license has expired") {
			continue
		}
		return MakeConclusionFindings([]Finding{{
			Class:      "license-expired",
			Title:      "the license has expired",
			Cause:      "The application stops because its license has expired [e1].",
			Confidence: 90,
			Severity:   incident.Severity,
			Object:     incident.Object,
			Owner:      incident.Owner,
			Evidence:   []types.Evidence{{Id: "e1", Source: "event " + signal.Reason, Excerpt: signal.Message}},
			Shared:     wit.None[types.ObjectRef](),
		}})
	}
	return MakeConclusionFindings(nil)
}
