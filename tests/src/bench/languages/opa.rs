//! The same rule in Rego, as OPA compiles it to WebAssembly, called as OPA's documents say: the input is JSON, and so
//! is the answer.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use wasmtime::{
    Caller, Engine, Extern, Instance, Linker, Memory, MemoryType, Module, Store, TypedFunc,
};

use super::question::Question;

const PAGE: usize = 64 << 10;
/// Pages of the memory that the module imports.
const PAGES: u32 = 2;

/// `opa_eval`: reserved, entry point, data, input, its length, heap, format. Returns the address of the answer.
type Eval = TypedFunc<(i32, i32, i32, i32, i32, i32, i32), i32>;

/// The rule in an instance that is called again, and what new ones are made of.
pub(super) struct Opa {
    engine: Engine,
    module: Module,
    linker: Linker<()>,
    input: Value,
    instance: Called,
}

struct Called {
    store: Store<()>,
    memory: Memory,
    eval: Eval,
    data: i32,
    heap: i32,
}

/// What the program says that compiles the rule.
#[derive(Deserialize)]
struct Said {
    answer: Value,
    nanos: u64,
}

impl Opa {
    /// Compiles the rule. With how long OPA's own evaluator takes.
    ///
    /// # Errors
    /// OPA does not build, or one of the two does not give the rule's answer.
    pub(super) fn start(question: &Question) -> Result<(Opa, Duration)> {
        let directory = tempfile::tempdir()?;
        let (wasm, given) = (
            directory.path().join("rule.wasm"),
            directory.path().join("input.json"),
        );
        let input = question.json();
        std::fs::write(&given, input.to_string())?;
        let output = Command::new(program()?)
            .arg(here().join("reference.rego"))
            .args([&wasm, &given])
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "OPA does not compile the rule");
        let said: Said = serde_json::from_slice(&output.stdout)?;
        is_right(&said.answer)?;
        let engine = Engine::default();
        let module = Module::from_file(&engine, &wasm).map_err(plain)?;
        let linker = linker(&engine)?;
        let instance = Called::new(&engine, &module, &linker)?;
        let mut opa = Opa {
            engine,
            module,
            linker,
            input,
            instance,
        };
        for answer in [opa.fresh()?, opa.reused()?] {
            is_right(answer.pointer("/0/result").unwrap_or(&answer))?;
        }
        Ok((opa, Duration::from_nanos(said.nanos)))
    }

    /// In an instance of its own.
    pub(super) fn fresh(&self) -> Result<Value> {
        Called::new(&self.engine, &self.module, &self.linker)?.evaluate(&self.input)
    }

    /// In the same instance, whose heap begins where it began.
    pub(super) fn reused(&mut self) -> Result<Value> {
        self.instance.evaluate(&self.input)
    }
}

impl Called {
    fn new(engine: &Engine, module: &Module, linker: &Linker<()>) -> Result<Called> {
        let mut store = Store::new(engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(PAGES, None)).map_err(plain)?;
        let mut linker = linker.clone();
        linker
            .define(&store, "env", "memory", memory)
            .map_err(plain)?;
        let instance = linker.instantiate(&mut store, module).map_err(plain)?;
        let eval = instance
            .get_typed_func(&mut store, "opa_eval")
            .map_err(plain)?;
        let data = parsed(&mut store, &instance, memory, b"{}")?;
        let heap = instance
            .get_typed_func::<(), i32>(&mut store, "opa_heap_ptr_get")
            .and_then(|get| get.call(&mut store, ()))
            .map_err(plain)?;
        Ok(Called {
            store,
            memory,
            eval,
            data,
            heap,
        })
    }

    fn evaluate(&mut self, input: &Value) -> Result<Value> {
        let text = serde_json::to_vec(input)?;
        let (at, length) = (usize::try_from(self.heap)?, i32::try_from(text.len())?);
        let (missing, store) = (at + text.len(), &mut self.store);
        if let Some(bytes) = missing.checked_sub(self.memory.data_size(&*store)) {
            let pages = u64::try_from(bytes.div_ceil(PAGE))?;
            self.memory.grow(&mut *store, pages).map_err(plain)?;
        }
        self.memory.write(&mut *store, at, &text)?;
        let given = (0, 0, self.data, self.heap, length, self.heap + length, 0);
        let answer = self.eval.call(&mut *store, given).map_err(plain)?;
        let bytes = self.memory.data(&*store).get(usize::try_from(answer)?..);
        let bytes = bytes.context("the answer lies outside of the memory")?;
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(serde_json::from_slice(text)?)
    }
}

/// The address of a parsed document.
fn parsed(store: &mut Store<()>, instance: &Instance, memory: Memory, json: &[u8]) -> Result<i32> {
    let length = i32::try_from(json.len())?;
    let malloc = instance
        .get_typed_func::<i32, i32>(&mut *store, "opa_malloc")
        .map_err(plain)?;
    let parse = instance
        .get_typed_func::<(i32, i32), i32>(&mut *store, "opa_json_parse")
        .map_err(plain)?;
    let at = malloc.call(&mut *store, length).map_err(plain)?;
    memory.write(&mut *store, usize::try_from(at)?, json)?;
    parse.call(&mut *store, (at, length)).map_err(plain)
}

/// The rule needs no built-in function of the host.
fn linker(engine: &Engine) -> Result<Linker<()>> {
    let mut linker = Linker::new(engine);
    let abort = |mut caller: Caller<'_, ()>, at: i32| -> wasmtime::Result<()> {
        let memory = caller.get_export("memory").and_then(Extern::into_memory);
        let text = memory.and_then(|memory| memory.data(&caller).get(usize::try_from(at).ok()?..));
        let text = text
            .and_then(|bytes| bytes.split(|byte| *byte == 0).next())
            .unwrap_or_default();
        Err(wasmtime::Error::msg(
            String::from_utf8_lossy(text).into_owned(),
        ))
    };
    let none = || -> wasmtime::Result<i32> {
        Err(wasmtime::Error::msg("there are no built-in functions"))
    };
    linker.func_wrap("env", "opa_abort", abort).map_err(plain)?;
    linker
        .func_wrap("env", "opa_println", |_: i32| {})
        .map_err(plain)?;
    linker
        .func_wrap("env", "opa_builtin0", move |_: i32, _: i32| none())
        .map_err(plain)?;
    linker
        .func_wrap("env", "opa_builtin1", move |_: i32, _: i32, _: i32| none())
        .map_err(plain)?;
    linker
        .func_wrap(
            "env",
            "opa_builtin2",
            move |_: i32, _: i32, _: i32, _: i32| none(),
        )
        .map_err(plain)?;
    linker
        .func_wrap(
            "env",
            "opa_builtin3",
            move |_: i32, _: i32, _: i32, _: i32, _: i32| none(),
        )
        .map_err(plain)?;
    linker
        .func_wrap(
            "env",
            "opa_builtin4",
            move |_: i32, _: i32, _: i32, _: i32, _: i32, _: i32| none(),
        )
        .map_err(plain)?;
    Ok(linker)
}

fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

fn is_right(answer: &Value) -> Result<()> {
    if answer["verdict"] == "require-approval" && answer["why"] == "more than 10 replicas" {
        return Ok(());
    }
    bail!("OPA answers {answer}")
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("opa")
}

/// Built once for each version.
fn program() -> Result<PathBuf> {
    let output = Command::new(here().join("build.sh"))
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "OPA does not build");
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}
