//! What the types of `slack-morphism` do not hold of what Slack really sends, read narrowly beside
//! them: only the fields that are used. A test for each shows what the library makes of it, and
//! fails once the library has learned it.
//!
//! Answers of the Web API:
//! - `auth.test` without the organisation ([`WhoAmI`]);
//! - `chat.postMessage`, `chat.update`, `files.completeUploadExternal`, `views.*`: what was done
//!   comes back whole, and one field of an unknown form would make a call that was done look
//!   failed ([`Accepted`], [`Answered`]);
//! - `conversations.history` and `.replies`: one message of somebody else whose metadata is more
//!   than strings fails the whole page ([`Messages`]);
//! - `conversations.info` without `is_ext_shared`, and `.list` where a channel has no date
//!   ([`ChannelInfo`], [`Channels`]);
//! - `files.info` without `shares` ([`FileInfo`]);
//! - `users.info` without most of the flags that make somebody an outsider ([`UserInfo`]).
//!
//! Requests:
//! - an answer to a `response_url` without `response_type` ([`Whisper`]).
//!
//! What people do ([`interaction`], [`command`], [`event`]):
//! - `team` is null in an app that a whole organisation installed;
//! - the message of a click brings its metadata, which the library takes as strings only, and blocks
//!   of any age: only where it is is read;
//! - `container.thread_ts` is not there, nor are the kinds of containers that came later;
//! - a kind of interaction that is not known fails, where it is to be acknowledged;
//! - a dialog comes back with all that was shown in it: only what was written is read;
//! - `app_mention` has no `bot_id` and no `subtype`: the host would answer itself;
//! - `tokens_revoked` is no event of its own.
//!
//! The envelopes of Socket Mode are types that the library shows to nobody outside: see
//! [`socket`](super::socket).

mod answers;
mod arrivals;

pub use answers::*;
pub use arrivals::{REASON, command, event, interaction};

#[cfg(test)]
mod tests;
