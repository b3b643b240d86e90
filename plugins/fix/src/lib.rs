//! The shipped fix plugin of K8sHawk.
