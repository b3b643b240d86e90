// Bolt's own check of a signature, as its HTTP receiver calls it, for two seconds.
const { createHmac } = require("node:crypto");
const path = require("node:path");
const bolt = path.dirname(require.resolve("@slack/bolt"));
const { verifySlackRequest } = require(path.join(bolt, "receivers", "verify-request"));

const [signingSecret, body] = process.argv.slice(2);
const stamp = Math.floor(Date.now() / 1000);
const hex = createHmac("sha256", signingSecret).update(`v0:${stamp}:${body}`).digest("hex");
const request = {
  signingSecret,
  body,
  headers: { "x-slack-signature": `v0=${hex}`, "x-slack-request-timestamp": stamp },
};

function run(milliseconds) {
  const begin = process.hrtime.bigint();
  let checks = 0;
  let spent = 0n;
  do {
    for (let i = 0; i < 1000; i += 1) verifySlackRequest(request);
    checks += 1000;
    spent = process.hrtime.bigint() - begin;
  } while (spent < BigInt(milliseconds) * 1000000n);
  return (checks * 1e9) / Number(spent);
}

run(500);
console.log(Math.round(run(2000)));
