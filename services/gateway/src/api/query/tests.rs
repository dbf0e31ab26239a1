use super::super::parameters::{FILTERS, head};
use super::*;
use crate::window::{Arrival, Received};
use proto::v1::{Country, EnrichedArticle, Entity};

fn arrival() -> Arrival {
    let country = Country { code: "KE".into(), alpha3: "KEN".into(), name: "Kenya".into(), ..Default::default() };
    let entity = Entity {
        r#type: "PERSON".into(),
        name: "Amina Odhiambo".into(),
        wikidata_id: "Q114".into(),
        geonames_id: "77".into(),
        ..Default::default()
    };
    let article = EnrichedArticle {
        article_id: "a".into(),
        title: "Ferry link reopens in São Tomé".into(),
        language: "en-GB".into(),
        published_at: Some(proto::Timestamp { seconds: 1_000, nanos: 0 }),
        publisher_name: "The Coast Courier".into(),
        publisher_domain: "coast.example".into(),
        publisher_country: "TZ".into(),
        feed_ids: vec!["0123".into()],
        feed_tags: vec!["africa".into()],
        countries: vec![Country { role: proto::vocab::role::FOCUS.into(), ..country }],
        entities: vec![entity],
        ..EnrichedArticle::default()
    };
    Arrival::new(&Received::new(article, 0).unwrap()).unwrap()
}

fn matches(query: &str) -> bool {
    let arrival = arrival();
    let filter = Query::parse(Some(query), Endpoint::List).unwrap().filter;
    filter.matches(&arrival.features, arrival.article.sort_key.at_ms)
}

#[test]
fn each_parameter_filters() {
    let matching = [
        "",
        "country=ke",
        "country=FR,KEN",
        "country=FR&country=KE",
        "country=KE&role=focus",
        "role=focus",
        "language=en",
        "language=en-gb",
        "q=kenya+FERRY",
        "q=S%C3%83O",
        "q=tome",
        "entity=odhiambo",
        "entity=q114",
        "entity=77",
        "entity=odhiambo&type=person",
        "type=PERSON,ORG",
        "publisher=coast.example",
        "publisher=The+Coast+Courier",
        "publisher_country=tz",
        "feed=0123",
        "tag=africa",
        "since=1970-01-01T00:16:40Z",
        "until=1970-01-01T00:16:41Z",
        "country=KE&q=ferry",
    ];
    for query in matching {
        assert!(matches(query), "{query}");
    }
    let other = [
        "country=TZ",
        "country=KE&role=mentioned",
        "role=mentioned",
        "language=e",
        "language=en-us",
        "q=kenya+rail",
        "entity=kenyatta",
        "entity=odhiambo&type=ORG",
        "type=ORG",
        "publisher=coast",
        "publisher_country=KE",
        "feed=012",
        "tag=europe",
        "since=1970-01-01T00:16:41Z",
        "until=1970-01-01T00:16:40Z",
    ];
    for query in other {
        assert!(!matches(query), "{query}");
    }
    let tested = |name: &str| matching.iter().any(|query| query.contains(&format!("{name}=")));
    for parameter in FILTERS {
        assert!(tested(parameter.name), "{} is not tested", parameter.name);
    }
}

#[test]
fn a_query_has_a_limited_number_of_parameters_and_values() {
    let many = "a&".repeat(200);
    let error = Query::parse(Some(&many), Endpoint::List).unwrap_err();
    assert!(serde_json::to_string(&error).unwrap().len() < 300);
    let long = format!("after={}", "0".repeat(20_000));
    assert!(Query::parse(Some(&long), Endpoint::Stream).is_err());
    let names = "entity=a&".repeat(60);
    assert!(Query::parse(Some(&names), Endpoint::List).is_err());
    assert_eq!(head(&"é".repeat(50)).chars().count(), 40);
}

#[test]
fn the_first_fifty_words_of_a_search_count() {
    let words = |count: usize| {
        let query = format!("q={}", "東".repeat(count));
        Query::parse(Some(&query), Endpoint::List).unwrap().filter.patterns.len()
    };
    assert_eq!((words(49), words(50), words(51), words(400)), (49, 50, 50, 50));
}

#[test]
fn all_errors_of_a_query_are_reported() {
    let query = "contry=KE&country=K1&limit=0&since=monday&cursor=x&role=main";
    let error = Query::parse(Some(query), Endpoint::List).unwrap_err();
    insta::assert_snapshot!(error.into_errors().join("\n"), @r#"
    a parameter must be country, role, entity, type, language, publisher, publisher_country, feed, tag, q, since, until, sort, view, limit or cursor, not "contry"
    limit must be 1 to 500, not "0"
    since must be an RFC 3339 time, such as 2026-11-24T00:00:00Z, not "monday"
    role must be focus or mentioned, not "main"
    country must be an ISO 3166-1 code of two or three letters, not "K1"
    cursor must be the `next` of an earlier response, not "x"
    "#);
}

proptest::proptest! {
    #[test]
    fn parsing_accepts_any_query_without_a_panic(query in "((country|q|limit|cursor|since|entity|x)=)?\\PC{0,20}(&\\PC{0,10})?") {
        let _ = Query::parse(Some(&query), Endpoint::List);
        let _ = Query::parse(Some(&query), Endpoint::Stream);
        let _ = question(Some(&query));
        let _ = FeedQuery::parse(Some(&query));
    }
}
