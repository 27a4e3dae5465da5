//! 4. Filters: pure decisions of (message, thread, session, settings, now). Nothing here does I/O.
//!
//! The order is the design's: who wrote it ([`message`]), where it is ([`place`]), who owns the conversation
//! ([`ownership`]), whether it is too late or a loop ([`pace`]), and what it is about ([`topics`], [`language`]). What a
//! handoff needs to know is decided here too: who gets it and what the customer is told ([`routing`]).

pub mod auto_reply;
pub mod language;
pub mod message;
pub mod ownership;
pub mod pace;
pub mod place;
pub mod routing;
pub mod signature;
pub mod topics;
