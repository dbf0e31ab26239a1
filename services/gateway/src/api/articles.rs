//! `GET /v1/articles` and `GET /v1/articles/{id}`.

use super::{
    error::ApiError,
    filter::{Of, Query},
};
use crate::Shared;
use axum::{
    extract::{Path, RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};

const JSON: [(header::HeaderName, &str); 2] =
    [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];

/// Newest first: `{"articles": [...], "next": "...", "position": "..."}`. `next` is the cursor of the next page, empty
/// on the last one; `position` is where the stream goes on from what is shown here (`/v1/stream?after=`).
pub(super) async fn list(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref(), Of::List)?;
    let (mut found, position) = {
        let inner = shared.lock();
        let wanted = inner.store.newest(query.cursor.as_ref()).filter(|entry| query.filter.matches(entry));
        // One more than asked for shows whether there is a next page.
        (wanted.take(query.limit + 1).cloned().collect::<Vec<_>>(), inner.seen.to_string())
    };
    let more = found.len() > query.limit;
    found.truncate(query.limit);
    let next = found.last().filter(|_| more).map(|last| last.place.to_cursor()).unwrap_or_default();

    let mut body = Vec::with_capacity(found.iter().map(|entry| entry.json.len() + 1).sum::<usize>() + 200);
    body.extend_from_slice(b"{\"articles\":[");
    for (at, entry) in found.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&entry.json);
    }
    body.extend_from_slice(b"],\"next\":");
    body.extend_from_slice(serde_json::Value::from(next).to_string().as_bytes());
    body.extend_from_slice(b",\"position\":");
    body.extend_from_slice(serde_json::Value::from(position).to_string().as_bytes());
    body.push(b'}');
    Ok((JSON, body).into_response())
}

/// One article, as long as it is among those that the gateway keeps.
pub(super) async fn one(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let found = shared.lock().store.get(&id).cloned();
    match found {
        Some(entry) => Ok((JSON, entry.json.clone()).into_response()),
        None => Err(ApiError::not_found(format!("no article {id:?} among the {} newest", shared.kept()))),
    }
}
