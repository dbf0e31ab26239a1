//! `GET /v1/articles` and `GET /v1/articles/{id}`.

use super::{
    error::ApiError,
    filter::{Endpoint, Query, head},
};
use crate::{
    state::GatewayState,
    store::{SortKey, StoredArticle},
};
use axum::{
    body::{Body, Bytes},
    extract::{Path, RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream::unfold;
use std::{collections::VecDeque, convert::Infallible, sync::Arc};

const JSON: [(header::HeaderName, &str); 2] =
    [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
/// Articles that are compared with the filter under one lock: the reader waits for it.
const SCAN: usize = 100;

/// Newest first: `{"articles": [...], "next": "...", "position": "..."}`. `next` is the cursor of the next page and empty
/// on the last one. `position` is where the stream continues from this list (`/v1/stream?after=`).
///
/// The response is written as the client reads it, from the articles in memory: no client has a copy of its own.
pub(super) async fn list(State(state): State<GatewayState>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref(), Endpoint::List)?;
    let chunks = unfold(Page::new(state, query), async |mut page| {
        let chunk = page.next().await?;
        Some((Ok::<_, Infallible>(chunk), page))
    });
    Ok((JSON, Body::from_stream(chunks)).into_response())
}

/// A page of the list, as far as it is written.
struct Page {
    state: GatewayState,
    query: Query,
    /// What comes next.
    chunks: VecDeque<Bytes>,
    /// Number of articles written.
    count: usize,
    /// The last article written.
    last: Option<SortKey>,
    /// The article up to which the store was searched.
    searched: Option<SortKey>,
    /// The log's position before the first article was read. What changes while the page is written comes after it.
    position: String,
    ended: bool,
}

impl Page {
    fn new(state: GatewayState, query: Query) -> Self {
        let position = state.lock().position.to_string();
        let searched = query.cursor.clone();
        let chunks = VecDeque::from([Bytes::from_static(b"{\"articles\":[")]);
        Page { state, query, chunks, count: 0, last: None, searched, position, ended: false }
    }

    async fn next(&mut self) -> Option<Bytes> {
        if self.chunks.is_empty() && !self.ended {
            match self.find().await {
                Some(article) if self.count < self.query.limit => {
                    if self.count > 0 {
                        self.chunks.push_back(Bytes::from_static(b","));
                    }
                    self.chunks.push_back(article.json.clone());
                    self.count += 1;
                    self.last = Some(article.sort_key.clone());
                }
                // One article more than the limit shows that there is a next page.
                more => self.end(more.is_some()),
            }
        }
        self.chunks.pop_front()
    }

    /// The next article that matches.
    async fn find(&mut self) -> Option<Arc<StoredArticle>> {
        loop {
            let after = self.searched.take();
            let found = {
                let news = self.state.lock();
                let mut last = None;
                let mut compared =
                    news.store.newest(after.as_ref()).take(SCAN).inspect(|article| last = Some(*article));
                let found = compared.by_ref().find(|article| self.query.filter.matches(article)).cloned();
                drop(compared);
                self.searched = last.map(|article| article.sort_key.clone());
                found
            };
            if found.is_some() || self.searched.is_none() {
                return found;
            }
            tokio::task::yield_now().await;
        }
    }

    fn end(&mut self, has_more: bool) {
        let next = self.last.as_ref().filter(|_| has_more).map(SortKey::to_cursor).unwrap_or_default();
        let (next, position) = (serde_json::Value::from(next), serde_json::Value::from(&*self.position));
        self.chunks.push_back(Bytes::from(format!("],\"next\":{next},\"position\":{position}}}")));
        self.ended = true;
    }
}

/// One article. 404 if it is not among those in memory.
pub(super) async fn one(State(state): State<GatewayState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let found = state.lock().store.get(&id).cloned();
    match found {
        Some(article) => Ok((JSON, article.json.clone()).into_response()),
        None => Err(ApiError::not_found(format!("no article {:?} among the {} newest", head(&id), state.max_articles))),
    }
}
