//! `GET /v1/stream`: server-sent events (WHATWG HTML, section 9.2).
//!
//! Every message's data is one record of the contract, as it was written: NEW, UPDATED, REENRICHED or WITHDRAWN. Its id
//! is a position of the log, by partition, from which a client goes on after a break, also at another gateway. An event
//! named `lagged` says that records were missed, by a client that was too slow or away for too long.

use super::{
    error::ApiError,
    filter::{Filter, Of, Query},
};
use crate::{
    Shared,
    live::{Live, Position},
};
use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response, Sse, sse::Event},
};
use futures_util::stream;
use std::{collections::VecDeque, convert::Infallible, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, watch};

/// A comment goes out after so long a silence, so that proxies and clients see that the line stands.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long a client is to wait before it comes back.
const RETRY: Duration = Duration::from_secs(2);
/// Most events taken at a time: they are shared, not copied.
const TAKE: usize = 64;

pub(super) async fn follow(
    State(shared): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref(), Of::Stream)?;
    // The header is what a browser sends when it comes back, so it is the newer of the two.
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned).or(query.after);
    let seen = last.filter(|text| !text.is_empty()).map(|text| (Position::parse(&text), text));
    let seen = match seen {
        Some((None, text)) => return Err(ApiError::bad_request(vec![format!("no position of this stream: {text:?}")])),
        Some((Some(position), _)) => Some(position),
        None => None,
    };
    let Ok(permit) = shared.clients.clone().try_acquire_owned() else {
        shared.metrics.clients_refused.inc();
        return Err(ApiError::busy());
    };
    let client = Client::new(shared, query.filter, seen, permit);
    let events = stream::unfold(client, async |mut client| {
        let event = client.next().await?;
        Some((Ok::<_, Infallible>(event), client))
    });
    // A proxy that buffers would hold the news back.
    let unbuffered = [(header::CACHE_CONTROL.as_str(), "no-store"), ("x-accel-buffering", "no")];
    Ok((unbuffered, Sse::new(events)).into_response())
}

/// A client's place in the stream. It holds no events but the few it is about to send.
struct Client {
    shared: Shared,
    filter: Filter,
    head: watch::Receiver<u64>,
    /// Number of the next event to look at.
    next: u64,
    /// What the client has seen already, by its own account.
    seen: Option<Position>,
    waiting: VecDeque<Live>,
    greeted: bool,
    missed: Missed,
    _counted: Counted,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Missed {
    Nothing,
    /// So many.
    Some(u64),
    /// The client was away for longer than events are kept.
    Unknown,
}

impl Client {
    fn new(shared: Shared, filter: Filter, seen: Option<Position>, permit: OwnedSemaphorePermit) -> Self {
        let head = shared.head.subscribe();
        let (next, missed) = {
            let inner = shared.lock();
            match &seen {
                None => (inner.recent.next(), Missed::Nothing),
                Some(seen) if inner.recent.reaches_back_to(seen, &inner.seen) => {
                    (inner.recent.first(), Missed::Nothing)
                }
                Some(_) => (inner.recent.first(), Missed::Unknown),
            }
        };
        shared.metrics.clients.inc();
        let counted = Counted { shared: shared.clone(), _permit: permit };
        Client { shared, filter, head, next, seen, waiting: VecDeque::new(), greeted: false, missed, _counted: counted }
    }

    /// The next event; `None` once the process stops.
    async fn next(&mut self) -> Option<Event> {
        if !std::mem::replace(&mut self.greeted, true) {
            // Headers alone may be held back; with this the client knows at once that it is connected.
            return Some(Event::default().retry(RETRY).comment("newswire"));
        }
        let shutdown = self.shared.shutdown.clone();
        let mut heartbeat = std::pin::pin!(tokio::time::sleep(HEARTBEAT));
        loop {
            match std::mem::replace(&mut self.missed, Missed::Nothing) {
                Missed::Nothing => {}
                missed => return Some(self.lagged(missed)),
            }
            while let Some(live) = self.waiting.pop_front() {
                if self.wants(&live) {
                    self.shared.metrics.events.inc();
                    let json = String::from_utf8_lossy(&live.entry.json);
                    return Some(Event::default().id(&*live.position).data(json));
                }
            }
            if self.take() {
                continue;
            }
            tokio::select! {
                () = shutdown.cancelled() => return None,
                () = heartbeat.as_mut() => return Some(self.heartbeat()),
                changed = self.head.changed() => changed.ok()?,
            }
        }
    }

    /// Looks for events; false where there is nothing new.
    fn take(&mut self) -> bool {
        self.head.mark_unchanged();
        let (missed, events) = self.shared.lock().recent.since(self.next, TAKE);
        if missed > 0 {
            self.missed = Missed::Some(missed);
        }
        self.next = events.last().map_or(self.next + missed, |last| last.number + 1);
        self.waiting.extend(events);
        missed > 0 || !self.waiting.is_empty()
    }

    /// A comment; its id moves on, also for a client whose filter lets little through, but never past an event that
    /// has not been looked at.
    fn heartbeat(&self) -> Event {
        let event = Event::default().comment("heartbeat");
        let inner = self.shared.lock();
        let position = inner.seen.to_string();
        if position.is_empty() || inner.recent.next() != self.next { event } else { event.id(position) }
    }

    fn wants(&self, live: &Live) -> bool {
        let known = self.seen.as_ref().is_some_and(|seen| seen.has(live.partition, live.offset));
        // A withdrawal concerns whoever may have shown the article, whatever the record still says of it.
        !known && (live.entry.withdrawn || self.filter.matches(&live.entry))
    }

    fn lagged(&self, missed: Missed) -> Event {
        self.shared.metrics.lagged.inc();
        let missed = match missed {
            Missed::Some(count) => serde_json::Value::from(count),
            Missed::Unknown | Missed::Nothing => serde_json::Value::Null,
        };
        Event::default().event("lagged").data(serde_json::json!({ "missed": missed }).to_string())
    }
}

/// Counts a client for as long as it is there.
struct Counted {
    shared: Shared,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.shared.metrics.clients.dec();
    }
}
