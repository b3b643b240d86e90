export const voice = {
  script(severity, finding, language, limit) {
    const urgent = severity === "high" || severity === "critical";
    return `${urgent ? "Urgent. " : ""}${finding.title}.`.slice(0, limit);
  },
};
