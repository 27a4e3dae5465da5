//! Reads a request's body within its bounds of size and time. Called by every route of the public listener.

use axum::body::{Body, Bytes, HttpBody as _};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::answer::Refused;
use crate::limits::BODY_READ;

/// The whole body. One that announces too much is refused before it is read; a chunked one as soon as it passes `limit`.
pub async fn read(body: Body, limit: usize) -> Result<Bytes, Refused> {
    let too_large = Refused::BodyTooLarge { limit };
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(too_large);
    }
    let whole = Limited::new(body, limit).collect();
    match tokio::time::timeout(BODY_READ, whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large),
        Ok(Err(_)) => Err(Refused::BodyCut),
        Err(_) => Err(Refused::BodyTooSlow),
    }
}
