from wit_world import exports
from wit_world.exports.analysis import Conclusion_Findings
from wit_world.imports.incident import Evidence, Finding


class Analysis(exports.Analysis):
    def analyse(self, incident):
        for signal in incident.signals:
            if "license has expired" in signal.message:
                evidence = Evidence("e1", f"event {signal.reason}", signal.message)
                return Conclusion_Findings([Finding(
                    class_="license-expired",
                    title="the license has expired",
                    cause="The application stops because its license has expired [e1].",
                    confidence=90,
                    severity=incident.severity,
                    object=incident.object,
                    owner=incident.owner,
                    evidence=[evidence],
                    unknown=[],
                    facts=[],
                    victims=[],
                    shared=None,
                )])
        return Conclusion_Findings([])
