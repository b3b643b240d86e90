//! The hostile analysis plugin.

use k8shawk_sdk::analysis::{
    self, Conclusion, Finding, Guest, Incident, ObjectRef, get, log, logs, settings,
};

use crate::{attack, mode};

struct Hostile;

impl Guest for Hostile {
    fn analyse(incident: Incident) -> Conclusion {
        let mode = mode(settings::get("mode"));
        match mode.as_str() {
            "outside-grant" => Conclusion::Healthy(outside()),
            "host-call-flood" => loop {
                let _ = get::get("Pod", "default", "web");
            },
            "log-flood" => loop {
                log::write(log::Level::Info, "noise");
            },
            "amplify" => Conclusion::Findings(vec![amplified(incident.object)]),
            "read" => Conclusion::Healthy(format!("{:?}", get::get("Pod", "default", "web"))),
            _ => Conclusion::Healthy(attack::run(&mode)),
        }
    }
}

/// Reads that the grant does not cover: what exists and what does not must look the same.
fn outside() -> String {
    let reads = [
        get::get("Secret", "kube-system", "exists"),
        get::get("Secret", "kube-system", "missing"),
        get::get("Pod", "kube-system", "exists"),
        get::get("Pod", "../../secrets", "x"),
        get::list("Pod", "", ""),
        logs::logs("kube-system", "exists", "main", false, 10),
    ];
    reads.map(|read| format!("{read:?}")).join("\n")
}

/// One text of 1 MiB, a thousand times: little memory here, much on the host if it copies.
#[allow(unsafe_code, reason = "the attack are strings that share their bytes")]
fn amplified(object: ObjectRef) -> Finding {
    let text = "x".repeat(1 << 20).leak();
    let (start, length) = (text.as_mut_ptr(), text.len());
    // SAFETY: unsound on purpose: the host must refuse the result before anybody frees it.
    let share = || unsafe { String::from_raw_parts(start, length, length) };
    Finding {
        class: "amplified".to_owned(),
        title: String::new(),
        cause: String::new(),
        confidence: 1,
        severity: analysis::Severity::Low,
        owner: object.clone(),
        object,
        evidence: Vec::new(),
        unknown: std::iter::repeat_with(share).take(1000).collect(),
        facts: Vec::new(),
        victims: Vec::new(),
        shared: None,
    }
}

#[cfg(target_family = "wasm")]

analysis::export!(Hostile with_types_in analysis);
