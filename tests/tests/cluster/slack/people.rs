//! A channel of Slack with people in it, on this machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use k8shawk_tests::cluster::wait_until;
use k8shawk_tests::slack_server::click::{click, envelope, form, signed, submitted};
use k8shawk_tests::slack_server::{SECRET, Shown, SlackServer};
use serde_json::Value;
use tokio::runtime::Runtime;

/// The channel; its Slack ends with it.
pub struct Channel {
    runtime: Runtime,
    server: SlackServer,
    url: String,
    client: reqwest::Client,
}

fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

fn blocks(body: &Value) -> Vec<Value> {
    let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
    let bars = list(&body["attachments"]);
    let inner = bars.iter().flat_map(|a| list(&a["blocks"]));
    list(&body["blocks"]).into_iter().chain(inner).collect()
}

/// The value that a button carries.
fn carried(body: &Value, action: &str) -> Option<String> {
    blocks(body)
        .iter()
        .flat_map(|b| b["elements"].as_array().cloned().unwrap_or_default())
        .find(|e| e["action_id"] == action)
        .and_then(|e| e["value"].as_str().map(str::to_owned))
}

fn key(body: &Value) -> String {
    let key = body.pointer("/metadata/event_payload/key");
    key.and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Channel {
    /// An empty channel.
    pub fn open() -> Result<Channel> {
        let runtime = Runtime::new()?;
        let server = runtime.block_on(SlackServer::start())?;
        let url = server.url();
        Ok(Channel {
            runtime,
            server,
            url,
            client: k8shawk::services::slack::api::http().map_err(anyhow::Error::msg)?,
        })
    }

    /// What a host is told: the ways in are `socket` and `http`.
    pub fn environment<'c>(&'c self, ways: &[&str]) -> Vec<(&'c str, &'c str)> {
        let mut all = vec![
            ("SLACK_API_URL", self.url.as_str()),
            ("SLACK_BOT_TOKEN", "xoxb-1"),
            ("SLACK_CHANNEL", "C0123"),
            ("SLACK_APPROVERS", "U0001,U0002"),
            ("K8SHAWK_VOICE_ENGINE", "espeak"),
        ];
        if ways.contains(&"socket") {
            all.push(("SLACK_APP_TOKEN", "xapp-1"));
        }
        if ways.contains(&"http") {
            all.push(("SLACK_SIGNING_SECRET", SECRET));
        }
        all
    }

    /// Messages that are in no thread.
    pub fn heads(&self) -> usize {
        self.server.seen().heads().len()
    }

    /// Wait until the message of an incident can be approved: its timestamp, and what its button
    /// carries.
    pub fn asked(&self, id: &str, patience: Duration) -> Result<(String, String)> {
        let word = format!("* · {id}\"");
        wait_until(patience, &format!("a message of {id}"), || {
            let seen = self.server.seen();
            let heads = seen.heads();
            let of = |m: &&&Shown| m.body.to_string().contains(&word);
            Ok(heads
                .iter()
                .find(of)
                .and_then(|m| Some((m.ts.clone(), carried(&m.body, "approve")?))))
        })
    }

    /// Wait until the same message asks another question.
    pub fn asked_anew(&self, ts: &str, old: &str, patience: Duration) -> Result<String> {
        wait_until(patience, "the question to be asked again", || {
            let value = self.body(ts).and_then(|b| carried(&b, "approve"));
            Ok(value.filter(|v| v != old))
        })
    }

    fn body(&self, ts: &str) -> Option<Value> {
        let seen = self.server.seen();
        let found = seen.messages.iter().find(|m| m.ts == ts);
        found.map(|m| m.body.clone())
    }

    /// What a message shows.
    pub fn message(&self, ts: &str) -> String {
        self.body(ts).map(|b| b.to_string()).unwrap_or_default()
    }

    /// A button of a message, or of its thread.
    pub fn button(&self, ts: &str, action: &str) -> Option<String> {
        let seen = self.server.seen();
        let all = seen.messages.iter();
        let mut all = all.filter(|m| m.ts == ts || m.thread.as_deref() == Some(ts));
        all.find_map(|m| carried(&m.body, action))
    }

    /// Wait until a message shows something.
    pub fn until_shown(&self, ts: &str, what: &str, patience: Duration) -> Result<()> {
        let shown = wait_until(patience, what, || {
            Ok(self.message(ts).contains(what).then_some(()))
        });
        shown.with_context(|| self.message(ts))
    }

    /// Wait until a thread has posts with keys that begin or end so, in this order.
    pub fn until_thread(&self, ts: &str, wanted: &[&str], patience: Duration) -> Result<()> {
        let keys = || -> Vec<String> {
            let seen = self.server.seen();
            seen.thread(ts).iter().map(|m| key(&m.body)).collect()
        };
        let complete = wait_until(patience, &format!("{wanted:?} in the thread"), || {
            let mut left = keys().into_iter();
            let all = wanted.iter().all(|w| left.any(|k| k.contains(w)));
            Ok(all.then_some(()))
        });
        complete.with_context(|| format!("{:?}", keys()))
    }

    /// Wait until the thread has a spoken summary that can be played.
    pub fn until_spoken(&self, ts: &str, patience: Duration) -> Result<()> {
        wait_until(patience, "the spoken summary", || {
            let seen = self.server.seen();
            let of = |f: &&(String, String, Vec<u8>, Option<String>)| f.3.as_deref() == Some(ts);
            let mut audio = seen
                .files
                .iter()
                .filter(of)
                .filter(|f| f.1.ends_with(".mp3"));
            let Some(file) = audio.next() else {
                return Ok(None);
            };
            anyhow::ensure!(file.1.starts_with("voice_web_"), "{}", file.1);
            anyhow::ensure!(audio.next().is_none(), "there are two");
            k8shawk::services::speech::mp3::check(&file.2).map_err(anyhow::Error::msg)?;
            Ok(Some(()))
        })
    }

    /// Wait until somebody is told something privately; it is taken away.
    pub fn whispered(&self, user: &str, patience: Duration) -> Result<String> {
        wait_until(patience, &format!("a word for {user}"), || {
            let mut seen = self.server.seen();
            let at = seen.whispers.iter().position(|(to, _)| to == user);
            Ok(at.map(|at| seen.whispers.remove(at).1.to_string()))
        })
    }

    /// A click of a person.
    pub fn click(&self, user: &str, action: &str, value: &str, ts: &str) -> Value {
        click(user, action, value, ts, &self.server.response_url(user))
    }

    /// The reason that somebody gives in the dialog that was opened for them.
    pub fn reason(&self, user: &str, why: &str, patience: Duration) -> Result<Value> {
        wait_until(patience, "the dialog", || {
            let mut seen = self.server.seen();
            let view = seen.views.pop();
            Ok(view.map(|(_, body)| submitted(user, &body["view"]["private_metadata"], why)))
        })
    }

    /// Send an interaction over Socket Mode, and wait until it is acknowledged.
    pub fn socket(&self, id: &str, payload: &Value) -> Result<()> {
        let acks = |id: &str| self.server.seen().acks.iter().filter(|a| *a == id).count();
        let before = acks(id);
        let connected = wait_until(Duration::from_secs(30), "a socket", || {
            Ok(self.server.deliver(envelope(id, payload)).then_some(()))
        });
        connected?;
        wait_until(Duration::from_secs(30), "an acknowledgement", || {
            Ok((acks(id) > before).then_some(()))
        })
    }

    /// Keep an envelope for the next connection.
    pub fn hold(&self, envelope: Value) {
        self.server.hold(envelope);
    }

    fn send(&self, http: &str, body: &str, stamp: &str, signature: &str) -> Result<u16> {
        let request = self
            .client
            .post(format!("{http}/slack/interactions"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", stamp)
            .header("x-slack-signature", signature)
            .body(body.to_owned());
        // Its clock is that of the runtime, also before it is awaited.
        let answer = self.runtime.block_on(async { request.send().await })?;
        Ok(answer.status().as_u16())
    }

    /// Send an interaction over HTTP, as Slack signs it; its status.
    pub fn post(&self, http: &str, payload: &Value) -> Result<u16> {
        let body = form(payload);
        let (stamp, signature) = signed(&body, seconds());
        self.send(http, &body, &stamp, &signature)
    }

    /// The same, and its bytes once more.
    pub fn post_twice(&self, http: &str, payload: &Value) -> Result<(u16, u16)> {
        let body = form(payload);
        let (stamp, signature) = signed(&body, seconds());
        let first = self.send(http, &body, &stamp, &signature)?;
        Ok((first, self.send(http, &body, &stamp, &signature)?))
    }

    /// A click that was changed on its way.
    pub fn forged(&self, http: &str, payload: &Value) -> Result<u16> {
        let body = form(payload);
        let (stamp, signature) = signed(&body, seconds());
        let other = body.replace("U0001", "U0002");
        self.send(http, &other, &stamp, &signature)
    }

    /// A click that was recorded ten minutes ago.
    pub fn stale(&self, http: &str, payload: &Value) -> Result<u16> {
        let body = form(payload);
        let (stamp, signature) = signed(&body, seconds() - 600);
        self.send(http, &body, &stamp, &signature)
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.server.stop();
    }
}
