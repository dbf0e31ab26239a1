//! `GET /v1/stream`: server-sent events (WHATWG HTML, section 9.2).
//!
//! The data of a message is one record of the contract: NEW, UPDATED, REENRICHED or WITHDRAWN. Its id is a position of
//! the log, from which a client can resume at any gateway. An event named `lagged` tells a client that was too slow, or
//! disconnected for too long, that it missed records.

use super::{
    answer::Call,
    error::ApiError,
    query::{Endpoint, Query},
};
use crate::{
    events::ArticleEvent,
    position::Position,
    state::GatewayState,
    window::{Filter, View},
};
use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream::unfold;
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, watch};

/// A comment is sent after this long without an event, so that proxies and clients keep the connection.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// What a client receives first. Proxies may hold back headers without a body. With the comment the client knows that it is
/// connected. It waits for two seconds before it reconnects.
const GREETING: &[u8] = b"retry: 2000\n: newswire\n\n";
/// Most events that a client holds at a time, and most bytes of their articles. They are shared, not copied.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 256 * 1024;

pub(super) async fn stream(Call { state, query, headers }: Call) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref(), Endpoint::Stream)?;
    // A browser sends the header when it reconnects, so it is newer than the parameter.
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let resume = match header.filter(|text| !text.is_empty()).or(query.after) {
        Some(text) => Some(Position::parse(&text).ok_or_else(|| {
            ApiError::bad_request(vec![format!("after and Last-Event-ID must be a position, not {text:?}")])
        })?),
        None => None,
    };
    let Ok(permit) = state.clients.clone().try_acquire_owned() else {
        state.metrics.clients_refused.inc();
        return Err(ApiError::too_many_clients());
    };
    let client = Client::new(state, query.filter, query.view, resume, permit);
    let events = unfold(client, async |mut client| {
        let part = client.next_part().await?;
        Some((Ok::<_, Infallible>(part), client))
    });
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        // A proxy that buffers would delay the events.
        (header::CACHE_CONTROL.as_str(), "no-store"),
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, Body::from_stream(events)).into_response())
}

/// A client of the stream.
struct Client {
    state: GatewayState,
    filter: Filter,
    view: View,
    next_event: watch::Receiver<u64>,
    /// Number of the next event to read from the buffer.
    next: u64,
    /// The position from which the client resumes: it has received everything up to there.
    resume: Option<Position>,
    /// Events that were read from the buffer and not yet sent.
    pending: VecDeque<Arc<ArticleEvent>>,
    /// Messages that are being sent.
    parts: VecDeque<Bytes>,
    missed: Missed,
    _count: ClientCount,
}

/// Events that the client missed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missed {
    None,
    Count(u64),
    /// The client was disconnected for longer than the buffer reaches back.
    Unknown,
}

impl Client {
    fn new(
        state: GatewayState,
        filter: Filter,
        view: View,
        resume: Option<Position>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let next_event = state.next_event.subscribe();
        let (next, missed) = {
            let events = state.events();
            match &resume {
                None => (events.next(), Missed::None),
                Some(position) if events.reaches_back_to(position) => (events.first(), Missed::None),
                Some(_) => (events.first(), Missed::Unknown),
            }
        };
        state.metrics.clients.inc();
        let count = ClientCount { state: state.clone(), _permit: permit };
        Client {
            state,
            filter,
            view,
            next_event,
            next,
            resume,
            pending: VecDeque::new(),
            parts: VecDeque::from([Bytes::from_static(GREETING)]),
            missed,
            _count: count,
        }
    }

    /// The next part of the response; `None` on shutdown.
    async fn next_part(&mut self) -> Option<Bytes> {
        if self.parts.is_empty() {
            self.next().await?;
        }
        self.parts.pop_front()
    }

    /// Waits for the next event and makes its parts; `None` on shutdown.
    async fn next(&mut self) -> Option<()> {
        let shutdown = self.state.shutdown.clone();
        let mut heartbeat = std::pin::pin!(tokio::time::sleep(HEARTBEAT));
        loop {
            match std::mem::replace(&mut self.missed, Missed::None) {
                Missed::None => {}
                missed => return self.send(self.lagged(missed)),
            }
            while let Some(event) = self.pending.pop_front() {
                if self.matches(&event) {
                    // Every client sends the same bytes.
                    let Ok(message) =
                        event.message(self.view).inspect_err(|error| tracing::error!(%error, "event lost"))
                    else {
                        return self.send(self.lagged(Missed::Count(1)));
                    };
                    self.state.metrics.events.inc();
                    self.parts.push_back(message);
                    return Some(());
                }
            }
            if self.fetch() {
                continue;
            }
            tokio::select! {
                () = shutdown.cancelled() => return None,
                () = heartbeat.as_mut() => return self.send(self.heartbeat()),
                changed = self.next_event.changed() => changed.ok()?,
            }
        }
    }

    /// Reads events from the buffer. False if there is none.
    fn fetch(&mut self) -> bool {
        self.next_event.mark_unchanged();
        let (missed, events) = self.state.events().since(self.next, BATCH, BATCH_BYTES);
        if missed > 0 {
            self.missed = Missed::Count(missed);
        }
        self.next = events.last().map_or(self.next + missed, |last| last.number + 1);
        self.pending.extend(events);
        missed > 0 || !self.pending.is_empty()
    }

    /// A comment with the current position as its id, so that a client whose filter matches little can resume close to
    /// the end. The id never passes an event that this client has not read.
    fn heartbeat(&self) -> String {
        let events = self.state.events();
        let position = events.position().to_string();
        if position.is_empty() || events.next() != self.next {
            ": heartbeat\n\n".to_owned()
        } else {
            format!(": heartbeat\nid: {position}\n\n")
        }
    }

    fn send(&mut self, event: String) -> Option<()> {
        self.parts.push_back(event.into());
        Some(())
    }

    fn matches(&self, event: &ArticleEvent) -> bool {
        let received = self.resume.as_ref().is_some_and(|seen| seen.includes(event.partition, event.offset));
        // A withdrawal passes every filter: the client may have shown an earlier version that matched.
        !received
            && (event.article.is_withdrawn() || self.filter.matches(&event.features, event.article.sort_key.at_ms))
    }

    fn lagged(&self, missed: Missed) -> String {
        self.state.metrics.lagged.inc();
        let missed = match missed {
            Missed::Count(count) => serde_json::Value::from(count),
            Missed::Unknown | Missed::None => serde_json::Value::Null,
        };
        format!("event: lagged\ndata: {}\n\n", serde_json::json!({ "missed": missed }))
    }
}

/// Counts a client in the metrics and against the limit until it is dropped.
struct ClientCount {
    state: GatewayState,
    _permit: OwnedSemaphorePermit,
}

impl Drop for ClientCount {
    fn drop(&mut self) {
        self.state.metrics.clients.dec();
    }
}
