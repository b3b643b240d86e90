import json

from wit_world import exports
from wit_world.exports.policy import Verdict_Allow, Verdict_Deny
from wit_world.imports import settings


class Policy(exports.Policy):
    def judge(self, incident, proposal, risk):
        frozen = json.loads(settings.get("frozen") or '"kube-system"')
        if proposal.target.namespace == frozen:
            return Verdict_Deny(f"{frozen} is changed by hand")
        return Verdict_Allow()
