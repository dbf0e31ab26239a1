//! `GET /v1/pulse`.

use super::{
    answer::{Call, json, time},
    error::ApiError,
    query,
};
use crate::{HOUR_MS, pulse::Delay};
use axum::response::Response;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How the pipeline does.
#[derive(Serialize, ToSchema)]
pub(super) struct Pulse {
    /// Articles that arrived in each of the last 60 minutes.
    minutes: Minutes,
    /// What live articles of the last hour took.
    delays: Vec<Delay>,
    /// Feeds in each state.
    feeds: BTreeMap<&'static str, u64>,
    /// Records that stages refused in this and the last hour.
    dropped_last_hour: u64,
    /// The articles in memory.
    window: WindowSize,
    /// What has been read of the topic.
    position: String,
    /// False until the window has been read.
    caught_up: bool,
}

/// Articles by minute.
#[derive(Serialize, ToSchema)]
struct Minutes {
    /// Begin of the first minute.
    #[schema(format = DateTime)]
    from: String,
    /// Articles, oldest minute first.
    counts: Vec<u64>,
}

/// The size of the window and its limits.
#[derive(Serialize, ToSchema)]
struct WindowSize {
    /// Articles.
    articles: usize,
    /// Bytes of articles and index, approximately.
    bytes: usize,
    /// Time of the oldest article; absent if there are none.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Most articles.
    max_articles: usize,
    /// Most bytes.
    max_bytes: usize,
    /// Hours for which an article is kept.
    hours: i64,
}

/// The pulse.
pub(super) async fn pulse(Call { state, query, headers }: Call) -> Result<Response, ApiError> {
    query::none(query.as_deref())?;
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let (minutes, delays) = {
        let pulse = state.pulse();
        (pulse.by_minute(now_ms), pulse.delays(now_ms))
    };
    let (feeds, dropped_last_hour) = {
        let feeds = state.feeds();
        (feeds.totals(), feeds.dropped.since(now_ms - HOUR_MS))
    };
    let (articles, bytes, oldest) = {
        let window = state.window();
        (window.len(), window.bytes(), window.oldest_ms())
    };
    let limits = state.limits;
    json(
        &headers,
        &Pulse {
            minutes: Minutes { from: time(minutes.0), counts: minutes.1 },
            delays,
            feeds,
            dropped_last_hour,
            window: WindowSize {
                articles,
                bytes,
                from: oldest.map(time),
                max_articles: limits.articles,
                max_bytes: limits.bytes,
                hours: limits.age_ms / HOUR_MS,
            },
            position: state.position().to_string(),
            caught_up: state.is_caught_up(),
        },
    )
}
