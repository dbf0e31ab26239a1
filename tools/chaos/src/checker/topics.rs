//! Checks of all topics at the end of a run.

use super::{
    Checker,
    records::{entries, is_entry, last, repeated, states, values, version},
};
use crate::{load::Load, report::Report};
use proto::{
    topic::InTopic,
    v1::{ArticleState, FeedState},
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use test_support::kcat::{Record, read_all, read_bytes};

/// Article id and title.
fn name(value: &Value) -> String {
    format!("{} {}", value["article_id"], value["title"])
}

impl Checker {
    /// Checks that each version that enters a stage leaves it, and that records read during the run are unchanged.
    fn check_stages(&self, load: &Load, raw: &[Record], articles: &[Record], enriched: &[Record], report: &mut Report) {
        let titles = |records: &[Record]| -> HashSet<String> { values(records).map(|value| name(&value)).collect() };
        let (articles, out) = (titles(articles), titles(enriched));
        for item in values(raw).filter(is_entry).filter(|item| !articles.contains(&name(item))) {
            let text = |field: &str| item[field].as_str().unwrap_or_default();
            if !load.story(text("url")).is_some_and(|story| story.may_be_dropped(text("title"))) {
                report.lost.push(format!("raw item {}: no article", name(&item)));
            }
        }
        let raw = titles(raw);
        report.lost.extend(articles.difference(&out).map(|lost| format!("article {lost}: not enriched")));
        report.invented.extend(articles.difference(&raw).map(|extra| format!("article {extra}: no raw item")));
        report.invented.extend(out.difference(&articles).map(|extra| format!("enriched {extra}: no article")));
        let now: HashMap<(i32, i64), (String, i64)> =
            enriched.iter().map(|record| ((record.partition, record.offset), version(&record.json()))).collect();
        for (at, before) in self.read.iter().filter(|(at, before)| now.get(at) != Some(before)) {
            report.torn.push(format!("enriched {at:?} was {before:?} and is now {:?}", now.get(at)));
        }
    }

    /// Checks that each transaction wrote both its outputs and its state, or neither, and that the articles' states name
    /// every feed.
    pub(super) fn check_topics(&self, load: &Load, report: &mut Report) {
        let topic = |suffix: &str| read_all(&self.kafka, &format!("{}{suffix}", self.prefix));
        let published = topic("articles.v1");
        for record in repeated(values(&published), &["article_id", "revision"]) {
            report.repeated.push(format!("article {record}"));
        }
        let articles = last(&published);
        let states: HashMap<String, ArticleState> = states(&self.kafka, &self.prefix);
        report.unnamed.extend(self.missing_feeds(load, &states));
        let content =
            |article: &Value| (version(article), article["content_hash"].as_str().unwrap_or_default().to_owned());
        let content_of_state =
            |state: &ArticleState| ((state.article_id.clone(), i64::from(state.revision)), state.content_hash.clone());
        for (id, article) in &articles {
            let state = states.get(id).map(content_of_state);
            if state.as_ref() != Some(&content(article)) {
                report.torn.push(format!("article {id}: last published {:?}, state {state:?}", content(article)));
            }
        }
        let signatures = topic("signatures.v1");
        for record in repeated(values(&signatures), &["article_id", "revision"]) {
            report.repeated.push(format!("signature {record}"));
        }
        let versions: HashSet<(String, i64)> = values(&published).map(|value| version(&value)).collect();
        for signed in values(&signatures).map(|value| version(&value)).filter(|signed| !versions.contains(signed)) {
            report.torn.push(format!("signature of {signed:?}, which is not published"));
        }
        for id in states.keys().filter(|id| !articles.contains_key(*id)) {
            report.torn.push(format!("article {id}: state without an article"));
        }
        // The poller: every entry that its state holds was published under the same id, each version once.
        let raw = topic("raw.v1");
        for record in repeated(values(&raw).filter(is_entry), &["article_id", "title"]) {
            report.repeated.push(format!("raw item {record}"));
        }
        self.check_stages(load, &raw, &published, &topic("enriched.v1"), report);
        report.lost.extend(topic("dead-letter.v1").iter().map(|record| format!("refused: {:?}", record.headers)));
        let raw: HashSet<String> = raw.iter().filter_map(|record| record.key.clone()).collect();
        for id in entries(&read_bytes(&self.kafka, &format!("{}{}", self.prefix, FeedState::TOPIC.suffix()))) {
            if !raw.contains(&id) {
                report.torn.push(format!("raw item {id}: in the feed's state, but not published"));
            }
        }
    }
}
