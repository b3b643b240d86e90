//! A recorded incident as a cluster: reads come from its frames, a dry run from its record, and
//! an executed fix moves on to the frames that were recorded after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use k8shawk_core::bundle::{Bundle, Frame, Recorded};
use k8shawk_core::fix::Fix;
use k8shawk_core::guard::{Permit, Reader, Reading};
use k8shawk_core::llm::Conversation;
use k8shawk_core::{Inventory, ObjectRef};
use serde_json::Value;

mod frame;

use frame::FrameReader;

use crate::services::cluster::ClusterError;
use crate::services::cluster::held::{is, text};

/// A bundle with the frame that is shown.
pub struct Replay {
    bundle: Arc<Bundle>,
    at: Arc<AtomicUsize>,
}

impl Replay {
    /// One without anything.
    #[cfg(test)]
    pub(crate) fn empty() -> Replay {
        Replay::new(Bundle {
            format: k8shawk_core::bundle::FORMAT,
            title: String::new(),
            subject: String::new(),
            kubernetes: String::new(),
            dry_runs: Vec::new(),
            conversations: Vec::new(),
            frames: Vec::new(),
        })
    }

    /// A bundle at its first frame.
    pub fn new(bundle: Bundle) -> Replay {
        Replay {
            bundle: Arc::new(bundle),
            at: Arc::default(),
        }
    }

    fn frame(&self) -> Option<&Frame> {
        frame(&self.bundle, &self.at)
    }

    /// When the shown frame was recorded, milliseconds since the Unix epoch.
    pub fn time(&self) -> i64 {
        self.frame().map_or(0, |f| f.at)
    }

    /// Show the next frame; false at the last one.
    pub fn forward(&self) -> bool {
        let next = self.at.load(Ordering::Acquire) + 1;
        let more = next < self.bundle.frames.len();
        if more {
            self.at.store(next, Ordering::Release);
        }
        more
    }

    /// The events of the shown frame that are not Normal, as a watch brings them.
    pub fn events(&self) -> Vec<Value> {
        let all = self.frame().map(|f| f.events.as_slice());
        let told = all.unwrap_or_default().iter();
        told.filter(|e| text(e, "/type") != "Normal")
            .cloned()
            .collect()
    }

    /// The conversation that was recorded for an incident of this owner.
    pub fn conversation(&self, owner: &ObjectRef) -> Option<&Conversation> {
        let held = |c: &&Recorded| c.owner.same_object(owner);
        let found = self.bundle.conversations.iter().find(held);
        found.map(|c| &c.conversation)
    }

    /// An inventory of the shown frame.
    pub fn inventory(&self) -> Inventory {
        let mut inventory = Inventory::new();
        if let Some(frame) = self.frame() {
            frame
                .unreadable
                .iter()
                .for_each(|kind| inventory.set_readable(kind, false));
            frame
                .objects
                .iter()
                .for_each(|object| inventory.apply(object));
        }
        inventory
    }

    /// A reader that follows the shown frame.
    pub fn reader(&self) -> Arc<dyn Reader> {
        Arc::new(FrameReader::new(self.bundle.clone(), self.at.clone()))
    }

    /// An object of the shown frame.
    pub fn current(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        self.frame()?
            .objects
            .iter()
            .find(|o| is(o, kind, namespace, name))
            .cloned()
    }

    /// The objects of a kind in the shown frame.
    pub fn current_list(&self, kind: &str, namespace: &str) -> Vec<Value> {
        let objects = self.frame().map_or(&[][..], |f| f.objects.as_slice());
        let of_kind = objects.iter().filter(|o| {
            text(o, "/kind") == kind
                && (namespace.is_empty() || text(o, "/metadata/namespace") == namespace)
        });
        of_kind.cloned().collect()
    }

    /// What the API server answered when this fix was tried.
    ///
    /// # Errors
    /// [`ClusterError::Refused`] where it was not tried while the bundle was recorded.
    pub fn dry_run(&self, fix: &Fix) -> Result<Value, ClusterError> {
        let same = |recorded: &&k8shawk_core::bundle::DryRun| {
            recorded.fix.action == fix.action && recorded.fix.target.same_object(&fix.target)
        };
        match self.bundle.dry_runs.iter().find(same) {
            Some(recorded) => Ok(recorded.after.clone()),
            None => Err(ClusterError::Refused {
                attempt: format!("try {}", fix.kubectl()),
                why: "no dry run of this fix was recorded".to_owned(),
            }),
        }
    }

    /// Move on to what was recorded after the fix.
    ///
    /// # Errors
    /// [`ClusterError::Refused`] where nothing was.
    pub fn execute(&self) -> Result<(), ClusterError> {
        if self.forward() {
            Ok(())
        } else {
            Err(ClusterError::Refused {
                attempt: "apply the fix".to_owned(),
                why: "the recording ends before it".to_owned(),
            })
        }
    }
}

fn frame<'b>(bundle: &'b Bundle, at: &AtomicUsize) -> Option<&'b Frame> {
    bundle
        .frames
        .get(at.load(Ordering::Acquire))
        .or(bundle.frames.last())
}

impl Reader for FrameReader {
    fn read(&self, permit: Permit) -> Reading<'_> {
        Box::pin(self.answer(permit.into_read()))
    }
}

impl Replay {
    /// True where more frames were recorded after the shown one.
    pub fn has_more(&self) -> bool {
        self.at.load(Ordering::Acquire) + 1 < self.bundle.frames.len()
    }
}
