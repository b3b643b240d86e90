//! K8sHawk: the stages, the services and the command line.

pub mod cluster;
