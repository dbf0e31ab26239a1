//! The HTTP routes: articles, their stream, and the page.

mod articles;
mod error;
mod filter;
mod stream;

use crate::{page, state::GatewayState};
use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::get,
};
use error::ApiError;
use filter::head;
use std::time::Duration;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

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

/// Checks a query string against the rules of `GET /v1/articles` and `GET /v1/stream`.
///
/// # Errors
/// If neither accepts it: what the first has against it, one sentence each.
pub fn check_query(query: &str) -> Result<(), Vec<String>> {
    let check = |endpoint| filter::Query::parse(Some(query), endpoint).map(drop);
    let list = check(filter::Endpoint::List);
    if check(filter::Endpoint::Stream).is_ok() { Ok(()) } else { list.map_err(ApiError::into_errors) }
}

/// The page at `/` and the API under `/v1`. Pages of `cors_origins` may read it.
pub(crate) fn router(state: GatewayState, cors_origins: &[String]) -> Router {
    let router = Router::new()
        .merge(page::router())
        .route("/v1/articles", get(articles::list))
        .route("/v1/articles/{id}", get(articles::one))
        .route("/v1/stream", get(stream::stream))
        .fallback(async |uri: Uri| ApiError::not_found(format!("nothing is at {}", head(uri.path()))))
        .method_not_allowed_fallback(other_method);
    let router = if cors_origins.is_empty() { router } else { router.layer(cors(cors_origins)) };
    router.layer(map_response(add_security_headers)).with_state(state)
}

async fn other_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, "GET, HEAD, OPTIONS")]).into_response();
    }
    ApiError::method_not_allowed().into_response()
}

/// Cross-origin requests (WHATWG Fetch, section 3.3), without credentials.
fn cors(origins: &[String]) -> CorsLayer {
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::from(Any)
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::HEAD, Method::OPTIONS])
        .allow_headers([HeaderName::from_static("last-event-id"), header::CACHE_CONTROL])
        .max_age(Duration::from_secs(24 * 60 * 60))
}

async fn add_security_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
