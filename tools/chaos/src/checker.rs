//! Checks of the topics' contents: exactly the items that were served, each once, revisions in order, no transaction
//! visible in part, state that agrees with the outputs. kcat reads committed records, during the run and at its end.

use crate::{load::Load, report::Report};
use proto::{
    topic::InTopic,
    v1::{ArticleState, FeedState},
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use test_support::kcat::{Follower, Record, read_all, read_bytes, read_uncommitted};

/// Follows the enriched topic, and checks all topics at the end.
pub struct Checker {
    prefix: String,
    enriched: Follower,
    /// By link: the titles of the enriched records, in the order of the partition.
    titles: HashMap<String, Vec<String>>,
    /// By article id: the last revision.
    revisions: HashMap<String, i64>,
    /// By article id and revision: the highest enrichment; -1 before the first.
    enrichments: HashMap<(String, i64), i64>,
    /// Unique keys read so far.
    unique: HashSet<String>,
    repeated: Vec<String>,
    disorder: Vec<String>,
    /// By partition: the next offset.
    offsets: HashMap<i32, i64>,
    /// By partition and offset: article id and revision when it was first read.
    read: HashMap<(i32, i64), (String, i64)>,
}

impl Checker {
    /// Starts to read the enriched topic.
    #[must_use]
    pub fn follow(kafka: &str, prefix: &str) -> Self {
        Checker {
            prefix: prefix.to_owned(),
            enriched: Follower::start(kafka, &format!("{prefix}enriched.v1")),
            titles: HashMap::new(),
            revisions: HashMap::new(),
            enrichments: HashMap::new(),
            unique: HashSet::new(),
            repeated: Vec::new(),
            disorder: Vec::new(),
            offsets: HashMap::new(),
            read: HashMap::new(),
        }
    }

    /// Reads the records that have arrived since the last call.
    pub fn poll(&mut self) {
        for record in self.enriched.take() {
            self.add(&record);
        }
    }

    fn add(&mut self, record: &Record) {
        // kcat may read records again after the broker was down; the offset identifies a record.
        let next = self.offsets.entry(record.partition).or_insert(0);
        if record.offset < *next {
            return;
        }
        *next = record.offset + 1;
        let enriched = record.json();
        self.read.insert((record.partition, record.offset), version(&enriched));
        self.add_enriched(&enriched);
    }

    fn add_enriched(&mut self, record: &Value) {
        let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
        let id = text("article_id");
        let revision = record["revision"].as_i64().unwrap_or(0);
        let unique = format!(
            "{id}/{revision}/{}/{}/{}",
            text("enricher_version"),
            text("gazetteer_version"),
            text("model_version")
        );
        if !self.unique.insert(unique.clone()) {
            self.repeated.push(format!("{unique} ({})", text("url")));
        }
        let enrichment = record["enrichment"].as_i64().unwrap_or(0);
        let last = self.revisions.entry(id.clone()).or_insert(0);
        let highest = self.enrichments.entry((id, revision)).or_insert(-1);
        let before = std::mem::replace(highest, enrichment.max(*highest));
        // A replay enriches a revision again, under a higher enrichment number; it adds no revision.
        if text("change") == "REENRICHED" {
            if before < 0 || enrichment <= before {
                let url = text("url");
                self.disorder.push(format!("{url}: enrichment {enrichment} of revision {revision} after {before}"));
            }
            return;
        }
        if revision != *last + 1 {
            self.disorder.push(format!("{}: revision {revision} after {last}", text("url")));
        }
        *last = revision.max(*last);
        self.titles.entry(text("url")).or_default().push(text("title"));
    }

    /// Whether every item that was served has been read, in its last version.
    #[must_use]
    pub fn is_complete(&self, load: &Load) -> bool {
        load.all()
            .iter()
            .all(|(link, served)| self.titles.get(link).and_then(|titles| titles.last()) == served.titles.last())
    }

    /// Checks all topics and adds the violations to the report.
    pub fn check(&self, load: &Load, kafka: &str, report: &mut Report) {
        let lacks = |link: &String| !self.titles.contains_key(link);
        // The last topic that has a missing item shows which stage lost it.
        let (mut raw, mut articles, mut invisible) = (HashSet::new(), HashSet::new(), HashSet::new());
        if load.all().keys().any(lacks) {
            raw = urls(&read_all(kafka, &format!("{}raw.v1", self.prefix)));
            articles = urls(&read_all(kafka, &format!("{}articles.v1", self.prefix)));
            invisible = urls(&read_uncommitted(kafka, &format!("{}enriched.v1", self.prefix)));
        }
        for (link, served) in load.all() {
            match self.titles.get(link) {
                None => {
                    let reached = match (raw.contains(link), articles.contains(link)) {
                        _ if invisible.contains(link) => "enriched, but not visible to a read-committed client",
                        (false, false) => "never polled",
                        (_, true) => "normalised, not enriched",
                        (true, false) => "polled, not normalised",
                    };
                    report.lost.push(format!("{link}: {reached}"));
                }
                Some(titles) if titles.last() != served.titles.last() => {
                    report.lost.push(format!("{link}: its change to {:?}", served.titles.last()));
                }
                Some(_) => {}
            }
        }
        report.invented.extend(self.titles.keys().filter(|link| !load.all().contains_key(*link)).cloned());
        report.repeated.extend(self.repeated.iter().cloned());
        report.disorder.extend(self.disorder.iter().cloned());
        report.read = u64::try_from(self.unique.len()).unwrap_or(u64::MAX);
        self.check_transactions(kafka, report);
    }

    /// Checks that each version that enters a stage leaves it, and that records read during the run are unchanged.
    fn check_stages(&self, raw: &[Record], articles: &[Record], enriched: &[Record], report: &mut Report) {
        let titles = |records: &[Record]| -> HashSet<String> {
            let values = records.iter().filter(|record| record.payload.is_some()).map(Record::json);
            values.map(|value| format!("{} {}", value["article_id"], value["title"])).collect()
        };
        let (raw, articles, out) = (titles(raw), titles(articles), titles(enriched));
        report.lost.extend(raw.difference(&articles).map(|lost| format!("raw item {lost}: no article")));
        report.lost.extend(articles.difference(&out).map(|lost| format!("article {lost}: not enriched")));
        report.invented.extend(articles.difference(&raw).map(|extra| format!("article {extra}: no raw item")));
        report.invented.extend(out.difference(&articles).map(|extra| format!("enriched {extra}: no article")));
        let now: HashMap<(i32, i64), (String, i64)> =
            enriched.iter().map(|record| ((record.partition, record.offset), version(&record.json()))).collect();
        for (at, before) in self.read.iter().filter(|(at, before)| now.get(at) != Some(before)) {
            report.torn.push(format!("enriched {at:?} was {before:?} and is now {:?}", now.get(at)));
        }
    }

    /// Checks that each transaction wrote both its outputs and its state, or neither.
    fn check_transactions(&self, kafka: &str, report: &mut Report) {
        let topic = |suffix: &str| read_all(kafka, &format!("{}{suffix}", self.prefix));
        let published = topic("articles.v1");
        for record in repeated(&published, &["article_id", "revision"]) {
            report.repeated.push(format!("article {record}"));
        }
        let articles = last(&published);
        let states: HashMap<String, ArticleState> = states(kafka, &self.prefix);
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
        for record in repeated(&signatures, &["article_id", "revision"]) {
            report.repeated.push(format!("signature {record}"));
        }
        let versions: HashSet<(String, i64)> = published.iter().map(|record| version(&record.json())).collect();
        for signed in
            signatures.iter().map(|record| version(&record.json())).filter(|signed| !versions.contains(signed))
        {
            report.torn.push(format!("signature of {signed:?}, which is not published"));
        }
        for id in states.keys().filter(|id| !articles.contains_key(*id)) {
            report.torn.push(format!("article {id}: state without an article"));
        }
        // The poller: every entry that its state holds was published under the same id, each version once.
        let raw = topic("raw.v1");
        for record in repeated(&raw, &["article_id", "title"]) {
            report.repeated.push(format!("raw item {record}"));
        }
        let enriched = topic("enriched.v1");
        self.check_stages(&raw, &published, &enriched, report);
        report.lost.extend(topic("dead-letter.v1").iter().map(|record| format!("refused: {:?}", record.headers)));
        let raw: HashSet<String> = raw.iter().filter_map(|record| record.key.clone()).collect();
        let feed_states: HashMap<String, FeedState> = self::states(kafka, &self.prefix);
        for id in feed_states.values().flat_map(entries) {
            if !raw.contains(&id) {
                report.torn.push(format!("raw item {id}: in the feed's state, but not published"));
            }
        }
    }
}

/// The last record of each key.
fn last(records: &[Record]) -> BTreeMap<String, Value> {
    let live = records.iter().filter(|record| record.payload.is_some());
    live.map(|record| (record.key.clone().unwrap_or_default(), record.json())).collect()
}

/// The last state of each key, by id.
///
/// # Panics
/// If a state cannot be decoded.
fn states<M: InTopic>(kafka: &str, prefix: &str) -> HashMap<String, M> {
    let records = read_bytes(kafka, &format!("{prefix}{}", M::TOPIC.suffix()));
    let live =
        records.iter().filter_map(|(key, value)| Some((M::TOPIC.key_text(key), M::decode(value.as_deref()?).unwrap())));
    live.collect()
}

/// Article id and revision.
fn version(record: &Value) -> (String, i64) {
    (record["article_id"].as_str().unwrap_or_default().to_owned(), record["revision"].as_i64().unwrap_or(0))
}

/// Article ids of the entries in a state: 48 bytes each, the id at 8.
fn entries(state: &FeedState) -> Vec<String> {
    state.packed_entries.as_chunks::<48>().0.iter().map(|entry| proto::key::to_hex(&entry[8..24])).collect()
}

/// The combined values of these fields that occur more than once.
fn repeated(records: &[Record], fields: &[&str]) -> Vec<String> {
    let mut known = HashSet::new();
    let values = records.iter().filter(|record| record.payload.is_some()).map(Record::json);
    let together =
        values.map(|value| fields.iter().map(|field| value[*field].to_string()).collect::<Vec<_>>().join(" "));
    together.filter(|text| !known.insert(text.clone())).collect()
}

fn urls(records: &[Record]) -> HashSet<String> {
    let values = records.iter().filter(|record| record.payload.is_some()).map(Record::json);
    values.filter_map(|value| value["url"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(value: &Value) -> Record {
        Record { partition: 0, offset: 0, key: None, payload: Some(value.to_string()), headers: Vec::new() }
    }

    #[test]
    fn packed_entries_of_a_feed_are_read() {
        let mut packed = vec![0; 96];
        packed[8..24].fill(0xab);
        packed[56..72].fill(0x01);
        let state = FeedState { packed_entries: packed, ..FeedState::default() };
        assert_eq!(entries(&state), ["ab".repeat(16), "01".repeat(16)]);
    }

    #[test]
    fn records_are_repeated_if_all_fields_are_equal() {
        let of = |id: &str, revision: i32| record(&json!({"article_id": id, "revision": revision}));
        let records = [of("a", 1), of("a", 2), of("b", 1), of("a", 2)];
        assert_eq!(repeated(&records, &["article_id", "revision"]), ["\"a\" 2"]);
    }

    fn violations(records: &[(i64, i64, &str, &str)]) -> (usize, usize) {
        // kcat starts without a broker; it reads nothing here.
        let mut checker = Checker::follow("127.0.0.1:1", "none.");
        for (revision, enrichment, change, model) in records {
            checker.add_enriched(&json!({
                "article_id": "a", "url": "u", "revision": revision, "enrichment": enrichment, "change": change,
                "model_version": model,
            }));
        }
        (checker.repeated.len(), checker.disorder.len())
    }

    #[test]
    fn a_replay_is_in_order_after_its_revision_and_under_a_higher_number() {
        let (new, updated) = ((1, 0, "NEW", "m1"), (2, 0, "UPDATED", "m1"));
        let again = |revision, enrichment, model| (revision, enrichment, "REENRICHED", model);
        assert_eq!(violations(&[new, again(1, 1, "m2"), updated, again(2, 1, "m2"), again(1, 2, "m3")]), (0, 0));
        assert_eq!(violations(&[new, again(1, 1, "m1")]), (1, 0), "by the same versions");
        assert_eq!(violations(&[new, again(1, 0, "m2")]), (0, 1), "under the same number");
        assert_eq!(violations(&[new, again(2, 1, "m2")]), (0, 1), "before its revision");
        assert_eq!(violations(&[new, again(1, 1, "m2"), (3, 0, "UPDATED", "m1")]), (0, 1), "a revision was left out");
    }
}
