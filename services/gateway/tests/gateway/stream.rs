use crate::support::{Gateway, article};
use gateway::Config;
use proto::vocab::change;
use std::time::Duration;

#[tokio::test]
async fn a_client_receives_new_articles_and_resumes_after_the_last() {
    let gateway = Gateway::start(Config::default()).await;
    gateway.append([article("before", 1)]).await;
    let list = gateway.until("/v1/articles", |answer| answer.ids().len() == 1).await;

    let mut events = gateway.follow("/v1/stream", "").await;
    gateway.append([article("one", 2)]).await;
    let one = events.next().await;
    assert_eq!((one.article().article_id.as_str(), one.name.as_str()), ("one", ""));
    drop(events);

    gateway.append([article("two", 3), article("three", 4)]).await;
    gateway.until("/v1/articles", |answer| answer.ids().len() == 4).await;
    let mut again = gateway.follow("/v1/stream", &format!("Last-Event-ID: {}\r\n", one.id)).await;
    let mut ids = [again.next().await.article().article_id, again.next().await.article().article_id];
    ids.sort();
    assert_eq!(ids, ["three", "two"]);

    // From a list's position the stream continues without a gap.
    let position = list.json()["position"].as_str().unwrap().to_owned();
    let mut from_list = gateway.follow(&format!("/v1/stream?after={position}"), "").await;
    assert_eq!(from_list.next().await.article().article_id, "one");
    gateway.stop().await;
}

#[tokio::test]
async fn a_filter_passes_matching_articles_and_every_withdrawal() {
    let gateway = Gateway::start(Config::default()).await;
    let mut events = gateway.follow("/v1/stream?country=FR&q=bridge", "").await;
    let mut french = article("fr", 1);
    french.countries[0].code = "FR".into();
    let mut withdrawn = article("ke", 1);
    (withdrawn.revision, withdrawn.change) = (2, change::WITHDRAWN.into());
    gateway.append([article("ke", 1)]).await;
    gateway.append([french]).await;
    assert_eq!(events.next().await.article().article_id, "fr");
    gateway.append([withdrawn]).await;
    assert_eq!(events.next().await.article().change, change::WITHDRAWN);
    gateway.stop().await;
}

#[tokio::test]
async fn a_client_that_was_disconnected_for_too_long_receives_lagged() {
    let gateway = Gateway::start(Config { article_bytes: 1, ..Config::default() }).await;
    let mut events = gateway.follow("/v1/stream", "").await;
    gateway.append([article("a", 1)]).await;
    let first = events.next().await;
    drop(events);
    for id in ["b", "c", "d"] {
        gateway.append([article(id, 2)]).await;
    }
    gateway.until_admin("/metrics", |answer| answer.body.contains("records_total{outcome=\"shown\"} 4")).await;
    let mut again = gateway.follow("/v1/stream", &format!("Last-Event-ID: {}\r\n", first.id)).await;
    let lagged = again.next().await;
    assert_eq!((lagged.name.as_str(), lagged.data.as_str()), ("lagged", r#"{"missed":null}"#));
    assert_eq!(again.next().await.article().article_id, "d");
    gateway.stop().await;
}

#[tokio::test]
async fn a_slow_client_receives_the_number_of_missed_events() {
    // On a busy machine the articles take longer than a client may not read.
    let write = Duration::from_secs(600);
    let gateway = Gateway::start(Config { article_bytes: 2_400_000, write, ..Config::default() }).await;
    let mut slow = gateway.follow("/v1/stream", "").await;
    // Larger than the socket buffers of one connection.
    let large = |id: String| {
        let mut article = article(&id, 1);
        article.body = "x".repeat(200_000);
        article
    };
    let count = 100;
    for id in 0..count {
        gateway.append([large(id.to_string())]).await;
    }
    let all = format!("records_total{{outcome=\"shown\"}} {count}");
    gateway.until_admin("/metrics", |answer| answer.body.contains(&all)).await;

    let (mut seen, mut missed) = (0, 0);
    while seen + missed < count {
        let event = slow.next().await;
        if event.name == "lagged" {
            let data: serde_json::Value = serde_json::from_str(&event.data).unwrap();
            missed += data["missed"].as_u64().unwrap();
        } else if !event.data.is_empty() {
            seen += 1;
        }
    }
    assert!(missed > 0 && seen > 0, "{seen} seen, {missed} missed");
    assert_eq!(seen + missed, count);
    let metrics = gateway.get_admin("/metrics").await.body;
    assert!(metrics.contains("newswire_gateway_clients 1"), "{metrics}");
    gateway.stop().await;
}

#[tokio::test]
async fn clients_above_the_limit_are_refused_and_shutdown_ends_the_others() {
    let gateway = Gateway::start(Config { clients: 1, ..Config::default() }).await;
    let mut first = gateway.follow("/v1/stream", "").await;
    let refused = gateway.get("/v1/stream").await;
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after: 5"), "{}", refused.head);
    gateway.stop().await;
    assert!(first.ended().await);
}
