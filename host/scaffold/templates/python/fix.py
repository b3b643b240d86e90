from wit_world import exports
from wit_world.exports.fix import Plan
from wit_world.imports.incident import Proposal


class Fix(exports.Fix):
    def propose(self, incident, finding):
        if finding.class_ != "license-expired" or incident.owner.kind != "Deployment":
            return Plan([], "")
        why = "The new license is read at the start."
        proposal = Proposal("rollout-restart", incident.owner, [], why)
        return Plan([proposal], "renew the license in the Secret, then restart")
