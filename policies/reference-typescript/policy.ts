// The reference policy in TypeScript: what it says is in policies/README.md.
import { get as setting } from "k8shawk:host/settings@0.1.0";

const URGENT: Severity[] = ["high", "critical"];
const DEPLOYS = ["set-image", "rollout-undo"];

export const policy: Policy = {
  judge(incident, proposal, _risk) {
    const limit = setting("limit") ?? "10";
    const most = number(limit);
    if (most === undefined) return invalid("limit");
    const json = setting("approver");
    const approvers: (string | undefined)[] = json === null ? [] : [plain(json)];
    if (!approvers.every((name) => name !== undefined)) return invalid("approver");

    const { action, target, parameters } = proposal;
    if (DEPLOYS.includes(action) && target.namespace.startsWith("prod-") && !URGENT.includes(incident.severity)) {
      return { tag: "deny", val: `${action} in ${target.namespace} needs severity high` };
    }
    const above = ({ name, value }: Parameter) => name === "replicas" && (number(value) ?? Infinity) > most;
    if (action === "scale" && parameters.some(above)) {
      return { tag: "require-approval", val: { approvers, count: 1, why: `more than ${limit} replicas` } };
    }
    return { tag: "allow" };
  },
};

function invalid(key: string): Verdict {
  return { tag: "deny", val: `the settings of the reference policy are invalid: ${key}` };
}

// One to nine digits.
function number(text: string): number | undefined {
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}

// The text of a JSON string that needs no escapes and is not empty.
function plain(json: string): string | undefined {
  return json.match(/^"([^\\]+)"$/)?.[1];
}
