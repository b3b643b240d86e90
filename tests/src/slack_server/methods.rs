//! The methods of the Web API.

use serde_json::{Value, json};

use super::{Seen, Shown, SlackServer};

fn text<'v>(body: &'v Value, name: &str) -> &'v str {
    body[name].as_str().unwrap_or_default()
}

fn error(code: &str) -> Value {
    json!({"ok": false, "error": code})
}

/// Blocks of a message, wherever they are.
fn blocks(body: &Value) -> Vec<Value> {
    let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
    let mut all = list(&body["blocks"]);
    for attachment in list(&body["attachments"]) {
        all.extend(list(&attachment["blocks"]));
    }
    all
}

/// The limits of Slack that it enforces on content.
fn refused(body: &Value) -> Option<Value> {
    let all = blocks(body);
    if text(body, "text").is_empty() && all.is_empty() {
        return Some(error("no_text"));
    }
    if all.len() > 50 {
        return Some(error("invalid_blocks"));
    }
    let long = |b: &Value| {
        let section = b["text"]["text"]
            .as_str()
            .unwrap_or_default()
            .chars()
            .count()
            > 3000;
        let fields = b["fields"].as_array().cloned().unwrap_or_default();
        section
            || fields
                .iter()
                .any(|f| text(f, "text").chars().count() > 2000)
    };
    if all.iter().any(long) {
        return Some(error("invalid_blocks"));
    }
    if json!(all).to_string().chars().count() > 20_000 {
        return Some(error("msg_blocks_too_long"));
    }
    None
}

/// One call.
pub(super) fn call(server: &SlackServer, method: &str, body: &Value) -> Value {
    let mut seen = server.seen();
    match method {
        "auth.test" => json!({"ok": true, "team": "W", "team_id": "T1", "user": "k8shawk",
            "user_id": "U0BOT1", "bot_id": "B0BOT1"}),
        "apps.connections.open" => {
            json!({"ok": true, "url": format!("ws://{}/link?ticket=1", server.address)})
        }
        "chat.postMessage" => post(&mut seen, body),
        "chat.update" => update(&mut seen, body),
        "chat.postEphemeral" => {
            seen.whispers
                .push((text(body, "user").to_owned(), body.clone()));
            json!({"ok": true, "message_ts": "1.1"})
        }
        "views.open" | "views.publish" => {
            seen.views.push((method.to_owned(), body.clone()));
            json!({"ok": true, "view": {"id": "V1"}})
        }
        "conversations.history" | "conversations.replies" => history(&seen, method, body),
        "conversations.info" => json!({"ok": true, "channel": {"id": text(body, "channel"),
            "name": "incidents", "is_archived": false, "is_member": true}}),
        "conversations.list" => {
            json!({"ok": true, "channels": [{"id": "C0123", "name": "incidents"}],
            "response_metadata": {"next_cursor": ""}})
        }
        "conversations.members" => {
            let members = seen
                .members
                .get(text(body, "channel"))
                .cloned()
                .unwrap_or_default();
            json!({"ok": true, "members": members, "response_metadata": {"next_cursor": ""}})
        }
        "usergroups.users.list" => match seen.groups.get(text(body, "usergroup")) {
            Some(users) => json!({"ok": true, "users": users}),
            None => error("no_such_subteam"),
        },
        "users.info" => match person(&seen, text(body, "user")) {
            Some(user) => json!({"ok": true, "user": user}),
            None => error("user_not_found"),
        },
        "files.getUploadURLExternal" => ticket(server, &mut seen, body),
        "files.completeUploadExternal" => share(&mut seen, body),
        "files.info" => info(&seen, body),
        _ => error("unknown_method"),
    }
}

/// A full member of the workspace, unless the test says otherwise.
fn person(seen: &Seen, id: &str) -> Option<Value> {
    if !id.starts_with("U0") {
        return None;
    }
    let mut user = json!({"id": id, "team_id": "T1", "name": "u", "deleted": false,
        "is_admin": false, "is_owner": false, "is_primary_owner": false, "is_restricted": false,
        "is_ultra_restricted": false, "is_bot": false, "is_app_user": false,
        "is_email_confirmed": true, "profile": {"email": seen.emails.get(id)}});
    let map = user.as_object_mut()?;
    for (name, value) in seen
        .users
        .get(id)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        match value {
            Value::Null => map.remove(name),
            value => map.insert(name.clone(), value.clone()),
        };
    }
    Some(user)
}

