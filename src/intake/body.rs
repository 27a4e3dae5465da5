//! Reads a request's body within its bounds of size and time. Called by every route of the public listener.

use axum::body::{Body, Bytes, HttpBody as _};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::answer::Refused;
use crate::limits::{BODY_READ, BODY_SURPLUS, SURPLUS_READ};

/// The whole body. One that announces too much is refused before it is read; a chunked one as soon as it passes `limit`.
pub async fn read(body: Body, limit: usize) -> Result<Bytes, Refused> {
    let too_large = Refused::BodyTooLarge { limit };
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut body = body;
    if announced > limit {
        discard(&mut body, limit).await;
        return Err(too_large);
    }
    let whole = Limited::new(&mut body, limit).collect();
    match tokio::time::timeout(BODY_READ, whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            discard(&mut body, limit).await;
            Err(too_large)
        }
        Ok(Err(_)) => Err(Refused::BodyCut),
        Err(_) => Err(Refused::BodyTooSlow),
    }
}

/// Lets a sender finish a body that is not too far over the limit: cut off in the middle of writing, it would see a
/// broken connection instead of the 413.
async fn discard(body: &mut Body, limit: usize) {
    let rest = async {
        let mut left = limit.saturating_mul(BODY_SURPLUS);
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    // Whoever is slower than this has to live with the broken connection.
    let _ = tokio::time::timeout(SURPLUS_READ, rest).await;
}
