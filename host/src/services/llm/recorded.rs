//! A stored conversation as transport and tools: the same answers in the same order, without a
//! network and without a cluster.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use k8shawk_core::guard::Read;
use k8shawk_core::llm::{Conversation, Failure, Reply, ToolRecord, Usage};

use super::toolbox::{Reading, Toolbox};
use super::transport::{Sending, Transport, Wait};
use super::wire::Body;

/// A conversation that is replayed.
pub struct Recorded<'c> {
    conversation: &'c Conversation,
    exchange: AtomicUsize,
    tool: AtomicUsize,
    diverged: Mutex<Option<String>>,
}

impl<'c> Recorded<'c> {
    /// At its start.
    pub fn new(conversation: &'c Conversation) -> Recorded<'c> {
        Recorded {
            conversation,
            exchange: AtomicUsize::new(0),
            tool: AtomicUsize::new(0),
            diverged: Mutex::new(None),
        }
    }

    /// Where what is asked now first differs from what was asked then.
    pub fn diverged(&self) -> Option<String> {
        self.diverged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn differs(&self, what: String) {
        let mut first = self.diverged.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(what);
    }
}

impl Transport for Recorded<'_> {
    fn send<'a>(&'a self, rung: usize, body: &'a Body, _wait: Wait) -> Sending<'a> {
        let at = self.exchange.fetch_add(1, Ordering::Relaxed);
        let reply = match self.conversation.exchanges.get(at) {
            Some(exchange) => {
                if exchange.request != body.as_str() || exchange.rung != rung {
                    self.differs(format!("request {}", at + 1));
                }
                exchange.reply.clone()
            }
            None => {
                self.differs(format!("request {} was not recorded", at + 1));
                Reply {
                    at: 0,
                    took_ms: 0,
                    left: false,
                    result: Err(Failure::Unrecorded),
                }
            }
        };
        Box::pin(std::future::ready(reply))
    }

    fn settle(&self, _rung: usize, _usage: &Usage, _failure: Option<&Failure>) {}
}

impl Toolbox for Recorded<'_> {
    fn read(&self, read: Read) -> Reading<'_> {
        let at = self.tool.fetch_add(1, Ordering::Relaxed);
        let read = k8shawk_core::llm::shown(&read);
        let record = match self.conversation.tools.get(at) {
            Some(record) => {
                if record.read != read {
                    self.differs(format!("read {}", at + 1));
                }
                record.clone()
            }
            None => {
                self.differs(format!("read {} was not recorded", at + 1));
                let answer = Err("not recorded".to_owned());
                ToolRecord {
                    read,
                    answer,
                    found: false,
                    refused: None,
                    took_ms: 0,
                }
            }
        };
        Box::pin(std::future::ready(record))
    }
}
