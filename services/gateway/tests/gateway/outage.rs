use crate::{
    link::Link,
    support::{Gateway, article},
};
use gateway::Config;

#[tokio::test]
async fn after_an_outage_of_the_log_nothing_is_missed_or_repeated() {
    let gateway = Gateway::start(Config::default()).await;
    let mut events = gateway.follow("/v1/stream", "").await;
    gateway.append([article("before", 1)]).await;
    assert_eq!(events.next().await.article().article_id, "before");

    gateway.link.set_down(true);
    let unready = gateway.until_admin("/readyz", |answer| answer.status == 503).await;
    assert!(unready.body.contains("cut off by the test"), "{}", unready.body);
    gateway.append([article("during", 2)]).await;
    assert_eq!(gateway.get("/v1/articles").await.ids(), ["before"], "articles in memory are still served");

    gateway.link.set_down(false);
    assert_eq!(events.next().await.article().article_id, "during");
    gateway.until_admin("/readyz", |answer| answer.status == 200).await;
    gateway.append([article("after", 3)]).await;
    assert_eq!(events.next().await.article().article_id, "after");
    gateway.until_admin("/metrics", |answer| answer.body.contains("records_total{outcome=\"shown\"} 3\n")).await;
    gateway.stop().await;
}

#[tokio::test]
async fn an_outage_that_the_client_library_hides_makes_the_gateway_unready() {
    let gateway = Gateway::start_on(Config::default(), Link::silent(), |log| log).await;
    gateway.link.set_down(true);
    gateway.until_admin("/readyz", |answer| answer.status == 503).await;
    gateway.append([article("during", 1)]).await;
    gateway.link.set_down(false);
    gateway.until_admin("/readyz", |answer| answer.status == 200).await;
    gateway.until("/v1/articles", |answer| answer.ids() == ["during"]).await;
    gateway.stop().await;
}
