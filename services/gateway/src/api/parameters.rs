//! The parameters of requests: one table, from which the parser and the OpenAPI document come. An unknown parameter is an error, so
//! that a misspelt filter does not return all articles.

use super::error::ApiError;
use std::fmt::Display;

/// Longest value of a parameter, in characters.
pub(super) const MAX_VALUE: usize = 400;
/// Words of a search that count; the first ones.
pub(super) const MAX_WORDS: usize = 50;
/// Most repetitions of a parameter each of whose values must hold.
const MAX_REPEATED: usize = 50;
/// Most parameters of a request.
const MAX_PARAMETERS: usize = 100;
/// Longest `after`, in characters: a position of a thousand partitions.
pub(super) const MAX_POSITION: usize = 16 * 1024;
/// Longest language tag, in characters (RFC 5646, section 4.4.1).
pub(super) const MAX_TAG: usize = 35;

/// How the value of a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Any text.
    Text,
    /// Values that are separated by commas; the parameter may be repeated.
    List,
    /// Country codes of two letters up to so many, separated by commas.
    Codes(usize),
    /// Language tags, separated by commas.
    Tags,
    /// The `next` of an earlier answer, which matches this regular expression.
    Cursor(&'static str),
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Some of these, separated by commas.
    SomeOf(&'static [&'static str]),
    /// A whole number within these bounds; by default the last.
    Number(usize, usize, usize),
    /// A time of RFC 3339.
    Time,
}

impl Form {
    /// Most values of a list: as many as fit into the longest value.
    pub const fn most(self) -> usize {
        match self {
            Form::Codes(longest) => MAX_VALUE / (longest + 1),
            Form::Tags => MAX_VALUE / (MAX_TAG + 1),
            Form::SomeOf(_) => 40,
            _ => MAX_VALUE + 1,
        }
    }
}

/// A parameter of the query string.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    pub name: &'static str,
    pub form: Form,
    pub description: &'static str,
}

const fn parameter(name: &'static str, form: Form, description: &'static str) -> Parameter {
    Parameter { name, form, description }
}

const TYPES: &[&str] = &["PERSON", "ORG", "GPE", "LOC", "NORP", "EVENT"];

/// Conditions on articles, all of which must hold.
pub(super) const FILTERS: [Parameter; 12] = [
    parameter(
        "country",
        Form::Codes(3),
        "ISO 3166-1 codes of two or three letters; an article is about, or mentions, any of them.",
    ),
    parameter(
        "role",
        Form::OneOf(&["focus", "mentioned"]),
        "The role of the country: the article is about it, or only mentions it.",
    ),
    parameter(
        "entity",
        Form::Text,
        "An entity's key, Wikidata item or GeoNames number, or words of its name. Repeated: all of them.",
    ),
    parameter(
        "type",
        Form::SomeOf(TYPES),
        "Types of the entity; without `entity`, the article has an entity of any of them.",
    ),
    parameter("language", Form::Tags, "BCP 47 tags, any of them; `en` includes `en-GB`."),
    parameter("publisher", Form::List, "Domains or names of publishers, any of them."),
    parameter("publisher_country", Form::Codes(2), "ISO 3166-1 alpha-2 codes of the publisher's seat, any of them."),
    parameter("feed", Form::List, "Ids of feeds, any of them."),
    parameter("tag", Form::List, "Tags of feeds, any of them."),
    parameter(
        "q",
        Form::Text,
        "Words that all occur in title, summary, publisher or names, each perhaps as the beginning of a word. The first 50 count.",
    ),
    parameter("since", Form::Time, "Published at or after this time."),
    parameter("until", Form::Time, "Published before this time."),
];

pub(super) const CURSOR: Parameter = parameter(
    "cursor",
    // Bits of a salience up to 1, milliseconds, and an article's id.
    Form::Cursor(r"^$|^(0|[1-9][0-9]{0,8}|10[0-9]{8})\.-?[0-9]{1,18}\..*$"),
    "The `next` of the previous page.",
);
pub(super) const VIEW: Parameter = parameter(
    "view",
    Form::OneOf(&["full", "brief"]),
    "`full` is the contract's JSON; `brief` has no text of the article and at most 2 kB.",
);
pub(super) const SORT: Parameter = parameter(
    "sort",
    Form::OneOf(&["newest", "salient"]),
    "`salient` puts first the articles in which the country or entity that is asked for matters most.",
);
pub(super) const LIMIT: Parameter = parameter("limit", Form::Number(1, 500, 50), "Most items of a page.");
pub(super) const AFTER: Parameter = parameter(
    "after",
    Form::Text,
    "The `position` of a list, from which the stream continues; the header `Last-Event-ID` comes before it.",
);
pub(super) const BY: Parameter =
    parameter("by", Form::OneOf(&["publisher_country"]), "Also counts each country by the publisher's country.");

/// Parameters of `/v1/trends`.
pub(super) const TRENDS: [Parameter; 7] = [
    parameter(
        "of",
        Form::OneOf(&["country", "entity", "publisher", "language"]),
        "What articles are counted by; `country` by default.",
    ),
    parameter("type", Form::SomeOf(TYPES), "Types of entities."),
    parameter("key", Form::List, "Only these keys."),
    parameter(
        "sort",
        Form::OneOf(&["rising", "count"]),
        "`rising` lists what is more frequent than on earlier days; `count`, the default, all by number.",
    ),
    parameter("hours", Form::Number(1, 192, 24), "Hours that are listed."),
    parameter("recent", Form::Number(1, 24, 6), "Last hours, which are compared with the same hours of earlier days."),
    parameter("limit", Form::Number(1, 100, 20), "Most items."),
];

