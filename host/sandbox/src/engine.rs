//! The engine: compiles components, keeps the pool of instances, moves the clock of deadlines.

mod cache;
mod child;
mod diagnose;
#[cfg(test)]
mod tests;
mod ticker;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::Semaphore;
use wasmtime::component::Component;
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, WasmFeatures,
};

use crate::engine::child::{COMPILING, Failure, in_child, turns};

pub use crate::engine::child::{COMPILE, ChildCompiler, Compiler};

use crate::engine::cache::{Cache, Precompiled};
use crate::engine::diagnose::diagnose;
use crate::engine::ticker::Ticker;
use crate::read::Wasm;
use crate::read::unfit::Unfit;

/// How exact a deadline is.
pub const TICK: Duration = Duration::from_millis(10);

/// Calls at asynchronous points that run at once; further ones wait.
const CONCURRENT: u32 = 64;
/// Instances kept for triage and voice, which do not wait.
const RESERVED: u32 = 64;
/// The largest memory that a grant can ask for.
const MAX_MEMORY: usize = 512 << 20;
/// The elements of one table: a Python component has 100,000.
const TABLE_ELEMENTS: usize = 100_000;
/// Of a memory, how much is written over after a call and stays resident, so that the next one has
/// no page faults. What lies beyond it is given back. It holds all of a guest with a small stack.
const KEEP_RESIDENT: usize = 256 << 10;

/// How to make an [`Engine`].
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Where compiled components are kept between runs; nowhere where none. The directory is
    /// the host's own (mode 0700).
    pub cache: Option<PathBuf>,
    /// Where the operator ships compiled components, beside the cache; read only, and believed as
    /// this program is. One that others can write to is not used, with a warning.
    pub precompiled: Option<PathBuf>,
    /// Do without the pool, as where address space is short.
    pub on_demand: bool,
    /// Who compiles. Where there is no cache, this process does.
    pub compiler: Compiler,
}

/// Why there is no engine.
#[derive(Debug, Error)]
pub enum EngineError {
    /// wasmtime does not run on this machine.
    #[error("the WebAssembly engine does not start: {0}")]
    Start(String),
    /// The operator must make the cache directory private, or name another.
    #[error("the cache directory {path} cannot be used: {why}")]
    Cache {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Why a component is not compiled.
#[derive(Debug)]
pub(crate) enum Uncompiled {
    /// Its file cannot be read, or was changed meanwhile: try again.
    Unread(io::Error),
    /// The compiler needs more than these MiB.
    Memory(u32),
    /// It is no component that runs here.
    Unfit(Unfit),
}

impl From<io::Error> for Uncompiled {
    fn from(error: io::Error) -> Self {
        Uncompiled::Unread(error)
    }
}

fn refused(error: wasmtime::Error) -> Failure {
    Failure::Failed(format!("{error:#}"))
}

/// A shared engine; cheap to clone. Its clock stops when the last clone is dropped.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    wasm: wasmtime::Engine,
    pooling: bool,
    slots: Arc<Semaphore>,
    compiling: Arc<Semaphore>,
    cache: Option<Cache>,
    precompiled: Option<Precompiled>,
    compiler: Compiler,
    _ticker: Ticker,
}

impl Engine {
    /// An engine with a pool of instances, or without one where the pool cannot be made.
    ///
    /// # Errors
    /// [`EngineError::Start`] where wasmtime does not run here, [`EngineError::Cache`] where the
    /// cache directory is not private.
    pub fn new(options: &EngineOptions) -> Result<Self, EngineError> {
        let (wasm, pooling) = match wasmtime::Engine::new(&config(!options.on_demand)) {
            Ok(wasm) => (wasm, !options.on_demand),
            Err(error) if !options.on_demand => {
                tracing::warn!(%error, "no instance pool; instances are created on demand");
                let wasm = wasmtime::Engine::new(&config(false));
                (
                    wasm.map_err(|e| EngineError::Start(format!("{e:#}")))?,
                    false,
                )
            }
            Err(error) => return Err(EngineError::Start(format!("{error:#}"))),
        };
        let cache = options
            .cache
            .as_ref()
            .map(|dir| Cache::open(dir, &wasm))
            .transpose()?;
        let precompiled = options.precompiled.as_deref();
        let precompiled = precompiled.and_then(|dir| {
            let unused = |why: &String| {
                let dir = dir.display();
                tracing::warn!("the directory of precompiled components {dir} is not used: {why}");
            };
            Precompiled::open(dir, &wasm).inspect_err(unused).ok()
        });
        let ticker = Ticker::start(&wasm).map_err(|e| EngineError::Start(e.to_string()))?;
        let slots = Arc::new(Semaphore::new(CONCURRENT as usize));
        Ok(Engine(Arc::new(Shared {
            wasm,
            pooling,
            slots,
            compiling: Arc::new(Semaphore::new(COMPILING as usize)),
            cache,
            precompiled,
            compiler: options.compiler.clone(),
            _ticker: ticker,
        })))
    }

    /// True where instances come from a pool.
    pub fn is_pooling(&self) -> bool {
        self.0.pooling
    }

    pub(crate) fn wasm(&self) -> &wasmtime::Engine {
        &self.0.wasm
    }

    pub(crate) fn slots(&self) -> &Arc<Semaphore> {
        &self.0.slots
    }

    /// True where what was compiled once need not be compiled again.
    pub(crate) fn is_caching(&self) -> bool {
        self.0.cache.is_some()
    }

