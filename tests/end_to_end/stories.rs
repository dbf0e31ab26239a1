//! Stories with known countries and names.

use crate::newswire::{LIMIT, Log, Newswire};
use serde_json::Value;
use std::collections::BTreeSet;
use test_support::{
    publisher::{Item, Publisher, opml, rss},
    wait,
};

/// A story and the expected result.
struct Story {
    feed_title: String,
    title: String,
    html: String,
    expect: Value,
}

crate::on_both_logs! {
    stories_have_the_known_countries_and_names
}

fn stories_have_the_known_countries_and_names(log: &Log) {
    let mut stories: Vec<Story> = seed().into_iter().collect();
    let texts: Vec<Value> = serde_json::from_str(include_str!("articles.json")).unwrap();
    stories.extend(texts.iter().map(|text| Story {
        feed_title: text["feed_title"].as_str().unwrap().to_owned(),
        title: text["title"].as_str().unwrap().to_owned(),
        html: text["html"].as_str().unwrap().to_owned(),
        expect: text["expect"].clone(),
    }));
    let publisher = Publisher::start(4);
    let mut feeds = Vec::new();
    for (at, story) in stories.iter().enumerate() {
        let base = publisher.base(at);
        let item = Item {
            guid: format!("story-{at}"),
            link: format!("{base}/story/{at}"),
            title: story.title.clone(),
            body: story.html.clone(),
            published: jiff::Timestamp::now(),
        };
        publisher.put(&format!("/feed/{at}"), "application/rss+xml", rss(&story.feed_title, &base, [&item]));
        feeds.push((String::new(), format!("{base}/feed/{at}")));
    }
    let mut newswire = Newswire::new(log, &opml(&feeds));
    newswire.start();
    let records = newswire.wait_for(stories.len());
    assert_eq!(records.len(), stories.len());
    let mut wrong = Vec::new();
    for story in &stories {
        let record = records.iter().find(|record| record["feed_title"] == story.feed_title.as_str());
        let record = record.unwrap_or_else(|| panic!("no record of {}", story.feed_title));
        check(story, record, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The gateway reads the topic at its own pace.
    let shown = |count| newswire.get("/v1/articles?limit=500")["articles"].as_array().unwrap().len() == count;
    wait::eventually(LIMIT, "the gateway shows all articles", || shown(stories.len()));
    newswire.stop();
}

/// The seed article of the corpora; `None` if it is not available.
fn seed() -> Option<Story> {
    let text = std::fs::read_to_string(test_support::corpora::find("seed-article.txt")?).unwrap();
    let (title, body) = text.split_once('\n').unwrap();
    let paragraphs = body.lines().map(str::trim).filter(|line| !line.is_empty());
    let html: String = paragraphs.map(|line| format!("<p>{}</p>\n", test_support::publisher::xml(line))).collect();
    let expect = serde_json::json!({
        "title": "Iran Seeks To Strengthen Military Ties With China",
        "publisher_name": "HowPakistan",
        "countries": ["IR", "CN", "US", "RU", "GB", "FR", "DE"],
        "focus": ["IR", "CN"],
        "people": ["Wei Fenghe", "Raisi", "Ashtiani", "Trump"],
        "body_without": ["Post a Comment"],
        "no_places": ["HowPakistan", "Leahy", "Rahi"],
    });
    Some(Story { feed_title: "HowPakistan".to_owned(), title: title.trim().to_owned(), html, expect })
}

fn check(story: &Story, record: &Value, wrong: &mut Vec<String>) {
    let expect = &story.expect;
    let mut differs = |what: &str, want: &dyn std::fmt::Debug, got: &dyn std::fmt::Debug| {
        wrong.push(format!("{}: {what}: wanted {want:?}, got {got:?}", story.feed_title));
    };
    for field in ["title", "publisher_name"] {
        if record[field] != expect[field] {
            differs(field, &expect[field], &record[field]);
        }
    }
    let codes = |role: Option<&str>| -> BTreeSet<&str> {
        let countries = record["countries"].as_array().unwrap();
        let of_role = countries.iter().filter(|country| role.is_none_or(|role| country["role"] == role));
        of_role.map(|country| country["code"].as_str().unwrap()).collect()
    };
    let listed = |field: &str| -> Vec<&str> {
        expect[field].as_array().into_iter().flatten().map(|value| value.as_str().unwrap()).collect()
    };
    let wanted: BTreeSet<&str> = listed("countries").into_iter().collect();
    if codes(None) != wanted {
        differs("countries", &wanted, &codes(None));
    }
    // The expected focus must be there; other countries of the story may be in focus, too.
    let focus = codes(Some("FOCUS"));
    if !listed("focus").iter().all(|code| focus.contains(code)) {
        differs("focus", &listed("focus"), &focus);
    }
    let entities = record["entities"].as_array().unwrap();
    let named = |kinds: &[&str]| -> Vec<&str> {
        let of_kind = entities.iter().filter(|entity| kinds.iter().any(|kind| entity["type"] == *kind));
        of_kind.map(|entity| entity["name"].as_str().unwrap()).collect()
    };
    let people = named(&["PERSON"]);
    for person in listed("people") {
        // A fuller form of the name is right, too.
        if !people.iter().any(|name| *name == person || name.split(' ').any(|part| part == person)) {
            differs("people", &person, &people);
        }
    }
    let places = named(&["GPE", "LOC"]);
    for name in listed("no_places") {
        if places.contains(&name) {
            differs("no place", &name, &places);
        }
    }
    let body = record["body"].as_str().unwrap();
    for text in listed("body_without") {
        if body.contains(text) {
            differs("body without", &text, &body);
        }
    }
    let mentions = entities.iter().flat_map(|entity| entity["mentions"].as_array().unwrap());
    let evidence =
        record["countries"].as_array().unwrap().iter().flat_map(|country| country["evidence"].as_array().unwrap());
    for span in mentions.chain(evidence) {
        let field: Vec<char> = record[span["field"].as_str().unwrap()].as_str().unwrap().chars().collect();
        let at = |end: &str| usize::try_from(span[end].as_i64().unwrap()).unwrap();
        let text: String = field.get(at("start")..at("end")).unwrap_or_default().iter().collect();
        if text != span["text"].as_str().unwrap() {
            differs("span", &span, &text);
        }
    }
}
