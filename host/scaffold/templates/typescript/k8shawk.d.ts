// The interfaces of wit/, as TypeScript sees them.
// An option that is none is null.
type Severity = "info" | "low" | "medium" | "high" | "critical";
type Risk = "low" | "medium" | "high";
type SignalSource = "event" | "status";
type Language = "english" | "tamil" | "tanglish";
interface ObjectRef { apiVersion: string; kind: string; namespace: string; name: string; uid: string }
interface Signal {
  id: string; source: SignalSource; reason: string; message: string; object: ObjectRef; owner: ObjectRef;
  count: number; firstSeen: bigint; lastSeen: bigint; reporter: string;
}
interface ContainerSummary {
  name: string; image: string; init: boolean; ready: boolean; restarts: number; state: string;
  reason: string; lastReason: string; lastExitCode: number | null;
}
interface ObjectSummary {
  phase: string; ageSeconds: number; lastingSeconds: number; ready: boolean; deleting: boolean;
  suspended: boolean; containers: ContainerSummary[]; desired: number | null; available: number | null;
}
interface Evidence { id: string; source: string; excerpt: string }
interface Fact { key: string; value: string }
interface Finding {
  class: string; title: string; cause: string; confidence: number; severity: Severity; object: ObjectRef;
  owner: ObjectRef; evidence: Evidence[]; unknown: string[]; facts: Fact[]; victims: ObjectRef[];
  shared: ObjectRef | null;
}
interface Incident {
  id: string; class: string; severity: Severity; object: ObjectRef; owner: ObjectRef; signals: Signal[];
  victims: ObjectRef[]; openedAt: bigint; now: bigint;
}
interface Parameter { name: string; value: string }
interface Proposal { action: string; target: ObjectRef; parameters: Parameter[]; rationale: string }
interface ApprovalRule { approvers: string[]; count: number; why: string }
type Verdict =
  | { tag: "allow" } | { tag: "auto" } | { tag: "deny"; val: string } | { tag: "require-approval"; val: ApprovalRule };
interface Opening { severity: Severity; class: string; why: string; shared: ObjectRef | null }
type Judgement = { tag: "pass" } | { tag: "drop"; val: string } | { tag: "open"; val: Opening };
type Conclusion = { tag: "findings"; val: Finding[] } | { tag: "healthy"; val: string };
interface Plan { proposals: Proposal[]; nextCheck: string }

interface Policy { judge(incident: Incident, proposal: Proposal, risk: Risk): Verdict }
interface Triage { judge(signal: Signal, summary: ObjectSummary): Judgement }
interface Analysis { analyse(incident: Incident): Conclusion }
interface Fix { propose(incident: Incident, finding: Finding): Plan }
interface Voice { script(severity: Severity, finding: Finding, language: Language, limit: number): string }

declare const console: Record<"debug" | "log" | "info" | "warn" | "error", (...values: unknown[]) => void>;
declare module "k8shawk:host/log@0.1.0" {
  export function write(level: "debug" | "info" | "warn" | "error", message: string): void;
}
declare module "k8shawk:host/settings@0.1.0" {
  /** The value as JSON text. */
  export function get(key: string): string | null;
}
declare module "k8shawk:host/clock@0.1.0" {
  /** Milliseconds since the Unix epoch. */
  export function now(): bigint;
}
declare module "k8shawk:policy/origin@0.1.0" {
  export type Source = { tag: "plugin"; val: string } | { tag: "model" } | { tag: "undo" };
  export function get(): Source;
}
declare module "k8shawk:policy/finding@0.1.0" {
  export function get(): Finding;
}
declare module "k8shawk:policy/diff@0.1.0" {
  export interface Change { path: string; before: string | null; after: string | null }
  export function get(): Change[];
}
declare module "k8shawk:policy/ledger@0.1.0" {
  export type Outcome = "recovered" | "partly" | "unchanged" | "worse" | "failed" | "not-known";
  export type Scope = "object" | "namespace" | "class" | "every";
  export interface Run {
    incident: string; at: bigint; action: string; target: ObjectRef; class: string; outcome: Outcome;
    approvers: string[];
  }
  /** The newest first, at most 64. */
  export function runs(scope: Scope): Run[];
}
declare module "k8shawk:policy/owners@0.1.0" {
  export type Tool =
    | { tag: "helm"; val: string } | { tag: "argo-cd"; val: string } | { tag: "flux"; val: string }
    | { tag: "operator"; val: string } | { tag: "other"; val: string };
  export interface FieldManager {
    name: string; write: "apply" | "update"; subresource: string; at: string; fields: string[];
  }
  export interface Owned { object: ObjectRef; readable: boolean; tools: Tool[]; managers: FieldManager[] }
  /** The target, then its owner, and so on to the top. */
  export function chain(): Owned[];
}
declare module "k8shawk:policy/catalogue@0.1.0" {
  export function actions(): string[];
}
declare module "k8shawk:policy/history@0.1.0" {
  export interface Revision {
    number: bigint; images: string[]; created: string; changeCause: string; pods: number; ready: number;
  }
  export function revisions(namespace: string, deployment: string): Revision[];
}
// A read that is refused throws: `payload` is { tag: "denied" }, { tag: "unavailable", val: "..." } and so on.
declare module "k8shawk:kubectl/get@0.1.0" {
  export function get(kind: string, namespace: string, name: string): string;
  export function list(kind: string, namespace: string, selector: string): string;
}
declare module "k8shawk:kubectl/describe@0.1.0" {
  export function describe(kind: string, namespace: string, name: string): string;
}
declare module "k8shawk:kubectl/logs@0.1.0" {
  export function logs(namespace: string, pod: string, container: string, previous: boolean, lines: number): string;
}
declare module "k8shawk:kubectl/top@0.1.0" {
  export interface Usage { pod: string; container: string; cpuMilli: bigint; memoryBytes: bigint }
  export function top(namespace: string, pod: string): Usage[];
}
declare module "k8shawk:kubectl/events@0.1.0" {
  export function events(kind: string, namespace: string, name: string): string;
}
