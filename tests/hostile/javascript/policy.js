// A policy that attacks as its setting `mode` says.
import { write } from "k8shawk:host/log@0.1.0";
import { get as setting } from "k8shawk:host/settings@0.1.0";
import { get, list } from "k8shawk:kubectl/get@0.1.0";

const deny = (text) => ({ tag: "deny", val: text });

// What a call gives back, or how it is refused.
const tried = (call) => {
  try {
    const told = call();
    return told && told.tag === "err" ? told.val.tag : `got ${JSON.stringify(told)}`;
  } catch (refused) {
    return refused?.payload?.tag ?? refused?.tag ?? String(refused);
  }
};

const attacks = {
  allow: () => ({ tag: "allow" }),
  loop: () => { for (;;); },
  "host-call-flood": () => { for (;;) setting("mode"); },
  "log-flood": () => { for (;;) console.log("noise"); },
  "log-bulk": () => { write("info", "x".repeat(4 << 20)); return { tag: "allow" }; },
  "log-codes": () => { console.log("\u001b[2Jgone\u0007\r\u009b31mred"); return { tag: "allow" }; },
  memory: () => { const kept = []; for (;;) kept.push(new Uint8Array(1 << 20).fill(1)); },
  "memory-caught": () => {
    let kept = [];
    try {
      for (;;) kept.push(new Uint8Array(1 << 20).fill(1));
    } catch (full) {
      kept = [];
      return deny("survived");
    }
  },
  recursion: () => { const deeper = (n) => 1 + deeper(n + 1); return deny(String(deeper(0))); },
  huge: () => deny("x".repeat(100 << 20)),
  bulk: () => deny("x".repeat(2 << 20)),
  throw: () => { throw new Error("my own fault"); },
  "throw-text": () => { throw "just a text"; },
  "throw-codes": () => { throw new Error("\u001b[2Jgone\nand more"); },
  "throw-bulk": () => { throw new Error("x".repeat(1 << 20)); },
  "bad-case": () => ({ tag: "permit" }),
  nothing: () => undefined,
  "wrong-type": () => deny(5),
  "missing-field": () => ({ tag: "require-approval", val: { approvers: ["alice"], why: "" } }),
  nobody: () => ({ tag: "require-approval", val: { approvers: [], count: 0, why: "" } }),
  regex: () => deny(String(/^(a+)+$/.test("a".repeat(40) + "!"))),
  promise: () => { new Promise(() => {}).then(() => 0); return { tag: "allow" }; },
  "no-host": () => deny([typeof fetch, typeof require, typeof process, typeof XMLHttpRequest, typeof WebSocket].join(" ")),
  outside: () => deny([
    () => get("Secret", "kube-system", "exists"),
    () => get("Secret", "kube-system", "missing"),
    () => get("Pod", "kube-system", "exists"),
    () => get("Pod", "../../secrets", "x"),
    () => get("*", "*", "*"),
    () => get("Pod", "default/../kube-system", "x"),
    () => get("pods", "default", "web?watch=true"),
    () => list("Pod", "", ""),
    () => list("Secret", "default", "a=b"),
  ].map(tried).join(" ")),
  "read-bulk": () => deny(tried(() => get("Pod", "default", "x".repeat(2 << 20)))),
  "read-codes": () => deny(tried(() => get("Pod", "kube-system", "\u001b[2J\r\n"))),
};

export const policy = {
  judge(incident, proposal, risk) {
    return attacks[JSON.parse(setting("mode") ?? '"allow"')]();
  },
};
