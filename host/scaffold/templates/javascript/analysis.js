export const analysis = {
  analyse(incident) {
    const signal = incident.signals.find((s) => s.message.includes("license has expired"));
    if (!signal) return { tag: "findings", val: [] };
    const finding = {
      class: "license-expired",
      title: "the license has expired",
      cause: "The application stops because its license has expired [e1].",
      confidence: 90,
      severity: incident.severity,
      object: incident.object,
      owner: incident.owner,
      evidence: [{ id: "e1", source: `event ${signal.reason}`, excerpt: signal.message }],
      unknown: [],
      facts: [],
      victims: [],
      shared: null,
    };
    return { tag: "findings", val: [finding] };
  },
};
