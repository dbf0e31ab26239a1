//! A body, read to a limit.

use reqwest::Response;

/// What came of a body.
pub(super) enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// The connection or the encoding broke after these bytes.
    Truncated(Vec<u8>, String),
    /// More than the limit. Nothing of it is kept.
    TooLarge,
}

/// Reads a body, decompressed, and stops at `limit` bytes: a bomb costs no more than that. With `cut` what came up to the
/// limit counts as the whole.
pub(super) async fn read(mut response: Response, limit: usize, cut: bool) -> Result<Body, reqwest::Error> {
    // With a content coding this is not known.
    if !cut && response.content_length().is_some_and(|length| length > limit as u64) {
        return Ok(Body::TooLarge);
    }
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                if bytes.len() + chunk.len() > limit {
                    bytes.extend(chunk.iter().take(limit - bytes.len()));
                    return Ok(if cut { Body::Whole(bytes) } else { Body::TooLarge });
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(None) => return Ok(Body::Whole(bytes)),
            Err(error) if bytes.is_empty() || error.is_timeout() => return Err(error),
            Err(error) => return Ok(Body::Truncated(bytes, super::client::sentence(&error))),
        }
    }
}
