//! 3. The worker: lease a mailbox, bind a turn, run it, finish it.

pub mod backoff;
pub mod dispatch;
pub mod hold;
pub mod retention;
pub mod sweep;
pub mod turn;

pub use dispatch::Worker;
