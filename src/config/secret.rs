//! A secret, given directly or as a file that is read again when it changes. Never shown.

use std::fmt;
use std::path::PathBuf;

/// A token, key or client secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// Given in the settings.
    Value(String),
    /// Given as a file.
    File(PathBuf),
}

impl Secret {
    /// The secret's text, trimmed; reads the file if it is one, so that a rotated secret is picked up.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn reveal(&self) -> std::io::Result<String> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::File(path) => Ok(std::fs::read_to_string(path)?.trim().to_owned()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(_) => f.write_str("[redacted]"),
            Self::File(path) => write!(f, "[redacted, from {}]", path.display()),
        }
    }
}
