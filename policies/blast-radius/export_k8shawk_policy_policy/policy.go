// Package export_k8shawk_policy_policy is the policy: a few fixes an hour, and none by itself after one that failed.
package export_k8shawk_policy_policy

import (
	"encoding/json"
	"fmt"

	"wit_component/k8shawk_host_clock"
	"wit_component/k8shawk_host_settings"
	"wit_component/k8shawk_policy_ledger"
	. "wit_component/k8shawk_policy_policy"
)

const minute = int64(60_000)

type settings struct {
	perHour        int
	breakerMinutes int
	namespace      bool
	deny           bool
}

// Judge one proposal.
func Judge(incident Incident, proposal Proposal, risk Risk) Verdict {
	rules, why := read()
	if why != "" {
		return MakeVerdictDeny("the settings of the blast-radius policy are invalid: " + why)
	}
	earlier := k8shawk_policy_ledger.Runs(k8shawk_policy_ledger.Scope_Every)
	if earlier.IsErr() {
		// As in a scan. A person who approves sees what else was done.
		return ask("the earlier fixes are not known")
	}
	now := k8shawk_host_clock.Now()
	var within []k8shawk_policy_ledger.Run
	for _, run := range earlier.Ok() {
		if !rules.namespace || run.Target.Namespace == proposal.Target.Namespace {
			within = append(within, run)
		}
	}
	if why := rules.exceeded(within, now); why != "" {
		if rules.deny {
			return MakeVerdictDeny(why)
		}
		return ask(why)
	}
	return MakeVerdictAllow()
}

// Why there must be no further fix by itself.
func (rules settings) exceeded(runs []k8shawk_policy_ledger.Run, now int64) string {
	lastHour := 0
	for _, run := range runs {
		age := now - run.At
		if bad := told(run.Outcome); bad != "" && age < int64(rules.breakerMinutes)*minute {
			return fmt.Sprintf("%s of %s %s %s %d minutes ago", run.Action, run.Target.Kind, run.Target.Name, bad, age/minute)
		}
		if age < 60*minute {
			lastHour++
		}
	}
	if lastHour >= rules.perHour {
		return fmt.Sprintf("%d fixes in the last hour are as many as the limit of %d allows", lastHour, rules.perHour)
	}
	return ""
}

// What opens the breaker; nothing where the outcome does not.
func told(outcome k8shawk_policy_ledger.Outcome) string {
	switch outcome {
	case k8shawk_policy_ledger.Outcome_Worse:
		return "made it worse"
	case k8shawk_policy_ledger.Outcome_Failed:
		return "failed"
	case k8shawk_policy_ledger.Outcome_NotKnown:
		return "has an unknown outcome,"
	}
	return ""
}

func ask(why string) Verdict {
	return MakeVerdictRequireApproval(ApprovalRule{Approvers: []string{}, Count: 1, Why: why})
}

func read() (settings, string) {
	rules, scope := settings{perHour: 5, breakerMinutes: 60}, "cluster"
	for _, setting := range []struct {
		key  string
		into any
		want string
	}{
		{"per-hour", &rules.perHour, "a number from 1 to 64"},
		{"breaker-minutes", &rules.breakerMinutes, "a number of minutes from 0 to 10080"},
		{"scope", &scope, "cluster or namespace"},
		{"deny", &rules.deny, "true or false"},
	} {
		value := k8shawk_host_settings.Get(setting.key)
		if value.IsSome() && json.Unmarshal([]byte(value.Some()), setting.into) != nil {
			return rules, setting.key + " is not " + setting.want
		}
	}
	switch {
	case rules.perHour < 1 || rules.perHour > 64:
		return rules, "per-hour is not a number from 1 to 64"
	case rules.breakerMinutes < 0 || rules.breakerMinutes > 10080:
		return rules, "breaker-minutes is not a number of minutes from 0 to 10080"
	case scope != "cluster" && scope != "namespace":
		return rules, "scope is not cluster or namespace"
	}
	rules.namespace = scope == "namespace"
	return rules, ""
}
