//! Reads a response body up to a limit.

use super::error::with_causes;
use super::{
    capacity::{Capacity, Growing},
    error::FetchError,
};
use reqwest::Response;

/// What is done with a body that is longer than the limit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Overflow {
    /// The body is rejected.
    Reject,
    /// The bytes up to the limit count as the whole body.
    Cut,
}

/// A body as far as it was read.
#[derive(Clone)]
pub(super) enum Body {
    /// The complete body.
    Whole(Vec<u8>),
    /// The connection or the content coding failed after these bytes, or time ran out; the text says how.
    Truncated(Vec<u8>, String),
    /// More than the limit. No bytes are kept.
    TooLarge,
}

/// Reads a body as sent, and stops at `limit` bytes. Waits for its memory.
///
/// # Errors
/// A failure or a timeout before the first byte; [`FetchError::Busy`].
pub(super) async fn read(
    mut response: Response,
    limit: usize,
    overflow: Overflow,
    capacity: &Capacity,
    growing: &mut Growing,
) -> Result<Body, FetchError> {
    if overflow == Overflow::Reject && response.content_length().is_some_and(|length| length > limit as u64) {
        return Ok(Body::TooLarge);
    }
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                if bytes.len() + chunk.len() > limit {
                    bytes.extend(chunk.iter().take(limit - bytes.len()));
                    return Ok(match overflow {
                        Overflow::Reject => Body::TooLarge,
                        Overflow::Cut => Body::Whole(bytes),
                    });
                }
                capacity.grow(growing, bytes.len() + chunk.len(), limit).await?;
                bytes.extend_from_slice(&chunk);
            }
            Ok(None) => return Ok(Body::Whole(bytes)),
            Err(error) if bytes.is_empty() => return Err(error.into()),
            Err(error) => return Ok(Body::Truncated(bytes, with_causes(&error))),
        }
    }
}
