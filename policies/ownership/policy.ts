// The policy: what a tool keeps as it is, is changed where the tool reads it, and not in the cluster.
import { get as setting } from "k8shawk:host/settings@0.1.0";
import { get as diff } from "k8shawk:policy/diff@0.1.0";
import { chain, type Owned } from "k8shawk:policy/owners@0.1.0";

interface Rules { tools: string[]; managers: string[]; exempt: string[]; approvers: string[] }

const TOOLS = ["helm", "argo-cd", "flux", "operator"];
const MANAGERS = ["argocd-controller", "helm", "helm-controller", "kustomize-controller"];
// They end a pod or a node's turn, and change nothing that a tool keeps.
const EXEMPT = ["delete-pod", "evict-pod", "cordon", "uncordon"];

export const policy: Policy = {
  judge(_incident, proposal, _risk) {
    let rules: Rules;
    try {
      rules = settings();
    } catch (fault) {
      return { tag: "deny", val: `the settings of the ownership policy are invalid: ${message(fault)}` };
    }
    if (rules.exempt.includes(proposal.action)) return { tag: "allow" };
    let owners: Owned[];
    try {
      owners = chain();
    } catch (fault) {
      return { tag: "deny", val: `the owners of ${proposal.target.name} cannot be read: ${message(fault)}` };
    }
    const why = kept(owners, rules) ?? managed(owners, rules);
    if (why === undefined) return { tag: "allow" };
    if (rules.approvers.length === 0) return { tag: "deny", val: `${why}: change it there` };
    return { tag: "require-approval", val: { approvers: rules.approvers, count: 1, why } };
  },
};

const NAMES: Record<string, string> = {
  "helm": "the Helm release", "argo-cd": "the Argo CD application", "flux": "Flux", "operator": "the operator of",
  "other": "the tool",
};

// By labels, annotations and owner references.
function kept(owners: Owned[], { tools }: Rules): string | undefined {
  for (const { object, tools: found } of owners) {
    const tool = found.find(({ tag }) => tools.includes(tag));
    if (tool) return `${object.kind} ${object.name} is kept by ${NAMES[tool.tag]} ${tool.val}`.trimEnd();
  }
  return undefined;
}

// By managed fields: a named manager wrote what the fix would change. Without a dry run every field counts.
function managed([target]: Owned[], { managers }: Rules): string | undefined {
  const written = target.managers.filter(({ name, subresource }) => subresource === "" && managers.includes(name));
  const paths = changed();
  for (const { name, fields } of written) {
    const path = paths === undefined ? fields[0] : paths.find((path) => fields.some((field) => touches(path, field)));
    if (path !== undefined) return `${path} of ${target.object.kind} ${target.object.name} is kept by ${name}`;
  }
  return undefined;
}

function changed(): string[] | undefined {
  try {
    return diff().map(({ path }) => path);
  } catch {
    return undefined;
  }
}

// One is the other, or within it.
function touches(a: string, b: string): boolean {
  const within = (inner: string, outer: string) => inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
  return a === b || within(a, b) || within(b, a);
}

function settings(): Rules {
  const texts = (key: string, otherwise: string[]): string[] => {
    const list: unknown = JSON.parse(setting(key) ?? JSON.stringify(otherwise));
    if (!Array.isArray(list) || !list.every((text) => typeof text === "string" && text.trim() !== "")) {
      throw new Error(`${key} is not a list of strings`);
    }
    return list;
  };
  const tools = texts("tools", TOOLS);
  const unknown = tools.find((tool) => !(tool in NAMES));
  if (unknown !== undefined) throw new Error(`tools: ${unknown} is none of ${Object.keys(NAMES).join(", ")}`);
  return {
    tools, managers: texts("managers", MANAGERS), exempt: texts("exempt", EXEMPT), approvers: texts("approvers", []),
  };
}

// A read that is refused throws with the reason as its payload.
function message(fault: unknown): string {
  const { payload, message } = fault as { payload?: { tag: string; val?: string }; message?: string };
  return payload?.val ?? payload?.tag ?? message ?? String(fault);
}
