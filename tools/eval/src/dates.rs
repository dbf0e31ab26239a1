//! `eval dates DATA`: how many dates of a test suite are parsed as expected. DATA is a folder of JSON files of
//! `[{parser, input, utc}]`; a date whose `utc` is null must be refused.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
struct Row {
    parser: String,
    input: String,
    utc: Option<String>,
}

/// Prints a table unless `json` is set, and returns
/// `{"dates", "met", "panics", "by_parser": {NAME: {"dates", "met"}}, "unmet": [..]}`.
///
/// # Errors
/// A file cannot be read, or there are no dates.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(data: &Path, json: bool) -> anyhow::Result<Value> {
    // DATA is a corpus, or its folder of dates.
    let inner = data.join("dates");
    let data = if inner.is_dir() { inner } else { data.to_owned() };
    let mut rows: Vec<Row> = Vec::new();
    for entry in fs::read_dir(&data).with_context(|| data.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "json") {
            let text = fs::read_to_string(&path)?;
            rows.extend(serde_json::from_str::<Vec<Row>>(&text).with_context(|| path.display().to_string())?);
        }
    }
    anyhow::ensure!(!rows.is_empty(), "no dates in {}", data.display());
    let mut by_parser: std::collections::BTreeMap<String, (usize, usize)> = Default::default();
    let (mut met, mut panics, mut unmet) = (0, 0, Vec::new());
    for row in &rows {
        let read = std::panic::catch_unwind(|| poller::dates::parse(&row.input));
        panics += usize::from(read.is_err());
        let read = read.unwrap_or_default().map(|d| d.at);
        let utc: Option<jiff::Timestamp> = row.utc.as_deref().map(str::parse).transpose()?;
        let right = read.map(jiff::Timestamp::as_second) == utc.map(jiff::Timestamp::as_second);
        met += usize::from(right);
        let part = by_parser.entry(row.parser.clone()).or_default();
        part.0 += 1;
        part.1 += usize::from(right);
        if !right {
            let show = |t: Option<jiff::Timestamp>| t.map_or_else(|| "refused".to_owned(), |t| t.to_string());
            unmet.push(format!("{:?} is {}, expected {}", row.input, show(read), show(utc)));
        }
    }
    if !json {
        for (parser, (dates, met)) in &by_parser {
            println!("{parser:<28} {met:>4} of {dates}");
        }
        println!("{:<28} {met:>4} of {}, {panics} panics", "all", rows.len());
        for line in &unmet {
            println!("  {line}");
        }
    }
    let parts = by_parser.into_iter().map(|(name, (dates, met))| (name, json!({ "dates": dates, "met": met })));
    let parts: serde_json::Map<_, _> = parts.collect();
    Ok(json!({ "dates": rows.len(), "met": met, "panics": panics, "by_parser": parts, "unmet": unmet }))
}
