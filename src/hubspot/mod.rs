//! 6. HubSpot, typed: conversations, crm, account. One attempt per call; every error says what to do about it.

pub mod transport;
