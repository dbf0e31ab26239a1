//! An article that an operator withdraws disappears, whatever its feed shows, and returns when it is restored.

use crate::{
    feed::Feed,
    newswire::{LIMIT, Log, Newswire},
};
use serde_json::Value;
use test_support::{http, wait::eventually};

crate::on_both_logs! {
    a_withdrawn_article_that_its_feed_changes_stays_withdrawn_until_it_is_restored
}

/// Changes and revisions of an article on the enriched topic, in the order of revisions.
fn revisions(newswire: &Newswire, id: &str) -> Vec<(i64, String)> {
    let records = newswire.enriched();
    let of_article = records.iter().filter(|record| record["article_id"] == id);
    let mut found: Vec<(i64, String)> = of_article
        .map(|record| (record["revision"].as_i64().unwrap(), record["change"].as_str().unwrap().to_owned()))
        .collect();
    found.sort();
    found
}

/// Waits until the gateway shows these titles, in any order.
fn shows(newswire: &Newswire, titles: &[&str]) {
    eventually(LIMIT, &format!("the gateway shows {titles:?}"), || {
        let Some(text) = http::get(&newswire.address(), "/v1/articles") else { return false };
        let Ok(list) = serde_json::from_str::<Value>(&text) else { return false };
        let articles = list["articles"].as_array().unwrap();
        let mut found: Vec<&str> = articles.iter().map(|article| article["title"].as_str().unwrap()).collect();
        found.sort_unstable();
        found == titles
    });
}

fn change(feed: &mut Feed, newswire: &Newswire, body: &str) {
    let before = newswire.counter("newswire_stage_dropped_total", "normaliser");
    feed.change(0, body);
    eventually(LIMIT, "the changed entry is dropped", || {
        newswire.counter("newswire_stage_dropped_total", "normaliser") > before
    });
}

fn a_withdrawn_article_that_its_feed_changes_stays_withdrawn_until_it_is_restored(log: &Log) {
    let mut feed = Feed::new(2);
    let (first, second) = (feed.items[0].title.clone(), feed.items[1].title.clone());
    let url = feed.items[0].link.clone();
    let mut newswire = feed.newswire(log);
    newswire.start();
    let records = newswire.wait_for(2);
    let published = records.iter().find(|record| record["url"] == url.as_str()).unwrap().clone();
    let id = published["article_id"].as_str().unwrap();
    shows(&newswire, &[&first, &second]);

    let output = newswire.run(&["articles", "withdraw", &url]);
    assert!(output.contains(id) && output.ends_with("1 articles\n"), "{output}");
    shows(&newswire, &[&second]);
    let records = newswire.wait_for(3);
    let withdrawn = records.iter().find(|record| record["change"] == "WITHDRAWN").unwrap();
    for field in ["title", "summary", "body", "body_html"] {
        assert_eq!(withdrawn[field], "", "{field}");
    }
    assert!(withdrawn["entities"].as_array().unwrap().is_empty());
    change(&mut feed, &newswire, "The tide was low.");
    assert!(newswire.run(&["why", &url]).contains("articles restore"), "why names the way back");

    newswire.stop();
    newswire.start();
    shows(&newswire, &[&second]);
    change(&mut feed, &newswire, "The tide was lower.");
    assert_eq!(revisions(&newswire, id), [(1, "NEW".to_owned()), (2, "WITHDRAWN".to_owned())]);

    newswire.run(&["articles", "restore", id]);
    shows(&newswire, &[&first, &second]);
    let records = newswire.wait_for(4);
    let restored = records.iter().find(|record| record["change"] == "UPDATED").unwrap();
    assert_eq!(restored["revision"], 3);
    for field in ["title", "body", "body_html", "published_at", "countries", "entities", "feed_ids", "publisher_name"] {
        assert_eq!(restored[field], published[field], "{field}");
    }
    // Then the article follows its feed again.
    feed.change(0, "The tide has turned.");
    newswire.wait_for(5);
    assert_eq!(revisions(&newswire, id).last(), Some(&(4, "UPDATED".to_owned())));
    newswire.stop();
}
