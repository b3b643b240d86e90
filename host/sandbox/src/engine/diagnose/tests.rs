use rstest::rstest;

use super::*;

fn told(text: &str) -> Unfit {
    diagnose(&wat::parse_str(text).unwrap(), "raw".to_owned())
}

#[rstest]
#[case::threads("(core module (memory 1 1 shared))", "threads")]
#[case::tail_calls("(core module (func $f (return_call $f)))", "tail calls")]
#[case::simd("(core module (func (param v128) (drop (local.get 0))))", "SIMD")]
#[case::exceptions("(core module (tag $t) (func (throw $t)))", "exceptions")]
#[case::wide("(core module (memory i64 1))", "memories of 64 bits")]
#[case::two(
    "(core module (memory 1 1 shared)) (core module (memory i64 1))",
    "threads and memories of 64 bits"
)]
#[case::garbage(
    "(core module (type $s (struct (field i32))) (func (drop (struct.new_default $s))))",
    "garbage collection"
)]
#[case::asynchronous(
    r#"(core module $m (func (export "f")) (func (export "c") (param i32 i32 i32) (result i32) i32.const 0))
       (core instance $i (instantiate $m))
       (func (export "f") async (canon lift (core func $i "f") async))"#,
    "the component-model async feature"
)]
fn what_a_component_uses_is_called_by_its_name(#[case] component: &str, #[case] names: &str) {
    let unfit = told(&format!("(component {component})"));
    let text = unfit.to_string();
    assert_eq!(
        text,
        format!("it uses {names}, which this host does not offer")
    );
}

#[test]
fn a_copy_that_was_cut_off_is_one_wherever_it_ends() {
    let text = r#"(component
        (core module $m (memory 1) (func (export "f") (drop (i32.const 1))) (data (i32.const 0) "many bytes"))
        (component (core module (func (unreachable))))
        (core instance $i (instantiate $m))
        (func (export "f") (canon lift (core func $i "f"))))"#;
    let bytes = wat::parse_str(text).unwrap();
    let mut whole = 0;
    for end in 1..bytes.len() {
        match diagnose(&bytes[..end], "raw".to_owned()) {
            Unfit::CutOff => {}
            // Between two sections nothing of the file tells: it exports less.
            Unfit::Uncompilable(_) => whole += 1,
            Unfit::Text | Unfit::Foreign if end < 4 => {}
            other => panic!("{end}: {other}"),
        }
    }
    assert!(whole < 10, "{whole} of {}", bytes.len());
}

#[test]
fn what_no_place_can_hold_is_said_with_what_there_is() {
    let memory = told("(component (core module (memory 16384)))").to_string();
    assert_eq!(
        memory,
        "it starts with a memory of 1024 MiB, and a plugin can have 512 MiB at most"
    );
    let table = told("(component (core module (table 200000 funcref)))").to_string();
    assert!(table.contains("a table of 200000 elements"), "{table}");
}

#[test]
fn a_module_and_what_breaks_a_rule_and_what_the_compiler_refuses_differ() {
    assert_eq!(told("(module)"), Unfit::Module);
    let mut broken =
        wat::parse_str("(component (core module (func (drop (i32.const 1)))))").unwrap();
    // `drop` becomes an instruction that does not exist.
    let at = broken.iter().rposition(|byte| *byte == 0x1a).unwrap();
    broken[at] = 0xff;
    let raw = || "raw".to_owned();
    assert_eq!(diagnose(&broken, raw()), Unfit::Malformed(raw()));
    assert_eq!(told("(component)"), Unfit::Uncompilable(raw()));
}
