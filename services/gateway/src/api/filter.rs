//! Which articles a client wants, from the query of its request. A parameter that is not known is an error: a filter
//! with a slip of the pen must not answer with everything.

use super::error::ApiError;
use crate::store::{Entry, Place};
use std::fmt::Display;

/// Longest value of a parameter, in bytes.
const LONGEST: usize = 400;
/// Most values of a parameter.
const MOST_VALUES: usize = 50;

/// Which articles.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    /// Any of these countries (alpha-2 or alpha-3, upper case); all where empty.
    countries: Vec<String>,
    /// Any of these languages (BCP 47, lower case); `en` is `en-GB`, too.
    languages: Vec<String>,
    /// All of these entities: a part of the name, or a Wikidata or GeoNames id, lower case.
    entities: Vec<String>,
    /// All of these words, lower case.
    words: Vec<String>,
    /// Not older than this, milliseconds since 1970.
    since_ms: Option<i64>,
}

impl Filter {
    /// True for an article that is wanted.
    pub fn matches(&self, entry: &Entry) -> bool {
        let language = || {
            self.languages.iter().any(|wanted| {
                entry
                    .language
                    .strip_prefix(wanted.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
        };
        self.since_ms.is_none_or(|since| entry.place.at_ms >= since)
            && (self.countries.is_empty() || self.countries.iter().any(|code| entry.countries.contains(code)))
            && (self.languages.is_empty() || language())
            && self.entities.iter().all(|wanted| entry.entities.iter().any(|name| name.contains(wanted)))
            && entry.mentions(&self.words)
    }
}

/// What a request may say beside the filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    pub filter: Filter,
    /// Most articles of a page.
    pub limit: usize,
    /// Go on behind this.
    pub cursor: Option<Place>,
    /// Position of the stream to go on from, where the client cannot set `Last-Event-ID`.
    pub after: Option<String>,
}

/// Where a parameter is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    List,
    Stream,
}

impl Query {
    const LIMIT: usize = 50;
    const MOST: usize = 500;

    /// Reads the query string of a request.
    pub fn parse(query: Option<&str>, of: Of) -> Result<Self, ApiError> {
        let mut parsed = Query { filter: Filter::default(), limit: Self::LIMIT, cursor: None, after: None };
        let mut wrong = Vec::new();
        let mut say =
            |name: &str, what: &dyn Display, value: &str| wrong.push(format!("{name} is {what}, not {value:?}"));
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let (name, value) = (&*name, value.trim());
            if value.len() > LONGEST && name != "after" {
                say(name, &format!("at most {LONGEST} bytes long"), &format!("{}…", head(value)));
                continue;
            }
            let filter = &mut parsed.filter;
            match (name, of) {
                ("country", _) => {
                    for code in values(value) {
                        let is_code = matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_alphabetic());
                        if is_code {
                            filter.countries.push(code.to_ascii_uppercase());
                        } else {
                            say(name, &"an ISO 3166-1 code of two or three letters", code);
                        }
                    }
                }
                ("language", _) => {
                    for tag in values(value) {
                        if tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                            filter.languages.push(tag.to_ascii_lowercase());
                        } else {
                            say(name, &"a BCP 47 tag, such as en or pt-BR", tag);
                        }
                    }
                }
                ("entity", _) => filter.entities.extend((!value.is_empty()).then(|| value.to_lowercase())),
                ("q", _) => filter.words.extend(value.split_whitespace().map(str::to_lowercase)),
                ("since", Of::List) => match value.parse::<jiff::Timestamp>() {
                    Ok(at) => filter.since_ms = Some(at.as_millisecond()),
                    Err(_) => say(name, &"an RFC 3339 time, such as 2026-11-24T00:00:00Z", value),
                },
                ("limit", Of::List) => match value.parse::<usize>() {
                    Ok(limit) if (1..=Self::MOST).contains(&limit) => parsed.limit = limit,
                    _ => say(name, &format!("1 to {}", Self::MOST), value),
                },
                ("cursor", Of::List) => match Place::from_cursor(value) {
                    Some(place) => parsed.cursor = Some(place),
                    None => say(name, &"the `next` of an earlier answer", value),
                },
                ("after", Of::Stream) => parsed.after = Some(value.to_owned()),
                _ => wrong_name(&mut say, name, of),
            }
        }
        let many = [&parsed.filter.countries, &parsed.filter.languages, &parsed.filter.entities, &parsed.filter.words];
        if many.iter().any(|values| values.len() > MOST_VALUES) {
            wrong.push(format!("a parameter has at most {MOST_VALUES} values"));
        }
        if wrong.is_empty() { Ok(parsed) } else { Err(ApiError::bad_request(wrong)) }
    }
}

fn wrong_name(say: &mut impl FnMut(&str, &dyn Display, &str), name: &str, of: Of) {
    let known = match of {
        Of::List => "country, q, entity, language, since, limit or cursor",
        Of::Stream => "country, q, entity, language or after",
    };
    say("a parameter", &known, head(name));
}

/// The values of a comma-separated list.
fn values(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|value| !value.is_empty())
}

fn head(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::{Country, EnrichedArticle, Entity};

    fn entry() -> Entry {
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
        Entry::new(&article, 0).unwrap()
    }

    fn wants(query: &str) -> bool {
        Query::parse(Some(query), Of::List).unwrap().filter.matches(&entry())
    }

    #[test]
    fn each_filter_takes_and_leaves() {
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
            assert!(wants(query), "{query}");
        }
        for query in [
            "country=TZ",
            "language=e",
            "language=en-us",
            "q=kenya+rail",
            "entity=kenyatta",
            "since=1970-01-01T00:16:41Z",
        ] {
            assert!(!wants(query), "{query}");
        }
    }

    #[test]
    fn everything_that_is_wrong_with_a_query_is_said() {
        let problem = Query::parse(Some("contry=KE&country=K1&limit=0&since=monday&cursor=x"), Of::List).unwrap_err();
        insta::assert_snapshot!(serde_json::to_string_pretty(&problem).unwrap(), @r#"
        {
          "type": "about:blank",
          "title": "Bad Request",
          "status": 400,
          "detail": "a parameter is country, q, entity, language, since, limit or cursor, not \"contry\"; country is an ISO 3166-1 code of two or three letters, not \"K1\"; limit is 1 to 500, not \"0\"; since is an RFC 3339 time, such as 2026-11-24T00:00:00Z, not \"monday\"; cursor is the `next` of an earlier answer, not \"x\"",
          "errors": [
            "a parameter is country, q, entity, language, since, limit or cursor, not \"contry\"",
            "country is an ISO 3166-1 code of two or three letters, not \"K1\"",
            "limit is 1 to 500, not \"0\"",
            "since is an RFC 3339 time, such as 2026-11-24T00:00:00Z, not \"monday\"",
            "cursor is the `next` of an earlier answer, not \"x\""
          ]
        }
        "#);
    }

    proptest::proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in "((country|q|limit|cursor|since|x)=)?\\PC{0,20}(&\\PC{0,10})?") {
            let _ = Query::parse(Some(&query), Of::List);
            let _ = Query::parse(Some(&query), Of::Stream);
        }
    }
}
