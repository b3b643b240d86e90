//! What leaves for Slack, as it is stored in the outbox.

use k8shawk_core::Installation;
use serde::{Deserialize, Serialize};
use slack_morphism::SlackMessageContent;
use slack_morphism::blocks::SlackBlock;

use super::blocks::{self, MESSAGE_BLOCKS};
use super::payload::Place;
use super::thread::Post;
use crate::services::outbox::BACKGROUND;
use crate::services::store::Put;

/// Words with blocks, for one person or a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Text for notifications and screen readers, without marks.
    pub text: String,
    /// Blocks; the text alone where there are none.
    pub blocks: Vec<SlackBlock>,
    /// True for a person who is not let in: they do not learn which cluster this is.
    #[serde(default)]
    pub anonymous: bool,
}

impl Answer {
    /// One paragraph of our own words.
    pub fn says(text: &str) -> Answer {
        Answer {
            text: super::text::inline(text, 2900),
            blocks: Vec::new(),
            anonymous: false,
        }
    }

    /// Blocks, with their text.
    pub fn shows(text: impl Into<String>, blocks: Vec<SlackBlock>) -> Answer {
        Answer {
            text: text.into(),
            blocks,
            anonymous: false,
        }
    }

    /// One paragraph for somebody who is not let in.
    pub fn refuses(text: &str) -> Answer {
        Answer {
            anonymous: true,
            ..Answer::says(text)
        }
    }

    /// What `chat.postMessage` and its like get. It says which cluster answers, except to a person
    /// who is not let in.
    pub fn content(&self, installation: &Installation) -> SlackMessageContent {
        let mut blocks = self.blocks.clone();
        if blocks.is_empty() {
            blocks.push(blocks::section(&self.text));
        }
        if !self.anonymous {
            blocks.truncate(MESSAGE_BLOCKS - 1);
            blocks.push(blocks::of_cluster(installation, &[]));
        }
        let content = SlackMessageContent::new().with_text(self.text.clone());
        content.with_blocks(blocks)
    }
}

/// One thing that leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "kebab-case")]
pub enum Outgoing {
    /// The message of this incident shows what is true.
    Message {
        /// Incident.
        incident: String,
    },
    /// The thread of this incident has this post.
    Post {
        /// Incident.
        incident: String,
        /// Post.
        post: Post,
    },
    /// The thread of this incident has this script, spoken.
    Voice {
        /// Incident.
        incident: String,
        /// What is said.
        script: String,
        /// `english`, `tamil` or `tanglish`.
        language: String,
    },
    /// One person is told something that nobody else sees.
    Whisper {
        /// User id.
        user: String,
        /// Where.
        channel: String,
        /// In which thread.
        thread: Option<String>,
        /// Address for exactly this answer.
        response_url: Option<String>,
        /// What.
        answer: Answer,
    },
    /// A thread gets an answer.
    Reply {
        /// Channel.
        channel: String,
        /// Thread.
        thread: String,
        /// What.
        answer: Answer,
    },
    /// The home tab of this person shows what is open.
    Home {
        /// User id.
        user: String,
    },
}

impl Outgoing {
    /// The incident that it is about.
    fn incident(&self) -> Option<&String> {
        match self {
            Outgoing::Message { incident }
            | Outgoing::Post { incident, .. }
            | Outgoing::Voice { incident, .. } => Some(incident),
            Outgoing::Whisper { .. } | Outgoing::Reply { .. } | Outgoing::Home { .. } => None,
        }
    }

    fn put(&self, key: String, lane: String, rank: u8, renew: bool) -> Put {
        Put {
            key,
            incident: self.incident().cloned(),
            lane,
            rank,
            effect: serde_json::to_string(self).unwrap_or_default(),
            renew,
        }
    }

    /// Make the message of an incident true. What people wait for goes before what is new.
    pub fn message(incident: &str, waited_for: bool) -> Put {
        let effect = Outgoing::Message {
            incident: incident.to_owned(),
        };
        let rank = if waited_for { 0 } else { 1 };
        effect.put(
            format!("message/{incident}"),
            incident.to_owned(),
            rank,
            true,
        )
    }

    /// A post of an incident's thread.
    pub fn post(incident: &str, post: Post) -> Put {
        let key = format!("{incident}/{}", post.key);
        let incident = incident.to_owned();
        let lane = incident.clone();
        Outgoing::Post { incident, post }.put(key, lane, 2, false)
    }

    /// Key of the spoken summary of an incident.
    pub fn voice_key(incident: &str) -> String {
        format!("{incident}/voice")
    }

    /// The spoken summary: in a lane of its own, so that it holds nothing up.
    pub fn voice(incident: &str, script: &str, language: &str) -> Put {
        let effect = Outgoing::Voice {
            incident: incident.to_owned(),
            script: script.to_owned(),
            language: language.to_owned(),
        };
        let key = Outgoing::voice_key(incident);
        effect.put(key.clone(), key, BACKGROUND, false)
    }

    /// An answer to one person; `id` names what they did.
    pub fn whisper(id: &str, user: &str, place: &Place, answer: Answer) -> Put {
        let effect = Outgoing::Whisper {
            user: user.to_owned(),
            channel: place.channel.clone(),
            thread: place.thread.clone(),
            response_url: place.response_url.clone(),
            answer,
        };
        effect.put(format!("whisper/{id}"), format!("whisper/{id}"), 0, false)
    }

    /// An answer in a thread; `id` names what is answered.
    pub fn reply(id: &str, channel: &str, thread: &str, answer: Answer) -> Put {
        let effect = Outgoing::Reply {
            channel: channel.to_owned(),
            thread: thread.to_owned(),
            answer,
        };
        effect.put(format!("reply/{id}"), format!("reply/{id}"), 0, false)
    }

    /// A person's home tab.
    pub fn home(user: &str) -> Put {
        let effect = Outgoing::Home {
            user: user.to_owned(),
        };
        effect.put(format!("home/{user}"), format!("home/{user}"), 2, true)
    }
}
