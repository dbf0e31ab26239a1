use crate::{
    link::Link,
    support::{Gateway, article},
};
use gateway::Config;
use proto::v1::EnrichedArticle;
use std::sync::Arc;

const HOUR: i64 = 3_600;

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// First seen and published `hours` ago.
fn aged(id: &str, hours: i64) -> EnrichedArticle {
    let seen = proto::Timestamp { seconds: now() - hours * HOUR, nanos: 0 };
    EnrichedArticle { first_seen_at: Some(seen), ..article(id, now() - hours * HOUR) }
}

async fn counted(gateway: &Gateway, hours: i64) -> u64 {
    let answer = gateway.get(&format!("/v1/trends?of=country&key=KE&hours={hours}")).await.json();
    let counts = answer["trends"][0]["counts"].as_array().cloned().unwrap_or_default();
    counts.iter().map(|count| count.as_u64().unwrap()).sum()
}

/// What has left the window, and what has even left the topic, is still counted after a restart; nothing is counted twice.
#[tokio::test]
async fn a_restart_knows_the_counts_of_earlier_days() {
    let first = Gateway::start(Config::default()).await;
    first.append([aged("old", 40), aged("new", 1)]).await;
    first.until("/v1/articles/new", |answer| answer.status == 200).await;
    // Two days ago is outside of the window of one, and was counted when it came.
    assert_eq!(first.get("/v1/articles").await.ids(), ["new"]);
    assert_eq!(counted(&first, 72).await, 2);
    let observed = first.get("/v1/trends").await.json()["observed_from"].clone();
    let (log, folder) = first.stop_and_keep().await;
    // While no gateway runs an article comes.
    let second = Gateway::start_on(Config::default(), Link::default(), move |_| log).await;
    second.append([aged("newer", 0)]).await;
    second.until("/v1/articles", |answer| answer.ids() == ["newer", "new"]).await;
    assert_eq!(counted(&second, 72).await, 3);
    assert_eq!(second.get("/v1/trends").await.json()["observed_from"], observed);
    second.stop().await;
    drop(folder);
}

/// What came while no gateway ran is counted even where the window, which is small, begins later.
#[tokio::test]
async fn a_restart_counts_from_where_it_ended_and_not_from_the_window() {
    let first = Gateway::start(Config::default()).await;
    first.append([aged("first", 0)]).await;
    first.until("/v1/articles/first", |answer| answer.status == 200).await;
    // What is written now it does not read any more.
    first.link.set_down(true);
    first.until_admin("/readyz", |answer| answer.status == 503).await;
    // For a window of one article the reader goes back a hundred records of each of three partitions.
    let count = 600;
    first.append((0..count).map(|number| aged(&number.to_string(), 0))).await;
    let link = Arc::clone(&first.link);
    let (log, folder) = first.stop_and_keep().await;
    link.set_down(false);
    let small = Config { articles: 1, ..Config::default() };
    let second = Gateway::start_on(small, Link::default(), move |_| log).await;
    assert_eq!(counted(&second, 24).await, count + 1);
    second.stop().await;
    drop(folder);
}

#[tokio::test]
async fn an_update_moves_the_counts_of_its_article() {
    let gateway = Gateway::start(Config::default()).await;
    gateway.append([aged("a", 1)]).await;
    gateway.until("/v1/articles", |answer| answer.ids().len() == 1).await;
    let mut second = aged("a", 1);
    second.revision = 2;
    second.change = proto::vocab::change::UPDATED.into();
    second.countries.clear();
    gateway.append([second]).await;
    gateway.until("/v1/articles/a", |answer| answer.json()["revision"] == 2).await;
    assert_eq!(counted(&gateway, 24).await, 0);
    let languages = gateway.get("/v1/trends?of=language").await.json();
    assert_eq!(languages["trends"][0]["counts"].as_array().unwrap().iter().filter(|count| **count == 1).count(), 1);
    gateway.stop().await;
}

#[tokio::test]
async fn a_wrong_question_is_answered_with_all_errors() {
    let gateway = Gateway::start(Config::default()).await;
    let answer = gateway.get("/v1/trends?of=author&hours=500").await;
    assert_eq!((answer.status, answer.json()["errors"].as_array().unwrap().len()), (400, 2));
    gateway.stop().await;
}