const STATUSES: &[&str] = &["GONE", "FAILING", "SILENT", "CHURNING", "UNKNOWN", "OK", "PAUSED"];

/// Parameters of `/v1/feeds`.
pub(super) const FEEDS: [Parameter; 4] = [
    parameter("status", Form::SomeOf(STATUSES), "States, any of them."),
    parameter("country", Form::Codes(2), "ISO 3166-1 alpha-2 codes of the publisher's seat, any of them."),
    parameter("limit", Form::Number(1, 1_000, 200), "Most feeds of a page."),
    parameter(
        "cursor",
        Form::Cursor(r"^$|^(GONE|FAILING|SILENT|CHURNING|UNKNOWN|OK|PAUSED)\.-?[0-9]{1,18}\..*$"),
        "The `next` of the previous page.",
    ),
];

/// The parameters of a request, checked against the table of its endpoint.
pub(super) struct Parameters {
    known: Vec<Parameter>,
    pairs: Vec<(String, String)>,
    errors: Vec<String>,
}

impl Parameters {
    /// Reads a query string. All errors are kept, for [`Parameters::finish`].
    pub fn new(query: Option<&str>, known: Vec<Parameter>) -> Self {
        let mut parameters = Parameters { known, pairs: Vec::new(), errors: Vec::new() };
        for (index, (name, value)) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).enumerate() {
            if index == MAX_PARAMETERS {
                parameters.errors = vec![format!("a request must have at most {MAX_PARAMETERS} parameters")];
                break;
            }
            parameters.add(&name, &value);
        }
        parameters
    }

    fn add(&mut self, name: &str, value: &str) {
        let Some(parameter) = self.known.iter().find(|known| known.name == name).copied() else {
            let mut names: Vec<&str> = self.known.iter().map(|known| known.name).collect();
            let rule = match names.pop() {
                None => "absent: this path takes none".to_owned(),
                Some(last) if names.is_empty() => last.to_owned(),
                Some(last) => format!("{} or {last}", names.join(", ")),
            };
            self.reject("a parameter", &rule, head(name));
            return;
        };
        let longest = if name == AFTER.name { MAX_POSITION } else { MAX_VALUE };
        // With the spaces around it, which count for nothing else.
        if value.chars().nth(longest).is_some() {
            self.reject(name, &format!("at most {longest} characters long"), &format!("{}…", head(value)));
            return;
        }
        let value = value.trim();
        match parameter.form {
            Form::OneOf(values) if !values.contains(&value) => self.reject(name, &values.join(" or "), value),
            Form::SomeOf(allowed) => {
                for one in values(value).filter(|one| !allowed.iter().any(|known| known.eq_ignore_ascii_case(one))) {
                    self.reject(name, &format!("some of {}", allowed.join(", ")), one);
                }
            }
            Form::Number(least, most, _) if !value.parse::<usize>().is_ok_and(|one| (least..=most).contains(&one)) => {
                self.reject(name, &format!("{least} to {most}"), value);
            }
            Form::Time if value.parse::<jiff::Timestamp>().is_err() => {
                self.reject(name, &"an RFC 3339 time, such as 2026-11-24T00:00:00Z", value);
            }
            _ => {}
        }
        self.pairs.push((name.to_owned(), value.to_owned()));
    }

    /// Notes an error: a value does not follow a rule.
    pub fn reject(&mut self, name: &str, rule: &dyn Display, value: &str) {
        self.errors.push(format!("{name} must be {rule}, not {value:?}"));
    }

    /// The values of a parameter, each time that it is given; empty ones are left out.
    pub fn each(&self, name: &str) -> Vec<String> {
        self.pairs
            .iter()
            .filter(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// All values of a comma-separated parameter.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let each = self.each(name);
        let most = self.known.iter().find(|known| known.name == name).map_or(0, |known| known.form.most());
        // Empty values count, too, as in the OpenAPI document.
        if each.iter().map(|value| value.split(',').count()).sum::<usize>() > most {
            self.errors.push(format!("{name} must have at most {most} values"));
            return Vec::new();
        }
        each.iter().flat_map(|value| values(value).map(str::to_owned)).collect()
    }

    /// Checks the number of repetitions.
    pub fn at_most(&mut self, name: &str, values: Vec<String>) -> Vec<String> {
        if values.len() > MAX_REPEATED {
            self.errors.push(format!("{name} must have at most {MAX_REPEATED} values"));
            return Vec::new();
        }
        values
    }

    /// The last value of a parameter.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .rev()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The last value of a parameter that may be empty.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number, or its default.
    pub fn number(&self, name: &str) -> usize {
        let default = self.known.iter().find(|known| known.name == name).map_or(0, |known| match known.form {
            Form::Number(_, _, default) => default,
            _ => 0,
        });
        self.last(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }

    /// A time, in milliseconds since 1970.
    pub fn time(&self, name: &str) -> Option<i64> {
        self.last(name).and_then(|value| value.parse::<jiff::Timestamp>().ok()).map(jiff::Timestamp::as_millisecond)
    }

    /// A value in a text form of its own, such as a cursor.
    pub fn parsed<T>(&mut self, name: &str, rule: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.last(name)?.to_owned();
        let parsed = parse(&value);
        if parsed.is_none() {
            self.reject(name, &rule, head(&value));
        }
        parsed
    }

    /// `value`, if the request has no error.
    ///
    /// # Errors
    /// All errors of the request.
    pub fn finish<T>(self, value: T) -> Result<T, ApiError> {
        if self.errors.is_empty() { Ok(value) } else { Err(ApiError::bad_request(self.errors)) }
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
