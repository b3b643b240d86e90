from wit_world import exports
from wit_world.imports.incident import Severity


class Voice(exports.Voice):
    def script(self, severity, finding, language, limit):
        urgent = severity in (Severity.HIGH, Severity.CRITICAL)
        return f"{'Urgent. ' if urgent else ''}{finding.title}."[:limit]
