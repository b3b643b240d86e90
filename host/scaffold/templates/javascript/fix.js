export const fix = {
  propose(incident, finding) {
    if (finding.class !== "license-expired" || incident.owner.kind !== "Deployment") {
      return { proposals: [], nextCheck: "" };
    }
    const proposal = {
      action: "rollout-restart",
      target: incident.owner,
      parameters: [],
      rationale: "The new license is read at the start.",
    };
    return { proposals: [proposal], nextCheck: "renew the license in the Secret, then restart" };
  },
};
