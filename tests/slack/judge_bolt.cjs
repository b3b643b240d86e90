// Bolt, Slack's own framework, takes the clicks and the dialog of the tests as Slack's.
const { createHmac } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { App } = require("@slack/bolt");

const secret = "s3cr3t";
const gallery = JSON.parse(readFileSync(process.argv[2], "utf8"));
const message = gallery.messages.find(([name]) => name === "waiting")[1];
const row = message.blocks.at(-1);
const reason = gallery.views.find(([name]) => name === "reason")[1];

async function send(port, payload) {
  const body = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
  const stamp = Math.floor(Date.now() / 1000);
  const hex = createHmac("sha256", secret).update(`v0:${stamp}:${body}`).digest("hex");
  const response = await fetch(`http://127.0.0.1:${port}/slack/events`, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": String(stamp),
      "x-slack-signature": `v0=${hex}`,
    },
    body,
  });
  return response.status;
}

async function main() {
  const seen = [];
  const app = new App({
    token: "xoxb-1", signingSecret: secret, tokenVerificationEnabled: false,
    botId: "B1", botUserId: "U2", logLevel: "error",
  });
  for (const { action_id } of row.elements) {
    app.action(action_id, async ({ ack, action }) => {
      seen.push([action.action_id, JSON.parse(action.value).i]);
      await ack();
    });
  }
  app.view("dismiss", async ({ ack, view }) => {
    seen.push(["view", JSON.parse(view.private_metadata).i]);
    await ack();
  });
  const { port } = (await app.start(0)).address();
  const user = { id: "U0123", username: "u", name: "u", team_id: "T1" };
  const team = { id: "T1", domain: "d" };
  for (const element of row.elements) {
    const status = await send(port, {
      type: "block_actions", team, user, api_app_id: "A1", trigger_id: "1.2.3",
      container: { type: "message", message_ts: "1.1", channel_id: "C0123" },
      channel: { id: "C0123", name: "g" }, message: { type: "message", ts: "1.1" },
      response_url: "https://hooks.slack.com/actions/T/1/x",
      actions: [{ ...element, block_id: "b", action_ts: "1.1" }],
    });
    if (status !== 200) throw new Error(`HTTP ${status}`);
  }
  const state = { values: { reason: { text: { type: "plain_text_input", value: "known" } } } };
  const status = await send(port, { type: "view_submission", team, user, api_app_id: "A1",
    trigger_id: "1", view: { ...reason, id: "V1", state, hash: "h" } });
  if (status !== 200) throw new Error(`HTTP ${status}`);
  await app.stop();
  const wanted = ["approve", "dismiss", "evidence", "view"];
  if (JSON.stringify(seen.map(([what]) => what)) !== JSON.stringify(wanted)) throw new Error(JSON.stringify(seen));
  if (!seen.every(([, incident]) => incident === "inc-7")) throw new Error(JSON.stringify(seen));
  console.log(`Bolt took ${seen.length} of our clicks and dialogs`);
}

main().catch((error) => { console.error(error); process.exit(1); });
