//! Reads a response body up to a limit.

use super::error::with_causes;
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
pub(super) enum Body {
    /// The complete body.
    Whole(Vec<u8>),
    /// The connection or the content coding failed after these bytes; the text says how.
    Truncated(Vec<u8>, String),
    /// More than the limit. No bytes are kept.
    TooLarge,
}

/// Reads a body, decompressed, and stops at `limit` bytes, so that a decompression bomb costs no more than that.
///
/// # Errors
/// A timeout, or a failure before the first byte.
pub(super) async fn read(mut response: Response, limit: usize, overflow: Overflow) -> Result<Body, reqwest::Error> {
    // Unknown for a compressed body.
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
                bytes.extend_from_slice(&chunk);
            }
            Ok(None) => return Ok(Body::Whole(bytes)),
            Err(error) if bytes.is_empty() || error.is_timeout() => return Err(error),
            Err(error) => return Ok(Body::Truncated(bytes, with_causes(&error))),
        }
    }
}
