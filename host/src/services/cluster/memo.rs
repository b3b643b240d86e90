//! What one investigation was answered, so that all of it speaks of the same state.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use k8shawk_core::guard::{Answer, Read, ReadError};

type Answered = Result<Answer, ReadError>;

/// Answers by what was read.
pub(super) struct Memo {
    answers: Mutex<HashMap<Read, Answered>>,
    most: usize,
}

impl Memo {
    /// An empty one that keeps so many answers.
    pub(super) fn of(most: usize) -> Memo {
        Memo {
            answers: Mutex::default(),
            most,
        }
    }

    /// What was answered before.
    pub(super) fn get(&self, read: &Read) -> Option<Answered> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(read).cloned()
    }

    /// Keep an answer, while there is room.
    pub(super) fn keep(&self, read: Read, answer: &Answered) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() < self.most {
            answers.insert(read, answer.clone());
        }
    }
}
