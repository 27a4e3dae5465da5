//! Reveals client secrets without blocking the handlers. Called by the routes.

use std::borrow::Cow;
use std::io;

use crate::config::Secret;

/// The secret's text, never empty. A file is read anew each time, off the handlers' threads: the kernel caches it, and a
/// rotated secret counts from its first delivery on.
pub async fn reveal(secret: &Secret) -> io::Result<Cow<'_, str>> {
    let text = match secret {
        Secret::Value(value) => Cow::Borrowed(value.as_str()),
        Secret::File(_) => {
            let secret = secret.clone();
            let read = tokio::task::spawn_blocking(move || secret.reveal());
            Cow::Owned(read.await.map_err(io::Error::other)??)
        }
    };
    // Anybody could sign with an empty key.
    if text.is_empty() { Err(io::Error::new(io::ErrorKind::InvalidData, "the secret is empty")) } else { Ok(text) }
}
