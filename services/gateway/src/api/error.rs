//! Errors as problem details (RFC 9457).

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// An error response: a problem details object.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ApiError {
    /// `about:blank`: the status code says it all (RFC 9457 section 4.2.1).
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    /// All errors of the request, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
}

impl ApiError {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        ApiError {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// One sentence for each error of the request.
    pub fn into_errors(self) -> Vec<String> {
        self.errors
    }

    /// 400, with all errors of the request.
    pub fn bad_request(errors: Vec<String>) -> Self {
        let detail = errors.join("; ");
        ApiError { errors, ..ApiError::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// 401: the token is missing or wrong.
    pub fn unauthorised() -> Self {
        ApiError::new(StatusCode::UNAUTHORIZED, "this API needs a token: `Authorization: Bearer TOKEN`")
    }

    /// 500. The cause is logged: it says nothing to a client.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "the gateway could not answer; its log says why")
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        ApiError::new(StatusCode::NOT_FOUND, detail)
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are allowed")
    }

    /// 503, with `Retry-After`: the limit of stream clients is reached.
    pub fn too_many_clients() -> Self {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "the limit of stream clients is reached")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        }
        response
    }
}
