//! What stands before every request of the API: its token, and its measurement.

use super::error::ApiError;
use crate::state::GatewayState;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::time::Instant;

/// Refuses a request without the token (RFC 6750), if there is one. OPTIONS passes: a browser asks without credentials.
pub(super) async fn authorise(State(state): State<GatewayState>, request: Request, next: Next) -> Response {
    let is_allowed = match &state.token {
        Some(token) => {
            request.method() == Method::OPTIONS || bearer(request.headers()).is_some_and(|text| token.is(text))
        }
        None => true,
    };
    if is_allowed {
        return next.run(request).await;
    }
    let mut response = ApiError::unauthorised().into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Measures how long the head of the response takes.
pub(super) async fn measure(State(state): State<GatewayState>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    // Other methods are few, but a client may invent any number of names.
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let begin = Instant::now();
    let response = next.run(request).await;
    let class = match response.status().as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    let labels = [route.as_deref().unwrap_or("none"), method, class];
    state.metrics.requests.with_label_values(&labels).observe(begin.elapsed().as_secs_f64());
    response
}
