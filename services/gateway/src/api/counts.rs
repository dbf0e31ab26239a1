//! `GET /v1/countries`, `/v1/entities`, `/v1/entities/{key}`, `/v1/publishers` and `/v1/languages`: counts over the articles that match.

use super::{
    answer::{Call, json, search, time},
    error::ApiError,
    parameters::head,
    query::{Endpoint, Query},
};
use crate::{
    HOUR_MS,
    window::{CountryCount, EntityCount, PublisherCount, Tally},
};
use axum::{extract::Path, response::Response};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Co-occurring entities and countries of an entity.
const NEIGHBOURS: usize = 20;
/// Publishers of an entity.
const PUBLISHERS: usize = 10;
/// Hours of an entity.
const HOURS: usize = 24;

/// Articles by country.
#[derive(Serialize, ToSchema)]
pub(super) struct Countries {
    /// Articles that match.
    articles: u64,
    /// Countries, most articles first.
    countries: Vec<CountryRow>,
    /// Time of the oldest of these articles; absent if there are none.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Time of the newest.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

/// Articles about a country.
#[derive(Serialize, ToSchema)]
struct CountryRow {
    /// ISO 3166-1 alpha-2.
    code: String,
    /// ISO 3166-1 alpha-3.
    alpha3: String,
    /// English name.
    name: String,
    /// Articles that are about it.
    focus: u64,
    /// Articles that only mention it.
    mentioned: u64,
    /// Both.
    articles: u64,
    /// Articles by the publisher's country, empty where that is unknown; only with `by=publisher_country`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_publisher_country: Option<BTreeMap<String, u64>>,
}

/// Articles by entity.
#[derive(Serialize, ToSchema)]
pub(super) struct Entities {
    /// Articles that match.
    articles: u64,
    /// Entities, most articles first.
    entities: Vec<EntityRow>,
}

/// Articles with an entity.
#[derive(Serialize, ToSchema)]
struct EntityRow {
    /// What distinguishes it in all articles: its Wikidata item, `g` and its GeoNames number, or type and name.
    key: String,
    /// PERSON, ORG, GPE, LOC, NORP or EVENT.
    r#type: String,
    /// Its name.
    name: String,
    /// Wikidata item; empty if unknown.
    wikidata_id: String,
    /// GeoNames number; empty if unknown.
    geonames_id: String,
    /// ISO 3166-1 alpha-2 code of the country that a place lies in; empty if unknown.
    country: String,
    /// Articles.
    articles: u64,
    /// Articles whose title mentions it.
    in_title: u64,
}

/// Articles by publisher.
#[derive(Serialize, ToSchema)]
pub(super) struct Publishers {
    /// Articles that match.
    articles: u64,
    /// Publishers, most articles first.
    publishers: Vec<PublisherRow>,
}

/// Articles of a publisher.
#[derive(Serialize, ToSchema)]
struct PublisherRow {
    /// Registrable domain; empty if unknown.
    domain: String,
    /// Name; empty if unknown.
    name: String,
    /// ISO 3166-1 alpha-2 code of its seat; empty if unknown.
    country: String,
    /// Articles.
    articles: u64,
    /// Languages of its articles (BCP 47, lower case).
    languages: BTreeSet<String>,
    /// Time of its newest article.
    #[schema(format = DateTime)]
    last_published_at: String,
}

/// Articles by language.
#[derive(Serialize, ToSchema)]
pub(super) struct Languages {
    /// Articles that match.
    articles: u64,
    /// Languages, most articles first.
    languages: Vec<LanguageRow>,
}

/// Articles in a language.
#[derive(Serialize, ToSchema)]
struct LanguageRow {
    /// BCP 47, lower case.
    language: String,
    /// Articles.
    articles: u64,
}

/// An entity, and what its articles have in common.
#[derive(Serialize, ToSchema)]
pub(super) struct EntityPage {
    /// The entity.
    entity: EntityRow,
    /// Its articles by hour.
    hours: Hours,
    /// Entities of the same articles.
    entities: Vec<EntityRow>,
    /// Countries of the same articles.
    countries: Vec<CountryRow>,
    /// Publishers of these articles.
    publishers: Vec<PublisherRow>,
}

/// Articles by hour.
#[derive(Serialize, ToSchema)]
struct Hours {
    /// Begin of the first hour.
    #[schema(format = DateTime)]
    from: String,
    /// Articles, oldest hour first.
    counts: Vec<u64>,
}

impl From<CountryCount> for CountryRow {
    fn from(count: CountryCount) -> Self {
        CountryRow {
            articles: count.focus + count.mentioned,
            code: count.code,
            alpha3: count.alpha3,
            name: count.name,
            focus: count.focus,
            mentioned: count.mentioned,
            by_publisher_country: Some(count.by_publisher_country).filter(|counts| !counts.is_empty()),
        }
    }
}

impl From<EntityCount> for EntityRow {
    fn from(count: EntityCount) -> Self {
        EntityRow {
            key: count.key,
            r#type: count.info.kind,
            name: count.info.name,
            wikidata_id: count.info.wikidata_id,
            geonames_id: count.info.geonames_id,
            country: count.info.country,
            articles: count.articles,
            in_title: count.in_title,
        }
    }
}

impl From<PublisherCount> for PublisherRow {
    fn from(count: PublisherCount) -> Self {
        PublisherRow {
            domain: count.publisher.domain,
            name: count.publisher.name,
            country: count.publisher.country,
            articles: count.articles,
            languages: count.languages,
            last_published_at: time(count.last_ms),
        }
    }
}

fn rows<Count, Row: From<Count>>(counts: Vec<Count>) -> Vec<Row> {
    counts.into_iter().map(Row::from).collect()
}

/// Searches the window for the articles of a request and answers with what `count` makes of them.
async fn counted<T: Serialize + Send + 'static>(
    Call { state, query, headers }: Call,
    endpoint: Endpoint,
    count: impl FnOnce(Tally<'_>, &Query) -> T + Send + 'static,
) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref(), endpoint)?;
    let counts = search(&state, move |window| count(window.tally(&query.filter), &query)).await?;
    json(&headers, &counts)
}

