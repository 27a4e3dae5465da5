//! The portal as a [`Transport`]: no socket, delays by tokio's clock, so that a paused runtime owns all time.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use super::{Ending, Portal};
use crate::hubspot::transport::{Transport, TransportError};

/// Calls a portal in the same process.
#[derive(Clone, Debug)]
pub struct InProcess(pub Portal);

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, request: Request<Bytes>, timeout: Duration) -> Result<Response<Bytes>, TransportError> {
        let handled = self.0.handle(&request);
        if handled.delay >= timeout {
            tokio::time::sleep(timeout).await;
            return Err(TransportError::Timeout(timeout));
        }
        if !handled.delay.is_zero() {
            tokio::time::sleep(handled.delay).await;
        }
        match handled.ending {
            Ending::Answer(response) => Ok(response),
            Ending::Refused => Err(TransportError::Connect("connection refused".to_owned())),
            Ending::Cut => Err(TransportError::Cut("connection reset by peer".to_owned())),
            Ending::Hang => {
                tokio::time::sleep(timeout).await;
                Err(TransportError::Timeout(timeout))
            }
        }
    }
}
