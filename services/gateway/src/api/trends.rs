//! `GET /v1/trends`.

use super::{
    answer::{Call, json, time, work},
    error::ApiError,
    query::question,
};
use crate::{
    HOUR_MS,
    trends::{Of, Trend},
};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// Counts over time.
#[derive(Serialize, ToSchema)]
pub(super) struct Trends {
    /// What articles are counted by: country, entity, publisher or language.
    of: &'static str,
    /// Begin of the first hour.
    #[schema(format = DateTime)]
    from: String,
    /// Number of hours.
    hours: i64,
    /// Number of the last hours that are compared with the same hours of earlier days.
    recent: i64,
    /// Begin of the first hour of which articles are counted; absent before the first. Nothing rises without an earlier day.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_from: Option<String>,
    /// What is counted.
    trends: Vec<TrendRow>,
}

/// The counts of a country, an entity, a publisher or a language.
#[derive(Serialize, ToSchema)]
struct TrendRow {
    /// What distinguishes it.
    key: String,
    /// How it is shown.
    name: String,
    /// Type of an entity; absent for others.
    #[serde(skip_serializing_if = "String::is_empty")]
    r#type: String,
    /// Articles by hour of publication, oldest first.
    counts: Vec<u64>,
    /// Articles of the recent hours, without backfill.
    recent: u64,
    /// What earlier days let expect, at the present number of articles in all.
    expected: f64,
    /// -log10 of the probability of as many or more by chance (Poisson).
    score: f64,
}

impl From<Trend> for TrendRow {
    fn from(trend: Trend) -> Self {
        let rounded = |number: f64| (number * 1_000.0).round() / 1_000.0;
        TrendRow {
            key: trend.key.key.clone(),
            name: trend.key.name.clone(),
            r#type: trend.key.kind.clone(),
            counts: trend.counts,
            recent: trend.recent,
            expected: rounded(trend.expected),
            score: rounded(trend.score),
        }
    }
}

/// Trends.
pub(super) async fn trends(Call { state, query, headers }: Call) -> Result<Response, ApiError> {
    let question = question(query.as_deref())?;
    let (hours, recent, of): (i64, i64, Of) = (question.hours, question.recent, question.of);
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let (found, observed) = work(&state, move |state| {
        let counts = state.trends().counts();
        (counts.answer(&question, now_ms), counts.first_ms())
    })
    .await?;
    let from = (now_ms.div_euclid(HOUR_MS) - hours + 1) * HOUR_MS;
    json(
        &headers,
        &Trends {
            of: of.name(),
            from: time(from),
            hours,
            recent,
            observed_from: observed.map(time),
            trends: found.into_iter().map(TrendRow::from).collect(),
        },
    )
}
