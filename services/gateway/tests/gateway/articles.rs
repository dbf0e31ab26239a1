use crate::link::Link;
use crate::support::{Gateway, article, country};
use gateway::Config;
use proto::{v1::EnrichedArticle, vocab::change, wire};

#[tokio::test]
async fn articles_are_listed_newest_first_in_pages() {
    let gateway = Gateway::start(Config::default()).await;
    let empty = gateway.get("/v1/articles").await;
    assert_eq!(empty.body, r#"{"articles":[],"next":"","position":""}"#);

    gateway.append([article("b", 200), article("a", 100), article("c", 300), article("d", 300)]).await;
    let all = gateway.until("/v1/articles", |answer| answer.ids().len() == 4).await;
    assert_eq!(all.ids(), ["d", "c", "b", "a"]);
    let first = &all.json()["articles"][0];
    assert_eq!(first["published_at"], "1970-01-01T00:05:00+00:00");
    assert_eq!(first["same_as"], "", "empty fields are present");

    let page = gateway.get("/v1/articles?limit=3").await;
    assert_eq!(page.ids(), ["d", "c", "b"]);
    let next = page.json()["next"].as_str().unwrap().to_owned();
    // An article that arrives between two requests does not shift the pages.
    gateway.append([article("e", 400)]).await;
    gateway.until("/v1/articles", |answer| answer.ids().len() == 5).await;
    let rest = gateway.get(&format!("/v1/articles?limit=3&cursor={next}")).await;
    assert_eq!((rest.ids(), rest.json()["next"].as_str()), (vec!["a".to_owned()], Some("")));

    assert_eq!(gateway.get("/v1/articles/b").await.json()["article_id"], "b");
    gateway.stop().await;
}

#[tokio::test]
async fn the_list_is_filtered_by_every_parameter() {
    let gateway = Gateway::start(Config::default()).await;
    let mut french = article("fr", 500);
    french.language = "fr".into();
    french.title = "Pont à Libreville".into();
    french.countries = vec![country("GA", "GAB", "Gabon", true, vec![])];
    gateway.append([article("ke", 100), french]).await;
    gateway.until("/v1/articles", |answer| answer.ids().len() == 2).await;
    for (query, ids) in [
        ("country=ga", &["fr"][..]),
        ("country=KEN", &["ke"]),
        ("country=KE,GA", &["fr", "ke"]),
        ("country=TZ", &[]),
        ("language=fr", &["fr"]),
        ("entity=odhiambo&country=KE", &["ke"]),
        ("q=LIBREVILLE", &["fr"]),
        ("q=pont+%C3%A0", &["fr"]),
        ("since=1970-01-01T00:05:00Z", &["fr"]),
    ] {
        assert_eq!(gateway.get(&format!("/v1/articles?{query}")).await.ids(), ids, "{query}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn errors_are_problem_details_and_every_response_has_the_security_headers() {
    let gateway = Gateway::start(Config::default()).await;
    for (path, status) in
        [("/v1/articles?contry=KE", 400), ("/v1/articles/none", 404), ("/nothing", 404), ("/v1/stream?after=x", 400)]
    {
        let answer = gateway.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.head.contains("content-type: application/problem+json"), "{path}: {}", answer.head);
        assert_eq!(answer.json()["status"], status, "{path}");
    }
    for path in ["/", "/page/app.js", "/v1/articles", "/nothing"] {
        let head = gateway.get(path).await.head;
        assert!(head.contains("content-security-policy: default-src 'none'; script-src 'self';"), "{path}: {head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{path}: {head}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn undecodable_and_superseded_records_are_counted_and_skipped() {
    let gateway = Gateway::start(Config::default()).await;
    let mut second = article("a", 100);
    second.revision = 2;
    second.change = change::UPDATED.into();
    let mut withdrawn = article("gone", 100);
    withdrawn.revision = 2;
    withdrawn.change = change::WITHDRAWN.into();
    gateway.append([second, article("a", 900), article("gone", 100), withdrawn, article("gone", 100)]).await;
    let broken = [("x", "application/json", &b"{"[..]), ("y", "text/xml", b"<a/>"), ("z", "application/json", b"{}")];
    gateway
        .append_raw(broken.iter().map(|(key, kind, value)| gateway.outgoing(key, kind, value.to_vec())).collect())
        .await;
    let mut tombstone = gateway.outgoing("t", "application/json", vec![]);
    tombstone.value = None;
    gateway.append_raw(vec![tombstone]).await;
    gateway.append([article("last", 1)]).await;

    gateway.until("/v1/articles", |answer| answer.ids().contains(&"last".to_owned())).await;
    let metrics = gateway
        .until_admin("/metrics", |answer| {
            answer.body.contains("newswire_gateway_records_total{outcome=\"undecodable\"} 4")
        })
        .await
        .body;
    let list = gateway.get("/v1/articles").await;
    assert_eq!(list.ids(), ["a", "last"]);
    assert_eq!(list.json()["articles"][0]["revision"], 2);
    for line in ["{outcome=\"superseded\"} 2", "{outcome=\"shown\"} 3", "{outcome=\"withdrawn\"} 1"] {
        assert!(metrics.contains(&format!("newswire_gateway_records_total{line}")), "{line} in {metrics}");
    }
    assert!(metrics.contains("newswire_gateway_articles 2"), "{metrics}");
    gateway.stop().await;
}

/// The replay has more records than the gateway reads at its start.
#[tokio::test]
async fn a_replay_of_old_articles_restores_no_old_version() {
    let config = Config { articles: 4, ..Config::default() };
    let first = Gateway::start(config.clone()).await;
    let revised = |id: &str, second: i64, revision: i32, enrichment: i32, change: &str| EnrichedArticle {
        revision,
        enrichment,
        change: change.into(),
        ..article(id, second)
    };
    first.append((0..4).map(|number| article(&format!("new{number}"), 1_000 + number))).await;
    first.append([revised("new3", 1_003, 2, 0, change::UPDATED)]).await;
    first.until("/v1/articles/new3", |answer| answer.status == 200 && answer.json()["revision"] == 2).await;
    // The first record is a replay of a revision that has been replaced since; then come the old articles.
    let mut replayed =
        vec![revised("new3", 1_003, 1, 1, change::REENRICHED), revised("new2", 1_002, 1, 1, change::REENRICHED)];
    replayed.extend((0..2_000).map(|number| revised(&format!("old{number}"), number / 10, 1, 1, change::REENRICHED)));
    let records = replayed.iter().map(|article| {
        let value = wire::Encoding::Json.encode(article).unwrap();
        let mut record = first.outgoing(&article.article_id, "application/json", value);
        record.headers.push(("ce_source".to_owned(), wire::SOURCE_REPLAY.as_bytes().to_vec()));
        record
    });
    first.append_raw(records.collect()).await;

    let second = Gateway::start_on(config, Link::default(), |_| first.runtime.log.clone()).await;
    for gateway in [&first, &second] {
        let seen = |answer: &crate::support::Answer| answer.body.contains("newswire_gateway_articles 4");
        gateway.until_admin("/metrics", seen).await;
        gateway.until("/v1/articles/new2", |answer| answer.status == 200 && answer.json()["enrichment"] == 1).await;
        let shown = gateway.get("/v1/articles").await;
        assert_eq!(shown.ids(), ["new3", "new2", "new1", "new0"]);
        let articles = &shown.json()["articles"];
        assert_eq!((&articles[0]["revision"], &articles[0]["enrichment"]), (&2.into(), &0.into()));
    }
    second.stop().await;
    first.stop().await;
}
