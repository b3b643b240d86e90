//! What a call costs beside the guest's own work. Times depend on the machine; page faults do not.

use k8shawk_sandbox::{Engine, EngineOptions, load};
use nix::sys::resource::{UsageWho, getrusage};
use wasmtime::component::Component;

use crate::workshop::{dist, signal, summary};

const CALLS: i64 = 1000;

/// Those of this thread that needed no disk.
fn page_faults() -> i64 {
    getrusage(UsageWho::RUSAGE_THREAD)
        .unwrap()
        .minor_page_faults()
}

/// A page fault costs half a microsecond and more, a call 20.
#[tokio::test]
async fn a_call_of_the_shipped_triage_plugin_faults_no_page_in() {
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let (plugin, grants) = (dist().join("plugins/triage"), dist().join("grants"));
    let plugin = load(&engine, &plugin, &grants).await.unwrap();
    let (signal, summary) = (signal(), summary());
    let call = |_| drop(plugin.triage(&signal, &summary).result.unwrap());
    (0..CALLS).for_each(call);
    let before = page_faults();
    (0..CALLS).for_each(call);
    let faults = page_faults() - before;
    assert!(faults < CALLS / 2, "{faults} page faults in {CALLS} calls");
}

/// Growing a memory, and shrinking it again for the next call, costs as much as half of the call.
#[tokio::test]
async fn a_call_of_the_shipped_triage_plugin_grows_no_memory() {
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let (plugin, grants) = (dist().join("plugins/triage"), dist().join("grants"));
    let bytes = std::fs::read(plugin.join("triage.wasm")).unwrap();
    let component = Component::new(&wasmtime::Engine::default(), bytes).unwrap();
    let pages = component
        .resources_required()
        .unwrap()
        .max_initial_memory_size;
    let plugin = load(&engine, &plugin, &grants).await.unwrap();
    let called = plugin.triage(&signal(), &summary());
    assert_eq!(called.record.memory as u64, pages.unwrap() * (64 << 10));
}
