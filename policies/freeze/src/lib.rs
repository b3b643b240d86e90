//! The shipped freeze policy of K8sHawk.
