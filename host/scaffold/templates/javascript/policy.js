import { get as setting } from "k8shawk:host/settings@0.1.0";

export const policy = {
  judge(incident, proposal, risk) {
    const frozen = JSON.parse(setting("frozen") ?? '"kube-system"');
    if (proposal.target.namespace === frozen) {
      return { tag: "deny", val: `${frozen} is changed by hand` };
    }
    return { tag: "allow" };
  },
};
