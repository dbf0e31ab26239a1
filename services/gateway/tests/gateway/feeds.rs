use crate::support::{Gateway, article};
use ::stream::{DeadLetter, Record};
use gateway::Config;
use proto::{
    topic::Topic,
    v1::{Feed, FeedHealth},
    wire,
};

fn feed(id: &str, country: &str) -> Feed {
    Feed {
        feed_id: id.into(),
        url: format!("https://{id}.example/feed"),
        title: format!("Feed {id}"),
        publisher_country: country.into(),
        ..Feed::default()
    }
}

fn health(id: &str, status: &str, seconds: i64) -> FeedHealth {
    let at = proto::Timestamp { seconds, nanos: 0 };
    FeedHealth { feed_id: id.into(), status: status.into(), last_success_at: Some(at), ..FeedHealth::default() }
}

impl Gateway {
    /// Writes a record to another topic than that of articles.
    async fn write<M: wire::Message>(&self, topic: Topic, key: &str, message: &M) {
        let value = wire::Encoding::Json.encode(message).unwrap();
        let mut record = self.outgoing(key, "application/json", value);
        record.topic = self.runtime.names.of(topic);
        self.append_raw(vec![record]).await;
    }

    async fn refuse(&self, reason: &str) {
        let record = Record {
            topic: "news.raw.v1".into(),
            partition: 0,
            offset: 1,
            timestamp_ms: 0,
            key: b"k".to_vec(),
            value: Some(b"{}".to_vec()),
            headers: vec![],
        };
        let refused = DeadLetter::new("normaliser", reason, "of a test", record, jiff::Timestamp::now());
        self.append_raw(vec![refused.to_outgoing(&self.runtime.names.of(Topic::DeadLetter), 0)]).await;
    }
}

#[tokio::test]
async fn feeds_are_listed_with_the_worst_first() {
    let gateway = Gateway::start(Config::default()).await;
    for (id, country) in [("good", "KE"), ("broken", "FR"), ("quiet", "KE"), ("fresh", ""), ("longer", "FR")] {
        gateway.write(Topic::Feeds, id, &feed(id, country)).await;
    }
    for (id, status, at) in [
        ("good", "OK", 500),
        ("broken", "FAILING", 300),
        ("quiet", "SILENT", 400),
        ("longer", "FAILING", 200),
        ("gone", "GONE", 1),
    ] {
        gateway.write(Topic::FeedHealth, id, &health(id, status, at)).await;
    }
    let complete =
        |answer: &crate::support::Answer| answer.json()["totals"]["OK"] == 1 && answer.json()["totals"]["SILENT"] == 1;
    let all = gateway.until("/v1/feeds", complete).await.json();
    let ids = |list: &serde_json::Value| -> Vec<String> {
        list["feeds"].as_array().unwrap().iter().map(|one| one["feed_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&all), ["longer", "broken", "quiet", "fresh", "good"], "health without a definition is left over");
    let totals = serde_json::json!(
        {"CHURNING": 0, "FAILING": 2, "GONE": 0, "OK": 1, "PAUSED": 0, "SILENT": 1, "UNKNOWN": 1}
    );
    assert_eq!(all["totals"], totals);
    assert_eq!(ids(&gateway.get("/v1/feeds?status=FAILING&country=FR").await.json()), ["longer", "broken"]);
    let first = gateway.get("/v1/feeds?limit=2").await.json();
    let next = first["next"].as_str().unwrap();
    assert_eq!(ids(&gateway.get(&format!("/v1/feeds?limit=2&cursor={next}")).await.json()), ["quiet", "fresh"]);
    gateway.stop().await;
}

#[tokio::test]
async fn coverage_names_countries_without_a_source_and_what_was_dropped() {
    let gateway = Gateway::start(Config::default()).await;
    gateway.append([article("a", jiff::Timestamp::now().as_second())]).await;
    gateway.write(Topic::Feeds, "good", &feed("good", "FR")).await;
    gateway.write(Topic::FeedHealth, "good", &health("good", "OK", 1)).await;
    gateway.write(Topic::Feeds, "quiet", &feed("quiet", "KE")).await;
    gateway.write(Topic::FeedHealth, "quiet", &health("quiet", "SILENT", 1)).await;
    gateway.refuse("too-large").await;
    let complete = |answer: &crate::support::Answer| {
        let json = answer.json();
        json["silent"] == serde_json::json!(["quiet"])
            && json["dropped"]["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty())
            && json["countries"][0]["articles"] == 1
    };
    let coverage = gateway.until("/v1/coverage", complete).await.json();
    assert_eq!(
        coverage["countries"][0],
        serde_json::json!({"code": "KE", "name": "Kenya", "feeds": 1, "living": 0, "articles": 1})
    );
    let without = coverage["without_source"].as_array().unwrap();
    assert_eq!(without[0], serde_json::json!({"code": "KE", "name": "Kenya", "articles": 1}));
    assert!(without.len() > 200 && without.iter().all(|one| one["code"] != "FR"));
    assert_eq!(
        (&coverage["dropped"]["reasons"][0]["reason"], &coverage["dropped"]["reasons"][0]["total"]),
        (&"too-large".into(), &1.into())
    );
    let pulse = gateway.get("/v1/pulse").await.json();
    assert_eq!(
        (&pulse["dropped_last_hour"], &pulse["feeds"]["SILENT"], &pulse["caught_up"]),
        (&1.into(), &1.into(), &true.into())
    );
    gateway.stop().await;
}

#[tokio::test]
async fn a_feed_that_is_removed_is_listed_no_more() {
    let gateway = Gateway::start(Config::default()).await;
    gateway.write(Topic::Feeds, "a", &feed("a", "KE")).await;
    gateway.until("/v1/feeds", |answer| answer.json()["totals"]["UNKNOWN"] == 1).await;
    let mut tombstone = gateway.outgoing("a", "application/json", vec![]);
    (tombstone.topic, tombstone.value) = (gateway.runtime.names.of(Topic::Feeds), None);
    gateway.append_raw(vec![tombstone]).await;
    gateway.until("/v1/feeds", |answer| answer.json()["totals"]["UNKNOWN"] == 0).await;
    gateway.stop().await;
}
