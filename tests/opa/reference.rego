# The reference policy for OPA: what it says is in policies/README.md. Its settings are their defaults.
package reference

import rego.v1

limit := 10

default verdict := {"verdict": "allow"}

verdict := {"verdict": "deny", "why": concat("", [
	input.proposal.action, " in ", input.proposal.target.namespace, " needs severity high",
])} if {
	denied
}

verdict := {
	"verdict": "require-approval",
	"count": 1,
	"approvers": [],
	"why": concat("", ["more than ", format_int(limit, 10), " replicas"]),
} if {
	not denied
	input.proposal.action == "scale"
	some parameter in input.proposal.parameters
	parameter.name == "replicas"
	above(parameter.value)
}

denied if {
	input.proposal.action in {"set-image", "rollout-undo"}
	startswith(input.proposal.target.namespace, "prod-")
	not input.incident.severity in {"high", "critical"}
}

above(text) if not nine_digits(text)

above(text) if to_number(text) > limit

# One to nine digits.
nine_digits(text) if {
	count(text) >= 1
	count(text) <= 9
	trim(text, "0123456789") == ""
}
