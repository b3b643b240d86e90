//! Why a component is not compiled, found out from its bytes after the compiler refused them: the
//! text of a compiler tells its author, not the operator, and another version words it in another way.

use wasmparser::{Chunk, Encoding, Parser, Payload, Validator, WasmFeatures};

use crate::engine::{MAX_MEMORY, TABLE_ELEMENTS, USED};
use crate::read::unfit::{Unfit, encoding};

/// What the proposals are called; the others are called as their flags are.
const NAMES: &[(&str, &str)] = &[
    ("CM_ASYNC", "the component-model async feature"),
    ("CM_ASYNC_STACKFUL", "the component-model async feature"),
    (
        "CM_MORE_ASYNC_BUILTINS",
        "the component-model async feature",
    ),
    ("CM_THREADING", "threads"),
    ("CM_ERROR_CONTEXT", "error contexts of the component model"),
    ("CM_FIXED_LENGTH_LISTS", "lists of a fixed length"),
    ("CM_MAP", "maps of the component model"),
    ("THREADS", "threads"),
    ("SHARED_EVERYTHING_THREADS", "threads"),
    ("SIMD", "SIMD"),
    ("RELAXED_SIMD", "relaxed SIMD"),
    ("TAIL_CALL", "tail calls"),
    ("EXCEPTIONS", "exceptions"),
    ("LEGACY_EXCEPTIONS", "exceptions"),
    ("MEMORY64", "memories of 64 bits"),
    ("FUNCTION_REFERENCES", "typed function references"),
    ("GC", "garbage collection"),
    ("CUSTOM_PAGE_SIZES", "memory pages of another size"),
    ("STACK_SWITCHING", "stack switching"),
    ("WIDE_ARITHMETIC", "wide arithmetic"),
];
/// Bytes of a page of memory.
const PAGE: u64 = 64 << 10;

/// Why these bytes do not run, of which a compiler said `raw`.
pub(super) fn diagnose(bytes: &[u8], raw: String) -> Unfit {
    match encoding(bytes) {
        Err(unfit) => return unfit,
        Ok(Encoding::Module) => return Unfit::Module,
        Ok(Encoding::Component) => {}
    }
    if is_cut_off(bytes) {
        return Unfit::CutOff;
    }
    match validity(bytes, offered()) {
        Err(at) => features(bytes, at).map_or(Unfit::Malformed(raw), Unfit::Features),
        Ok(()) => too_large(bytes).unwrap_or(Unfit::Uncompilable(raw)),
    }
}

/// Every section of a component has its length in front, so one that was cut off ends within one.
fn is_cut_off(component: &[u8]) -> bool {
    let (mut parser, mut rest) = (Parser::new(0), component);
    while let Ok(Chunk::Parsed { consumed, payload }) = parser.parse(rest, false) {
        let nested = match payload {
            Payload::ModuleSection {
                unchecked_range, ..
            }
            | Payload::ComponentSection {
                unchecked_range, ..
            } => unchecked_range.end.saturating_sub(unchecked_range.start),
            _ => 0,
        };
        let nested = usize::try_from(nested).unwrap_or(usize::MAX);
        match rest.get(consumed.saturating_add(nested)..) {
            Some(behind) => rest = behind,
            None => return true,
        }
    }
    matches!(parser.parse(rest, false), Ok(Chunk::NeedMoreData(_))) && !rest.is_empty()
}

/// The proposals that are on, for this version of the parser.
fn offered() -> WasmFeatures {
    let names = USED.iter_names().map(|(name, _)| name);
    names.filter_map(WasmFeatures::from_name).collect()
}

/// # Errors
/// The offset of the first fault.
fn validity(bytes: &[u8], features: WasmFeatures) -> Result<(), u64> {
    let validated = Validator::new_with_features(features).validate_all(bytes);
    validated.map(drop).map_err(|error| error.offset())
}

/// The proposals that it needs beside those that are on; none where it is not valid with all of them.
/// A validation ends at the first fault, so most tries read no more than what is in front of it.
fn features(bytes: &[u8], first_fault: u64) -> Option<Vec<String>> {
    let (mut on, mut at) = (offered(), first_fault);
    let mut needed: Vec<String> = Vec::new();
    loop {
        let off = WasmFeatures::all().difference(on);
        let further =
            |(name, flag): (&'static str, WasmFeatures)| match validity(bytes, on.union(flag)) {
                Ok(()) => Some((name, flag, None)),
                Err(fault) if fault > at => Some((name, flag, Some(fault))),
                Err(_) => None,
            };
        let (name, flag, fault) = off.iter_names().find_map(further)?;
        on = on.union(flag);
        let called = called(name);
        if !needed.contains(&called) {
            needed.push(called);
        }
        match fault {
            None => return Some(needed),
            Some(fault) => at = fault,
        }
    }
}

fn called(flag: &str) -> String {
    match NAMES.iter().find(|(name, _)| *name == flag) {
        Some((_, called)) => (*called).to_owned(),
        None => format!("the proposal {}", flag.to_lowercase().replace('_', "-")),
    }
}

/// A memory or a table that no place of the pool can hold.
fn too_large(bytes: &[u8]) -> Option<Unfit> {
    Parser::new(0)
        .parse_all(bytes)
        .find_map(|payload| match payload.ok()? {
            Payload::MemorySection(memories) => memories.into_iter().flatten().find_map(|memory| {
                let needs = memory.initial.saturating_mul(PAGE);
                (needs > MAX_MEMORY as u64).then(|| Unfit::Room {
                    needs: format!("a memory of {} MiB", needs >> 20),
                    room: format!("{} MiB", MAX_MEMORY >> 20),
                })
            }),
            Payload::TableSection(tables) => tables.into_iter().flatten().find_map(|table| {
                let needs = table.ty.initial;
                (needs > TABLE_ELEMENTS as u64).then(|| Unfit::Room {
                    needs: format!("a table of {needs} elements"),
                    room: TABLE_ELEMENTS.to_string(),
                })
            }),
            _ => None,
        })
}

#[cfg(test)]
mod tests;
