//! Pages of entries whose feed gives a summary only.

use crate::newswire::{LIMIT, Log, Newswire};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;
use test_support::{
    publisher::{Item, Publisher, opml, rss},
    wait::{eventually, within},
};

crate::on_both_logs! {
    each_article_gets_the_text_of_its_page_once_across_kills
    a_changed_entry_without_page_is_published_and_one_with_a_page_gets_it_again
}

const PARAGRAPH: &str = "The ferry between the two ports sails again from Monday, the harbour office said, after two years of work \
                         on the pier and on the road that leads to it through the old town.";

/// A publisher whose feed has summaries, with a page for each entry.
struct Site {
    publisher: Publisher,
    items: Vec<Item>,
}

impl Site {
    fn new(count: usize) -> Self {
        let publisher = Publisher::start(1);
        let base = publisher.base(0);
        let items = (0..count).map(|n| Item {
            guid: format!("{n}"),
            link: format!("{base}/story{n}"),
            title: format!("Ferry {n} returns"),
            body: format!("<p>Ferry {n} sails again.</p>"),
            published: Timestamp::now(),
        });
        let site = Site { items: items.collect(), publisher };
        (0..count).for_each(|n| site.put_page(n, 6));
        site.show();
        site
    }

    fn show(&self) {
        let base = self.publisher.base(0);
        self.publisher.put("/rss", "application/rss+xml", rss("Harbour", &base, &self.items));
    }

    fn put_page(&self, n: usize, paragraphs: usize) {
        let text: String = (0..paragraphs).map(|at| format!("<p>{PARAGRAPH} Part {at} of ferry {n}.</p>")).collect();
        let page = format!("<html><body><article><h1>Ferry {n} returns</h1>{text}</article></body></html>");
        self.publisher.put(&format!("/story{n}"), "text/html", page);
    }

    fn newswire(&self, log: &Log) -> Newswire {
        let url = format!("{}/rss", self.publisher.base(0));
        let list = opml(&[(String::new(), url.clone())]);
        let asks = list.replace(&format!("xmlUrl=\"{url}\""), &format!("fullText=\"auto\" xmlUrl=\"{url}\""));
        assert_ne!(list, asks);
        Newswire::new(log, &asks)
    }
}

/// URL, revision and source of the body of each record, sorted.
fn bodies(records: &[Value]) -> Vec<(String, i64, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let body = |one: &Value| (text(&one["url"]), one["revision"].as_i64().unwrap(), text(&one["body_source"]));
    let mut all: Vec<_> = records.iter().map(body).collect();
    all.sort();
    all
}

fn each_article_gets_the_text_of_its_page_once_across_kills(log: &Log) {
    const COUNT: usize = 12;
    let site = Site::new(COUNT);
    let mut newswire = site.newswire(log);
    newswire.start();
    for kill in 1..4 {
        // The kill comes with a part of the pages fetched.
        within(LIMIT, || site.publisher.requests(&format!("/story{}", kill * 3)) > 0);
        newswire.kill();
        newswire.start();
    }
    let records = newswire.wait_for(2 * COUNT);
    let mut expected: Vec<_> = (site.items.iter())
        .flat_map(|item| {
            [(1, "FEED"), (2, "PAGE")].map(|(revision, body)| (item.link.clone(), revision, body.to_owned()))
        })
        .collect();
    expected.sort();
    assert_eq!(bodies(&records), expected);
    let page = records.iter().find(|record| record["revision"] == 2).unwrap();
    assert!(page["word_count"].as_i64().unwrap() >= 150, "{page}");
    assert!(
        page["title"].as_str().unwrap().ends_with("returns") && page["summary"].as_str().unwrap().ends_with("again.")
    );
    newswire.stop();
}

fn a_changed_entry_without_page_is_published_and_one_with_a_page_gets_it_again(log: &Log) {
    let mut site = Site::new(2);
    let mut newswire = site.newswire(log);
    newswire.start();
    newswire.wait_for(4);
    site.publisher.put("/story0", "text/plain", "gone");
    site.put_page(1, 8);
    for item in &mut site.items {
        item.body = item.body.replace("again", "again on Tuesday");
    }
    site.show();
    let records = newswire.wait_for(6);
    let third: Vec<&Value> = records.iter().filter(|record| record["revision"] == 3).collect();
    let of = |n: usize| third.iter().find(|one| one["url"] == site.items[n].link.as_str()).unwrap();
    assert_eq!(
        (of(0)["body_source"].as_str(), of(0)["body"].as_str()),
        (Some("FEED"), Some("Ferry 0 sails again on Tuesday."))
    );
    assert_eq!(of(1)["body_source"], "PAGE");
    assert!(of(1)["body"].as_str().unwrap().contains("Part 7 of ferry 1."));
    // Nothing is left that would publish more.
    eventually(Duration::from_secs(30), "no page waits", || {
        newswire.run(&["why", &site.items[1].link]).contains("published: ")
    });
    assert_eq!(newswire.enriched().len(), 6);
    newswire.stop();
}
