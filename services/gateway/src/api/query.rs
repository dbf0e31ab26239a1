//! What a request asks for.

use super::{
    error::ApiError,
    parameters::{
        AFTER, BY, CURSOR, FEEDS, FILTERS, LIMIT, MAX_TAG, MAX_WORDS, Parameter, Parameters, SORT, TRENDS, VIEW,
    },
};
use crate::{
    feeds::{FeedCursor, Status},
    trends::{Of, Question},
    window::{Cursor, Filter, Kind, Order, Pattern, View, WantedEntity, words},
};

/// A path, which determines the parameters that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    List,
    Stream,
    Countries,
    Ranking,
    Filtered,
    Trends,
    Feeds,
    Plain,
}

impl Endpoint {
    /// Its parameters.
    pub fn parameters(self) -> Vec<Parameter> {
        let with = |more: &[Parameter]| [&FILTERS, more].concat();
        match self {
            Endpoint::List => with(&[SORT, VIEW, LIMIT, CURSOR]),
            Endpoint::Stream => with(&[VIEW, AFTER]),
            Endpoint::Countries => with(&[BY]),
            Endpoint::Ranking => with(&[LIMIT]),
            Endpoint::Filtered => with(&[]),
            Endpoint::Trends => TRENDS.to_vec(),
            Endpoint::Feeds => FEEDS.to_vec(),
            Endpoint::Plain => Vec::new(),
        }
    }
}

/// A request for articles, their stream, or counts of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    pub filter: Filter,
    /// Types of entities.
    pub types: Vec<String>,
    pub order: Order,
    pub view: View,
    /// Most items.
    pub limit: usize,
    /// Where the page starts.
    pub cursor: Option<Cursor>,
    /// Position from which the stream continues, for clients that cannot set `Last-Event-ID`; empty before the first record.
    pub after: Option<String>,
    /// Whether countries are counted by the publisher's country, too.
    pub by_publisher_country: bool,
}

impl Query {
    /// Parses the query string of a request.
    pub fn parse(query: Option<&str>, endpoint: Endpoint) -> Result<Self, ApiError> {
        let mut parameters = Parameters::new(query, endpoint.parameters());
        let filter = filter(&mut parameters);
        let query = Query {
            types: upper(parameters.list("type")),
            order: if parameters.last("sort") == Some("salient") { Order::Salient } else { Order::Newest },
            view: if parameters.last("view") == Some("brief") { View::Brief } else { View::Full },
            limit: parameters.number("limit"),
            cursor: parameters.parsed("cursor", "the `next` of an earlier response", Cursor::parse),
            after: parameters.given("after").map(str::to_owned),
            by_publisher_country: parameters.last("by").is_some(),
            filter,
        };
        parameters.finish(query)
    }
}

