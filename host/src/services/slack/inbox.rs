//! What came in and is acknowledged, on its way to be worked on: bounded, and each thing once.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::payload::Inbound;

/// Things that may wait.
const WAITING: usize = 256;
/// Ids that are remembered: Slack repeats within minutes.
const REMEMBERED: usize = 10_000;

/// Something that came in, under the id by which it is known to be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Id of the envelope, the event or the request.
    pub id: String,
    /// What.
    pub what: Inbound,
}

#[derive(Default)]
struct Seen {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    /// True where it is new.
    fn learn(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }

    fn forget(&mut self, id: &str) {
        self.ids.remove(id);
        self.order.retain(|known| known != id);
    }
}

/// Where transports put what came in.
#[derive(Clone)]
pub struct Inbox {
    sender: mpsc::Sender<Arrived>,
    seen: Arc<Mutex<Seen>>,
}

/// What became of something that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It will be worked on.
    Yes,
    /// It came before.
    Again,
    /// There is no room: do not acknowledge it, so that Slack says so or tries again.
    Full,
}

impl Inbox {
    /// An inbox and its other end.
    pub fn new() -> (Inbox, mpsc::Receiver<Arrived>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let inbox = Inbox {
            sender,
            seen: Arc::default(),
        };
        (inbox, receiver)
    }

    /// Put something in; never waits.
    pub fn put(&self, id: &str, what: Inbound) -> Taken {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.learn(id) {
            return Taken::Again;
        }
        let arrived = Arrived {
            id: id.to_owned(),
            what,
        };
        match self.sender.try_send(arrived) {
            Ok(()) => Taken::Yes,
            Err(_) => {
                seen.forget(id);
                Taken::Full
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_comes_once_and_the_rest_waits_outside() {
        let (inbox, mut out) = Inbox::new();
        assert_eq!(inbox.put("e1", Inbound::Revoked), Taken::Yes);
        assert_eq!(inbox.put("e1", Inbound::Revoked), Taken::Again);
        for i in 0..WAITING - 1 {
            assert_eq!(inbox.put(&format!("x{i}"), Inbound::Revoked), Taken::Yes);
        }
        assert_eq!(inbox.put("late", Inbound::Revoked), Taken::Full);
        assert_eq!(out.try_recv().unwrap().id, "e1");
        assert_eq!(
            inbox.put("late", Inbound::Revoked),
            Taken::Yes,
            "a refused one may come again"
        );
    }
}
