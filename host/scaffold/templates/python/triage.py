import json

from wit_world import exports
from wit_world.exports.triage import Judgement_Drop, Judgement_Pass
from wit_world.imports import settings


class Triage(exports.Triage):
    def judge(self, signal, summary):
        quiet = json.loads(settings.get("quiet") or '"sandbox"')
        if signal.object.namespace == quiet:
            return Judgement_Drop(f"{quiet} is a playground")
        return Judgement_Pass()
