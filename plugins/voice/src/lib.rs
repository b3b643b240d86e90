//! The shipped voice plugin of K8sHawk.
