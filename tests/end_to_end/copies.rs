//! Copies of an article by feeds of other sites, and raw items that are replayed late.

use crate::newswire::{LIMIT, Log, Newswire};
use jiff::{SignedDuration, Timestamp};
use proto::{topic::Topic, v1::RawItem, wire};
use serde_json::Value;
use test_support::{
    publisher::{Item, Publisher, opml, rss},
    wait::eventually,
};

crate::on_both_logs! {
    a_copy_that_comes_first_gives_way_to_the_publishers_own_text
    a_copy_that_comes_later_never_changes_the_publishers_own_text
    a_feed_on_another_host_is_the_publishers_own_where_its_definition_names_the_site
    a_raw_item_replayed_after_a_newer_version_is_a_duplicate
}

/// A publisher on the first host, another site on the second, and a feed service on the third.
struct Sites {
    publisher: Publisher,
}

impl Sites {
    fn new() -> Self {
        let sites = Sites { publisher: Publisher::start(3) };
        for path in ["/own", "/copies", "/hosted"] {
            sites.publisher.put(path, "application/rss+xml", rss("Empty", &sites.publisher.base(0), []));
        }
        sites
    }

    fn feed(&self, host: usize, path: &str) -> (String, String) {
        (String::new(), format!("{}{path}", self.publisher.base(host)))
    }

    /// Shows the publisher's article in the feed under `path`, dated so many hours ago.
    fn show(&self, path: &str, body: &str, hours_ago: i64) {
        let base = self.publisher.base(0);
        let item = Item {
            guid: "one".to_owned(),
            link: format!("{base}/one"),
            title: "Harbour report".to_owned(),
            body: format!("<p>{body}</p>"),
            published: Timestamp::now() - SignedDuration::from_hours(hours_ago),
        };
        self.publisher.put(path, "application/rss+xml", rss("Harbour", &base, [&item]));
    }
}

/// Revision, change and body of each record.
fn published(records: &[Value]) -> Vec<(i64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut all: Vec<_> = records
        .iter()
        .map(|record| (record["revision"].as_i64().unwrap(), text(&record["change"]), text(&record["body"])))
        .collect();
    all.sort();
    all
}

fn is(revision: i64, change: &str, body: &str) -> (i64, String, String) {
    (revision, change.to_owned(), body.to_owned())
}

fn wait_for_duplicates(newswire: &Newswire, count: u64) {
    eventually(LIMIT, "the duplicates", || newswire.counter("newswire_stage_duplicate_total", "normaliser") >= count);
}

fn a_copy_that_comes_first_gives_way_to_the_publishers_own_text(log: &Log) {
    let sites = Sites::new();
    let mut newswire = Newswire::new(log, &opml(&[sites.feed(0, "/own"), sites.feed(1, "/copies")]));
    sites.show("/copies", "The harbour burns.", 1);
    newswire.start();
    newswire.wait_for(1);
    // Dated before the copy.
    sites.show("/own", "Three ships came in.", 5);
    newswire.wait_for(2);
    sites.show("/copies", "The harbour has burnt down.", 0);
    wait_for_duplicates(&newswire, 1);
    let articles = newswire.read("articles.v1");
    let expected = [is(1, "NEW", "The harbour burns."), is(2, "UPDATED", "Three ships came in.")];
    assert_eq!(published(&articles), expected);
    assert_eq!(articles.last().unwrap()["feed_ids"].as_array().unwrap().len(), 2);
    newswire.stop();
}

fn a_copy_that_comes_later_never_changes_the_publishers_own_text(log: &Log) {
    let sites = Sites::new();
    let mut newswire = Newswire::new(log, &opml(&[sites.feed(0, "/own"), sites.feed(1, "/copies")]));
    sites.show("/own", "Three ships came in.", 5);
    newswire.start();
    newswire.wait_for(1);
    sites.show("/copies", "The harbour burns.", 0);
    wait_for_duplicates(&newswire, 1);
    // Dated before the copy.
    sites.show("/own", "Four ships came in.", 3);
    let records = newswire.wait_for(2);
    assert_eq!(published(&records), [is(1, "NEW", "Three ships came in."), is(2, "UPDATED", "Four ships came in.")]);
    assert_eq!(records.last().unwrap()["feed_ids"].as_array().unwrap().len(), 2);
    newswire.stop();
}

fn a_feed_on_another_host_is_the_publishers_own_where_its_definition_names_the_site(log: &Log) {
    let sites = Sites::new();
    let hosted = sites.feed(2, "/hosted");
    let named = format!("htmlUrl=\"{}\" xmlUrl=\"{}\"", sites.publisher.base(0), hosted.1);
    let list = opml(&[hosted.clone(), sites.feed(1, "/copies")]).replace(&format!("xmlUrl=\"{}\"", hosted.1), &named);
    assert!(list.contains(&named));
    let mut newswire = Newswire::new(log, &list);
    sites.show("/copies", "The harbour burns.", 1);
    newswire.start();
    newswire.wait_for(1);
    sites.show("/hosted", "Three ships came in.", 5);
    let records = newswire.wait_for(2);
    assert_eq!(published(&records), [is(1, "NEW", "The harbour burns."), is(2, "UPDATED", "Three ships came in.")]);
    newswire.stop();
}

fn a_raw_item_replayed_after_a_newer_version_is_a_duplicate(log: &Log) {
    let sites = Sites::new();
    let mut newswire = Newswire::new(log, &opml(&[sites.feed(0, "/own")]));
    sites.show("/own", "Three ships came in.", 5);
    newswire.start();
    newswire.wait_for(1);
    let raw = newswire.read("raw.v1").remove(0);
    let raw: RawItem = wire::decode(None, raw.to_string().as_bytes()).unwrap();
    let fetched_at = |seconds: i64| {
        let mut fetch = raw.fetch.clone().unwrap();
        fetch.fetched_at.as_mut().unwrap().seconds += seconds;
        Some(fetch)
    };
    let refused = |body: &str, seconds: i64| {
        let item = RawItem { summary: body.to_owned(), fetch: fetched_at(seconds), ..raw.clone() };
        newswire.refuse("normaliser", newswire.outgoing(Topic::Raw, &raw.article_id, &item));
    };
    refused("<p>Two ships are expected.</p>", -60);
    newswire.run(&["dead-letter", "replay", "--all"]);
    wait_for_duplicates(&newswire, 1);
    refused("<p>Four ships came in.</p>", 60);
    newswire.run(&["dead-letter", "replay", "--all"]);
    let records = newswire.wait_for(2);
    assert_eq!(published(&records), [is(1, "NEW", "Three ships came in."), is(2, "UPDATED", "Four ships came in.")]);
    newswire.stop();
}
