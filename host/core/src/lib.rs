//! Domain types and pure rules of K8sHawk.
