export const voice: Voice = {
  script(severity, finding, _language, limit) {
    const urgent = severity === "high" || severity === "critical";
    return `${urgent ? "Urgent. " : ""}${finding.title}.`.slice(0, limit);
  },
};
