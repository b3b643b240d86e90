// Package export_k8shawk_policy_policy is the policy: no fix takes the last ready pods of a workload away.
package export_k8shawk_policy_policy

import (
	"encoding/json"
	"fmt"
	"strconv"

	"wit_component/k8shawk_host_settings"
	"wit_component/k8shawk_incident_types"
	"wit_component/k8shawk_kubectl_get"
	"wit_component/k8shawk_kubectl_types"
	. "wit_component/k8shawk_policy_policy"
)

// Judge one proposal.
func Judge(incident Incident, proposal Proposal, risk Risk) Verdict {
	minimum, why := minimum()
	if why != "" {
		return MakeVerdictDeny("the settings of the disruption policy are invalid: " + why)
	}
	switch proposal.Action {
	case "scale":
		why = belowMinimum(proposal, minimum)
	case "delete-pod", "evict-pod":
		why = overBudget(proposal.Target)
	}
	if why != "" {
		return MakeVerdictDeny(why)
	}
	return MakeVerdictAllow()
}

// Replicas that a workload keeps at least; 2 where the operator does not say.
func minimum() (int, string) {
	value := k8shawk_host_settings.Get("minimum")
	if value.IsNone() {
		return 2, ""
	}
	number, err := strconv.Atoi(value.Some())
	if err != nil || number < 0 || number > 500 {
		return 0, "minimum is not a number from 0 to 500"
	}
	return number, ""
}

func belowMinimum(proposal Proposal, minimum int) string {
	for _, parameter := range proposal.Parameters {
		if parameter.Name != "replicas" {
			continue
		}
		replicas, err := strconv.Atoi(parameter.Value)
		if err != nil {
			return fmt.Sprintf("replicas %q is not a number", parameter.Value)
		}
		if replicas < minimum {
			return fmt.Sprintf("%d replicas are fewer than the minimum of %d", replicas, minimum)
		}
	}
	return ""
}

type object struct {
	Metadata struct {
		Name   string
		Labels map[string]string
	}
	Spec struct {
		Selector *selector
	}
	Status struct {
		Conditions         []condition
		DisruptionsAllowed int
	}
}

type condition struct {
	Type, Status string
}

// Why this pod must stay: it is ready, and a budget that covers it allows no further disruption. A pod that is not
// ready serves nobody, so that its end takes nothing away.
func overBudget(pod k8shawk_incident_types.ObjectRef) string {
	found := k8shawk_kubectl_get.Get("Pod", pod.Namespace, pod.Name)
	if found.IsErr() {
		if found.Err().Tag() == k8shawk_kubectl_types.ReadError_NotFound {
			return ""
		}
		return "the pod cannot be read: " + told(found.Err())
	}
	var target object
	if err := json.Unmarshal([]byte(found.Ok()), &target); err != nil {
		return "the pod cannot be read: " + err.Error()
	}
	if !ready(target) {
		return ""
	}
	listed := k8shawk_kubectl_get.List("PodDisruptionBudget", pod.Namespace, "")
	if listed.IsErr() {
		return "the disruption budgets cannot be read: " + told(listed.Err())
	}
	var budgets []object
	if err := json.Unmarshal([]byte(listed.Ok()), &budgets); err != nil {
		return "the disruption budgets cannot be read: " + err.Error()
	}
	for _, budget := range budgets {
		if budget.Spec.Selector.covers(target.Metadata.Labels) && budget.Status.DisruptionsAllowed < 1 {
			return fmt.Sprintf("the disruption budget %s allows no disruption now", budget.Metadata.Name)
		}
	}
	return ""
}

func ready(pod object) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == "Ready" {
			return condition.Status == "True"
		}
	}
	return false
}

func told(err k8shawk_kubectl_types.ReadError) string {
	switch err.Tag() {
	case k8shawk_kubectl_types.ReadError_Denied:
		return "the grant or the cluster refuses it"
	case k8shawk_kubectl_types.ReadError_Unavailable:
		return err.Unavailable()
	case k8shawk_kubectl_types.ReadError_Exhausted:
		return "the limits of the call are used up"
	case k8shawk_kubectl_types.ReadError_Invalid:
		return err.Invalid()
	}
	return "not found"
}
