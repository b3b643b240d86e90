//! From what a compiler made to a component.

use thiserror::Error;
use wasm_encoder::{CustomSection, Section};
use wasmparser::{Encoding, Parser, Payload};
use wit_component::ComponentEncoder;

use crate::read::unfit::{Unfit, encoding};

/// What C and Go import by themselves.
const PREVIEW1: &str = "wasi_snapshot_preview1";
/// The section in which bindings say which interfaces a module has.
const SECTION: &str = "component-type";

/// Why the output of a compiler cannot be turned into a component.
#[derive(Debug, Error)]
pub enum EncodeError {
    /// It is no WebAssembly: the build made another file than `plugin.toml` names.
    #[error("this cannot be turned into a component: {0}")]
    Unfit(#[from] Unfit),
    /// It is WebAssembly without what a plugin of its point needs.
    #[error("this module cannot be turned into a component: {0}")]
    Module(String),
}

/// What a module may lack.
#[derive(Debug, Clone, Copy)]
pub struct Additions<'a> {
    /// The interfaces of its point, for bindings that leave them out, as Go's do.
    pub world: &'a [u8],
    /// An adapter for imports of WASI preview 1.
    pub preview1: &'a [u8],
}

/// Turn a core module with bindings into a component. Its imports are what the code uses, and no more.
///
/// # Errors
/// [`EncodeError`] where the bytes are no module, or were built without wit-bindgen.
pub fn componentise(core_wasm: &[u8]) -> Result<Vec<u8>, EncodeError> {
    encode(core_wasm, None)
}

/// Turn what a compiler made into a component: a component stays as it is, a module gets what it lacks.
///
/// # Errors
/// [`EncodeError`] where the bytes are no WebAssembly, or have no export that a plugin needs.
pub fn component(wasm: &[u8], additions: Additions<'_>) -> Result<Vec<u8>, EncodeError> {
    let shape = Shape::of(wasm)?;
    if shape.is_component {
        return Ok(wasm.to_vec());
    }
    let mut module = wasm.to_vec();
    if !shape.has_interfaces {
        interfaces(additions.world).append_to(&mut module);
    }
    encode(&module, shape.uses_preview1.then_some(additions.preview1))
}

fn encode(module: &[u8], preview1: Option<&[u8]>) -> Result<Vec<u8>, EncodeError> {
    let fault = |e| EncodeError::Module(format!("{e:#}"));
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(module).map_err(fault)?;
    if let Some(adapter) = preview1 {
        encoder.adapter(PREVIEW1, adapter).map_err(fault)?;
    }
    encoder.encode().map_err(fault)
}

/// The section that says which interfaces a module has.
fn interfaces(world: &[u8]) -> CustomSection<'_> {
    CustomSection {
        name: SECTION.into(),
        data: world.into(),
    }
}

/// What a WebAssembly file is.
#[derive(Default)]
struct Shape {
    is_component: bool,
    has_interfaces: bool,
    uses_preview1: bool,
}

impl Shape {
    fn of(wasm: &[u8]) -> Result<Shape, EncodeError> {
        let fault = |e: wasmparser::BinaryReaderError| EncodeError::Module(e.to_string());
        let mut shape = Shape::default();
        encoding(wasm)?;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(fault)? {
                Payload::Version {
                    encoding: Encoding::Component,
                    ..
                } => {
                    return Ok(Shape {
                        is_component: true,
                        ..shape
                    });
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        shape.uses_preview1 |= import.map_err(fault)?.module == PREVIEW1;
                    }
                }
                Payload::CustomSection(section) => {
                    shape.has_interfaces |= section.name().starts_with(SECTION);
                }
                _ => {}
            }
        }
        Ok(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Additions<'static> = Additions {
        world: &[],
        preview1: &[],
    };

    #[test]
    fn a_component_stays_as_it_is() {
        let bytes = wat::parse_str("(component)").unwrap();
        assert_eq!(component(&bytes, NOTHING).unwrap(), bytes);
    }

    #[test]
    fn what_is_no_webassembly_is_said_to_be_none() {
        let error = component(b"#!/bin/sh\n", NOTHING).unwrap_err().to_string();
        assert!(
            error.contains("cannot be turned into a component"),
            "{error}"
        );
    }

    #[test]
    fn sections_longer_than_a_byte_tells_are_read_again() {
        let mut module = wat::parse_str("(module)").unwrap();
        interfaces(&[7; 300]).append_to(&mut module);
        assert!(Shape::of(&module).unwrap().has_interfaces);
    }
}
