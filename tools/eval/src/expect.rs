//! The expectations of feedparser's tests, mapped to newswire's model if it has the same field.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use poller::document::{Date, Document, Entry};
use serde::Deserialize;
use serde_json::Value;

/// The expectations for one file.
#[derive(Debug, Deserialize)]
pub struct Expected {
    file: String,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    checks: Vec<Check>,
}

#[derive(Debug, Deserialize)]
struct Check {
    path: Vec<Value>,
    equals: Value,
}

/// The expectations of a suite by file; empty if it has no `expect.jsonl`.
///
/// # Errors
/// The file cannot be read or is invalid.
pub fn load(folder: &Path) -> anyhow::Result<HashMap<String, Expected>> {
    let file = folder.join("expect.jsonl");
    if !file.exists() {
        return Ok(HashMap::new());
    }
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let rows = text.lines().filter(|l| !l.trim().is_empty()).map(|line| {
        let row: Expected = serde_json::from_str(line).with_context(|| line.chars().take(120).collect::<String>())?;
        Ok((row.file.clone(), row))
    });
    rows.collect()
}

impl Expected {
    /// The value of an HTTP header of the response.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The number of checks that newswire's model has a field for, and those that are not met.
    #[must_use]
    pub fn check(&self, document: &Document) -> (usize, Vec<String>) {
        let (mut checks, mut unmet) = (0, Vec::new());
        for check in &self.checks {
            let path: Vec<String> =
                check.path.iter().map(|p| p.as_str().map_or_else(|| p.to_string(), str::to_owned)).collect();
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let Some(found) = found(&path, document) else { continue };
            checks += 1;
            if !found.meets(&check.equals) {
                unmet.push(format!("{} is {found:?}, expected {}", path.join("."), check.equals));
            }
        }
        (checks, unmet)
    }
}

/// The value of newswire's model for a path of feedparser's.
#[derive(Debug)]
enum Found<'a> {
    Text(&'a str),
    Author(&'a str),
    Date(Option<Date>),
    Encoding(&'a str),
    Version(&'a str),
}

impl Found<'_> {
    fn meets(&self, equals: &Value) -> bool {
        match self {
            Self::Text(text) => {
                equals.as_str().is_some_and(|e| squeeze(e) == squeeze(text) || visible_text(e) == visible_text(text))
            }
            // feedparser writes `Name (mail)`.
            Self::Author(name) => equals.as_str().is_some_and(|e| e == *name || e.starts_with(&format!("{name} ("))),
            Self::Date(date) => {
                let parts: Option<Vec<i64>> =
                    equals.as_array().map(|a| a.iter().filter_map(Value::as_i64).take(6).collect());
                match (date, parts) {
                    (Some(date), Some(parts)) => {
                        let at = jiff::tz::Offset::UTC.to_datetime(date.at);
                        let time = [at.month(), at.day(), at.hour(), at.minute(), at.second()].map(i64::from);
                        parts.first() == Some(&i64::from(at.year())) && parts.get(1..) == Some(time.as_slice())
                    }
                    (None, _) => equals.is_null(),
                    _ => false,
                }
            }
            // GBK and GB18030 have one decoder (WHATWG Encoding, section 10.1.1).
            Self::Encoding(name) => equals.as_str().is_some_and(|e| {
                let label = |l: &str| {
                    encoding_rs::Encoding::for_label(l.as_bytes())
                        .map_or(l.to_ascii_uppercase(), |e| e.name().to_ascii_uppercase().replace("GB18030", "GBK"))
                };
                label(e) == label(name) || label(name).starts_with(&label(e))
            }),
            Self::Version(format) => equals.as_str().is_some_and(|e| match *format {
                "rss2" => e == "rss20" || e == "rss",
                "rss1" => e == "rss10" || e == "rss11",
                "rss0" => e.starts_with("rss09"),
                "atom0" => e.starts_with("atom0"),
                "atom1" => e == "atom10" || e == "atom",
                "json1" => e.starts_with("json1"),
                format => e == format,
            }),
        }
    }
}

/// Replaces each run of white space by one space.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The visible text of markup, by which markup is compared: feedparser cleans markup and rewrites links, while the poller
/// passes it on unchanged and the normaliser cleans it.
fn visible_text(markup: &str) -> String {
    let (mut out, mut rest) = (String::new(), markup);
    while let Some((text, tag)) = rest.split_once('<') {
        out.push_str(text);
        let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        rest = after;
        if matches!(name.as_str(), "script" | "style" | "object" | "applet") && !tag.ends_with('/') {
            let lower = after.to_ascii_lowercase();
            rest = lower.find(&format!("</{name}")).and_then(|at| after.get(at..)).unwrap_or(after);
        }
    }
    out.push_str(rest);
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    squeeze(&plain.iter().fold(out, |t, (from, to)| t.replace(from, to)))
}

fn found<'a>(path: &[&str], document: &'a Document) -> Option<Found<'a>> {
    use Found::{Author, Date, Encoding, Text, Version};
    match path {
        ["encoding"] => Some(Encoding(document.encoding)),
        ["version"] => Some(Version(document.format)),
        ["feed", rest @ ..] => Some(match rest {
            ["title"] | ["title_detail", "value"] => Text(&document.title),
            ["tagline" | "subtitle" | "info" | "description"]
            | ["tagline_detail" | "subtitle_detail" | "info_detail" | "description_detail", "value"] => {
                Text(&document.description)
            }
            ["copyright" | "rights"] | ["copyright_detail" | "rights_detail", "value"] => Text(&document.rights),
            ["link"] => Text(&document.site_url),
            ["language"] => Text(&document.language),
            ["author"] => Author(document.authors.first()?),
            ["author_detail", "name"] => Text(document.authors.first()?),
            ["authors", n, "name"] => Text(nth(&document.authors, n)),
            ["tags", n, "term"] => Text(nth(&document.categories, n)),
            ["category"] => Text(nth(&document.categories, "0")),
            ["updated_parsed" | "modified_parsed" | "published_parsed"] => Date(document.updated),
            _ => return None,
        }),
        ["entries", n, rest @ ..] => {
            let none: &'static Entry = &NONE;
            let entry = n.parse().ok().and_then(|n: usize| document.entries.get(n)).unwrap_or(none);
            found_in_entry(rest, entry, document)
        }
        _ => None,
    }
}

