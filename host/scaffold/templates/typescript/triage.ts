import { get as setting } from "k8shawk:host/settings@0.1.0";

export const triage: Triage = {
  judge(signal, _summary) {
    const quiet: string = JSON.parse(setting("quiet") ?? '"sandbox"');
    if (signal.object.namespace === quiet) {
      return { tag: "drop", val: `${quiet} is a playground` };
    }
    return { tag: "pass" };
  },
};
