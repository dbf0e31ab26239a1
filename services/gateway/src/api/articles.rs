//! `GET /v1/articles` and `GET /v1/articles/{id}`.

use super::{
    error::ApiError,
    filter::{Endpoint, Query},
};
use crate::state::GatewayState;
use axum::{
    extract::{Path, RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};

const JSON: [(header::HeaderName, &str); 2] =
    [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];

/// Newest first: `{"articles": [...], "next": "...", "position": "..."}`. `next` is the cursor of the next page and empty
/// on the last one. `position` is where the stream continues from this list (`/v1/stream?after=`).
pub(super) async fn list(State(state): State<GatewayState>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref(), Endpoint::List)?;
    let (mut found, position) = {
        let news = state.lock();
        let matching = news.store.newest(query.cursor.as_ref()).filter(|article| query.filter.matches(article));
        // One article more than the limit shows whether there is a next page.
        (matching.take(query.limit + 1).cloned().collect::<Vec<_>>(), news.position.to_string())
    };
    let more = found.len() > query.limit;
    found.truncate(query.limit);
    let next = found.last().filter(|_| more).map(|last| last.sort_key.to_cursor()).unwrap_or_default();

    let mut body = Vec::with_capacity(found.iter().map(|article| article.json.len() + 1).sum::<usize>() + 200);
    body.extend_from_slice(b"{\"articles\":[");
    for (index, article) in found.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&article.json);
    }
    body.extend_from_slice(b"],\"next\":");
    body.extend_from_slice(serde_json::Value::from(next).to_string().as_bytes());
    body.extend_from_slice(b",\"position\":");
    body.extend_from_slice(serde_json::Value::from(position).to_string().as_bytes());
    body.push(b'}');
    Ok((JSON, body).into_response())
}

/// One article. 404 if it is not among those in memory.
pub(super) async fn one(State(state): State<GatewayState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let found = state.lock().store.get(&id).cloned();
    match found {
        Some(article) => Ok((JSON, article.json.clone()).into_response()),
        None => Err(ApiError::not_found(format!("no article {id:?} among the {} newest", state.max_articles))),
    }
}
