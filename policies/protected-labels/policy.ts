// The policy: an object with a protected label, or in a namespace with one, is changed by people alone.
import { get as setting } from "k8shawk:host/settings@0.1.0";
import { get } from "k8shawk:kubectl/get@0.1.0";

interface Labelled { metadata?: { labels?: Record<string, string> } }
interface Rules { labels: string[]; approvers: string[]; deny: boolean }
interface Place { kind: string; namespace: string; name: string }

const DEFAULT = ["k8shawk.dev/protected=true"];

export const policy: Policy = {
  judge(incident, proposal, _risk) {
    let rules: Rules;
    try {
      rules = settings();
    } catch (fault) {
      return { tag: "deny", val: `the settings of the protected-labels policy are invalid: ${message(fault)}` };
    }
    for (const place of places(incident, proposal)) {
      let labels: Record<string, string>;
      try {
        labels = labelsOf(place);
      } catch (fault) {
        return { tag: "deny", val: `the labels of ${told(place)} cannot be read: ${message(fault)}` };
      }
      const label = rules.labels.find((wanted) => fits(wanted, labels));
      if (label !== undefined) return verdict(rules, `${told(place)} has the protected label ${label}`);
    }
    return { tag: "allow" };
  },
};

function verdict(rules: Rules, why: string): Verdict {
  if (rules.deny) return { tag: "deny", val: why };
  return { tag: "require-approval", val: { approvers: rules.approvers, count: 1, why } };
}

// What is changed, the workload that fails if it is another object, and their namespace.
function places(incident: Incident, proposal: Proposal): Place[] {
  const { target } = proposal;
  const all: Place[] = [target];
  const same = (a: Place, b: Place) => a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
  if (!same(target, incident.owner)) all.push(incident.owner);
  const namespace = { kind: "Namespace", namespace: "", name: target.namespace };
  if (target.namespace !== "") all.push(namespace);
  return all;
}

function labelsOf({ kind, namespace, name }: Place): Record<string, string> {
  try {
    const object: Labelled = JSON.parse(get(kind, namespace, name));
    return object.metadata?.labels ?? {};
  } catch (fault) {
    // What is gone has no label; whether the fix still fits is the host's to check.
    if ((fault as { payload?: { tag: string } }).payload?.tag === "not-found") return {};
    throw fault;
  }
}

// `key=value`, or `key` for any value.
function fits(wanted: string, labels: Record<string, string>): boolean {
  const at = wanted.indexOf("=");
  if (at < 0) return wanted in labels;
  return labels[wanted.slice(0, at)] === wanted.slice(at + 1);
}

function settings(): Rules {
  const read = (key: string, otherwise: unknown): unknown => JSON.parse(setting(key) ?? JSON.stringify(otherwise));
  const texts = (key: string, otherwise: string[]): string[] => {
    const list = read(key, otherwise);
    if (!Array.isArray(list) || !list.every((text) => typeof text === "string" && text.trim() !== "")) {
      throw new Error(`${key} is not a list of strings`);
    }
    return list;
  };
  const deny = read("deny", false);
  if (typeof deny !== "boolean") throw new Error("deny is not true or false");
  return { labels: texts("labels", DEFAULT), approvers: texts("approvers", []), deny };
}

const told = (place: Place): string => `${place.kind} ${place.name}`;

// A read that is refused throws with the reason as its payload.
function message(fault: unknown): string {
  const { payload, message } = fault as { payload?: { tag: string; val?: string }; message?: string };
  return payload?.val ?? payload?.tag ?? message ?? String(fault);
}
