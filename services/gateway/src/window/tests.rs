use super::*;
use proptest::prelude::*;
use proto::{
    Timestamp,
    v1::{Country, EnrichedArticle, Entity},
    vocab::{change, role},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const LIMITS: Limits = Limits { articles: 100, bytes: 1 << 20, age_ms: DAY_MS };

fn article(id: &str, second: i64, revision: i32) -> EnrichedArticle {
    EnrichedArticle {
        article_id: id.into(),
        revision,
        change: if revision == 1 { change::NEW } else { change::UPDATED }.into(),
        published_at: Some(Timestamp { seconds: second, nanos: 0 }),
        title: format!("{id} {revision}"),
        ..EnrichedArticle::default()
    }
}

fn arrival(article: &EnrichedArticle) -> Arrival {
    Arrival::new(&Received::new(article.clone(), 0).unwrap()).unwrap()
}

fn apply(window: &mut Window, article: &EnrichedArticle) -> Outcome {
    window.apply(&arrival(article), 0).outcome
}

fn ids(window: &Window, filter: &Filter, order: Order) -> Vec<String> {
    window.page(filter, order, None, 1_000).articles.iter().map(|article| article.id.to_string()).collect()
}

#[test]
fn the_highest_version_wins_in_any_order() {
    let mut window = Window::new(LIMITS);
    assert_eq!(apply(&mut window, &article("a", 10, 2)), Outcome::Shown);
    assert_eq!(apply(&mut window, &article("a", 10, 1)), Outcome::Superseded);
    assert_eq!(apply(&mut window, &article("a", 20, 3)), Outcome::Shown);
    assert_eq!(window.len(), 1);
    let revisions = window.revisions("a").unwrap();
    assert_eq!(revisions.iter().map(|one| &*one.title).collect::<Vec<_>>(), ["a 2", "a 3"]);
}

#[test]
fn a_withdrawn_article_goes_and_no_older_record_restores_it() {
    let mut window = Window::new(LIMITS);
    apply(&mut window, &article("a", 10, 1));
    let withdrawn = EnrichedArticle { change: change::WITHDRAWN.into(), ..article("a", 10, 2) };
    assert_eq!(apply(&mut window, &withdrawn), Outcome::Withdrawn);
    assert_eq!((window.len(), window.index.len()), (0, 0), "nothing of it is left in the index");
    assert_eq!(apply(&mut window, &article("a", 10, 1)), Outcome::Superseded);
    assert_eq!(apply(&mut window, &article("a", 10, 3)), Outcome::Shown);
}

#[test]
fn the_window_is_bounded_in_number_bytes_and_age() {
    let mut window = Window::new(Limits { articles: 3, ..LIMITS });
    for second in [5, 1, 4, 2, 3] {
        apply(&mut window, &article(&second.to_string(), second, 1));
    }
    assert_eq!(ids(&window, &Filter::default(), Order::Newest), ["5", "4", "3"]);

    let mut window = Window::new(Limits { bytes: 3_000, ..LIMITS });
    for second in 0..50 {
        apply(&mut window, &article(&second.to_string(), second, 1));
    }
    assert!(window.len() < 5 && window.bytes() <= 3_000, "{} {}", window.len(), window.bytes());

    let seen = |id: &str, ms: i64| {
        let time = Timestamp { seconds: ms / 1_000, nanos: 0 };
        arrival(&EnrichedArticle { first_seen_at: Some(time), ..article(id, 1, 1) })
    };
    let mut window = Window::new(LIMITS);
    let now = 10 * DAY_MS;
    assert_eq!(window.apply(&seen("old", now - 2 * DAY_MS), now).outcome, Outcome::Outside);
    assert_eq!(window.apply(&seen("new", now - DAY_MS / 2), now).outcome, Outcome::Shown);
    window.expire(now);
    assert_eq!(window.len(), 1);
    window.expire(now + DAY_MS);
    assert_eq!((window.len(), window.bytes()), (0, 0));
}

/// Ten articles about a few countries and names, so that filters match some of them.
fn some_articles(seed: u64, count: usize) -> Vec<EnrichedArticle> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut pick = |values: &'static [&'static str]| values[random.usize(..values.len())];
    let mut articles = Vec::new();
    for number in 0..count {
        let country = |code: &str| Country {
            code: code.into(),
            alpha3: format!("{code}X"),
            name: code.into(),
            salience: f64::from(u8::try_from(number % 7).unwrap()) / 7.0,
            ..Country::default()
        };
        let (first, second) = (pick(&["KE", "TZ", "FR"]), pick(&["DE", "UG", "FR"]));
        let mut countries = vec![Country { role: role::FOCUS.into(), ..country(first) }];
        if second != first {
            countries.push(Country { role: role::MENTIONED.into(), ..country(second) });
        }
        let entity = Entity {
            r#type: pick(&["PERSON", "ORG"]).into(),
            name: pick(&["Amina Odhiambo", "Odhiambo Shipping", "Ben Aduro"]).into(),
            wikidata_id: pick(&["", "", "Q114"]).into(),
            ..Entity::default()
        };
        articles.push(EnrichedArticle {
            title: format!("{} {}", pick(&["Ferry", "Bridge", "Port"]), pick(&["opens", "closes"])),
            language: pick(&["en", "en-GB", "fr"]).into(),
            publisher_domain: pick(&["a.example", "b.example", ""]).into(),
            publisher_name: pick(&["Alpha", "Beta"]).into(),
            publisher_country: pick(&["KE", "GB"]).into(),
            feed_ids: vec![pick(&["f1", "f2"]).into()],
            feed_tags: vec![pick(&["africa", "europe"]).into()],
            countries,
            entities: vec![entity],
            ..article(&format!("id{number}"), i64::try_from(number).unwrap(), 1)
        });
    }
    articles
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let term = |kind: Kind, values: &'static [&'static str]| {
        proptest::sample::select(values).prop_map(move |value| Pattern::Term(kind.term(value)))
    };
    prop_oneof![
        term(Kind::Focus, &["KE", "TZ", "FRX"]),
        term(Kind::Mentioned, &["FR", "UG"]),
        term(Kind::Type, &["PERSON", "EVENT"]),
        term(Kind::Domain, &["a.example"]),
        term(Kind::Name, &["beta"]),
        term(Kind::Origin, &["GB"]),
        term(Kind::Feed, &["f1"]),
        term(Kind::Tag, &["europe"]),
        proptest::sample::select(&["fer", "o", "bridge", "am", "xyz"][..])
            .prop_map(|word| Pattern::Prefix(Kind::Word.term(word))),
        proptest::sample::select(&["en", "en-gb", "fr", "e"][..]).prop_map(|tag| Pattern::Language(tag.into())),
    ]
}

