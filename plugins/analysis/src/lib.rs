//! The shipped analysis plugin of K8sHawk.
