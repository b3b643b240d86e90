package export_k8shawk_policy_policy

import "slices"

// A label selector of Kubernetes.
type selector struct {
	MatchLabels      map[string]string
	MatchExpressions []expression
}

type expression struct {
	Key      string
	Operator string
	Values   []string
}

// Whether it selects these labels. An empty selector selects every pod, none at all selects no pod.
func (s *selector) covers(labels map[string]string) bool {
	if s == nil {
		return false
	}
	for key, value := range s.MatchLabels {
		if found, there := labels[key]; !there || found != value {
			return false
		}
	}
	for _, e := range s.MatchExpressions {
		if !e.holds(labels) {
			return false
		}
	}
	return true
}

func (e expression) holds(labels map[string]string) bool {
	value, there := labels[e.Key]
	switch e.Operator {
	case "In":
		return there && slices.Contains(e.Values, value)
	case "NotIn":
		return !there || !slices.Contains(e.Values, value)
	case "Exists":
		return there
	case "DoesNotExist":
		return !there
	}
	// An operator that is not known here protects too much rather than too little.
	return true
}
