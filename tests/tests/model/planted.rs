//! Secrets, planted in a recorded incident.

use k8shawk_core::bundle::Bundle;
use serde_json::{Value, json};

/// Shapes that [`planted`] knows.
pub const SHAPES: usize = 12;

/// A text with a secret in one of the shapes that secrets have.
pub fn planted(secret: &str, shape: usize) -> String {
    let base64 = format!("UzNDUjNU{secret}");
    match shape % 12 {
        0 => format!("password={secret} retry=3"),
        1 => format!("level=info msg=\"login\" db_password: \"{secret}\""),
        2 => format!("Authorization: Bearer {secret}"),
        3 => format!("dial postgres://app:{secret}@db:5432/orders failed"),
        4 => format!("{{\"token\":\"{secret}\",\"ok\":true}}"),
        5 => format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----"),
        6 => format!("{{\"auths\":{{\"r.example\":{{\"auth\":\"{base64}\"}}}}}}"),
        7 => format!("kind: Secret\ndata:\n  anything: {base64}\n"),
        8 => format!("args: --api-key {secret} --port 80"),
        9 => format!("ghp_{secret} and AKIA{}", "A1B2C3D4E5F6G7H8"),
        10 => format!("Server=db;Uid=u;Pwd={secret};Port=1"),
        _ => format!("- name: DB_PASSWORD\n  value: {secret}\n"),
    }
}

/// Plant a secret in everything that a cluster tells: objects, statuses, events, logs, and what a
/// dry run answers.
pub fn plant(bundle: &mut Bundle, secret: &str, shape: usize) {
    for frame in &mut bundle.frames {
        for object in &mut frame.objects {
            plant_object(object, secret, shape);
        }
        for event in &mut frame.events {
            append(&mut event["message"], &planted(secret, shape + 1));
        }
        for log in &mut frame.logs {
            let (before, behind) = (planted(secret, shape + 2), planted(secret, shape + 3));
            log.text = format!("{before}\n{}\n{behind}\n", log.text.trim_end());
        }
    }
    for run in &mut bundle.dry_runs {
        // The new value of a variable would stand in the diff.
        plant_object(&mut run.after, &format!("{secret}x"), shape);
    }
}

fn plant_object(object: &mut Value, secret: &str, shape: usize) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
        annotations["note"] = json!(planted(secret, shape + 4));
    }
    for pointer in ["/spec/containers", "/spec/template/spec/containers"] {
        let containers = object.pointer_mut(pointer).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            plant_container(container, secret);
        }
    }
    for pointer in ["/status/containerStatuses", "/status/conditions"] {
        let all = object.pointer_mut(pointer).and_then(Value::as_array_mut);
        for one in all.into_iter().flatten() {
            plant_messages(one, secret, shape);
        }
    }
}

fn plant_container(container: &mut Value, secret: &str) {
    let Some(fields) = container.as_object_mut() else {
        return;
    };
    let variables = fields.entry("env").or_insert_with(|| json!([]));
    if let Some(list) = variables.as_array_mut() {
        list.push(json!({"name": "DB_PASSWORD", "value": secret}));
        list.push(json!({"name": "URL", "value": planted(secret, 3)}));
    }
    let arguments = fields.entry("args").or_insert_with(|| json!([]));
    if let Some(list) = arguments.as_array_mut() {
        list.extend([json!("--token"), json!(secret)]);
    }
}

fn plant_messages(value: &mut Value, secret: &str, shape: usize) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields.iter_mut() {
                if key == "message" {
                    append(inner, &planted(secret, shape + 5));
                } else {
                    plant_messages(inner, secret, shape);
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|i| plant_messages(i, secret, shape)),
        _ => {}
    }
}

fn append(text: &mut Value, more: &str) {
    *text = json!(format!("{} {more}", text.as_str().unwrap_or_default()));
}
