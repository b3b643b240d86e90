//! An interface that is imported whatever the code does, and that nobody gets: it links, and traps
//! with its name when it is called.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Linker, ResourceType};

/// Link an imported instance so that each of its functions ends the call.
pub(super) fn link<T: 'static>(
    linker: &mut Linker<T>,
    import: &str,
    item: &ComponentItem,
    engine: &wasmtime::Engine,
) -> wasmtime::Result<()> {
    let ComponentItem::ComponentInstance(instance) = item else {
        return Ok(());
    };
    let mut linked = linker.instance(import)?;
    for (name, item) in instance.exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(_) => {
                let what = format!("{import}#{name}");
                linked.func_new(name, move |_, _, _, _| {
                    Err(wasmtime::Error::msg(format!(
                        "{what} was called, and WASI is linked without access to anything"
                    )))
                })?;
            }
            ComponentItem::Resource(_) => {
                linked.resource(name, ResourceType::host::<()>(), |_, _| Ok(()))?;
            }
            _ => {}
        }
    }
    Ok(())
}
