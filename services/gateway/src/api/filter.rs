//! The query parameters of a request. An unknown parameter is an error, so that a misspelt filter does not return all
//! articles.

use super::error::ApiError;
use crate::store::{SortKey, StoredArticle};
use std::fmt::Display;

/// Longest value of a parameter, in bytes.
const MAX_VALUE_BYTES: usize = 400;
/// Most values of a parameter.
const MAX_VALUES: usize = 50;
/// Most parameters of a request.
const MAX_PARAMETERS: usize = 100;
/// Longest `after`, in bytes: a position of a thousand partitions.
const MAX_POSITION_BYTES: usize = 16 * 1024;

/// Conditions on an article, all of which must hold.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    /// Any of these countries (alpha-2 or alpha-3, upper case); any country if empty.
    countries: Vec<String>,
    /// Any of these languages (BCP 47, lower case); `en` includes `en-GB`.
    languages: Vec<String>,
    /// All of these entities: part of a name, or a Wikidata or GeoNames id, lower case.
    entities: Vec<String>,
    /// All of these words, lower case.
    words: Vec<String>,
    /// Not older than this, in milliseconds since 1970.
    since_ms: Option<i64>,
}

impl Filter {
    /// True if the article meets all conditions.
    pub fn matches(&self, article: &StoredArticle) -> bool {
        let language = || {
            self.languages.iter().any(|wanted| {
                article
                    .language
                    .strip_prefix(wanted.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
        };
        self.since_ms.is_none_or(|since| article.sort_key.at_ms >= since)
            && (self.countries.is_empty() || self.countries.iter().any(|code| article.countries.contains(code)))
            && (self.languages.is_empty() || language())
            && self.entities.iter().all(|wanted| article.entities.iter().any(|name| name.contains(wanted)))
            && article.contains_all(&self.words)
    }
}

/// All parameters of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    pub filter: Filter,
    /// Most articles of a page.
    pub limit: usize,
    /// The last article of the previous page.
    pub cursor: Option<SortKey>,
    /// Position from which the stream continues, for clients that cannot set `Last-Event-ID`.
    pub after: Option<String>,
}

/// The endpoint, which determines the parameters that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    List,
    Stream,
}

impl Query {
    const DEFAULT_LIMIT: usize = 50;
    const MAX_LIMIT: usize = 500;

    /// Parses the query string of a request.
    pub fn parse(query: Option<&str>, endpoint: Endpoint) -> Result<Self, ApiError> {
        let mut parsed = Query { filter: Filter::default(), limit: Self::DEFAULT_LIMIT, cursor: None, after: None };
        let mut errors = Vec::new();
        let mut reject =
            |name: &str, rule: &dyn Display, value: &str| errors.push(format!("{name} must be {rule}, not {value:?}"));
        for (index, (name, value)) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).enumerate() {
            if index == MAX_PARAMETERS {
                let rule = format!("a request must have at most {MAX_PARAMETERS} parameters");
                return Err(ApiError::bad_request(vec![rule]));
            }
            let (name, value) = (&*name, value.trim());
            let longest = if name == "after" { MAX_POSITION_BYTES } else { MAX_VALUE_BYTES };
            if value.len() > longest {
                reject(head(name), &format!("at most {longest} bytes long"), &format!("{}…", head(value)));
                continue;
            }
            let filter = &mut parsed.filter;
            match (name, endpoint) {
                ("country", _) => {
                    for code in values(value) {
                        let is_code = matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_alphabetic());
                        if is_code {
                            filter.countries.push(code.to_ascii_uppercase());
                        } else {
                            reject(name, &"an ISO 3166-1 code of two or three letters", code);
                        }
                    }
                }
                ("language", _) => {
                    for tag in values(value) {
                        if tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                            filter.languages.push(tag.to_ascii_lowercase());
                        } else {
                            reject(name, &"a BCP 47 tag, such as en or pt-BR", tag);
                        }
                    }
                }
                ("entity", _) => filter.entities.extend((!value.is_empty()).then(|| value.to_lowercase())),
                ("q", _) => filter.words.extend(value.split_whitespace().map(str::to_lowercase)),
                ("since", Endpoint::List) => match value.parse::<jiff::Timestamp>() {
                    Ok(at) => filter.since_ms = Some(at.as_millisecond()),
                    Err(_) => reject(name, &"an RFC 3339 time, such as 2026-11-24T00:00:00Z", value),
                },
                ("limit", Endpoint::List) => match value.parse::<usize>() {
                    Ok(limit) if (1..=Self::MAX_LIMIT).contains(&limit) => parsed.limit = limit,
                    _ => reject(name, &format!("1 to {}", Self::MAX_LIMIT), value),
                },
                ("cursor", Endpoint::List) => match SortKey::from_cursor(value) {
                    Some(sort_key) => parsed.cursor = Some(sort_key),
                    None => reject(name, &"the `next` of an earlier response", value),
                },
                ("after", Endpoint::Stream) => parsed.after = Some(value.to_owned()),
                _ => reject("a parameter", &known_parameters(endpoint), head(name)),
            }
        }
        let lists = [&parsed.filter.countries, &parsed.filter.languages, &parsed.filter.entities, &parsed.filter.words];
        if lists.iter().any(|values| values.len() > MAX_VALUES) {
            errors.push(format!("a parameter must have at most {MAX_VALUES} values"));
        }
        if errors.is_empty() { Ok(parsed) } else { Err(ApiError::bad_request(errors)) }
    }
}

