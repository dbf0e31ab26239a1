//! Answers in JSON: they carry an entity tag, and a client that has the same one gets 304 (RFC 9110 section 13.1.2). Requests that search
//! the window run on threads of their own, a bounded number at a time.

use super::error::ApiError;
use crate::{state::GatewayState, window::Window};
use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::convert::Infallible;

/// A request of the API.
pub(super) struct Call {
    pub state: GatewayState,
    /// The query string.
    pub query: Option<String>,
    pub headers: HeaderMap,
}

impl FromRequestParts<GatewayState> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &GatewayState) -> Result<Self, Infallible> {
        let query = parts.uri.query().map(str::to_owned);
        Ok(Call { state: state.clone(), query, headers: parts.headers.clone() })
    }
}

/// The entity tag of what decides whether a client's copy is still right.
pub(super) fn entity_tag(tagged: &[u8]) -> String {
    format!("\"{}\"", proto::id::to_hex(&Sha256::digest(tagged)[..8]))
}

/// The answer with an entity tag. The tag is sent as a weak one: a proxy may compress the body, and a list's position moves on while
/// its articles stay.
pub(super) fn answer(headers: &HeaderMap, tag: &str, body: impl FnOnce() -> Body) -> Response {
    let is_same = |known: &str| known.strip_prefix("W/").unwrap_or(known) == tag || known == "*";
    let matches = |known: &str| known.split(',').any(|one| is_same(one.trim()));
    let is_known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(matches);
    let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { Response::new(body()) };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&format!("W/{tag}")) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if !is_known {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}

/// A value as the answer.
pub(super) fn json(headers: &HeaderMap, value: &impl Serialize) -> Result<Response, ApiError> {
    let bytes = serde_json::to_vec(value).map_err(|error| ApiError::internal(&error))?;
    let tag = entity_tag(&bytes);
    Ok(answer(headers, &tag, || Body::from(bytes)))
}

/// What `search` finds in the window, which is not changed meanwhile.
pub(super) async fn search<T: Send + 'static>(
    state: &GatewayState,
    search: impl FnOnce(&Window) -> T + Send + 'static,
) -> Result<T, ApiError> {
    work(state, |state| search(&state.window())).await
}

/// What `work` returns, which may take milliseconds.
pub(super) async fn work<T: Send + 'static>(
    state: &GatewayState,
    work: impl FnOnce(&GatewayState) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let permit = state.searches.clone().acquire_owned().await.map_err(|error| ApiError::internal(&error))?;
    let state = state.clone();
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work(&state)
    });
    done.await.map_err(|error| ApiError::internal(&error))
}

/// A time of the API: RFC 3339, in UTC.
pub(super) fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}
