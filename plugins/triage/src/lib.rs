//! The shipped triage plugin of K8sHawk.
