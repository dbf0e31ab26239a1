//! Reads the input of `eval countries`. Data sets differ in the names and forms of their fields, and some fields are
//! missing. Articles that cannot be scored are counted and skipped.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use enricher::gazetteer::Gazetteer;
use serde_json::{Map, Value};

/// One article with its gold countries.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Title; may be empty.
    pub title: String,
    /// Text; may be empty if there is a title.
    pub text: String,
    /// BCP 47; English if the line has none.
    pub language: String,
    /// Name of the publisher, which is not evidence.
    pub publisher: String,
    /// Alpha-2 to number of mentions; 1 each if the line has no numbers.
    pub countries: BTreeMap<String, f64>,
    /// The main country, if the line names one; else the most mentioned countries are.
    pub primary: Option<String>,
}

/// The contents of a file.
#[derive(Debug, Default)]
pub struct Lines {
    /// Articles with a gold set (which may be empty).
    pub lines: Vec<Line>,
    /// Number of articles without a gold set or without text.
    pub unscored: usize,
    /// Codes that are not in ISO 3166-1. They stay in the gold set and count as missed.
    pub unknown: Vec<String>,
}

/// Reads JSON lines, or one JSON array of the same objects.
///
/// # Errors
/// The file cannot be read, or a line is not a JSON object.
pub fn read(file: &Path, gazetteer: &Gazetteer) -> anyhow::Result<Lines> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    parse(&text, gazetteer).with_context(|| file.display().to_string())
}

fn parse(text: &str, gazetteer: &Gazetteer) -> anyhow::Result<Lines> {
    let text = text.trim_start_matches('\u{feff}');
    let mut read = Lines::default();
    if text.trim_start().starts_with('[') {
        for (number, value) in serde_json::from_str::<Vec<Value>>(text)?.iter().enumerate() {
            let object = value.as_object().with_context(|| format!("item {}: not an object", number + 1))?;
            read.add(object, gazetteer);
        }
        return Ok(read);
    }
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let object: Map<String, Value> = serde_json::from_str(line).with_context(|| format!("line {}", number + 1))?;
        read.add(&object, gazetteer);
    }
    Ok(read)
}

impl Lines {
    fn add(&mut self, object: &Map<String, Value>, gazetteer: &Gazetteer) {
        let words = |names: &[&str]| -> String {
            let found = names.iter().filter_map(|name| object.get(*name)).find_map(Value::as_str);
            found.unwrap_or_default().to_owned()
        };
        let title = words(&["title", "headline"]);
        let mut text = words(&["text", "body", "content", "article"]);
        if text.is_empty() {
            text = words(&["summary", "description"]);
        }
        let gold = ["countries", "gold", "gold_countries", "labels"].iter().find_map(|name| object.get(*name));
        let countries = gold.and_then(|gold| self.countries(gold, gazetteer));
        let (Some(countries), false) = (countries, title.trim().is_empty() && text.trim().is_empty()) else {
            self.unscored += 1;
            return;
        };
        let primary =
            ["primary", "primary_country", "focus"].iter().filter_map(|name| object.get(*name)).find_map(|one| {
                // A list of several countries names no primary one.
                let one = one.as_array().map_or(Some(one), |all| all.first().filter(|_| all.len() == 1))?;
                one.as_str().filter(|code| !code.trim().is_empty()).map(|code| self.code(code, gazetteer))
            });
        let language = words(&["language", "lang"]);
        self.lines.push(Line {
            title,
            text,
            language: if language.trim().is_empty() { "en".to_owned() } else { language },
            publisher: words(&["publisher_name", "publisher", "feed_title", "source"]),
            countries,
            primary,
        });
    }

