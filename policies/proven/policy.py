"""The policy: only what worked before runs by itself."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.policy import ApprovalRule, Verdict_Allow, Verdict_Auto, Verdict_Deny, Verdict_RequireApproval
from wit_world.imports import ledger, settings
from wit_world.imports.ledger import Outcome, Scope

SCOPES = {"object": Scope.OBJECT, "namespace": Scope.NAMESPACE, "class": Scope.CLASS}


class Policy(exports.Policy):
    def judge(self, incident, proposal, risk):
        try:
            successes = read("successes", 1, lambda n: type(n) is int and 1 <= n <= 64, "a number from 1 to 64")
            scope = read("scope", "object", lambda text: text in SCOPES, "object, namespace or class")
            auto = read("auto", False, lambda flag: type(flag) is bool, "true or false")
            deny = read("deny", False, lambda flag: type(flag) is bool, "true or false")
        except ValueError as fault:
            return Verdict_Deny(f"the settings of the proven policy are invalid: {fault}")
        why = doubt(proposal.action, SCOPES[scope], successes)
        if why is None:
            return Verdict_Auto() if auto else Verdict_Allow()
        if deny:
            return Verdict_Deny(why)
        return Verdict_RequireApproval(ApprovalRule([], 1, why))


def doubt(action, scope, successes):
    """Why the fix is not proven; nothing where it is."""
    try:
        runs = ledger.runs(scope)
    except Err:
        # As in a scan.
        return "the earlier fixes are not known"
    if runs and runs[0].outcome != Outcome.RECOVERED:
        return f"the last {action} ended {runs[0].outcome.name.lower().replace('_', '-')} ({runs[0].incident})"
    worked = sum(run.outcome == Outcome.RECOVERED for run in runs)
    if worked < successes:
        return f"{action} worked {worked} times before, and {successes} are needed"
    return None


def read(key, otherwise, fits, form):
    """A setting of the operator."""
    text = settings.get(key)
    value = otherwise if text is None else json.loads(text)
    # A list or a table is no key of a dictionary.
    if not isinstance(value, (int, str)) or not fits(value):
        raise ValueError(f"{key} is not {form}")
    return value