fn found_in_entry<'a>(path: &[&str], entry: &'a Entry, document: &'a Document) -> Option<Found<'a>> {
    use Found::{Author, Date, Text};
    let or = |a: &'a str, b: &'a str| if a.is_empty() { b } else { a };
    Some(match path {
        ["title"] | ["title_detail", "value"] => Text(&entry.title),
        ["link"] => Text(&entry.link),
        ["id" | "guid"] => Text(&entry.guid),
        ["summary" | "description"] | ["summary_detail", "value"] => Text(or(&entry.summary, &entry.content)),
        ["content", "0", "value"] => Text(or(&entry.content, &entry.summary)),
        ["content", "0", "language"] => Text(or(&entry.language, &document.language)),
        ["author"] => Author(entry.authors.first().map_or("", String::as_str)),
        ["author_detail", "name"] => Text(entry.authors.first().map_or("", String::as_str)),
        ["authors", n, "name"] => Text(nth(&entry.authors, n)),
        ["tags", n, "term"] => Text(nth(&entry.categories, n)),
        ["category"] => Text(nth(&entry.categories, "0")),
        ["comments"] => Text(&entry.comments),
        ["published_parsed" | "created_parsed" | "issued_parsed"] => Date(entry.published),
        ["updated_parsed" | "modified_parsed"] => Date(entry.updated.or(entry.published)),
        ["enclosures", n, key @ ("href" | "url" | "type")]
        | ["media_content" | "media_thumbnail", n, key @ ("url" | "type")] => {
            let file = n.parse().ok().and_then(|n: usize| entry.media.get(n));
            Text(file.map_or("", |m| if *key == "type" { &m.r#type } else { &m.url }))
        }
        _ => return None,
    })
}

/// Stands for an entry that the document does not have.
static NONE: std::sync::LazyLock<Entry> = std::sync::LazyLock::new(Entry::default);

fn nth<'a>(list: &'a [String], n: &str) -> &'a str {
    n.parse().ok().and_then(|n: usize| list.get(n)).map_or("", String::as_str)
}
