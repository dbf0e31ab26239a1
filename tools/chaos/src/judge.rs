//! What must hold of the topics: set in equals set out, nothing twice, revisions in order, no torn transaction, state as
//! the items say. Read committed, by kcat, while the run goes on and at its end.

use super::{load::Load, report::Report};
use base64::Engine as _;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use test_support::kcat::{Follower, Seen, read_all, read_uncommitted};

/// See the module.
pub struct Judge {
    prefix: String,
    enriched: Follower,
    /// By link: the titles that were published, in the order of the partition.
    titles: HashMap<String, Vec<String>>,
    /// The last revision of each article id, by partition order.
    revisions: HashMap<String, i64>,
    /// The highest enrichment of each article id and revision; -1 before the first.
    enrichments: HashMap<(String, i64), i64>,
    unique: HashSet<String>,
    twice: Vec<String>,
    disorder: Vec<String>,
    offsets: HashMap<i32, i64>,
    /// What stood at each offset when it was first read.
    read: HashMap<(i32, i64), (String, i64)>,
}

impl Judge {
    /// Begins to read.
    #[must_use]
    pub fn follow(kafka: &str, prefix: &str) -> Self {
        Judge {
            prefix: prefix.to_owned(),
            enriched: Follower::start(kafka, &format!("{prefix}enriched.v1")),
            titles: HashMap::new(),
            revisions: HashMap::new(),
            enrichments: HashMap::new(),
            unique: HashSet::new(),
            twice: Vec::new(),
            disorder: Vec::new(),
            offsets: HashMap::new(),
            read: HashMap::new(),
        }
    }

    /// Reads what has come.
    pub fn look(&mut self) {
        for seen in self.enriched.take() {
            self.see(&seen);
        }
    }

    fn see(&mut self, seen: &Seen) {
        // kcat itself may repeat after a broker came back; an offset is the record's identity.
        let next = self.offsets.entry(seen.partition).or_insert(0);
        if seen.offset < *next {
            return;
        }
        *next = seen.offset + 1;
        let record = seen.json();
        self.read.insert((seen.partition, seen.offset), version(&record));
        self.record(&record);
    }

    fn record(&mut self, record: &Value) {
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
            self.twice.push(format!("{unique} ({})", text("url")));
        }
        let enrichment = record["enrichment"].as_i64().unwrap_or(0);
        let last = self.revisions.entry(id.clone()).or_insert(0);
        let highest = self.enrichments.entry((id, revision)).or_insert(-1);
        let before = std::mem::replace(highest, enrichment.max(*highest));
        // A replay enriches a revision again, each time under a higher number; it is no revision of its own.
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

    /// Whether everything that was served has come, in its last version.
    #[must_use]
    pub fn is_complete(&self, load: &Load) -> bool {
        load.all()
            .iter()
            .all(|(link, served)| self.titles.get(link).and_then(|titles| titles.last()) == served.titles.last())
    }

    /// The final word.
    pub fn verdict(&self, load: &Load, kafka: &str, report: &mut Report) {
        let lacks = |link: &String| !self.titles.contains_key(link);
        // How far what is missing came tells where to look.
        let (mut raw, mut articles, mut invisible) = (HashSet::new(), HashSet::new(), HashSet::new());
        if load.all().keys().any(lacks) {
            raw = urls(&read_all(kafka, &format!("{}raw.v1", self.prefix)));
            articles = urls(&read_all(kafka, &format!("{}articles.v1", self.prefix)));
            invisible = urls(&read_uncommitted(kafka, &format!("{}enriched.v1", self.prefix)));
        }
        for (link, served) in load.all() {
            match self.titles.get(link) {
                None => {
                    let came = match (raw.contains(link), articles.contains(link)) {
                        _ if invisible.contains(link) => "written, but never seen by who reads committed",
                        (false, false) => "never polled",
                        (_, true) => "an article, not enriched",
                        (true, false) => "polled, no article",
                    };
                    report.lost.push(format!("{link}: {came}"));
                }
                Some(titles) if titles.last() != served.titles.last() => {
                    report.lost.push(format!("{link}: the change to {:?}", served.titles.last()));
                }
                Some(_) => {}
            }
        }
        report.invented.extend(self.titles.keys().filter(|link| !load.all().contains_key(*link)).cloned());
        report.twice.extend(self.twice.iter().cloned());
        report.disorder.extend(self.disorder.iter().cloned());
        report.read = u64::try_from(self.unique.len()).unwrap_or(u64::MAX);
        self.untorn(kafka, report);
    }