fn post(seen: &mut Seen, body: &Value) -> Value {
    let channel = match text(body, "channel") {
        "" => return error("channel_not_found"),
        "#incidents" => "C0123",
        id => id,
    };
    if let Some(refused) = refused(body) {
        return refused;
    }
    let thread = body["thread_ts"].as_str().map(str::to_owned);
    let gone = |t: &String| !seen.messages.iter().any(|m| m.ts == *t && !m.deleted);
    if thread.as_ref().is_some_and(gone) {
        return error("thread_not_found");
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.map(|d| d.as_secs()).unwrap_or_default();
    let ts = format!("{seconds}.{:06}", seen.next());
    seen.messages.push(Shown {
        channel: channel.to_owned(),
        ts: ts.clone(),
        thread,
        body: body.clone(),
        edits: 0,
        deleted: false,
    });
    json!({"ok": true, "channel": channel, "ts": ts, "message": {"text": text(body, "text")}})
}

fn update(seen: &mut Seen, body: &Value) -> Value {
    if let Some(refused) = refused(body) {
        return refused;
    }
    if text(body, "text").chars().count() > 4000 {
        return error("msg_too_long");
    }
    let (channel, ts) = (text(body, "channel"), text(body, "ts"));
    let known = seen
        .messages
        .iter_mut()
        .find(|m| m.channel == channel && m.ts == ts);
    match known.filter(|m| !m.deleted) {
        None => error("message_not_found"),
        Some(message) => {
            message.body = body.clone();
            message.edits += 1;
            json!({"ok": true, "channel": channel, "ts": ts})
        }
    }
}

fn history(seen: &Seen, method: &str, body: &Value) -> Value {
    let (channel, thread) = (text(body, "channel"), text(body, "ts"));
    let oldest: f64 = text(body, "oldest").parse().unwrap_or_default();
    let inside = |m: &&Shown| match method {
        "conversations.replies" => m.thread.as_deref() == Some(thread) || m.ts == thread,
        _ => m.thread.is_none(),
    };
    let metadata = body["include_all_metadata"] == json!(true);
    let shown = |m: &Shown| {
        let mut message = json!({"type": "message", "ts": m.ts, "text": m.body["text"]});
        if metadata {
            message["metadata"] = m.body["metadata"].clone();
        }
        message
    };
    let young = |m: &&Shown| m.ts.parse::<f64>().unwrap_or_default() >= oldest;
    let messages: Vec<Value> = seen
        .messages
        .iter()
        .filter(|m| m.channel == channel && !m.deleted)
        .filter(inside)
        .filter(young)
        .map(shown)
        .collect();
    json!({"ok": true, "messages": messages, "has_more": false})
}

fn ticket(server: &SlackServer, seen: &mut Seen, body: &Value) -> Value {
    let length = match &body["length"] {
        Value::Number(n) => n.as_u64().unwrap_or_default(),
        other => other
            .as_str()
            .and_then(|t| t.parse().ok())
            .unwrap_or_default(),
    };
    if length == 0 || text(body, "filename").is_empty() {
        return error("missing_argument");
    }
    let id = format!("F{:04}", seen.next());
    seen.files.push((
        id.clone(),
        text(body, "filename").to_owned(),
        Vec::new(),
        None,
    ));
    let url = format!("http://{}/upload/{id}", server.address);
    json!({"ok": true, "upload_url": url, "file_id": id})
}

fn share(seen: &mut Seen, body: &Value) -> Value {
    let ids = body["files"].as_array().cloned().unwrap_or_default();
    let thread = text(body, "thread_ts").to_owned();
    for id in &ids {
        match seen
            .files
            .iter_mut()
            .find(|f| f.0 == text(id, "id") && !f.2.is_empty())
        {
            Some(file) => file.3 = Some(thread.clone()),
            None => return error("file_not_found"),
        }
    }
    let files: Vec<Value> = ids
        .iter()
        .map(|f| json!({"id": f["id"], "title": f["title"]}))
        .collect();
    json!({"ok": true, "files": files})
}

fn info(seen: &Seen, body: &Value) -> Value {
    match seen.files.iter().find(|f| f.0 == text(body, "file")) {
        None => error("file_not_found"),
        Some(file) => {
            let shares = match &file.3 {
                Some(thread) => json!({"public": {"C0123": [{"thread_ts": thread}]}}),
                None => json!({}),
            };
            json!({"ok": true, "file": {"id": file.0, "shares": shares}})
        }
    }
}
