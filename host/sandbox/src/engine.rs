//! The engine: compiles components, keeps the pool of instances, moves the clock of deadlines.

mod cache;
mod ticker;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::Semaphore;
use wasmtime::component::Component;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::engine::cache::Cache;
use crate::engine::ticker::Ticker;

/// How exact a deadline is.
pub const TICK: Duration = Duration::from_millis(10);

/// Calls at asynchronous points that run at once; further ones wait.
const CONCURRENT: u32 = 64;
/// Instances kept for triage and voice, which do not wait.
const RESERVED: u32 = 64;
/// The largest memory that a grant can ask for.
const MAX_MEMORY: usize = 512 << 20;
/// Resident after a call, so that the next one has no page faults. Worth a factor of two with
/// `PAGEMAP_SCAN` (Linux 6.7 or newer).
const KEEP_RESIDENT: usize = 1 << 20;

/// How to make an [`Engine`].
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Where compiled components are kept between runs; nowhere where none. The directory is
    /// the host's own (mode 0700).
    pub cache: Option<PathBuf>,
    /// Do without the pool, as where address space is short.
    pub on_demand: bool,
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

/// A shared engine; cheap to clone. Its clock stops when the last clone is dropped.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    wasm: wasmtime::Engine,
    pooling: bool,
    slots: Arc<Semaphore>,
    cache: Option<Cache>,
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
                tracing::warn!(%error, "no pool of instances, making them on demand");
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
        let ticker = Ticker::start(&wasm).map_err(|e| EngineError::Start(e.to_string()))?;
        let slots = Arc::new(Semaphore::new(CONCURRENT as usize));
        Ok(Engine(Arc::new(Shared {
            wasm,
            pooling,
            slots,
            cache,
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

    /// The compiled component, from the cache or made now on a thread that may block.
    ///
    /// # Errors
    /// What is wrong with the bytes, as text.
    pub(crate) async fn compile(
        &self,
        bytes: Arc<[u8]>,
        digest: &str,
    ) -> Result<Component, String> {
        let (shared, digest) = (self.0.clone(), digest.to_owned());
        tokio::task::spawn_blocking(move || shared.compile(&bytes, &digest))
            .await
            .map_err(|e| format!("the compiler stopped: {e}"))?
    }
}

impl Shared {
    fn compile(&self, bytes: &[u8], digest: &str) -> Result<Component, String> {
        let Some(cache) = &self.cache else {
            return Component::new(&self.wasm, bytes).map_err(|e| format!("{e:#}"));
        };
        if let Some(component) = cache.load(&self.wasm, digest) {
            return Ok(component);
        }
        let compiled = self
            .wasm
            .precompile_component(bytes)
            .map_err(|e| format!("{e:#}"))?;
        if let Err(error) = cache.store(digest, &compiled) {
            tracing::warn!(%error, "a compiled component could not be cached");
        }
        cache::trusted(&self.wasm, &compiled).map_err(|e| format!("{e:#}"))
    }
}

fn config(pooling: bool) -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.wasm_component_model(true);
    if pooling {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    }
    config
}

/// Sized for a mix in which some plugins are Python components: 64 core instances and 100,000
/// table elements each. Address space is reserved, memory is not.
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
        .table_elements(100_000)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(64 << 10)
        .max_unused_warm_slots(16)
        .pagemap_scan(Enabled::Auto);
    pool
}
