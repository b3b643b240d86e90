//! Files: Slack's external upload in its three steps.

use slack_morphism::api::{
    SlackApiFilesComplete, SlackApiFilesCompleteUploadExternalRequest,
    SlackApiFilesGetUploadUrlExternalRequest, SlackApiFilesUploadViaUrlRequest,
};

use super::{Api, ApiError};
use crate::services::slack::morphism_gaps::{Answered, FileInfo};
use crate::services::slack::text::plain;

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
        let name = file.name.to_owned();
        let ask = SlackApiFilesGetUploadUrlExternalRequest::new(name, file.bytes.len())
            .with_alt_txt(plain(file.alternative, 1000));
        let session = self.session();
        let ticket = session.get_upload_url_external(&ask).await?;
        let kind = "application/octet-stream".to_owned();
        let send = SlackApiFilesUploadViaUrlRequest::new(ticket.upload_url, file.bytes, kind);
        session.files_upload_via_url(&send).await?;
        Ok(ticket.file_id.0)
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
        let file = SlackApiFilesComplete::new(file.into()).with_title(title.to_owned());
        let share = SlackApiFilesCompleteUploadExternalRequest::new(vec![file])
            .with_channel_id(channel.into())
            .with_thread_ts(thread.into())
            .with_initial_comment(comment.to_owned());
        let Answered {} = self.write("files.completeUploadExternal", &share).await?;
        Ok(())
    }

    /// True where the file is shared in the channel already.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn is_shared(&self, file: &str, channel: &str) -> Result<bool, ApiError> {
        let info: FileInfo = self.read("files.info", &[("file", Some(file))]).await?;
        let mut kinds = info.file.shares.values();
        Ok(kinds.any(|channels| channels.get(channel).is_some()))
    }
}