/// Countries.
pub(super) async fn countries(call: Call) -> Result<Response, ApiError> {
    counted(call, Endpoint::Countries, |tally, query| {
        let span = tally.span_ms();
        Countries {
            articles: tally.articles(),
            countries: rows(tally.countries(query.by_publisher_country)),
            from: span.map(|(from, _)| time(from)),
            to: span.map(|(_, to)| time(to)),
        }
    })
    .await
}

/// Entities.
pub(super) async fn entities(call: Call) -> Result<Response, ApiError> {
    counted(call, Endpoint::Ranking, |tally, query| Entities {
        articles: tally.articles(),
        entities: rows(tally.entities(&query.types, query.limit)),
    })
    .await
}

/// An entity. 404 if no article that matches has it.
pub(super) async fn entity(
    Path(key): Path<String>,
    Call { state, query, headers }: Call,
) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref(), Endpoint::Filtered)?;
    let wanted = key.clone();
    let page = search(&state, move |window| {
        let (tally, entity) = window.tally(&query.filter).of_entity(&wanted)?;
        let last = jiff::Timestamp::now().as_millisecond().div_euclid(HOUR_MS);
        let from = (last - i64::try_from(HOURS).unwrap_or(0) + 1) * HOUR_MS;
        let mut others = tally.entities(&[], NEIGHBOURS + 1);
        others.retain(|other| other.key != entity.key);
        others.truncate(NEIGHBOURS);
        let mut countries = tally.countries(false);
        countries.truncate(NEIGHBOURS);
        Some(EntityPage {
            hours: Hours { from: time(from), counts: tally.by_hour(from, HOURS) },
            entities: rows(others),
            countries: rows(countries),
            publishers: rows(tally.publishers(PUBLISHERS)),
            entity: entity.into(),
        })
    })
    .await?;
    let page = page.ok_or_else(|| ApiError::not_found(format!("no article of the window has {:?}", head(&key))))?;
    json(&headers, &page)
}

/// Publishers.
pub(super) async fn publishers(call: Call) -> Result<Response, ApiError> {
    counted(call, Endpoint::Ranking, |tally, query| Publishers {
        articles: tally.articles(),
        publishers: rows(tally.publishers(query.limit)),
    })
    .await
}

/// Languages.
pub(super) async fn languages(call: Call) -> Result<Response, ApiError> {
    counted(call, Endpoint::Filtered, |tally, _| Languages {
        articles: tally.articles(),
        languages: tally
            .languages()
            .into_iter()
            .map(|(language, articles)| LanguageRow { language, articles })
            .collect(),
    })
    .await
}
