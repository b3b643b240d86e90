// A policy that denies every fix with all that it sees of it.
import { get as finding } from "k8shawk:policy/finding@0.1.0";
import { get as diff } from "k8shawk:policy/diff@0.1.0";
import { runs, type Run, type Scope } from "k8shawk:policy/ledger@0.1.0";
import { chain, type Owned } from "k8shawk:policy/owners@0.1.0";

export const policy: Policy = {
  judge(_incident, _proposal, _risk) {
    return { tag: "deny", val: [found(), told("diff", changed), told("ledger", ran), told("owners", owned)].join(" | ") };
  },
};

function found(): string {
  const { class: name, confidence, cause, evidence } = finding();
  return `${name} ${confidence} ${cause} ${evidence.map(({ id, excerpt }) => `${id}=${excerpt}`).join("+")}`;
}

function changed(): string {
  return diff().map(({ path, before, after }) => `${path}:${before ?? "none"}>${after ?? "none"}`).join("+");
}

function ran(): string {
  const all: Scope[] = ["object", "namespace", "class", "every"];
  const scopes: Run[][] = all.map((scope) => runs(scope));
  const incidents = scopes.map((scope) => scope.map(({ incident }) => incident).join("+")).join("/");
  return [incidents, ...scopes[0].slice(0, 1).flatMap(({ outcome, approvers }) => [outcome, approvers.join("+")])].join(" ");
}

function owned(): string {
  const one = ({ object, readable, tools, managers }: Owned): string => [
    `${object.kind} ${object.name}`, ...readable ? [] : ["unreadable"], ...tools.map(({ tag, val }) => `${tag}=${val}`),
    ...managers.map(({ name, fields }) => `${name}@${fields.join(",")}`),
  ].join(" ");
  return chain().map(one).join("+");
}

function told(what: string, read: () => string): string {
  try {
    return read();
  } catch (fault) {
    return `${what} ${(fault as { payload: { tag: string } }).payload.tag}`;
  }
}
