//! Files: Slack's external upload in its three steps.

use serde_json::{Value, json};

use super::{Api, ApiError};

/// A file for a thread.
pub struct Upload<'a> {
    /// Name that people see.
    pub name: &'a str,
    /// Title.
    pub title: &'a str,
    /// Its bytes; not empty.
    pub bytes: Vec<u8>,
    /// What it says, for those who cannot hear or see it.
    pub alternative: &'a str,
}

impl Api {
    /// Steps one and two: the bytes are with Slack and nobody sees them yet. Returns the file's
    /// id, to be stored before it is shared.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn upload(&self, file: Upload<'_>) -> Result<String, ApiError> {
        let asked = self
            .call(
                "files.getUploadURLExternal",
                &json!({
                    "filename": file.name,
                    "length": file.bytes.len(),
                    "alt_txt": super::super::text::plain(file.alternative, 1000),
                }),
            )
            .await?;
        let text = |name: &str| asked.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(url), Some(id)) = (text("upload_url"), text("file_id")) else {
            return Err(ApiError::Server("no address for the upload".to_owned()));
        };
        // The address is a ticket of its own: it never gets the token.
        let sent = self
            .client()
            .post(url)
            .header("content-type", "application/octet-stream")
            .body(file.bytes)
            .send()
            .await
            .map_err(|e| ApiError::unreachable(&e))?;
        if sent.status().is_success() {
            Ok(id)
        } else {
            Err(ApiError::Server(format!(
                "the upload got HTTP {}",
                sent.status()
            )))
        }
    }

    /// Step three: share an uploaded file in a thread.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn share(
        &self,
        file: &str,
        title: &str,
        channel: &str,
        thread: &str,
        comment: &str,
    ) -> Result<(), ApiError> {
        let body = json!({
            "files": [{"id": file, "title": title}],
            "channel_id": channel,
            "thread_ts": thread,
            "initial_comment": comment,
        });
        self.call("files.completeUploadExternal", &body)
            .await
            .map(|_| ())
    }

    /// True where the file is shared in the channel already.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn is_shared(&self, file: &str, channel: &str) -> Result<bool, ApiError> {
        let info = self.call("files.info", &json!({"file": file})).await?;
        let shares = info.pointer("/file/shares").and_then(Value::as_object);
        Ok(shares.is_some_and(|kinds| kinds.values().any(|k| k.get(channel).is_some())))
    }
}
