//! Why the bytes of a plugin are no component that this host can run.

use std::str;

use thiserror::Error;
use wasmparser::{Encoding, Parser, Payload};

/// How every WebAssembly file begins.
const MAGIC: &[u8] = b"\0asm";
/// How compiled machine code begins: wasmtime writes ELF.
const ELF: &[u8] = b"\x7fELF";
/// Bytes that are looked at to tell text from other files.
const TASTE: usize = 512;

/// Why bytes are no component that this host can run: the author builds another file, or the operator
/// copies the right one. What the parser said comes after a sentence of ours, if at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfit {
    /// Nothing is in it.
    #[error("the file is empty, not a component")]
    Empty,
    /// Source code, or an error page that was downloaded.
    #[error("this is a text file, not a component")]
    Text,
    /// What another wasmtime compiled. Nobody can check machine code, so the host takes none.
    #[error(
        "this is compiled machine code (.cwasm), not a component: use the .wasm file that it was \
         compiled from"
    )]
    Precompiled,
    /// Neither text nor WebAssembly.
    #[error("this is not a WebAssembly file, so not a component")]
    Foreign,
    /// A compiler's output before it was turned into a component.
    #[error(
        "this is a core module, not a component: run `k8shawk plugin build`, or `wasm-tools \
         component new`"
    )]
    Module,
    /// A copy that was interrupted.
    #[error("the file is cut off: it ends in the middle of a component; copy it again")]
    CutOff,
    /// Proposals of WebAssembly or the component model that are off.
    #[error("it uses {}, which this host does not offer", .0.join(" and "))]
    Features(Vec<String>),
    /// More than the sandbox can hold, whatever the grant says.
    #[error("it starts with {needs}, and a plugin can have {room} at most")]
    Room {
        /// What it needs.
        needs: String,
        /// What there is.
        room: String,
    },
    /// It breaks a rule of the format: rebuild it.
    #[error("not a component that this host can read, so build it again: {0}")]
    Malformed(String),
    /// It is valid, and the compiler gives up.
    #[error("the component cannot be compiled: {0}")]
    Uncompilable(String),
}

/// What a file is by its first bytes.
///
/// # Errors
/// What it is if not WebAssembly.
pub(crate) fn encoding(bytes: &[u8]) -> Result<Encoding, Unfit> {
    if !bytes.starts_with(MAGIC) {
        return Err(match bytes {
            [] => Unfit::Empty,
            _ if bytes.starts_with(ELF) => Unfit::Precompiled,
            _ if is_text(bytes) => Unfit::Text,
            _ => Unfit::Foreign,
        });
    }
    match Parser::new(0).parse_all(bytes).next() {
        Some(Ok(Payload::Version { encoding, .. })) => Ok(encoding),
        _ if bytes.len() < 8 => Err(Unfit::CutOff),
        Some(Err(error)) => Err(Unfit::Malformed(error.to_string())),
        _ => Err(Unfit::Foreign),
    }
}

/// Of the beginning, since a character may be cut in two at its end.
fn is_text(bytes: &[u8]) -> bool {
    let taste = bytes.get(..TASTE).unwrap_or(bytes);
    let text = match str::from_utf8(taste) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let valid = taste.get(..error.valid_up_to()).unwrap_or_default();
            str::from_utf8(valid).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let plain = |c: char| !c.is_control() || c.is_whitespace();
    !text.is_empty() && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_first_bytes() {
        let long = "\u{e4}".repeat(TASTE);
        for (bytes, told) in [
            (&b""[..], Unfit::Empty),
            (b"export const policy = {}", Unfit::Text),
            (&long.as_bytes()[1..], Unfit::Foreign),
            (format!("x{long}").as_bytes(), Unfit::Text),
            (b"\x7fELF\x02\x01\x01", Unfit::Precompiled),
            (b"\x89PNG\r\n\x1a\n", Unfit::Foreign),
            (b"\0asm", Unfit::CutOff),
            (b"\0asm\x0d\0", Unfit::CutOff),
        ] {
            assert_eq!(encoding(bytes).unwrap_err(), told);
        }
        let module = wat::parse_str("(module)").unwrap();
        assert_eq!(encoding(&module).unwrap(), Encoding::Module);
        let component = wat::parse_str("(component)").unwrap();
        assert_eq!(encoding(&component).unwrap(), Encoding::Component);
        let newer = encoding(b"\0asm\x63\0\x01\0").unwrap_err();
        assert!(matches!(newer, Unfit::Malformed(_)), "{newer}");
    }
}
