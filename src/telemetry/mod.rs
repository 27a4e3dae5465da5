//! Logs and metrics. Field names and metric names are stable; secrets, message text and addresses never get here.

pub mod logs;
pub mod metrics;
pub mod recent;

pub use metrics::Metrics;
