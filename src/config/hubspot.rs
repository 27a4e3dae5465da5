//! `[hubspot]`: how HubSpot is reached.

use std::time::Duration;

use super::quantities::{Fault, shown};
use super::reader::Reader;

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

impl Hubspot {
    pub(super) fn read(s: &mut Reader<'_>) -> Option<Self> {
        let api_url = s.parsed("api_url", base_url);
        let conversations_path = s.parsed("conversations_path", path);
        let crm_path = s.parsed("crm_path", path);
        // Longer than this and a lease would have to outlive a call that HubSpot has long given up.
        let timeout = s.duration("timeout", Duration::from_millis(100)..=Duration::from_secs(30));
        Some(Self {
            api_url: api_url?,
            conversations_path: conversations_path?,
            crm_path: crm_path?,
            timeout: timeout?,
        })
    }
}

/// A scheme, a host and perhaps a path; without a trailing slash.
pub(super) fn base_url(text: &str) -> Result<String, Fault> {
    let fix = || "write a scheme and a host, e.g. \"https://api.example.com\"".to_owned();
    let uri: http::Uri = text.parse().map_err(|_| ("is not a URL".to_owned(), fix()))?;
    let whole = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty());
    let clean = uri.query().is_none() && !text.contains('#') && !text.contains('@');
    if whole && clean {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(("is not a plain http(s) URL".into(), fix()))
    }
}

fn path(text: &str) -> Result<String, Fault> {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
    if text.starts_with('/') && plain {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err((
        format!("{} is not a path prefix", shown(text)),
        "write a path that starts with a slash, e.g. \"/crm/v3\"".into(),
    ))
}
