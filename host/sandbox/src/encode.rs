//! From a core module, as `cargo build --target wasm32-unknown-unknown` makes it with
//! wit-bindgen, to a component.

use thiserror::Error;
use wit_component::ComponentEncoder;

/// Why a module does not become a component.
#[derive(Debug, Error)]
#[error("the module cannot be turned into a component: {0}")]
pub struct EncodeError(String);

/// Turn a core module into a component. Its imports are what the code uses, and no more.
///
/// # Errors
/// [`EncodeError`] where the bytes are no module, or were built without wit-bindgen.
pub fn componentise(core_wasm: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let fault = |e| EncodeError(format!("{e:#}"));
    ComponentEncoder::default()
        .validate(true)
        .module(core_wasm)
        .map_err(fault)?
        .encode()
        .map_err(fault)
}
