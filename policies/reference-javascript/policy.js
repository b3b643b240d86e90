// The reference policy in JavaScript: what it says is in policies/README.md.
import { get as setting } from "k8shawk:host/settings@0.1.0";

export const policy = {
  judge(incident, proposal, risk) {
    const limit = setting("limit") ?? "10";
    const most = number(limit);
    if (most === undefined) return invalid("limit");
    const json = setting("approver");
    // An option that is none is null.
    const approvers = json === null ? [] : [plain(json)];
    if (approvers.includes(undefined)) return invalid("approver");

    const { action, target, parameters } = proposal;
    const deploys = action === "set-image" || action === "rollout-undo";
    const urgent = incident.severity === "high" || incident.severity === "critical";
    if (deploys && target.namespace.startsWith("prod-") && !urgent) {
      return { tag: "deny", val: `${action} in ${target.namespace} needs severity high` };
    }
    const above = (text) => !(number(text) <= most);
    if (action === "scale" && parameters.some(({ name, value }) => name === "replicas" && above(value))) {
      return { tag: "require-approval", val: { approvers, count: 1, why: `more than ${limit} replicas` } };
    }
    return { tag: "allow" };
  },
};

const invalid = (key) => ({ tag: "deny", val: `the settings of the reference policy are invalid: ${key}` });

// One to nine digits.
const number = (text) => (/^[0-9]{1,9}$/.test(text) ? Number(text) : undefined);

// The text of a JSON string that needs no escapes and is not empty.
const plain = (json) => json.match(/^"([^\\]+)"$/)?.[1];