    /// What goes into a stage comes out of it, version by version, and what was read once stands there still.
    fn chain(&self, raw: &[Seen], articles: &[Seen], enriched: &[Seen], report: &mut Report) {
        let titles = |records: &[Seen]| -> HashSet<String> {
            let values = records.iter().filter(|seen| seen.payload.is_some()).map(Seen::json);
            values.map(|value| format!("{} {}", value["article_id"], value["title"])).collect()
        };
        let (raw, articles, out) = (titles(raw), titles(articles), titles(enriched));
        report.lost.extend(raw.difference(&articles).map(|lost| format!("raw item {lost}: no article")));
        report.lost.extend(articles.difference(&out).map(|lost| format!("article {lost}: not enriched")));
        report.invented.extend(articles.difference(&raw).map(|made| format!("article {made}: no raw item")));
        report.invented.extend(out.difference(&articles).map(|made| format!("enriched {made}: no article")));
        let now: HashMap<(i32, i64), (String, i64)> =
            enriched.iter().map(|seen| ((seen.partition, seen.offset), version(&seen.json()))).collect();
        for (at, was) in self.read.iter().filter(|(at, was)| now.get(at) != Some(was)) {
            report.torn.push(format!("enriched {at:?} was {was:?}, and is {:?}", now.get(at)));
        }
    }

    /// Each transaction wrote its outputs and its state, or neither: the two topics tell the same story.
    fn untorn(&self, kafka: &str, report: &mut Report) {
        let topic = |suffix: &str| read_all(kafka, &format!("{}{suffix}", self.prefix));
        let published = topic("articles.v1");
        for seen in repeated(&published, &["article_id", "revision"]) {
            report.twice.push(format!("article {seen}"));
        }
        let articles = last(&published);
        let states = last(&topic("article-state.v1"));
        let says = |value: &Value| (version(value), value["content_hash"].to_string());
        for (id, article) in &articles {
            let state = states.get(id).map(says);
            if state.as_ref() != Some(&says(article)) {
                report.torn.push(format!("article {id}: published last {:?}, state {state:?}", says(article)));
            }
        }
        let signatures = topic("signatures.v1");
        for seen in repeated(&signatures, &["article_id", "revision"]) {
            report.twice.push(format!("signature {seen}"));
        }
        let versions: HashSet<(String, i64)> = published.iter().map(|seen| version(&seen.json())).collect();
        for signed in signatures.iter().map(|seen| version(&seen.json())).filter(|signed| !versions.contains(signed)) {
            report.torn.push(format!("signature of {signed:?}, which was not published"));
        }
        for id in states.keys().filter(|id| !articles.contains_key(*id)) {
            report.torn.push(format!("article {id}: state without an article"));
        }
        // The poller: an entry that is remembered as seen was published, under the same id, and each version of it once.
        let raw = topic("raw.v1");
        for seen in repeated(&raw, &["article_id", "title"]) {
            report.twice.push(format!("raw item {seen}"));
        }
        let enriched = topic("enriched.v1");
        self.chain(&raw, &published, &enriched, report);
        report.lost.extend(topic("dead-letter.v1").iter().map(|seen| format!("refused: {:?}", seen.headers)));
        let raw: HashSet<String> = raw.iter().filter_map(|seen| seen.key.clone()).collect();
        for id in last(&topic("feed-state.v1")).values().flat_map(remembered) {
            if !raw.contains(&id) {
                report.torn.push(format!("raw item {id}: remembered, but never published"));
            }
        }
    }
}

/// The last record of each key.
fn last(records: &[Seen]) -> BTreeMap<String, Value> {
    let live = records.iter().filter(|seen| seen.payload.is_some());
    live.map(|seen| (seen.key.clone().unwrap_or_default(), seen.json())).collect()
}

