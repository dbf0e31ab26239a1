//! `GET /v1/stream`: server-sent events (WHATWG HTML, section 9.2).
//!
//! The data of a message is one record of the contract: NEW, UPDATED, REENRICHED or WITHDRAWN. Its id is a position of
//! the log, from which a client can resume at any gateway. An event named `lagged` tells a client that was too slow, or
//! disconnected for too long, that it missed records.

use super::{
    error::ApiError,
    filter::{Endpoint, Filter, Query},
};
use crate::{events::ArticleEvent, position::Position, state::GatewayState};
use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response, Sse, sse::Event},
};
use futures_util::stream::unfold;
use std::{collections::VecDeque, convert::Infallible, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, watch};

/// A comment is sent after this long without an event, so that proxies and clients keep the connection.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Time that a client waits before it reconnects.
const RETRY: Duration = Duration::from_secs(2);
/// Most events that a client holds at a time. They are shared, not copied.
const BATCH: usize = 64;

pub(super) async fn stream(
    State(state): State<GatewayState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref(), Endpoint::Stream)?;
    // A browser sends the header when it reconnects, so it is newer than the parameter.
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let resume = match header.or(query.after).filter(|text| !text.is_empty()) {
        Some(text) => Some(Position::parse(&text).ok_or_else(|| {
            ApiError::bad_request(vec![format!("after and Last-Event-ID must be a position, not {text:?}")])
        })?),
        None => None,
    };
    let Ok(permit) = state.clients.clone().try_acquire_owned() else {
        state.metrics.clients_refused.inc();
        return Err(ApiError::too_many_clients());
    };
    let client = Client::new(state, query.filter, resume, permit);
    let events = unfold(client, async |mut client| {
        let event = client.next().await?;
        Some((Ok::<_, Infallible>(event), client))
    });
    // A proxy that buffers would delay the events.
    let unbuffered = [(header::CACHE_CONTROL.as_str(), "no-store"), ("x-accel-buffering", "no")];
    Ok((unbuffered, Sse::new(events)).into_response())
}

/// A client of the stream.
struct Client {
    state: GatewayState,
    filter: Filter,
    next_event: watch::Receiver<u64>,
    /// Number of the next event to read from the buffer.
    next: u64,
    /// The position from which the client resumes: it has received everything up to there.
    resume: Option<Position>,
    /// Events that were read from the buffer and not yet sent.
    pending: VecDeque<ArticleEvent>,
    greeted: bool,
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
    fn new(state: GatewayState, filter: Filter, resume: Option<Position>, permit: OwnedSemaphorePermit) -> Self {
        let next_event = state.next_event.subscribe();
        let (next, missed) = {
            let news = state.lock();
            match &resume {
                None => (news.events.next(), Missed::None),
                Some(position) if news.events.reaches_back_to(position, &news.position) => {
                    (news.events.first(), Missed::None)
                }
                Some(_) => (news.events.first(), Missed::Unknown),
            }
        };
        state.metrics.clients.inc();
        let count = ClientCount { state: state.clone(), _permit: permit };
        Client {
            state,
            filter,
            next_event,
            next,
            resume,
            pending: VecDeque::new(),
            greeted: false,
            missed,
            _count: count,
        }
    }

    /// The next event; `None` on shutdown.
    async fn next(&mut self) -> Option<Event> {
        if !std::mem::replace(&mut self.greeted, true) {
            // Proxies may hold back headers without a body. With this comment the client knows that it is connected.
            return Some(Event::default().retry(RETRY).comment("newswire"));
        }
        let shutdown = self.state.shutdown.clone();
        let mut heartbeat = std::pin::pin!(tokio::time::sleep(HEARTBEAT));
        loop {
            match std::mem::replace(&mut self.missed, Missed::None) {
                Missed::None => {}
                missed => return Some(self.lagged(missed)),
            }
            while let Some(event) = self.pending.pop_front() {
                if self.matches(&event) {
                    self.state.metrics.events.inc();
                    let json = String::from_utf8_lossy(&event.article.json);
                    return Some(Event::default().id(&*event.position).data(json));
                }
            }
            if self.fetch() {
                continue;
            }
            tokio::select! {
                () = shutdown.cancelled() => return None,
                () = heartbeat.as_mut() => return Some(self.heartbeat()),
                changed = self.next_event.changed() => changed.ok()?,
            }
        }
    }

    /// Reads events from the buffer. False if there is none.
    fn fetch(&mut self) -> bool {
        self.next_event.mark_unchanged();
        let (missed, events) = self.state.lock().events.since(self.next, BATCH);
        if missed > 0 {
            self.missed = Missed::Count(missed);
        }
        self.next = events.last().map_or(self.next + missed, |last| last.number + 1);
        self.pending.extend(events);
        missed > 0 || !self.pending.is_empty()
    }

    /// A comment with the current position as its id, so that a client whose filter matches little can resume close to
    /// the end. The id never passes an event that this client has not read.
    fn heartbeat(&self) -> Event {
        let event = Event::default().comment("heartbeat");
        let news = self.state.lock();
        let position = news.position.to_string();
        if position.is_empty() || news.events.next() != self.next { event } else { event.id(position) }
    }

    fn matches(&self, event: &ArticleEvent) -> bool {
        let received = self.resume.as_ref().is_some_and(|seen| seen.includes(event.partition, event.offset));
        // A withdrawal passes every filter: the client may have shown an earlier version that matched.
        !received && (event.article.withdrawn || self.filter.matches(&event.article))
    }

    fn lagged(&self, missed: Missed) -> Event {
        self.state.metrics.lagged.inc();
        let missed = match missed {
            Missed::Count(count) => serde_json::Value::from(count),
            Missed::Unknown | Missed::None => serde_json::Value::Null,
        };
        Event::default().event("lagged").data(serde_json::json!({ "missed": missed }).to_string())
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
