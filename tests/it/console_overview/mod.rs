//! The console's overview, connections, doctor, settings and audit.

#[cfg(test)]
mod at_work;
#[cfg(test)]
mod pages;
