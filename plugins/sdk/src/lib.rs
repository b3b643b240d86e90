//! Guest SDK: bindings and helpers for K8sHawk plugins in Rust.