/// Article id and revision.
fn version(record: &Value) -> (String, i64) {
    (record["article_id"].as_str().unwrap_or_default().to_owned(), record["revision"].as_i64().unwrap_or(0))
}

/// Article ids of the entries that a `FeedState` holds, readable or packed (44 bytes each, the id at 16; see its .proto).
fn remembered(state: &Value) -> Vec<String> {
    let readable = state["entries"].as_array().into_iter().flatten();
    let mut ids: Vec<String> = readable.filter_map(|entry| Some(entry["article_id"].as_str()?.to_owned())).collect();
    let packed = state["packed_entries"].as_str().unwrap_or_default();
    let packed = base64::engine::general_purpose::STANDARD.decode(packed).unwrap_or_default();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    ids.extend(packed.as_chunks::<44>().0.iter().map(|entry| hex(&entry[16..32])));
    ids
}

/// What these fields together say more than once.
fn repeated(records: &[Seen], fields: &[&str]) -> Vec<String> {
    let mut known = HashSet::new();
    let values = records.iter().filter(|seen| seen.payload.is_some()).map(Seen::json);
    let together =
        values.map(|value| fields.iter().map(|field| value[*field].to_string()).collect::<Vec<_>>().join(" "));
    together.filter(|text| !known.insert(text.clone())).collect()
}

fn urls(records: &[Seen]) -> HashSet<String> {
    let values = records.iter().filter(|seen| seen.payload.is_some()).map(Seen::json);
    values.filter_map(|value| value["url"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(value: &Value) -> Seen {
        Seen { partition: 0, offset: 0, key: None, payload: Some(value.to_string()), headers: Vec::new() }
    }

    #[test]
    fn what_a_feed_remembers_is_read_packed_too() {
        let mut packed = vec![0; 88];
        packed[16..32].fill(0xab);
        packed[60..76].fill(0x01);
        let packed = base64::engine::general_purpose::STANDARD.encode(packed);
        let state = json!({"entries": [{"article_id": "one"}], "packed_entries": packed});
        assert_eq!(remembered(&state), ["one".to_owned(), "ab".repeat(16), "01".repeat(16)]);
    }

    #[test]
    fn only_what_agrees_in_every_field_is_repeated() {
        let of = |id: &str, revision: i32| record(&json!({"article_id": id, "revision": revision}));
        let records = [of("a", 1), of("a", 2), of("b", 1), of("a", 2)];
        assert_eq!(repeated(&records, &["article_id", "revision"]), ["\"a\" 2"]);
    }

    fn judged(records: &[(i64, i64, &str, &str)]) -> (usize, usize) {
        // kcat needs no broker to be started, and what it would read is of no account here.
        let mut judge = Judge::follow("127.0.0.1:1", "none.");
        for (revision, enrichment, change, model) in records {
            judge.record(&serde_json::json!({
                "article_id": "a", "url": "u", "revision": revision, "enrichment": enrichment, "change": change,
                "model_version": model,
            }));
        }
        (judge.twice.len(), judge.disorder.len())
    }

    #[test]
    fn a_replay_is_in_order_where_its_revision_was_seen_and_its_number_is_higher() {
        let (new, updated) = ((1, 0, "NEW", "m1"), (2, 0, "UPDATED", "m1"));
        let again = |revision, enrichment, model| (revision, enrichment, "REENRICHED", model);
        assert_eq!(judged(&[new, again(1, 1, "m2"), updated, again(2, 1, "m2"), again(1, 2, "m3")]), (0, 0));
        assert_eq!(judged(&[new, again(1, 1, "m1")]), (1, 0), "by the same versions");
        assert_eq!(judged(&[new, again(1, 0, "m2")]), (0, 1), "under the same number");
        assert_eq!(judged(&[new, again(2, 1, "m2")]), (0, 1), "before its revision");
        assert_eq!(judged(&[new, again(1, 1, "m2"), (3, 0, "UPDATED", "m1")]), (0, 1), "a revision was left out");
    }
}
