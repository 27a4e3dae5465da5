//! `[hubspot]`: how HubSpot is reached.

use std::time::Duration;

/// How HubSpot is reached.
#[derive(Clone, Debug)]
pub struct Hubspot {
    /// Scheme and host, without a trailing slash.
    pub api_url: String,
    /// Prefix of the conversations API.
    pub conversations_path: String,
    /// Prefix of the CRM API.
    pub crm_path: String,
    /// The deadline of one call.
    pub timeout: Duration,
}
