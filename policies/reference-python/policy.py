"""The reference policy in Python: what it says is in policies/README.md."""

import re

from wit_world import exports
from wit_world.exports.policy import ApprovalRule, Verdict_Allow, Verdict_Deny, Verdict_RequireApproval
from wit_world.imports import settings
from wit_world.imports.incident import Severity


class Policy(exports.Policy):
    def judge(self, incident, proposal, risk):
        limit = settings.get("limit")
        limit = "10" if limit is None else limit
        most = number(limit)
        if most is None:
            return invalid("limit")
        approvers = []
        json = settings.get("approver")
        if json is not None:
            approver = plain(json)
            if approver is None:
                return invalid("approver")
            approvers.append(approver)

        action, namespace = proposal.action, proposal.target.namespace
        deploys = action in ("set-image", "rollout-undo")
        urgent = incident.severity in (Severity.HIGH, Severity.CRITICAL)
        if deploys and namespace.startswith("prod-") and not urgent:
            return Verdict_Deny(f"{action} in {namespace} needs severity high")
        replicas = [number(p.value) for p in proposal.parameters if p.name == "replicas"]
        if action == "scale" and any(n is None or n > most for n in replicas):
            return Verdict_RequireApproval(ApprovalRule(approvers, 1, f"more than {limit} replicas"))
        return Verdict_Allow()


def invalid(key):
    return Verdict_Deny(f"the settings of the reference policy are invalid: {key}")


def number(text):
    """One to nine digits."""
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


def plain(json):
    """The text of a JSON string that needs no escapes and is not empty."""
    found = re.fullmatch(r'"([^\\]+)"', json)
    return found and found[1]
