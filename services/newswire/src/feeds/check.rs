//! `newswire feeds check`.

use crate::answer::Answer;
use anyhow::Context;
use chassis::terminal::line;
use jiff::Timestamp;
use poller::{
    Checked, Config, Revalidation,
    document::Document,
    fetch::Response,
    poll::{Body, PollResult},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, io::Write};

/// Entries that are printed.
const SHOWN: usize = 10;

/// The keys of the report, in the order in which they are printed as text; those within a row or a value, too.
const ORDER: [&str; 29] = [
    "url",
    "outcome",
    "error",
    "status",
    "redirected_to",
    "is_permanent",
    "content_type",
    "bytes",
    "duration_ms",
    "validators",
    "etag",
    "last_modified",
    "revalidation",
    "retry_after_s",
    "max_age_s",
    "ttl_min",
    "title",
    "language",
    "number_of_entries",
    "newest_entry_at",
    "first_poll",
    "published",
    "not_published",
    "backfill",
    "next_poll_s",
    "warnings",
    "entries",
    "feeds",
    "declared",
];

/// Checks one feed and prints what its first poll would do.
pub(super) fn answer(url: String, credentials_ref: String, json: bool, config: Config) -> Answer {
    Box::new(move |out| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let checked = runtime.block_on(poller::check(&url, &credentials_ref, &config))?;
        let report = report(&checked, Timestamp::now());
        if json { writeln!(out, "{report:#}").context("standard output") } else { print(out, &report) }
    })
}

/// The report as JSON. A key without a value is left out.
fn report(checked: &Checked, now: Timestamp) -> Value {
    let Checked { url, result, update, revalidation, feeds } = checked;
    let mut report = json!({
        "url": url.as_str(),
        "outcome": update.record.outcome,
        "duration_ms": result.duration_ms,
        "bytes": result.bytes,
    });
    let Some(keys) = report.as_object_mut() else { return Value::Null };
    let mut add = |name: &str, value: Value| drop(keys.insert(name.to_owned(), value));
    if !update.record.error.is_empty() {
        add("error", update.record.error.clone().into());
    }
    if let Ok((response, body)) = &result.response {
        for (name, value) in response_values(result, response) {
            add(name, value);
        }
        add("revalidation", answer_to(revalidation).into());
        if let Body::Document { document, .. } = body {
            for (name, value) in document_values(document) {
                add(name, value);
            }
            let (publish, dropped) = (update.publish.len(), update.counts.dropped());
            add("first_poll", json!({ "published": publish, "not_published": dropped, "backfill": "48h" }));
        }
    }
    if !feeds.is_empty() {
        let one = |feed: &poller::discover::FoundFeed| json!({ "url": feed.url.as_str(), "title": feed.title, "declared": feed.is_declared });
        add("feeds", feeds.iter().map(one).collect());
    }
    if let Some(next) = update.next_poll_at {
        add("next_poll_s", next.duration_since(now).as_secs().max(0).into());
    }
    report
}

fn response_values(result: &PollResult, response: &Response) -> Vec<(&'static str, Value)> {
    let mut values = vec![("status", response.status.into()), ("content_type", response.content_type.as_str().into())];
    if response.final_url != result.url {
        values.push(("redirected_to", response.final_url.as_str().into()));
        values.push(("is_permanent", response.moved.is_some().into()));
    }
    let validators = json!({ "etag": response.etag, "last_modified": response.last_modified });
    values.push(("validators", validators));
    let hints = response.server_hints;
    for (name, hint) in [("retry_after_s", hints.retry_after), ("max_age_s", hints.max_age)] {
        values.extend(hint.map(|hint| (name, hint.as_secs().into())));
    }
    values
}

/// What the server answers to a request with its validators.
fn answer_to(revalidation: &Revalidation) -> String {
    match revalidation {
        Revalidation::NoValidators => "none: the answer has no validators".to_owned(),
        Revalidation::NotModified => "304 as it should".to_owned(),
        Revalidation::Ignored => "ignored: the same document again in place of 304".to_owned(),
        Revalidation::Changed => "another document: it changed in between, or each answer differs".to_owned(),
        Revalidation::Status(status) => format!("HTTP status {status}"),
        Revalidation::Failed(error) => error.to_string(),
    }
}

fn document_values(document: &Document) -> Vec<(&'static str, Value)> {
    let mut warnings: BTreeMap<&str, usize> = BTreeMap::new();
    let all = document.entries.iter().flat_map(|entry| entry.warnings.iter());
    for warning in document.warnings.iter().chain(all) {
        *warnings.entry(warning.as_str()).or_default() += 1;
    }
    let at = |entry: &poller::document::Entry| entry.published.or(entry.updated).map(|date| date.at.to_string());
    let entries: Vec<Value> = document
        .entries
        .iter()
        .take(SHOWN)
        .map(|entry| json!({ "title": entry.title, "link": entry.link, "published_at": at(entry) }))
        .collect();
    let dates = document.entries.iter().filter_map(at);
    let mut values = vec![
        ("title", document.title.as_str().into()),
        ("language", document.language.as_str().into()),
        ("number_of_entries", document.entries.len().into()),
        ("entries", entries.into()),
        ("warnings", json!(warnings)),
    ];
    values.extend(dates.max().map(|newest| ("newest_entry_at", newest.into())));
    let hints = &document.hints;
    values.extend(hints.ttl_min.map(|minutes| ("ttl_min", minutes.into())));
    values
}

fn print(out: &mut dyn Write, report: &Value) -> anyhow::Result<()> {
    let text = |value: &Value| match value {
        Value::String(text) => line(text).to_string(),
        other => other.to_string(),
    };
    for (name, value) in in_order(report) {
        let label = name.replace('_', " ");
        match value {
            Value::Array(rows) => {
                writeln!(out, "{label}:")?;
                for row in rows {
                    let cells = in_order(row).into_iter().filter(|(_, cell)| !is_empty(cell));
                    writeln!(out, "  {}", cells.map(|(_, cell)| text(cell)).collect::<Vec<_>>().join("  "))?;
                }
            }
            Value::Object(_) => {
                let pairs = in_order(value).into_iter().filter(|(_, value)| !is_empty(value));
                let shown: Vec<String> =
                    pairs.map(|(name, value)| format!("{} {}", name.replace('_', "-"), text(value))).collect();
                let shown = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
                writeln!(out, "{label}: {shown}")?;
            }
            value if is_empty(value) => {}
            value => writeln!(out, "{label}: {}", text(value))?,
        }
    }
    Ok(())
}

/// The members of an object in [`ORDER`]; those that it does not name come last.
fn in_order(object: &Value) -> Vec<(&String, &Value)> {
    let mut members: Vec<(&String, &Value)> = object.as_object().into_iter().flatten().collect();
    members.sort_by_key(|(name, _)| ORDER.iter().position(|known| known == name).unwrap_or(ORDER.len()));
    members
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}
