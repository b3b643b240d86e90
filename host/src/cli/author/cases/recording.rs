//! A recorded incident as a case: its signals and its reads.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use k8shawk_core::ObjectRef;
use k8shawk_core::guard::Reader;
use k8shawk_core::incident::MAX_SIGNALS;
use k8shawk_core::inventory::Observation;
use k8shawk_core::kinds;
use k8shawk_core::signal::Signal;

use crate::cli::author::own;
use crate::cli::bundles;
use crate::services::cluster::replay::Replay;

/// A bundle of `k8shawk record`, at its first frame.
pub(super) struct Recording {
    replay: Replay,
    /// What was asked for when it was recorded.
    pub(super) subject: ObjectRef,
}

impl Recording {
    /// Read the bundle of a case. It stands in the plugin's directory, as the case does.
    ///
    /// # Errors
    /// A sentence with the key and why the file cannot be used.
    pub(super) fn read(directory: &Path, path: &Path) -> Result<Recording, String> {
        let file = own::within(directory, path).map_err(|why| {
            let why = match why.kind() {
                ErrorKind::InvalidInput => format!("{path:?} {why}"),
                _ => format!("{}: {why}", directory.join(path).display()),
            };
            format!("key \"bundle\": {why}")
        })?;
        let bundle = bundles::read(&file).map_err(|why| format!("key \"bundle\": {why}"))?;
        Ok(Recording {
            subject: subject(&bundle.subject),
            replay: Replay::new(bundle),
        })
    }

    /// What answers reads from it.
    pub(super) fn reader(&self) -> Arc<dyn Reader> {
        self.replay.reader()
    }

    /// When it was recorded, milliseconds since the Unix epoch.
    pub(super) fn time(&self) -> i64 {
        self.replay.time()
    }

    /// What the host would see in it, the oldest first.
    pub(super) fn observations(&self) -> Vec<Observation> {
        let (inventory, now) = (self.replay.inventory(), self.time());
        let mut all = inventory.observe_all(now);
        let events = self.replay.events();
        all.extend(
            events
                .iter()
                .filter_map(|e| inventory.observe_event(e, now)),
        );
        all.sort_by_key(|seen| seen.signal.first_seen);
        all
    }

    /// Its signals about an object, or about what the object owns.
    ///
    /// # Errors
    /// There is none; the sentence says what there are signals about.
    pub(super) fn signals(&self, about: &ObjectRef) -> Result<Vec<Signal>, String> {
        let all = self.observations().into_iter().map(|seen| seen.signal);
        let (mut fit, others): (Vec<Signal>, Vec<Signal>) = all.partition(|signal| {
            signal.owner.same_object(about) || signal.object.same_object(about)
        });
        if fit.is_empty() {
            let mut owners: Vec<String> = others.iter().map(|s| s.owner.to_string()).collect();
            owners.sort();
            owners.dedup();
            return Err(format!(
                "key \"bundle\": nothing is wrong with {about} in it, but with: {}",
                owners.join(", ")
            ));
        }
        fit.truncate(MAX_SIGNALS);
        Ok(fit)
    }
}

/// `namespace/Kind/name`; the namespace of a kind without one is where its recording was made.
fn subject(text: &str) -> ObjectRef {
    let mut parts = text.splitn(3, '/');
    let mut part = || parts.next().unwrap_or_default();
    let (namespace, kind, name) = (part(), part(), part());
    let namespaced = kinds::kind(kind).is_none_or(|kind| kind.namespaced);
    ObjectRef::of(kind, if namespaced { namespace } else { "" }, name)
}
