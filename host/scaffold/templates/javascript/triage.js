import { get as setting } from "k8shawk:host/settings@0.1.0";

export const triage = {
  judge(signal, summary) {
    const quiet = JSON.parse(setting("quiet") ?? '"sandbox"');
    if (signal.object.namespace === quiet) {
      return { tag: "drop", val: `${quiet} is a playground` };
    }
    return { tag: "pass" };
  },
};
