//! The HTTP routes: articles, their stream, and the page.

mod articles;
mod error;
mod filter;
mod stream;

use crate::{page, state::GatewayState};
use axum::{
    Router,
    http::{HeaderName, HeaderValue, Uri, header},
    middleware::map_response,
    response::Response,
    routing::get,
};
use error::ApiError;

/// The page may load, run and request only what this process serves, and no other page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' \
                      data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Headers of every response.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The page at `/` and the API under `/v1`.
pub(crate) fn router(state: GatewayState) -> Router {
    Router::new()
        .merge(page::router())
        .route("/v1/articles", get(articles::list))
        .route("/v1/articles/{id}", get(articles::one))
        .route("/v1/stream", get(stream::stream))
        .fallback(async |uri: Uri| ApiError::not_found(format!("nothing is at {}", uri.path())))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(map_response(add_security_headers))
        .with_state(state)
}

async fn add_security_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