    /// `{"US": 3}`, `["US"]`, `[{"code": "US", "count": 3}]`, `"US, GB"`.
    fn countries(&mut self, gold: &Value, gazetteer: &Gazetteer) -> Option<BTreeMap<String, f64>> {
        let mut countries = BTreeMap::new();
        let mut add = |lines: &mut Lines, code: &str, count: Option<&Value>| {
            let count = count.and_then(|count| count.as_f64().or_else(|| count.as_str()?.trim().parse().ok()));
            // A count of 0 means that the article does not mention the country.
            if count.is_none_or(|count| count > 0.0) && !code.trim().is_empty() {
                *countries.entry(lines.code(code, gazetteer)).or_insert(0.0) += count.unwrap_or(1.0);
            }
        };
        match gold {
            Value::Object(map) => map.iter().for_each(|(code, count)| add(self, code, Some(count))),
            Value::Array(all) => {
                for one in all {
                    if let Some(code) = one.as_str() {
                        add(self, code, None);
                    } else {
                        let code =
                            ["code", "country", "alpha2", "iso", "alpha3"].iter().find_map(|name| one[*name].as_str());
                        let count = ["count", "mentions", "mention_count"].iter().find_map(|name| one.get(*name));
                        add(self, code?, count);
                    }
                }
            }
            Value::String(codes) => codes.split([',', ' ', ';', '|']).for_each(|code| add(self, code, None)),
            _ => return None,
        }
        Some(countries)
    }

    /// Alpha-2 of a code, which may be alpha-2, alpha-3 or `UK`, in any case.
    fn code(&mut self, code: &str, gazetteer: &Gazetteer) -> String {
        let code = code.trim().to_uppercase();
        let code = if code == "UK" { "GB".to_owned() } else { code };
        let known = gazetteer.countries().iter().find(|country| country.code == code || country.alpha3 == code);
        match known {
            Some(country) => country.code.clone(),
            None => {
                if !self.unknown.contains(&code) {
                    self.unknown.push(code.clone());
                }
                code
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Lines {
        parse(text, Gazetteer::shipped().unwrap()).unwrap()
    }

    #[test]
    fn fields_may_be_missing_or_have_other_names() {
        let read = of(concat!(
            "\u{feff}{\"text\":\"Oslo\",\"countries\":{\"NO\":2,\"SE\":0}}\r\n\r\n",
            "{\"id\":7,\"headline\":\"Perú\",\"body\":\"Lima\",\"lang\":\"es\",\"countries\":[\"per\",\"uk\"],\"primary\":\"PE\"}\n",
            "{\"text\":\"x\",\"countries\":[{\"code\":\"us\",\"count\":\"3\"}],\"title\":null,\"focus\":[\"US\",\"CA\"]}\n",
            "{\"text\":\"y\",\"countries\":\"FR, DE\"}\n",
            "{\"text\":\"no country\",\"countries\":{}}\n",
        ));
        let sets: Vec<Vec<(&str, f64)>> = read
            .lines
            .iter()
            .map(|line| line.countries.iter().map(|(code, count)| (code.as_str(), *count)).collect())
            .collect();
        assert_eq!(
            sets,
            [
                vec![("NO", 2.0)],
                vec![("GB", 1.0), ("PE", 1.0)],
                vec![("US", 3.0)],
                vec![("DE", 1.0), ("FR", 1.0)],
                vec![]
            ]
        );
        let second = &read.lines[1];
        assert_eq!((second.title.as_str(), second.text.as_str(), second.language.as_str()), ("Perú", "Lima", "es"));
        assert_eq!(second.primary.as_deref(), Some("PE"));
        assert_eq!((read.lines[0].language.as_str(), &read.lines[2].primary), ("en", &None));
        assert_eq!((read.unscored, read.unknown.len()), (0, 0));
    }

    #[test]
    fn unscored_articles_are_counted_and_unknown_codes_are_listed() {
        let read =
            of("{\"text\":\"Oslo\"}\n{\"countries\":{\"NO\":1}}\n{\"text\":\"Oslo\",\"countries\":{\"XX\":1}}\n");
        assert_eq!((read.lines.len(), read.unscored, read.unknown), (1, 2, vec!["XX".to_owned()]));
        assert!(parse("{\"text\":\n", Gazetteer::shipped().unwrap()).is_err());
        assert_eq!(of("[{\"text\":\"Oslo\",\"countries\":[\"NO\"]}]").lines.len(), 1);
    }
}
