//! What a component says it imports and exports, without compiling it.

use wasmparser::{Encoding, Parser, Payload};

/// The interfaces of a component, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// What it imports.
    pub imports: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
}

impl Interfaces {
    /// Read them.
    ///
    /// # Errors
    /// A sentence, where the bytes are no component.
    pub fn of(wasm: &[u8]) -> Result<Interfaces, String> {
        let mut found = Interfaces::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.map_err(|error| format!("not a component: {error}"))?;
            match payload {
                Payload::Version { encoding, .. } => {
                    if depth == 0 && encoding != Encoding::Component {
                        return Err("a core module, not a component".to_owned());
                    }
                    depth += 1;
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        let import = import.map_err(|error| error.to_string())?;
                        found.imports.push(import.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        let export = export.map_err(|error| error.to_string())?;
                        found.exports.push(export.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_the_component_itself_imports_and_exports() {
        let text = r#"(component
            (import "a:b/c@0.1.0" (instance))
            (component (import "inner:x/y" (instance)))
            (instance $i)
            (export "d:e/f" (instance $i)))"#;
        let found = Interfaces::of(&wat::parse_str(text).unwrap()).unwrap();
        assert_eq!(found.imports, ["a:b/c@0.1.0"]);
        assert_eq!(found.exports, ["d:e/f"]);
    }

    #[test]
    fn a_module_and_a_text_are_no_components() {
        let module = wat::parse_str("(module)").unwrap();
        assert!(Interfaces::of(&module).unwrap_err().contains("core module"));
        assert!(Interfaces::of(b"not wasm at all").is_err());
        assert!(Interfaces::of(b"").is_err());
    }
}
