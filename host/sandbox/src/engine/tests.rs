use wasmtime::Store;
use wasmtime::component::{Component, Linker};

use super::*;

/// As rustc lays a guest out: 1 MiB of stack, of which the end is used, and data behind it.
const LARGE_STACK: &str = r#"(component
    (core module $guest
        (memory 17)
        (func (export "run")
            (i32.store (i32.const 0xfffe0) (i32.const 1))
            (i32.store (i32.const 0x100010) (i32.const 1))))
    (core instance $guest (instantiate $guest))
    (func (export "run") (canon lift (core func $guest "run"))))"#;

#[test]
fn a_place_that_is_free_keeps_little_of_a_large_memory() {
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let wasm = engine.wasm();
    let component = Component::new(wasm, wat::parse_str(LARGE_STACK).unwrap()).unwrap();
    for _ in 0..3 {
        let mut store = Store::new(wasm, ());
        store.set_epoch_deadline(1000);
        let guest = Linker::new(wasm)
            .instantiate(&mut store, &component)
            .unwrap();
        let run = guest.get_typed_func::<(), ()>(&mut store, "run").unwrap();
        run.call(&mut store, ()).unwrap();
    }
    let pool = wasm.pooling_allocator_metrics().unwrap();
    assert_eq!(pool.unused_warm_memories(), 1);
    let kept = pool.unused_memory_bytes_resident();
    assert!(kept <= 256 << 10, "{} KiB", kept >> 10);
}

/// What a new wasmtime adds to one of the sets shows here. `GC_TYPES` is of WebAssembly 1.0: it is
/// the types of references that a host hands out, without garbage collection.
#[test]
fn these_proposals_are_on_and_no_others() {
    let on: Vec<&str> = USED.iter_names().map(|(name, _)| name).collect();
    let expected = [
        "MUTABLE_GLOBAL",
        "SATURATING_FLOAT_TO_INT",
        "SIGN_EXTENSION",
        "REFERENCE_TYPES",
        "MULTI_VALUE",
        "BULK_MEMORY",
        "FLOATS",
        "MULTI_MEMORY",
        "EXTENDED_CONST",
        "COMPONENT_MODEL",
        "GC_TYPES",
    ];
    assert_eq!(on, expected);
}
