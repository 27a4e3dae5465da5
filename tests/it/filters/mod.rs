//! The filters as tables: one row a case, one column the verdict.

mod author;
mod build;
mod ownership;
mod pace;
#[cfg(test)]
mod routing;
mod topics;