fn known_parameters(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::List => "country, q, entity, language, since, limit or cursor",
        Endpoint::Stream => "country, q, entity, language or after",
    }
}

/// The values of a comma-separated list.
fn values(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|value| !value.is_empty())
}

/// At most 40 characters.
pub(super) fn head(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::{Country, EnrichedArticle, Entity};

    fn stored() -> StoredArticle {
        let article = EnrichedArticle {
            article_id: "a".into(),
            title: "Ferry link reopens in São Tomé".into(),
            language: "en-GB".into(),
            published_at: Some(proto::Timestamp { seconds: 1_000, nanos: 0 }),
            countries: vec![Country {
                code: "KE".into(),
                alpha3: "KEN".into(),
                name: "Kenya".into(),
                ..Default::default()
            }],
            entities: vec![Entity { name: "Amina Odhiambo".into(), wikidata_id: "Q114".into(), ..Default::default() }],
            ..EnrichedArticle::default()
        };
        StoredArticle::new(&article, 0).unwrap()
    }

    fn matches(query: &str) -> bool {
        Query::parse(Some(query), Endpoint::List).unwrap().filter.matches(&stored())
    }

    #[test]
    fn each_parameter_filters() {
        for query in [
            "",
            "country=ke",
            "country=FR,KEN",
            "country=FR&country=KE",
            "language=en",
            "language=en-gb",
            "q=kenya+FERRY",
            "q=S%C3%83O",
            "entity=odhiambo",
            "entity=q114",
            "since=1970-01-01T00:16:40Z",
            "country=KE&q=ferry",
        ] {
            assert!(matches(query), "{query}");
        }
        for query in [
            "country=TZ",
            "language=e",
            "language=en-us",
            "q=kenya+rail",
            "entity=kenyatta",
            "since=1970-01-01T00:16:41Z",
        ] {
            assert!(!matches(query), "{query}");
        }
    }

    #[test]
    fn a_query_has_a_limited_number_of_parameters() {
        let many = "a&".repeat(MAX_PARAMETERS + 1);
        let error = Query::parse(Some(&many), Endpoint::List).unwrap_err();
        assert!(serde_json::to_string(&error).unwrap().len() < 300);
        let long = format!("after={}", "0".repeat(MAX_POSITION_BYTES + 1));
        assert!(Query::parse(Some(&long), Endpoint::Stream).is_err());
    }

    #[test]
    fn all_errors_of_a_query_are_reported() {
        let error =
            Query::parse(Some("contry=KE&country=K1&limit=0&since=monday&cursor=x"), Endpoint::List).unwrap_err();
        insta::assert_snapshot!(serde_json::to_string_pretty(&error).unwrap(), @r#"
        {
          "type": "about:blank",
          "title": "Bad Request",
          "status": 400,
          "detail": "a parameter must be country, q, entity, language, since, limit or cursor, not \"contry\"; country must be an ISO 3166-1 code of two or three letters, not \"K1\"; limit must be 1 to 500, not \"0\"; since must be an RFC 3339 time, such as 2026-11-24T00:00:00Z, not \"monday\"; cursor must be the `next` of an earlier response, not \"x\"",
          "errors": [
            "a parameter must be country, q, entity, language, since, limit or cursor, not \"contry\"",
            "country must be an ISO 3166-1 code of two or three letters, not \"K1\"",
            "limit must be 1 to 500, not \"0\"",
            "since must be an RFC 3339 time, such as 2026-11-24T00:00:00Z, not \"monday\"",
            "cursor must be the `next` of an earlier response, not \"x\""
          ]
        }
        "#);
    }

    proptest::proptest! {
        #[test]
        fn parsing_accepts_any_query_without_a_panic(query in "((country|q|limit|cursor|since|x)=)?\\PC{0,20}(&\\PC{0,10})?") {
            let _ = Query::parse(Some(&query), Endpoint::List);
            let _ = Query::parse(Some(&query), Endpoint::Stream);
        }
    }
}