fn filters() -> impl Strategy<Value = Filter> {
    let wanted = proptest::sample::select(&["odhiambo", "Q114", "person:ben aduro", "ben", "unknown"][..]);
    let types = proptest::sample::subsequence(vec!["PERSON".to_owned(), "ORG".to_owned()], 0..=2);
    let entities = proptest::collection::vec((wanted, types), 0..2);
    let patterns = proptest::collection::vec(proptest::collection::vec(pattern(), 1..3), 0..3);
    let times = (proptest::option::of(0..60_000_i64), proptest::option::of(0..60_000_i64));
    (patterns, entities, times).prop_map(|(patterns, entities, (since_ms, until_ms))| Filter {
        patterns,
        entities: entities.into_iter().map(|(text, types)| WantedEntity::new(text, types)).collect(),
        since_ms,
        until_ms,
        countries: vec!["KE".into()],
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The stream compares features, lists ask the index. Articles were replaced and removed before.
    #[test]
    fn the_index_and_the_features_agree(seed in 0..1_000_u64, filter in filters()) {
        let mut window = Window::new(LIMITS);
        for old in some_articles(seed + 5_000, 40) {
            apply(&mut window, &EnrichedArticle { revision: 0, ..old });
        }
        let articles = some_articles(seed, 60);
        for one in &articles {
            apply(&mut window, one);
        }
        let arrivals: Vec<Arrival> = articles.iter().map(arrival).collect();
        let matching = arrivals.iter().filter(|one| filter.matches(&one.features, one.article.sort_key.at_ms));
        let mut wanted: Vec<String> = matching.map(|one| one.article.id.to_string()).collect();
        wanted.reverse();
        prop_assert_eq!(ids(&window, &filter, Order::Newest), wanted.clone());
        prop_assert_eq!(window.tally(&filter).articles(), u64::try_from(wanted.len()).unwrap());
        let mut salient = ids(&window, &filter, Order::Salient);
        salient.sort();
        wanted.sort();
        prop_assert_eq!(salient, wanted);
    }

    /// Pages of any size give the whole list, each article once, in both orders.
    #[test]
    fn pages_make_the_list(seed in 0..1_000_u64, filter in filters(), limit in 1..7_usize, is_salient: bool) {
        let mut window = Window::new(LIMITS);
        for one in some_articles(seed, 60) {
            apply(&mut window, &one);
        }
        let order = if is_salient { Order::Salient } else { Order::Newest };
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let page = window.page(&filter, order, cursor.as_ref(), limit);
            all.extend(page.articles.iter().map(|one| one.id.to_string()));
            let Some(next) = page.next else { break };
            prop_assert_eq!(page.articles.len(), limit);
            cursor = Some(Cursor::parse(&next.to_text()).unwrap());
        }
        prop_assert_eq!(all, ids(&window, &filter, order));
    }
}

#[test]
fn an_index_without_articles_has_no_terms() {
    let mut window = Window::new(LIMITS);
    for one in some_articles(1, 50) {
        apply(&mut window, &one);
    }
    window.expire(DAY_MS + 1);
    assert_eq!((window.index.len(), window.index.bytes(), window.bytes()), (0, 0, 0));
}

#[test]
fn counts_are_those_of_the_articles_that_match() {
    let mut window = Window::new(LIMITS);
    let articles = some_articles(3, 80);
    for one in &articles {
        apply(&mut window, one);
    }
    let count = |wanted: &dyn Fn(&EnrichedArticle) -> bool| {
        u64::try_from(articles.iter().filter(|one| wanted(one)).count()).unwrap()
    };
    let has = |one: &EnrichedArticle, code: &str, role: &str| {
        one.countries.iter().any(|country| country.code == code && country.role == role)
    };
    let tally = window.tally(&Filter::default());
    let france = tally.countries(true).into_iter().find(|country| country.code == "FR").unwrap();
    assert_eq!(france.focus, count(&|one| has(one, "FR", role::FOCUS)));
    assert_eq!(france.mentioned, count(&|one| has(one, "FR", role::MENTIONED)));
    assert_eq!(france.by_publisher_country.values().sum::<u64>(), france.focus + france.mentioned);
    let persons = tally.entities(&["PERSON".to_owned()], 100);
    let people = count(&|one| one.entities[0].r#type == "PERSON" && one.entities[0].wikidata_id.is_empty());
    let listed: u64 = persons.iter().filter(|one| one.key.starts_with("person:")).map(|one| one.articles).sum();
    assert_eq!(listed, people);
    assert_eq!(tally.languages().iter().map(|(_, count)| count).sum::<u64>(), 80);
    assert_eq!(tally.publishers(10).iter().map(|one| one.articles).sum::<u64>(), 80);
    let (of_key, entity) = window.tally(&Filter::default()).of_entity("q114").unwrap();
    assert_eq!(of_key.articles(), entity.articles);
    assert!(window.tally(&Filter::default()).of_entity("person:none").is_none());
}
