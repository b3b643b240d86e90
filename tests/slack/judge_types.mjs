// Type-checks every message and view against @slack/types and @slack/web-api.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const gallery = JSON.parse(readFileSync(process.argv[2], "utf8"));
const lines = [
  'import type { ModalView, HomeView } from "@slack/types";',
  'import type { ChatPostMessageArguments } from "@slack/web-api";',
];
gallery.messages.forEach(([, body], i) => {
  const args = JSON.stringify({ channel: "C0123", ...body });
  lines.push(`export const m${i}: ChatPostMessageArguments = ${args};`);
});
gallery.views.forEach(([, view], i) => {
  const type = view.type === "home" ? "HomeView" : "ModalView";
  lines.push(`export const v${i}: ${type} = ${JSON.stringify(view)};`);
});
writeFileSync("check.ts", lines.join("\n"));
const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"];
try {
  execFileSync("node_modules/.bin/tsc", [...options, "check.ts"], { encoding: "utf8" });
} catch (error) {
  console.error(error.stdout.slice(0, 4000));
  process.exit(1);
}
console.log(`${gallery.messages.length} messages and ${gallery.views.length} views fit @slack/types`);
