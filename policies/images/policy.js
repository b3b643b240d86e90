// The policy: images come from the registries of the operator, and say which version they are.
import { get as setting } from "k8shawk:host/settings@0.1.0";
import { revisions } from "k8shawk:policy/history@0.1.0";

const deny = (why) => ({ tag: "deny", val: why });

export const policy = {
  judge(incident, proposal, risk) {
    let rules;
    try {
      rules = settings();
    } catch (fault) {
      return deny(`the settings of the images policy are invalid: ${fault.message}`);
    }
    const { action, target } = proposal;
    if (action === "set-image") return judged(values(proposal, "image"), rules);
    if (action === "rollout-undo") return undone(target, values(proposal, "revision")[0] ?? "", rules);
    return { tag: "allow" };
  },
};

function settings() {
  const read = (key, otherwise) => JSON.parse(setting(key) ?? JSON.stringify(otherwise));
  const registries = read("registries", []);
  const isName = (name) => typeof name === "string" && /^[a-z0-9._-]+(:[0-9]+)?(\/[a-z0-9._-]+)*$/.test(name);
  if (!Array.isArray(registries) || !registries.every(isName)) {
    throw new Error('registries is not a list of names such as "registry.example.com/team"');
  }
  const digests = read("digests", false);
  if (typeof digests !== "boolean") throw new Error("digests is not true or false");
  return { registries, digests };
}

const values = (proposal, name) => proposal.parameters.filter((p) => p.name === name).map((p) => p.value);

function judged(images, rules) {
  for (const image of images) {
    const why = fault(image, rules);
    if (why) return deny(`${image} ${why}`);
  }
  return { tag: "allow" };
}

// The revision's images come back with it.
function undone(target, revision, rules) {
  let known;
  try {
    known = revisions(target.namespace, target.name);
  } catch (fault) {
    const { tag, val } = fault.payload ?? { tag: String(fault) };
    return deny(`the revisions of ${target.name} cannot be read: ${val ?? tag}`);
  }
  const found = known.find((one) => String(one.number) === revision);
  if (!found) return deny(`${target.name} has no revision ${revision}`);
  return judged(found.images, rules);
}

// Why the image must not run; nothing where it may.
function fault(image, { registries, digests }) {
  const { repository, tag, digest } = parsed(image);
  const within = (registry) => repository === registry || repository.startsWith(`${registry}/`);
  if (registries.length > 0 && !registries.some(within)) return `is not from ${registries.join(" or ")}`;
  if (digest) return undefined;
  if (digests) return "has no digest";
  if (tag === "latest") return "is latest, which is another image tomorrow";
  return undefined;
}

// As a container runtime reads it: docker.io, library and latest are what is left out.
function parsed(image) {
  const [name, digest] = image.split("@");
  const slash = name.lastIndexOf("/");
  const colon = name.indexOf(":", slash + 1);
  const path = colon < 0 ? name : name.slice(0, colon);
  const tag = colon < 0 ? "latest" : name.slice(colon + 1);
  const first = path.split("/")[0];
  const hasHost = path.includes("/") && (/[.:]/.test(first) || first === "localhost");
  const repository = hasHost ? path : `docker.io/${path.includes("/") ? path : `library/${path}`}`;
  return { repository, tag, digest };
}
