//! How much a model gets of each recorded pod, beside what kubectl shows: everything that
//! explains the fault, and no padding.

use std::sync::Arc;

use k8shawk::services::cluster::replay::Replay;
use k8shawk_core::bundle::Frame;
use k8shawk_core::grant::Grant;
use k8shawk_core::guard::{Guard, Read, Reader};
use k8shawk_core::llm::answer_text;
use k8shawk_core::redact::Veil;
use k8shawk_tests::recorded;
use serde_json::Value;

use crate::world::GRANT;

/// Recording, pod, and how many bytes `kubectl describe pod` (v1.37.2) prints of it, from the bench
/// that asks the real one.
const KUBECTL: &str = include_str!("kubectl.tsv");
/// At most so many hundredths of kubectl's output, at the median and in all.
const RATIO: usize = 65;
/// The same for any single one.
const WORST: usize = 90;

struct Pod {
    recording: &'static str,
    name: &'static str,
    /// Bytes of kubectl's description.
    described: usize,
}

fn pods() -> Vec<Pod> {
    let row = |line: &'static str| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap();
        Pod {
            recording: next(),
            name: next(),
            described: next().parse().unwrap(),
        }
    };
    KUBECTL.lines().map(row).collect()
}

/// What a model gets from a read.
async fn told(reader: &dyn Reader, read: Read) -> Option<String> {
    let guard = Guard::new(Arc::new(Grant::parse(GRANT).unwrap()));
    let answer = reader.read(guard.permit(read.clone()).unwrap()).await;
    Some(answer_text(&Veil::new("n"), &read, &answer.ok()?, 12_000))
}

/// Words that explain the fault: reasons and messages of Warning events and of containers that do
/// not run.
fn explaining(frame: &Frame, pod: &Value) -> Vec<String> {
    let mut words = Vec::new();
    let name = &pod["metadata"]["name"];
    let events = frame.events.iter();
    let warnings =
        events.filter(|e| e["type"] == "Warning" && e["involvedObject"]["name"] == *name);
    words.extend(warnings.map(|e| e["reason"].clone()));
    let statuses = ["containerStatuses", "initContainerStatuses"];
    let statuses = statuses
        .iter()
        .filter_map(|key| pod["status"][*key].as_array());
    for status in statuses.flatten() {
        for at in [
            "/state/waiting",
            "/state/terminated",
            "/lastState/terminated",
        ] {
            let state = status.pointer(at);
            words.extend(state.map(|s| s["reason"].clone()));
            words.extend(state.map(|s| s["exitCode"].clone()));
        }
        words.push(status["restartCount"].clone());
    }
    for condition in pod["status"]["conditions"].as_array().into_iter().flatten() {
        words.extend([condition["type"].clone(), condition["reason"].clone()]);
    }
    words.push(pod["spec"]["nodeName"].clone());
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    words.extend(containers.map(|c| c["image"].clone()));
    let text = |word: Value| match word {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    words.into_iter().map(text).collect()
}

/// Bytes for a model, and kubectl's.
async fn compare(pod: &Pod) -> (usize, usize) {
    let bundle = recorded::read(pod.recording).unwrap();
    let frame = bundle.frames[0].clone();
    let of = |o: &&Value| o["kind"] == "Pod" && o["metadata"]["name"] == pod.name;
    let object = frame.objects.iter().find(of).unwrap();
    let namespace = object["metadata"]["namespace"].as_str().unwrap().to_owned();
    let replay = Replay::new(bundle);
    let reader = replay.reader();
    let describe = Read::Describe {
        kind: "Pod".to_owned(),
        namespace: namespace.clone(),
        name: pod.name.to_owned(),
    };
    let description = told(&*reader, describe).await.unwrap();
    for word in explaining(&frame, object) {
        assert!(
            description.contains(&word),
            "{}: {word} in {description}",
            pod.recording
        );
    }
    let (mut ours, mut theirs) = (description.len(), pod.described);
    let mine = frame
        .logs
        .iter()
        .filter(|log| log.pod == pod.name && !log.previous);
    for log in mine {
        let read = Read::Logs {
            namespace: namespace.clone(),
            pod: pod.name.to_owned(),
            container: log.container.clone(),
            previous: false,
            lines: 100,
        };
        ours += told(&*reader, read).await.unwrap().len();
        theirs += log.text.len();
    }
    (ours, theirs)
}

/// True where ours is at most so many hundredths of theirs.
fn within(size: (usize, usize), hundredths: usize) -> bool {
    size.0 * 100 <= size.1 * hundredths
}

fn median(mut all: Vec<usize>) -> usize {
    all.sort_unstable();
    all[all.len() / 2]
}

#[tokio::test]
async fn a_model_is_told_what_explains_a_fault_in_less_than_two_thirds_of_what_kubectl_prints() {
    let mut sizes = Vec::new();
    for pod in pods() {
        let size = compare(&pod).await;
        assert!(
            within(size, WORST),
            "{}: {} of {} bytes",
            pod.recording,
            size.0,
            size.1
        );
        sizes.push(size);
    }
    let (ours, theirs): (Vec<usize>, Vec<usize>) = sizes.into_iter().unzip();
    let sums = (ours.iter().sum(), theirs.iter().sum());
    let medians = (median(ours), median(theirs));
    println!("{medians:?} bytes at the median, {sums:?} in all");
    assert!(
        within(medians, RATIO) && within(sums, RATIO),
        "{medians:?} {sums:?}"
    );
}
