//! `GET /v1/articles`, `GET /v1/articles/{id}` and `GET /v1/articles/{id}/revisions`.

use super::{
    answer::{Call, answer, entity_tag, json, search, time},
    error::ApiError,
    parameters::head,
    query::{self, Endpoint, Query},
};
use crate::window::{Cursor, Page, StoredArticle, View};
use axum::{
    body::{Body, Bytes},
    extract::Path,
    response::Response,
};
use futures_util::{StreamExt, stream::unfold};
use serde::Serialize;
use std::{convert::Infallible, sync::Arc};
use utoipa::ToSchema;

/// The versions of an article that this gateway has read, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Revisions {
    revisions: Vec<RevisionNote>,
}

/// A version of an article.
#[derive(Serialize, ToSchema)]
struct RevisionNote {
    /// Number of the revision, from 1.
    revision: i32,
    /// Number of the enrichment, from 0.
    enrichment: i32,
    /// NEW, UPDATED or REENRICHED.
    change: String,
    /// Its title.
    title: String,
    /// When its record was written.
    #[schema(format = DateTime)]
    at: String,
}

/// Articles, `{"articles": [...], "next": "...", "position": "..."}`. `next` is the cursor of the next page and empty on the last
/// one. `position` is where the stream continues from this list (`/v1/stream?after=`).
///
/// The response is written as the client reads it, from the articles in memory: no client has a copy of its own.
pub(super) async fn list(Call { state, query, headers }: Call) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref(), Endpoint::List)?;
    let view = query.view;
    let shared = state.clone();
    let (page, position) = search(&state, move |window| {
        // While the window is locked nothing is read.
        let position = shared.position().to_string();
        (window.page(&query.filter, query.order, query.cursor.as_ref(), query.limit), position)
    })
    .await?;
    let tagged = tag(&page, view);
    Ok(answer(&headers, &entity_tag(tagged.as_bytes()), || body(page, view, &position)))
}

/// What a page shows: its articles in their versions.
fn tag(page: &Page, view: View) -> String {
    let mut text = format!("{view:?} {}", page.next.is_some());
    for article in &page.articles {
        let (revision, enrichment) = article.version;
        text.push_str(&format!(" {} {revision} {enrichment}", article.id));
    }
    text
}

fn body(page: Page, view: View, position: &str) -> Body {
    let next = serde_json::Value::from(page.next.as_ref().map(Cursor::to_text).unwrap_or_default());
    let end = Bytes::from(format!("],\"next\":{next},\"position\":{}}}", serde_json::Value::from(position)));
    let parts = Parts { articles: page.articles.into_iter(), view, end: Some(end), is_first: true };
    let parts = unfold(parts, async |mut parts| {
        let part = parts.next()?;
        Some((Ok::<_, Infallible>(part), parts))
    });
    // A compressor asks again after the end.
    Body::from_stream(parts.fuse())
}

/// The parts of a list that are still to be written.
struct Parts {
    articles: std::vec::IntoIter<Arc<StoredArticle>>,
    view: View,
    end: Option<Bytes>,
    is_first: bool,
}

impl Parts {
    fn next(&mut self) -> Option<Bytes> {
        // What is kept was made by this process, so that it can be read.
        let json = self.articles.by_ref().find_map(|article| article.json(self.view).ok());
        let before: &[u8] = if std::mem::take(&mut self.is_first) { b"{\"articles\":[" } else { b"," };
        match json {
            Some(json) => Some(Bytes::from([before, &json].concat())),
            None => {
                let end = self.end.take()?;
                let is_empty = before != b",";
                Some(if is_empty { Bytes::from([before, &end].concat()) } else { end })
            }
        }
    }
}

/// One article. 404 if it is not in the window.
pub(super) async fn one(Path(id): Path<String>, Call { state, query, headers }: Call) -> Result<Response, ApiError> {
    query::none(query.as_deref())?;
    let article = state.window().get(&id).cloned().ok_or_else(|| not_found(&id))?;
    let json = article.json(View::Full).map_err(|error| ApiError::internal(&error))?;
    let (revision, enrichment) = article.version;
    let tag = entity_tag(format!("{id} {revision} {enrichment}").as_bytes());
    Ok(answer(&headers, &tag, || Body::from(json)))
}

/// The versions of an article. 404 if it is not in the window.
pub(super) async fn revisions(
    Path(id): Path<String>,
    Call { state, query, headers }: Call,
) -> Result<Response, ApiError> {
    query::none(query.as_deref())?;
    let known = state.window().revisions(&id).ok_or_else(|| not_found(&id))?;
    let notes = known.into_iter().map(|one| RevisionNote {
        revision: one.version.0,
        enrichment: one.version.1,
        change: one.change,
        title: one.title.into(),
        at: time(one.at_ms),
    });
    json(&headers, &Revisions { revisions: notes.collect() })
}

fn not_found(id: &str) -> ApiError {
    ApiError::not_found(format!("no article {:?} in the window", head(id)))
}