    /// The compiled component, from the cache or made now on a thread that may block. A few are
    /// made at once; further ones wait.
    ///
    /// # Errors
    /// The file cannot be read, or what is wrong with it.
    pub(crate) async fn compile(&self, wasm: Wasm) -> Result<Component, Uncompiled> {
        let shared = self.0.clone();
        let turns = turns(&wasm);
        let held = self.0.compiling.clone().acquire_many_owned(turns).await;
        tokio::task::spawn_blocking(move || {
            let _held = held;
            shared.compile(&wasm, turns)
        })
        .await
        .map_err(|e| Uncompiled::Unfit(Unfit::Uncompilable(format!("the compiler stopped: {e}"))))?
    }
}

impl Shared {
    fn compile(&self, wasm: &Wasm, turns: u32) -> Result<Component, Uncompiled> {
        match self.compiled(wasm, turns) {
            Ok(component) => Ok(component),
            Err(Failure::Unread(error) | Failure::NotStarted(error)) => {
                Err(Uncompiled::Unread(error))
            }
            Err(Failure::Memory(mib)) => Err(Uncompiled::Memory(mib)),
            Err(Failure::Failed(why)) => Err(Uncompiled::Unfit(diagnose(&wasm.read()?, why))),
        }
    }

    fn compiled(&self, wasm: &Wasm, turns: u32) -> Result<Component, Failure> {
        if let Some(precompiled) = &self.precompiled
            && let Some(component) = precompiled.load(&self.wasm, &wasm.digest)
        {
            return Ok(component);
        }
        let Some(cache) = &self.cache else {
            let bytes = wasm.read().map_err(Failure::Unread)?;
            return Component::new(&self.wasm, bytes).map_err(refused);
        };
        if let Some(component) = cache.load(&self.wasm, &wasm.digest) {
            return Ok(component);
        }
        match &self.compiler {
            Compiler::InProcess => self.compile_here(cache, wasm),
            Compiler::Child(child) => match self.compile_there(cache, (child, turns), wasm) {
                Err(Failure::NotStarted(error)) => {
                    tracing::warn!(%error, "no child process can compile; compiling in this process");
                    self.compile_here(cache, wasm)
                }
                compiled => compiled,
            },
        }
    }

    fn compile_here(&self, cache: &Cache, wasm: &Wasm) -> Result<Component, Failure> {
        let bytes = wasm.read().map_err(Failure::Unread)?;
        let code = self.wasm.precompile_component(&bytes).map_err(refused)?;
        match cache.store(&wasm.digest, &code) {
            Ok(()) => {
                if let Some(component) = cache.load(&self.wasm, &wasm.digest) {
                    return Ok(component);
                }
            }
            Err(error) => tracing::warn!(%error, "a compiled component could not be cached"),
        }
        cache::trusted(&self.wasm, &code).map_err(refused)
    }

    fn compile_there(
        &self,
        cache: &Cache,
        (child, turns): (&ChildCompiler, u32),
        wasm: &Wasm,
    ) -> Result<Component, Failure> {
        let scratch = cache.scratch(&wasm.digest)?;
        in_child(child, turns, wasm, &scratch)?;
        cache.adopt(&wasm.digest, &scratch)?;
        cache.load(&self.wasm, &wasm.digest).ok_or_else(|| {
            Failure::Failed(format!(
                "the output of {} does not load",
                child.program.display()
            ))
        })
    }
}

/// What a compiling child does: from a component to machine code for an [`Engine`] of this
/// program, on this machine.
///
/// # Errors
/// What is wrong with the component, as text.
pub fn precompile(wasm: &[u8]) -> Result<Vec<u8>, String> {
    // Machine code does not depend on the pool, which would reserve much address space.
    wasmtime::Engine::new(&config(false))
        .and_then(|engine| engine.precompile_component(wasm))
        .map_err(|e| format!("{e:#}"))
}

/// The proposals that components of the supported languages use, as their toolchains make them.
/// Whatever is not in here is refused at load, and its compiler is never reached: threads, garbage
/// collection, exceptions, tail calls, memories of 64 bits, stack switching, SIMD (which none of the
/// toolchains makes unless it is told to), relaxed SIMD (whose results differ from machine to
/// machine), and every proposal to come.
const USED: WasmFeatures = WasmFeatures::WASM2
    .difference(WasmFeatures::SIMD)
    // JavaScript, TypeScript and Python: modules that are linked when the component is made.
    .union(WasmFeatures::EXTENDED_CONST)
    // JavaScript and TypeScript with QuickJS: two components in one, which wasmtime joins by a module
    // of its own with two memories. Without it wasmtime panics.
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::COMPONENT_MODEL);

fn config(pooling: bool) -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.wasm_features(USED.complement(), false);
    if pooling {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    }
    config
}

/// Sized for a mix in which some plugins are Python components: 64 core instances and 100,000
/// table elements each. Address space is reserved, memory is not.
///
/// What a call wrote is not looked up by `PAGEMAP_SCAN`: Linux 6.18 reports pages that were never
/// touched as written, so each call would fill a whole memory up to [`KEEP_RESIDENT`], keep all of
/// it, and give the rest back.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(CONCURRENT + RESERVED)
        .total_core_instances(4096)
        .total_memories(2 * (CONCURRENT + RESERVED))
        .total_tables(4 * (CONCURRENT + RESERVED))
        .total_stacks(CONCURRENT + RESERVED)
        .max_core_instances_per_component(64)
        .max_memories_per_component(16)
        .max_tables_per_component(64)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        .max_memory_size(MAX_MEMORY)
        .table_elements(TABLE_ELEMENTS)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(64 << 10)
        .max_unused_warm_slots(16)
        .pagemap_scan(Enabled::No);
    pool
}
