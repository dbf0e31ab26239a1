//! The HTTP routes: the API under `/v1`, and the page.

mod answer;
mod articles;
mod counts;
mod error;
mod feeds;
mod guard;
mod openapi;
mod parameters;
mod pulse;
mod query;
mod stream;
mod trends;

use crate::{page, state::GatewayState};
use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::get,
};
use error::ApiError;
use parameters::head;
use query::{Endpoint, Query};
use std::time::Duration;
use tower_http::{
    compression::{
        CompressionLayer, Predicate,
        predicate::{DefaultPredicate, SizeAbove},
    },
    cors::{AllowOrigin, Any, CorsLayer},
};

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
    let check = |endpoint| Query::parse(Some(query), endpoint).map(drop);
    let list = check(Endpoint::List);
    if check(Endpoint::Stream).is_ok() { Ok(()) } else { list.map_err(ApiError::into_errors) }
}

/// Responses below this many bytes are not compressed.
const MIN_COMPRESSED: u16 = 1_024;

/// The page at `/` and the API under `/v1`. Pages of `cors_origins` may read it.
///
/// # Errors
/// If the description of the API cannot be made.
pub(crate) fn router(state: GatewayState, cors_origins: &[String]) -> serde_json::Result<Router> {
    let document = openapi::document(state.token.is_some())?;
    let api = Router::new()
        .route("/v1/articles", get(articles::list))
        .route("/v1/articles/{id}", get(articles::one))
        .route("/v1/articles/{id}/revisions", get(articles::revisions))
        .route("/v1/stream", get(stream::stream))
        .route("/v1/countries", get(counts::countries))
        .route("/v1/entities", get(counts::entities))
        .route("/v1/entities/{key}", get(counts::entity))
        .route("/v1/publishers", get(counts::publishers))
        .route("/v1/languages", get(counts::languages))
        .route("/v1/trends", get(trends::trends))
        .route("/v1/feeds", get(feeds::feeds))
        .route("/v1/coverage", get(feeds::coverage))
        .route("/v1/pulse", get(pulse::pulse))
        .route_layer(from_fn_with_state(state.clone(), guard::authorise))
        .route("/v1/openapi.json", get(async move || openapi::response(&document)))
        .route_layer(from_fn_with_state(state.clone(), guard::measure));
    let router = Router::new()
        .merge(page::router())
        .merge(api)
        .fallback(async |uri: Uri| ApiError::not_found(format!("nothing is at {}", head(uri.path()))))
        .method_not_allowed_fallback(other_method);
    let router = if cors_origins.is_empty() { router } else { router.layer(cors(cors_origins)) };
    // Not the stream: an event would wait in the compressor.
    let compressed = DefaultPredicate::new().and(SizeAbove::new(MIN_COMPRESSED));
    let router = router.layer(CompressionLayer::new().compress_when(compressed));
    Ok(router.layer(map_response(add_security_headers)).with_state(state))
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
        .allow_headers([
            HeaderName::from_static("last-event-id"),
            header::AUTHORIZATION,
            header::CACHE_CONTROL,
            header::IF_NONE_MATCH,
        ])
        .expose_headers([header::ETAG])
        .max_age(Duration::from_secs(24 * 60 * 60))
}

async fn add_security_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
