//! A secret, given directly or as a file that is read again when it changes. Never shown.

use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::reader::Reader;

/// Bytes of a key that signs.
const SIGNING_KEY_MIN: usize = 24;

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

    /// Reads `key` or `key_file`; none when neither is given. A file must be readable now.
    #[expect(clippy::option_option, reason = "outer: could it be read; inner: was it given")]
    pub(super) fn read(s: &mut Reader<'_>, key: &str) -> Option<Option<Self>> {
        let file_key = format!("{key}_file");
        let (value, file) = (s.text(key), s.text(&file_key));
        s.forget(&file_key);
        s.forget(key);
        let (value, file) = (value?, file?);
        match (value.is_empty(), file.is_empty()) {
            (true, true) => {
                s.record(key, "");
                Some(None)
            }
            (false, false) => {
                s.wrong(key, format!("both `{key}` and `{file_key}` are given"), "keep one of them");
                None
            }
            (false, true) => {
                s.record(key, "[redacted]");
                Self::checked(s, key, Self::Value(value))
            }
            (true, false) => {
                s.record(&file_key, file.clone());
                Self::checked(s, &file_key, Self::File(PathBuf::from(file)))
            }
        }
    }

    /// The same, when it must be there.
    pub(super) fn required(s: &mut Reader<'_>, key: &str, fix: &str) -> Option<Self> {
        let secret = Self::read(s, key)?;
        if secret.is_none() {
            s.wrong(key, "is required", fix);
        }
        secret
    }

    /// Looks at one that signs: Standard Webhooks asks for at least 24 random bytes, in base64 after `whsec_`.
    pub(super) fn check_signing(s: &Reader<'_>, key: &str, secret: Option<&Self>) {
        let Some(text) = secret.and_then(|secret| secret.reveal().ok()) else { return };
        let bytes = match text.strip_prefix("whsec_").map(|encoded| STANDARD.decode(encoded)) {
            Some(Ok(key)) => key.len(),
            Some(Err(_)) => {
                let fix = "copy the secret again, or write one without `whsec_`, whose characters are then the key";
                return s.wrong(key, "is not base64 after `whsec_`", fix);
            }
            None => text.len(),
        };
        if bytes < SIGNING_KEY_MIN {
            let what = format!("is a key of {bytes} bytes; Standard Webhooks asks for at least {SIGNING_KEY_MIN}");
            s.doubtful(key, what, "use a longer one: `whsec_` and the output of `openssl rand -base64 32`");
        }
    }

    #[expect(clippy::option_option, reason = "outer: could it be read; inner: was it given")]
    fn checked(s: &Reader<'_>, key: &str, secret: Self) -> Option<Option<Self>> {
        match secret.reveal() {
            Err(error) => {
                s.wrong(
                    key,
                    format!("the file cannot be read ({})", error.kind()),
                    "check the path and its permissions",
                );
                None
            }
            Ok(text) if text.is_empty() => {
                s.wrong(key, "the file is empty", "write the secret into it");
                None
            }
            Ok(text) if !text.bytes().all(|byte| byte.is_ascii_graphic()) => {
                s.wrong(key, "holds a space, a line break or another odd character", "copy the secret again, alone");
                None
            }
            Ok(_) => Some(Some(secret)),
        }
    }
}

/// The two are the same. By their digests: the time it takes tells neither where they differ nor how long the secret is.
#[must_use]
pub fn is_same(given: &str, secret: &str) -> bool {
    Sha256::digest(given).ct_eq(&Sha256::digest(secret)).into()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(_) => f.write_str("[redacted]"),
            Self::File(path) => write!(f, "[redacted, from {}]", path.display()),
        }
    }
}
