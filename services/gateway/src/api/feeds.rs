//! `GET /v1/feeds` and `GET /v1/coverage`.

use super::{
    answer::{Call, json, time, work},
    error::ApiError,
    query::{self, FeedQuery},
};
use crate::{
    feeds::{DroppedReason, FeedCursor, FeedRow, Feeds},
    window::Filter,
};
use axum::response::Response;
use proto::v1::FeedHealth;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::{
    ToSchema,
    openapi::{Ref, RefOr, Schema},
};

/// Most silent feeds that are named.
const MAX_SILENT: usize = 500;

/// Codes (ISO 3166-1 alpha-2, and XK) and English names of the countries and territories that are inhabited: CLDR 48.2.0, territories
/// of `en`.
const COUNTRIES: &str = include_str!("countries.txt");

/// Feeds, the worst first.
#[derive(Serialize, ToSchema)]
pub(super) struct FeedPage {
    /// Feeds.
    feeds: Vec<FeedItem>,
    /// The cursor of the next page; empty on the last one.
    next: String,
    /// Feeds in each state.
    totals: BTreeMap<&'static str, u64>,
    /// False until all feeds have been read.
    caught_up: bool,
}

/// A feed as operators have defined it, with its health.
#[derive(Serialize, ToSchema)]
struct FeedItem {
    /// 32 hex digits.
    feed_id: String,
    /// Its URL.
    url: String,
    /// The operator's title, else its own; may be empty.
    title: String,
    /// GONE, FAILING, SILENT, CHURNING, UNKNOWN (not polled yet), OK or PAUSED.
    status: &'static str,
    /// As the operator states it; may be empty.
    publisher_name: String,
    /// ISO 3166-1 alpha-2 code of the publisher's seat; empty if unknown.
    publisher_country: String,
    /// Labels of its articles.
    tags: Vec<String>,
    /// Its health; absent before the first poll.
    #[schema(schema_with = health_schema)]
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<FeedHealth>,
}

fn health_schema() -> RefOr<Schema> {
    Ref::from_schema_name("FeedHealth").into()
}

impl From<(String, FeedRow)> for FeedItem {
    fn from((feed_id, row): (String, FeedRow)) -> Self {
        let status = row.status().name();
        let FeedRow { feed, health } = row;
        let feed = feed.unwrap_or_default();
        let own = health.as_ref().map(|health| health.title.clone()).unwrap_or_default();
        FeedItem {
            feed_id,
            url: feed.url,
            title: if feed.title.is_empty() { own } else { feed.title },
            status,
            publisher_name: feed.publisher_name,
            publisher_country: feed.publisher_country,
            tags: feed.tags,
            health,
        }
    }
}

/// Feeds.
pub(super) async fn feeds(Call { state, query, headers }: Call) -> Result<Response, ApiError> {
    let query = FeedQuery::parse(query.as_deref())?;
    let page = work(&state, move |state| {
        let feeds = state.feeds();
        let (rows, next) = feeds.page(&query.statuses, &query.countries, query.cursor.as_ref(), query.limit);
        FeedPage {
            feeds: rows.into_iter().map(FeedItem::from).collect(),
            next: next.as_ref().map(FeedCursor::to_text).unwrap_or_default(),
            totals: feeds.totals(),
            caught_up: feeds.is_caught_up,
        }
    })
    .await?;
    json(&headers, &page)
}

/// Which countries are covered, and what is missing.
#[derive(Serialize, ToSchema)]
pub(super) struct Coverage {
    /// Countries that have a feed or are written about.
    countries: Vec<CoveredCountry>,
    /// Countries and territories without a feed that is polled with success and not silent.
    without_source: Vec<UncoveredCountry>,
    /// Ids of feeds that have shown nothing new for longer than their history explains, the longest first; at most 500.
    silent: Vec<String>,
    /// Records that stages refused.
    dropped: DroppedHours,
}

/// A country with its sources.
#[derive(Serialize, ToSchema)]
struct CoveredCountry {
    /// ISO 3166-1 alpha-2.
    code: String,
    /// English name.
    name: String,
    /// Feeds of publishers there.
    feeds: u64,
    /// Those that are polled with success and are not silent.
    living: u64,
    /// Articles of the window about it or mentioning it.
    articles: u64,
}

/// A country without a source.
#[derive(Serialize, ToSchema)]
struct UncoveredCountry {
    /// ISO 3166-1 alpha-2.
    code: String,
    /// English name.
    name: String,
    /// Articles of the window about it or mentioning it.
    articles: u64,
}

/// Refused records by hour.
#[derive(Serialize, ToSchema)]
struct DroppedHours {
    /// Begin of the first hour.
    #[schema(format = DateTime)]
    from: String,
    /// Number of hours.
    hours: usize,
    /// By stage and reason, most first.
    reasons: Vec<DroppedReason>,
}

/// Coverage.
pub(super) async fn coverage(Call { state, query, headers }: Call) -> Result<Response, ApiError> {
    query::none(query.as_deref())?;
    let coverage = work(&state, |state| {
        let written = state.window().tally(&Filter::default()).countries(false);
        let about = written.into_iter().map(|count| (count.code, (count.name, count.focus + count.mentioned)));
        covered(&state.feeds(), &about.collect())
    })
    .await?;
    json(&headers, &coverage)
}

fn covered(feeds: &Feeds, about: &BTreeMap<String, (String, u64)>) -> Coverage {
    let sources = feeds.by_country();
    let known: BTreeMap<&str, &str> = COUNTRIES.lines().filter_map(|line| line.split_once('\t')).collect();
    let articles = |code: &str| about.get(code).map_or(0, |(_, articles)| *articles);
    let name = |code: &str| -> String {
        let written = about.get(code).map(|(name, _)| name.as_str());
        known.get(code).copied().or(written).unwrap_or(code).to_owned()
    };
    let codes: std::collections::BTreeSet<&str> = about.keys().chain(sources.keys()).map(String::as_str).collect();
    let mut countries: Vec<CoveredCountry> = codes
        .into_iter()
        .map(|code| {
            let of = sources.get(code).copied().unwrap_or_default();
            CoveredCountry {
                code: code.to_owned(),
                name: name(code),
                feeds: of.feeds,
                living: of.living,
                articles: articles(code),
            }
        })
        .collect();
    countries.sort_by_key(|country| std::cmp::Reverse(country.articles));
    let is_living = |code: &str| sources.get(code).is_some_and(|sources| sources.living > 0);
    let mut without_source: Vec<UncoveredCountry> = known
        .iter()
        .filter(|(code, _)| !is_living(code))
        .map(|(code, name)| UncoveredCountry {
            code: (*code).to_owned(),
            name: (*name).to_owned(),
            articles: articles(code),
        })
        .collect();
    without_source.sort_by_key(|country| std::cmp::Reverse(country.articles));
    let (from, reasons) = feeds.dropped.last_hours(jiff::Timestamp::now().as_millisecond());
    let hours = crate::feeds::DROPPED_HOURS;
    Coverage {
        countries,
        without_source,
        silent: feeds.silent(MAX_SILENT),
        dropped: DroppedHours { from: time(from), hours, reasons },
    }
}
