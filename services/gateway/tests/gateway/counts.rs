use crate::support::{Gateway, article, country, entity};
use gateway::Config;
use proto::{v1::EnrichedArticle, vocab::change};

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// About Kenya by a publisher there, about Kenya and Gabon by one in France, and about Gabon without a publisher's country.
fn three() -> Vec<EnrichedArticle> {
    let kenya = EnrichedArticle {
        publisher_domain: "coast.example".into(),
        publisher_country: "KE".into(),
        ..article("ke", now() - 60)
    };
    let mut both = EnrichedArticle {
        language: "fr".into(),
        publisher_name: "Le Quotidien".into(),
        publisher_domain: "quotidien.example".into(),
        publisher_country: "FR".into(),
        ..article("both", now() - 120)
    };
    both.countries.push(country("GA", "GAB", "Gabon", false, vec![]));
    let mut gabon = article("ga", now() - 180);
    gabon.countries = vec![country("GA", "GAB", "Gabon", true, vec![])];
    gabon.entities = vec![entity("ORG", "Port Authority")];
    vec![kenya, both, gabon]
}

async fn with_three() -> Gateway {
    let gateway = Gateway::start(Config::default()).await;
    gateway.append(three()).await;
    gateway.until("/v1/articles", |answer| answer.ids().len() == 3).await;
    gateway
}

#[tokio::test]
async fn countries_are_counted_by_role_and_by_the_publishers_country() {
    let gateway = with_three().await;
    let all = gateway.get("/v1/countries?by=publisher_country").await.json();
    assert_eq!(all["articles"], 3);
    let row = |code: &str| all["countries"].as_array().unwrap().iter().find(|row| row["code"] == code).unwrap().clone();
    assert_eq!((row("KE")["focus"].clone(), row("KE")["articles"].clone()), (2.into(), 2.into()));
    assert_eq!((row("GA")["focus"].clone(), row("GA")["mentioned"].clone()), (1.into(), 1.into()));
    assert_eq!(row("GA")["by_publisher_country"], serde_json::json!({"": 1, "FR": 1}));
    // The counts follow the filters of the list.
    for query in
        ["country=GA", "country=KE&role=focus", "language=fr", "publisher=coast.example", "until=2000-01-01T00:00:00Z"]
    {
        let listed = gateway.get(&format!("/v1/articles?{query}")).await.ids().len();
        assert_eq!(gateway.get(&format!("/v1/countries?{query}")).await.json()["articles"], listed, "{query}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn an_entity_has_its_articles_neighbours_and_hours() {
    let gateway = with_three().await;
    let people = gateway.get("/v1/entities?type=PERSON").await.json();
    assert_eq!(people["entities"][0]["key"], "person:amina odhiambo");
    assert_eq!(people["entities"][0]["articles"], 2);
    let page = gateway.get("/v1/entities/person:amina%20odhiambo").await.json();
    assert_eq!(page["entity"]["name"], "Amina Odhiambo");
    assert_eq!(page["entities"][0]["name"], "Coastal Roads Authority");
    assert_eq!(page["countries"][0]["code"], "KE");
    let hours: u64 = page["hours"]["counts"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!((hours, page["publishers"].as_array().unwrap().len()), (2, 2));
    assert_eq!(gateway.get("/v1/entities/person:none").await.status, 404);
    assert_eq!(gateway.get("/v1/entities/person:amina%20odhiambo?country=GA").await.json()["entity"]["articles"], 1);
    gateway.stop().await;
}

#[tokio::test]
async fn publishers_and_languages_are_counted() {
    let gateway = with_three().await;
    let publishers = gateway.get("/v1/publishers").await.json();
    let domains: Vec<_> =
        publishers["publishers"].as_array().unwrap().iter().map(|one| one["domain"].clone()).collect();
    assert_eq!(domains, ["coast.example", "quotidien.example", ""]);
    assert_eq!(publishers["publishers"][1]["languages"], serde_json::json!(["fr"]));
    let languages = gateway.get("/v1/languages").await.json();
    assert_eq!(
        languages["languages"],
        serde_json::json!([{"language": "en", "articles": 2}, {"language": "fr", "articles": 1}])
    );
    gateway.stop().await;
}

#[tokio::test]
async fn a_withdrawn_article_counts_nowhere() {
    let gateway = with_three().await;
    let mut gone = three().remove(2);
    (gone.revision, gone.change) = (2, change::WITHDRAWN.into());
    gateway.append([gone]).await;
    gateway.until("/v1/articles", |answer| answer.ids().len() == 2).await;
    let countries = gateway.get("/v1/countries?country=GA").await.json();
    assert_eq!((countries["articles"].clone(), countries["countries"].as_array().unwrap().len()), (1.into(), 2));
    assert_eq!(gateway.get("/v1/entities?entity=port").await.json()["articles"], 0);
    let trends = gateway.get("/v1/trends?of=country&key=GA").await.json();
    let counted: u64 =
        trends["trends"][0]["counts"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(counted, 1);
    gateway.stop().await;
}

#[tokio::test]
async fn the_brief_view_is_small_and_the_salient_come_first() {
    let gateway = with_three().await;
    let mut weak = article("weak", now());
    weak.countries[0].salience = 0.1;
    weak.body = "long ".repeat(2_000);
    gateway.append([weak]).await;
    gateway.until("/v1/articles/weak", |answer| answer.status == 200).await;
    let salient = gateway.get("/v1/articles?country=KE&sort=salient&view=brief").await;
    assert_eq!(salient.ids().last().unwrap(), "weak");
    assert_eq!(gateway.get("/v1/articles?country=KE").await.ids().first().unwrap(), "weak");
    for brief in salient.json()["articles"].as_array().unwrap() {
        assert!(brief.to_string().len() <= 2_048 && brief.get("body").is_none(), "{brief}");
        assert_eq!(brief["entities"][0]["key"], "person:amina odhiambo");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn the_versions_of_an_article_are_listed() {
    let gateway = with_three().await;
    let mut second = three().remove(0);
    (second.revision, second.change, second.title) =
        (2, change::UPDATED.into(), "Kenya opens the bridge at last".into());
    gateway.append([second]).await;
    let known = gateway
        .until("/v1/articles/ke/revisions", |answer| answer.json()["revisions"].as_array().unwrap().len() == 2)
        .await;
    let titles: Vec<_> = known.json()["revisions"].as_array().unwrap().iter().map(|one| one["title"].clone()).collect();
    assert_eq!(titles, ["Kenya opens bridge ke", "Kenya opens the bridge at last"]);
    gateway.stop().await;
}