fn filter(parameters: &mut Parameters) -> Filter {
    let mut filter =
        Filter { since_ms: parameters.time("since"), until_ms: parameters.time("until"), ..Filter::default() };
    let mut any = |patterns: Vec<Pattern>| {
        if !patterns.is_empty() {
            filter.patterns.push(patterns);
        }
    };
    let terms = |kind: Kind, values: &[String]| -> Vec<Pattern> {
        values.iter().map(|value| Pattern::Term(kind.term(value))).collect()
    };

    let codes = country_codes(parameters, "country", 2..=3);
    let role = parameters.last("role").map(str::to_owned);
    let kinds: &[Kind] = match role.as_deref() {
        Some("focus") => &[Kind::Focus],
        Some(_) => &[Kind::Mentioned],
        None => &[Kind::Focus, Kind::Mentioned],
    };
    any(kinds.iter().flat_map(|kind| terms(*kind, &codes)).collect());
    if codes.is_empty() && role.is_some() {
        any(kinds.iter().map(|kind| Pattern::Prefix(kind.term(""))).collect());
    }
    let languages: Vec<String> = parameters.list("language").iter().map(|tag| tag.to_lowercase()).collect();
    let is_tag = |tag: &str| tag.len() <= MAX_TAG && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    for tag in languages.iter().filter(|tag| !is_tag(tag)) {
        parameters.reject("language", &"a BCP 47 tag, such as en or pt-BR", tag);
    }
    any(languages.into_iter().map(Pattern::Language).collect());
    let publishers: Vec<String> = parameters.list("publisher").iter().map(|name| name.to_lowercase()).collect();
    any([Kind::Domain, Kind::Name].into_iter().flat_map(|kind| terms(kind, &publishers)).collect());
    any(terms(Kind::Origin, &country_codes(parameters, "publisher_country", 2..=2)));
    any(terms(Kind::Feed, &parameters.list("feed")));
    any(terms(Kind::Tag, &parameters.list("tag")));
    // A script without spaces has a word a character: no schema could state their number.
    for word in parameters.each("q").iter().flat_map(|text| words(text)).take(MAX_WORDS) {
        any(vec![Pattern::Prefix(Kind::Word.term(&word))]);
    }

    let types = upper(parameters.list("type"));
    let entities = parameters.each("entity");
    if entities.is_empty() {
        any(terms(Kind::Type, &types));
    }
    let entities = parameters.at_most("entity", entities);
    filter.entities = entities.iter().map(|text| WantedEntity::new(text, types.clone())).collect();
    filter.countries = codes;
    filter
}

/// Country codes, upper case.
fn country_codes(parameters: &mut Parameters, name: &str, lengths: std::ops::RangeInclusive<usize>) -> Vec<String> {
    let codes = upper(parameters.list(name));
    for code in
        codes.iter().filter(|code| !lengths.contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_uppercase()))
    {
        let rule = if *lengths.end() == 2 { "of two letters" } else { "of two or three letters" };
        parameters.reject(name, &format!("an ISO 3166-1 code {rule}"), code);
    }
    codes
}

fn upper(values: Vec<String>) -> Vec<String> {
    values.iter().map(|value| value.to_ascii_uppercase()).collect()
}

/// Parses the query string of `/v1/trends`.
pub(super) fn question(query: Option<&str>) -> Result<Question, ApiError> {
    let mut parameters = Parameters::new(query, Endpoint::Trends.parameters());
    let of = match parameters.last("of") {
        Some("entity") => Of::Entity,
        Some("publisher") => Of::Publisher,
        Some("language") => Of::Language,
        _ => Of::Country,
    };
    let number = |parameters: &Parameters, name: &str| i64::try_from(parameters.number(name)).unwrap_or(i64::MAX);
    let question = Question {
        of,
        types: upper(parameters.list("type")),
        keys: parameters.list("key"),
        hours: number(&parameters, "hours"),
        recent: number(&parameters, "recent"),
        limit: parameters.number("limit"),
        only_rising: parameters.last("sort") == Some("rising"),
    };
    parameters.finish(question)
}

/// A request for feeds.
pub(super) struct FeedQuery {
    pub statuses: Vec<Status>,
    pub countries: Vec<String>,
    pub limit: usize,
    pub cursor: Option<FeedCursor>,
}

impl FeedQuery {
    /// Parses the query string of `/v1/feeds`.
    pub fn parse(query: Option<&str>) -> Result<Self, ApiError> {
        let mut parameters = Parameters::new(query, Endpoint::Feeds.parameters());
        let query = FeedQuery {
            statuses: upper(parameters.list("status")).iter().filter_map(|name| Status::parse(name)).collect(),
            countries: country_codes(&mut parameters, "country", 2..=2),
            limit: parameters.number("limit"),
            cursor: parameters.parsed("cursor", "the `next` of an earlier response", FeedCursor::parse),
        };
        parameters.finish(query)
    }
}

/// Checks that a request has no parameters.
pub(super) fn none(query: Option<&str>) -> Result<(), ApiError> {
    Parameters::new(query, Endpoint::Plain.parameters()).finish(())
}

#[cfg(test)]
#[path = "query/tests.rs"]
mod tests;
