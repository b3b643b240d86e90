//! Each reason why a component does not load is told in a sentence of its own, which says what the
//! file is and what to do.

use k8shawk_sandbox::{Blame, LoadError, precompile};
use rstest::rstest;

use crate::workshop::{Guest, Workshop, replace};

/// A component that exports the triage point as an empty instance, beside what a case puts in.
fn triage(beside: &str) -> Vec<u8> {
    let text = format!(
        r#"(component {beside} (instance $i) (export "k8shawk:triage/triage@0.1.0" (instance $i)))"#
    );
    wat::parse_str(text).unwrap()
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {text})")).unwrap()
}

fn guest(from: &[u8], to: &[u8]) -> Vec<u8> {
    replace(Guest::Triage.component(), from, to)
}

const ASYNC: &str = r#"
    (core module $m
        (func (export "f"))
        (func (export "c") (param i32 i32 i32) (result i32) i32.const 0))
    (core instance $i (instantiate $m))
    (func (export "f") async (canon lift (core func $i "f") async))"#;

async fn refusal(bytes: &[u8], grant: &str) -> LoadError {
    let workshop = Workshop::new();
    workshop.plugin("mine", Guest::Triage, bytes);
    workshop.grant("mine", grant);
    workshop.prepare("mine").await.err().expect("it loads")
}

#[rstest]
#[case::empty(vec![], "mine/plugin.wasm: the file is empty, not a component")]
#[case::text(b"<html>404</html>".to_vec(), "mine/plugin.wasm: this is a text file, not a component")]
#[case::picture(b"\x89PNG\r\n".to_vec(), "mine/plugin.wasm: this is not a WebAssembly file, so not a component")]
#[case::compiled(
    precompile(Guest::Triage.component()).unwrap(),
    "mine/plugin.wasm: this is compiled machine code (.cwasm), not a component: use the .wasm file that it was compiled from"
)]
#[case::module(
    wat::parse_str("(module)").unwrap(),
    "mine/plugin.wasm: this is a core module, not a component: run `k8shawk plugin build`, or `wasm-tools component new`"
)]
#[case::cut_off(
    Guest::Triage.component()[..9000].to_vec(),
    "mine/plugin.wasm: the file is cut off: it ends in the middle of a component; copy it again"
)]
#[case::asynchronous(
    component(ASYNC),
    "mine/plugin.wasm: it uses the component-model async feature, which this host does not offer"
)]
#[case::threads(
    component("(core module (memory 1 1 shared))"),
    "mine/plugin.wasm: it uses threads, which this host does not offer"
)]
#[case::too_large(
    triage("(core module $m (memory 16384)) (core instance (instantiate $m))"),
    "mine/plugin.wasm: it starts with a memory of 1024 MiB, and a plugin can have 512 MiB at most"
)]
#[case::exports_nothing(
    component(""),
    "the component must export k8shawk:triage/triage@0.1.x, it exports nothing"
)]
#[case::another_version(
    guest(b"triage@0.1.0", b"triage@0.3.0"),
    "the component exports k8shawk:triage/triage@0.3.0, a version that this host does not speak: build it for k8shawk:triage/triage@0.1.x"
)]
#[tokio::test]
async fn what_is_wrong_with_a_component_is_told(#[case] bytes: Vec<u8>, #[case] text: &str) {
    let error = refusal(&bytes, "").await;
    assert_eq!(error.blame(), Blame::Guest);
    let told = error.to_string();
    assert!(told.ends_with(text), "{told}");
}

/// The text of the parser comes after the sentence.
#[tokio::test]
async fn what_breaks_the_format_is_told_with_what_the_parser_says() {
    let mut bytes = component("(core module (func (drop (i32.const 1))))");
    let at = bytes.iter().rposition(|byte| *byte == 0x1a).unwrap();
    bytes[at] = 0xff;
    let told = refusal(&bytes, "").await.to_string();
    let (sentence, detail) = told.split_once(", so build it again: ").unwrap();
    assert!(sentence.ends_with("plugin.wasm: not a component that this host can read"));
    assert!(detail.contains("0xff"), "{detail}");
}

#[tokio::test]
async fn an_interface_of_another_shape_is_told_with_its_name() {
    let bytes = triage(r#"(import "k8shawk:host/log@0.1.0" (instance (export "write" (func))))"#);
    let error = refusal(&bytes, "").await;
    assert_eq!(error.blame(), Blame::Guest);
    let told = error.to_string();
    assert!(
        told.starts_with("the component was built for other interfaces than those of this host")
            && told.contains("k8shawk:host/log@0.1.0"),
        "{told}"
    );
}

#[tokio::test]
async fn memory_that_the_grant_does_not_give_is_told_with_what_to_write() {
    let error = refusal(Guest::Triage.component(), "[limits]\nmemory_mib = 1\n").await;
    assert_eq!(error.blame(), Blame::Operator);
    let told = error.to_string();
    assert!(
        told.starts_with(
            "the component starts with 1.1 MiB of memory, its grant gives 1: write memory_mib = 2 \
             into [limits] of "
        ) && told.ends_with("grants/mine.toml"),
        "{told}"
    );
}

#[rstest]
#[case::unknown(
    guest(b"host/settings@0.1.0", b"host/sittings@0.1.0"),
    "k8shawk:host/sittings@0.1.0: this host has no such interface; there are log, settings, and WASI 0.2"
)]
#[case::of_another_point(
    triage(r#"(import "k8shawk:kubectl/get@0.1.0" (instance (export "get" (func))))"#),
    "k8shawk:kubectl/get@0.1.0: a triage plugin cannot use it; there are log, settings, and WASI 0.2"
)]
#[case::no_interface_at_all(
    triage(r#"(import "fetch" (func))"#),
    "fetch: this host has no such interface; there are log, settings, and WASI 0.2"
)]
#[case::of_wasi(
    triage(r#"(import "wasi:nn/graph@0.2.0" (instance (export "load" (func))))"#),
    "wasi:nn/graph@0.2.0: this host has no such interface; of WASI there are cli, clocks, filesystem, http, io, random, sockets"
)]
#[tokio::test]
async fn an_import_that_is_not_there_is_named_with_what_is(
    #[case] bytes: Vec<u8>,
    #[case] text: &str,
) {
    let error = refusal(&bytes, "").await;
    let LoadError::Import { faults } = &error else {
        panic!("{error}")
    };
    assert_eq!(faults, &[text]);
}
