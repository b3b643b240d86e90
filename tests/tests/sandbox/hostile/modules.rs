//! Guests that no compiler makes: core modules as text, turned into policies.

use k8shawk_core::point::Point;
use k8shawk_sandbox::{Additions, component};
use k8shawk_scaffold::component_type;

use super::attacks::{Attack, End};
use super::{Arena, Row};
use crate::workshop::Guest;

/// What a module does where the canonical ABI asks it for something; nothing is an honest answer.
#[derive(Default)]
struct Parts {
    realloc: &'static str,
    judge: &'static str,
    more: &'static str,
}

const LOOP: &str = "(loop (br 0)) unreachable";

fn modules() -> Vec<(Attack, Parts)> {
    use End::Fault;
    let deadline = || Fault("deadline", "limits.deadline_ms");
    let parts = Parts::default;
    let judge = |judge| Parts { judge, ..parts() };
    let realloc = |realloc| Parts { realloc, ..parts() };
    let more = |more| Parts { more, ..parts() };
    let verdict = |stores| judge(stores);
    [
        ("start-loop", deadline(), more("(func $s (loop (br 0))) (start $s)")),
        ("start-trap", Fault("trap", "aborted without a message"), more("(func $s unreachable) (start $s)")),
        ("realloc-loop", deadline(), realloc(LOOP)),
        ("realloc-outside", Fault("answer", "realloc"), realloc("(i32.const 0xfffffff0)")),
        ("realloc-misaligned", Fault("answer", "realloc"), realloc("(i32.const 1)")),
        (
            "result-loop",
            deadline(),
            more("(func (export \"cabi_post_k8shawk:policy/policy@0.1.0#judge\") (param i32) (loop (br 0)))"),
        ),
        ("bad-case", Fault("answer", "discriminant"), verdict("(i32.store8 (i32.const 64) (i32.const 77)) (i32.const 64)")),
        ("bad-result", Fault("answer", "out of bounds"), judge("(i32.const 0xfffffff0)")),
        ("misaligned-result", Fault("answer", "aligned"), judge("(i32.const 65)")),
        (
            "bad-list",
            Fault("answer", "out of bounds"),
            judge(
                "(i32.store8 (i32.const 64) (i32.const 1)) (i32.store (i32.const 68) (i32.const 8))
                 (i32.store (i32.const 72) (i32.const 0x20000000)) (i32.const 64)",
            ),
        ),
        (
            "table",
            Fault("trap", "aborted without a message"),
            Parts {
                judge: "(loop (br_if 0 (i32.ne (table.grow (ref.null func) (i32.const 10000)) (i32.const -1)))) unreachable",
                more: "(table 1 funcref)",
                ..parts()
            },
        ),
        (
            "memory",
            Fault("memory", "limits.memory_mib"),
            judge("(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable"),
        ),
        ("data-outside", Fault("trap", "out of bounds memory access"), more("(data (i32.const 0x7fffffff) \"x\")")),
    ]
    .into_iter()
    .map(|(name, end, parts)| (Attack { name, end }, parts))
    .collect()
}

impl Parts {
    fn component(&self) -> Vec<u8> {
        let or = |text: &'static str, otherwise| if text.is_empty() { otherwise } else { text };
        let text = format!(
            r#"(module
                (memory (export "memory") 2)
                (global $free (mut i32) (i32.const 4096))
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {})
                (func (export "k8shawk:policy/policy@0.1.0#judge") (param i32) (result i32) {})
                {})"#,
            or(
                self.realloc,
                "(global.set $free (i32.and (i32.const -8) (i32.add (i32.const 7)
                    (i32.add (global.get $free) (local.get 3)))))
                 (i32.sub (global.get $free) (i32.and (i32.const -8) (i32.add (i32.const 7) (local.get 3))))"
            ),
            or(self.judge, "(i32.const 64)"),
            self.more
        );
        let additions = Additions {
            world: component_type(Point::Policy),
            preview1: &[],
        };
        component(&wat::parse_str(text).unwrap(), additions).unwrap()
    }
}

/// Drop a handle that it never got, while it is made.
const HANDLE: &str = r#"(component
    (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
    (alias export $poll "pollable" (type $pollable))
    (core func $drop (canon resource.drop $pollable))
    (core module $m (import "h" "drop" (func $drop (param i32)))
        (func $s (call $drop (i32.const 12345))) (start $s) (func (export "f")))
    (core instance $i (instantiate $m (with "h" (instance (export "drop" (func $drop))))))
    (func $f (canon lift (core func $i "f")))
    (instance $policy (export "judge" (func $f)))
    (export "k8shawk:policy/policy@0.1.0" (instance $policy)))"#;

/// Every attack of a module.
pub async fn attack() -> Vec<Row> {
    let arena = Arena::new().await;
    let mut rows = Vec::new();
    let handle = Attack {
        name: "handle",
        end: End::Fault("trap", "unknown handle index"),
    };
    let components = modules()
        .into_iter()
        .map(|(attack, parts)| (attack, parts.component()));
    for (attack, bytes) in components.chain([(handle, wat::parse_str(HANDLE).unwrap())]) {
        arena.workshop.plugin("mine", Guest::Policy, &bytes);
        rows.push(arena.attack("module", "mine", &attack).await);
    }
    rows
}
