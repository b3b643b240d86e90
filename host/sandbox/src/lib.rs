//! The WebAssembly sandbox of K8sHawk: engine, linker, plugin life cycle, guarded capabilities.
