//! Service: what is measured, for Prometheus.

mod model;

pub use model::{ModelMetrics, Next};
