"""A policy that denies every fix with all that it sees of it."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.policy import Verdict_Deny
from wit_world.imports import diff, finding, ledger, owners
from wit_world.imports.ledger import Scope


class Policy(exports.Policy):
    def judge(self, incident, proposal, risk):
        return Verdict_Deny(" | ".join([found(), told("diff", changed), told("ledger", ran), told("owners", owned)]))


def name(variant):
    """`not-found` of `ReadError_NotFound`."""
    words = type(variant).__name__.split("_", 1)[1]
    return "".join("-" * (letter.isupper() and at > 0) + letter.lower() for at, letter in enumerate(words))


def found():
    seen = finding.get()
    evidence = "+".join(f"{one.id}={one.excerpt}" for one in seen.evidence)
    return f"{seen.class_} {seen.confidence} {seen.cause} {evidence}"


def changed():
    text = lambda value: "none" if value is None else value
    return "+".join(f"{one.path}:{text(one.before)}>{text(one.after)}" for one in diff.get())


def ran():
    scopes = [ledger.runs(scope) for scope in (Scope.OBJECT, Scope.NAMESPACE, Scope.CLASS, Scope.EVERY)]
    words = ["/".join("+".join(run.incident for run in scope) for scope in scopes)]
    for first in scopes[0][:1]:
        words += [first.outcome.name.lower().replace("_", "-"), "+".join(first.approvers)]
    return " ".join(words)


def owned():
    return "+".join(one(link) for link in owners.chain())


def one(link):
    words = [link.object.kind, link.object.name] + ([] if link.readable else ["unreadable"])
    words += [f"{name(tool)}={tool.value}" for tool in link.tools]
    words += [f"{manager.name}@{','.join(manager.fields)}" for manager in link.managers]
    return " ".join(words)


def told(what, read):
    try:
        return read()
    except Err as fault:
        return f"{what} {name(fault.value)}"
