//! Real captures of publishers' feeds, over loopback, beside what Python's feedparser finds in them.

use crate::journey::{Log, Newswire};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use test_support::publisher::{Publisher, opml};

/// Differences to feedparser that are as they should be, each with its reason: file, more or fewer, why.
const EXPLAINED: &[(&str, i64, &str)] = &[
    ("miniflux__no_encoding_ISO-8859-1.xml", -1, "one item is wholly empty: no link, guid, title or text to publish"),
    ("node-feedparser__illegally-nested.xml", -1, "each item holds an empty one, which has nothing to publish"),
];

#[test]
fn every_publishers_feed_flows_through_as_feedparser_counts_it() {
    let Some(folder) = test_support::corpora::find("corpora/publishers") else { return };
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
    // Everything, whatever its age: these captures are years old.
    let list = opml(&feeds).replace("<outline ", "<outline backfill=\"all\" ");
    let total: usize = counts.values().sum();
    let mut newswire = Newswire::new(&Log::Embedded, &list);
    newswire.start();
    newswire.wait_for(total * 9 / 10, Duration::from_secs(120));
    // A feed's state is written together with what its poll gave.
    test_support::wait::eventually(Duration::from_secs(60), "every feed has been polled", || {
        let states = newswire.read("feed-state.v1");
        let polled: BTreeSet<&str> = states.iter().filter_map(|state| state["url"].as_str()).collect();
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
    // Nothing is lost on the way: what was polled is enriched, or waits in the dead letters.
    let raw = newswire.read("raw.v1").len();
    let refused = newswire.read("dead-letter.v1").len();
    test_support::wait::eventually(Duration::from_secs(60), "all of it is enriched", || {
        let mut articles: Vec<_> =
            newswire.enriched().iter().map(|record| record["article_id"].as_str().unwrap().to_owned()).collect();
        articles.sort();
        articles.dedup();
        let mut polled: Vec<_> =
            newswire.read("raw.v1").iter().map(|record| record["article_id"].as_str().unwrap().to_owned()).collect();
        polled.sort();
        polled.dedup();
        articles.len() + refused >= polled.len()
    });
    eprintln!("{} feeds, {raw} entries, {refused} refused", files.len());
    assert!(newswire.process().stop(Duration::from_secs(20)).success());
}

fn name(file: &Path) -> &str {
    file.file_name().unwrap().to_str().unwrap()
}

/// Distinct links (or guids) of each file, by feedparser; `None`, after a visible line, where it is not installed.
fn feedparser(files: &[PathBuf]) -> Option<BTreeMap<String, usize>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let script = root.join("tools/eval/feedparser_count.py");
    let python = root.join(".tools/venv/bin/python");
    let output = Command::new(&python).arg(script).args(files).output().ok().filter(|output| output.status.success());
    let Some(output) = output else {
        eprintln!("skipped: publishers' feeds (no feedparser in .tools/venv: `make setup`)");
        return None;
    };
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
