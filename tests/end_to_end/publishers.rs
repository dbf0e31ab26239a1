//! Captured feeds of real publishers, compared with feedparser.

use crate::newswire::{LIMIT, Log, Newswire};
use proto::Warning;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};
use test_support::{
    corpora,
    publisher::{Publisher, opml},
    wait::eventually,
};

/// Intended differences from feedparser: file, difference in entries, reason.
const EXPLAINED: &[(&str, i64, &str)] = &[
    ("miniflux__no_encoding_ISO-8859-1.xml", -1, "one item is empty: no link, guid, title or text"),
    ("node-feedparser__illegally-nested.xml", -1, "each item contains an empty one"),
    ("rss-parser__uolNoticias.rss", -1, "two items lead to one page, one of them through the publisher's redirector"),
];

#[test]
fn captured_feeds_give_as_many_entries_as_feedparser_finds() {
    let Some(folder) = corpora::find("corpora/publishers") else { return };
    let list = std::fs::read_dir(&folder).unwrap();
    let mut files: Vec<PathBuf> = list.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.file_name().is_some_and(|name| name != "manifest.json"));
    files.sort();
    let Some(counts) = feedparser(&files) else { return };
    let publisher = Publisher::start(8);
    let mut feeds = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let path = format!("/{}", name(file));
        publisher.put(&path, "application/xml", std::fs::read(file).unwrap());
        feeds.push((name(file).to_owned(), format!("{}{path}", publisher.base(at))));
    }
    // The captures are years old.
    let list = opml(&feeds).replace("<outline ", "<outline backfill=\"all\" ");
    let total: usize = counts.values().sum();
    let mut newswire = Newswire::new(&Log::Embedded, &list);
    newswire.start();
    newswire.wait_for(total * 9 / 10);
    // A feed's health is committed together with the last entries of the poll.
    eventually(LIMIT, "every feed has been polled", || {
        let health = newswire.read("feed-health.v1");
        let polled = health.iter().filter(|one| one["polls"].as_array().is_some_and(|polls| !polls.is_empty()));
        let polled: BTreeSet<&str> = polled.filter_map(|one| one["url"].as_str()).collect();
        polled.len() >= files.len()
    });
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for record in newswire.read("raw.v1") {
        let url = record["feed_url"].as_str().unwrap();
        *found.entry(url.rsplit('/').next().unwrap().to_owned()).or_default() += 1;
    }
    let mut differences = Vec::new();
    for (file, wanted) in &counts {
        let got = found.get(file).copied().unwrap_or(0);
        let difference = i64::try_from(got).unwrap() - i64::try_from(*wanted).unwrap();
        let explained = EXPLAINED.iter().find(|(name, _, _)| name == file);
        match explained {
            Some((_, expected, why)) if *expected == difference => eprintln!("{file}: {difference:+}: {why}"),
            _ if difference == 0 => {}
            _ => differences.push(format!("{file}: feedparser {wanted}, newswire {got}")),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    // Every entry is enriched or a dead letter.
    let refused = newswire.read("dead-letter.v1").len();
    eventually(LIMIT, "every entry is enriched", || {
        let ids = |records: &[Value]| -> BTreeSet<String> {
            records.iter().map(|record| record["article_id"].as_str().unwrap().to_owned()).collect()
        };
        ids(&newswire.enriched()).len() + refused >= ids(&newswire.read("raw.v1")).len()
    });
    let enriched = newswire.enriched();
    let unknown = unknown_warnings(&enriched);
    assert!(unknown.is_empty(), "warnings that the contract does not name: {unknown:?}");
    newswire.stop();
}

/// Warnings of the records that are not in the contract's vocabulary.
fn unknown_warnings(records: &[Value]) -> BTreeSet<&str> {
    let warnings = records.iter().flat_map(|record| record["warnings"].as_array().unwrap());
    let is_unknown = |name: &&str| !Warning::ALL.iter().any(|warning| warning.as_str() == *name);
    warnings.map(|warning| warning.as_str().unwrap()).filter(is_unknown).collect()
}

fn name(file: &Path) -> &str {
    file.file_name().unwrap().to_str().unwrap()
}

/// Number of distinct links (or guids) that feedparser finds in each file. `None`, after a `skipped:` line, if it is not
/// installed.
fn feedparser(files: &[PathBuf]) -> Option<BTreeMap<String, usize>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let script = root.join("tools/eval/feedparser_count.py");
    let python = root.join(".tools/venv/bin/python");
    let output = Command::new(&python).arg(script).args(files).output().ok().filter(|output| output.status.success());
    let Some(output) = output else {
        test_support::skip("captured feeds", "no feedparser in .tools: `make setup`");
        return None;
    };
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
