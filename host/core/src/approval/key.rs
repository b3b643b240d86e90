//! What an approval is for: a keyed digest of what will be sent, with nothing left out for the eye.

use data_encoding::HEXLOWER;
use ring::hmac;
use serde_json::{Value, json};

use crate::fix::{Fix, Operation, as_written};

/// The key of one installation. With it, a digest of a short secret cannot be guessed by trying
/// the likely ones.
#[derive(Debug, Clone)]
pub struct ApprovalKey(hmac::Key);

impl ApprovalKey {
    /// A key of these random bytes.
    pub fn new(bytes: &[u8; 32]) -> ApprovalKey {
        ApprovalKey(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// HMAC-SHA256, in 64 hexadecimal digits, of a fix, of what is sent for it, and of the object
    /// before and after its dry run. What the API server keeps about an object (its status, its
    /// version) is left out: it changes all the time, and no fix changes it.
    pub fn digest(&self, fix: &Fix, sent: &Operation, before: &Value, after: &Value) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        feed(&mut context, &described(fix));
        feed(&mut context, &sent.sent());
        // Of what goes away as a whole its identity is all that matters; what takes its place has
        // another name in a dry run.
        if let Operation::Replace { .. } = sent {
            feed(&mut context, &as_written(before));
            feed(&mut context, &as_written(after));
        }
        let tag = context.sign();
        HEXLOWER.encode(tag.as_ref())
    }
}

fn described(fix: &Fix) -> Value {
    let parameters = fix.action.parameters().into_iter();
    let target = &fix.target;
    json!([
        fix.action.name(),
        parameters.map(|(k, v)| json!([k, v])).collect::<Vec<_>>(),
        [
            &target.api_version,
            &target.kind,
            &target.namespace,
            &target.name
        ],
    ])
}

/// A value such that no other value gives the same bytes: each has its kind, texts and lists their
/// length, and the keys of a map are sorted.
fn feed(context: &mut hmac::Context, value: &Value) {
    match value {
        Value::Null => context.update(b"0"),
        Value::Bool(false) => context.update(b"f"),
        Value::Bool(true) => context.update(b"t"),
        Value::Number(number) => text(context, b"#", &number.to_string()),
        Value::String(string) => text(context, b"s", string),
        Value::Array(items) => {
            length(context, b"a", items.len());
            items.iter().for_each(|item| feed(context, item));
        }
        Value::Object(map) => {
            length(context, b"o", map.len());
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            for (key, value) in entries {
                text(context, b"k", key);
                feed(context, value);
            }
        }
    }
}

fn length(context: &mut hmac::Context, kind: &[u8], length: usize) {
    context.update(kind);
    context.update(&(length as u64).to_le_bytes());
}

fn text(context: &mut hmac::Context, kind: &[u8], text: &str) {
    length(context, kind, text.len());
    context.update(text.as_bytes());
}

#[cfg(test)]
mod tests;
