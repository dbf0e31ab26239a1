//! The stage's function: mentions, countries, entities, determinism, limits.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use enricher::{Knowledge, document::FIELD_LIMIT, enrich};
use proptest::prelude::*;
use proto::{
    v1::{Article, EnrichedArticle},
    vocab::{change, entity, evidence, role},
    wire::Encoding,
};
use std::sync::OnceLock;

fn knowledge() -> &'static Knowledge {
    static KNOWLEDGE: OnceLock<Knowledge> = OnceLock::new();
    KNOWLEDGE.get_or_init(|| Knowledge::shipped().unwrap())
}

/// A new English article.
fn article(title: &str, summary: &str, body: &str) -> Article {
    Article {
        title: title.to_owned(),
        summary: summary.to_owned(),
        body: body.to_owned(),
        language: "en".to_owned(),
        change: change::NEW.to_owned(),
        ..Article::default()
    }
}

fn run(article: &Article) -> EnrichedArticle {
    enrich(article, knowledge(), jiff::Timestamp::UNIX_EPOCH).unwrap()
}

/// The enriched article of a body without title.
fn of(body: &str) -> EnrichedArticle {
    run(&article("", "", body))
}

/// Alpha-2 codes of the countries, sorted.
fn codes(enriched: &EnrichedArticle) -> Vec<&str> {
    let mut codes: Vec<_> = enriched.countries.iter().map(|country| country.code.as_str()).collect();
    codes.sort_unstable();
    codes
}

/// Names of the entities of a type with their number of mentions, sorted.
fn entities<'e>(enriched: &'e EnrichedArticle, kind: &str) -> Vec<(&'e str, usize)> {
    let of_kind = enriched.entities.iter().filter(|entity| entity.r#type == kind);
    let mut names: Vec<_> = of_kind.map(|entity| (entity.name.as_str(), entity.mentions.len())).collect();
    names.sort_unstable();
    names
}

fn warns(enriched: &EnrichedArticle, warning: proto::Warning) -> bool {
    enriched.warnings.iter().any(|one| *one == warning)
}

/// The code points `start..end` of a field.
fn at(enriched: &EnrichedArticle, field: &str, start: i32, end: i32) -> String {
    let text = match field {
        "title" => &enriched.title,
        "summary" => &enriched.summary,
        "body" => &enriched.body,
        other => panic!("no field {other}"),
    };
    let (start, end) = (usize::try_from(start).unwrap(), usize::try_from(end).unwrap());
    text.chars().skip(start).take(end - start).collect()
}

fn order(field: &str) -> usize {
    ["title", "summary", "body"].iter().position(|one| *one == field).unwrap()
}

/// Every span has its own text, is not empty and does not overlap another mention.
fn check_spans(enriched: &EnrichedArticle) {
    for evidence in enriched.countries.iter().flat_map(|country| &country.evidence) {
        assert_eq!(at(enriched, &evidence.field, evidence.start, evidence.end), evidence.text);
        assert!(!evidence.text.is_empty());
    }
    for entity in &enriched.entities {
        assert!(!entity.name.trim().is_empty() && !entity.mentions.is_empty(), "{entity:?}");
        assert!(entity.salience >= 0.0 && (0.0..=1.0).contains(&entity.confidence), "{entity:?}");
        let spans: Vec<_> = entity.mentions.iter().map(|one| (order(&one.field), one.start, one.end)).collect();
        assert!(
            spans.windows(2).all(|pair| pair[0] < pair[1] && (pair[0].0 < pair[1].0 || pair[0].2 <= pair[1].1)),
            "{entity:?}"
        );
        assert!(spans.iter().all(|(_, start, end)| start < end), "{entity:?}");
    }
    // Mentions of different entities do not overlap either.
    let mut all: Vec<_> = enriched
        .entities
        .iter()
        .flat_map(|entity| &entity.mentions)
        .map(|one| (order(&one.field), one.start, one.end))
        .collect();
    all.sort_unstable();
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0 || pair[0].2 <= pair[1].1), "{:?}", enriched.entities);
    for mention in enriched.entities.iter().flat_map(|entity| &entity.mentions) {
        assert_eq!(at(enriched, &mention.field, mention.start, mention.end), mention.text);
        assert!(!mention.text.is_empty());
    }
}

#[test]
fn spans_are_in_code_points() {
    let enriched =
        run(&article("𝒜 Perú and Chile 🙂", "", "“Éire” 🙂🙂 met France’s envoy. São Tomé and Príncipe came."));
    check_spans(&enriched);
    assert!(codes(&enriched).contains(&"FR") && codes(&enriched).contains(&"CL"));
}

#[test]
fn the_same_article_gives_the_same_bytes() {
    let text =
        "Kenyan police met Tanzanian officers in Arusha. Grace Wanjiru of the Nairobi Star wrote about Juma Mwinyi. ";
    let article = article("Border talks", "", &text.repeat(20));
    let bytes = |enriched: &EnrichedArticle| Encoding::Json.encode(enriched).unwrap();
    assert_eq!(bytes(&run(&article)), bytes(&run(&article)));
}

#[test]
fn a_withdrawn_article_passes_through_and_is_not_read() {
    // Reading it would find countries, and warn that the text is too long.
    let mut withdrawn = article("France", "", &"France and Spain. ".repeat(FIELD_LIMIT / 10));
    withdrawn.change = change::WITHDRAWN.to_owned();
    let enriched = run(&withdrawn);
    assert!(enriched.countries.is_empty() && enriched.entities.is_empty() && enriched.warnings.is_empty());
    assert_eq!((enriched.title.as_str(), enriched.change.as_str()), ("France", change::WITHDRAWN));
    assert!(enriched.gazetteer_version.len() > 10 && !enriched.model_version.is_empty());
}

#[test]
fn a_summary_that_the_body_repeats_counts_once() {
    let body = "Peru has closed its border with Ecuador. The army said so.";
    let enriched = run(&article("", "Peru has closed its border with Ecuador...", body));
    let counts: Vec<_> = enriched.countries.iter().map(|country| country.mention_count).collect();
    assert_eq!(counts, [1, 1]);
}

#[test]
fn a_summary_without_a_body_is_evidence() {
    let only = run(&article("", "Peru has closed its border with Ecuador...", ""));
    assert_eq!(codes(&only), ["EC", "PE"]);
    assert!(only.countries.iter().all(|country| country.evidence[0].field == "summary"));
}

#[test]
fn the_publishers_country_and_name_are_not_evidence() {
    let mut one =
        article("Rain is expected", "", "Jamaica Sentinel\n\nRain is expected all week, Jamaica Sentinel has learned.");
    one.publisher_country = "JM".to_owned();
    one.publisher_name = "Jamaica Sentinel".to_owned();
    let enriched = run(&one);
    assert_eq!(codes(&enriched), Vec::<&str>::new());
    assert!(enriched.entities.iter().all(|entity| entity.name != "Jamaica Sentinel"));
}

fn filler() -> String {
    "The committee will look at the plan again next month and then decide what is to be done. ".repeat(15)
}

#[test]
fn the_country_of_the_title_is_the_focus() {
    let filler = filler();
    let body = format!(
        "Norway will close its last coal mine. Norwegian miners protested. {filler} A similar mine in Poland closed last year."
    );
    let enriched = run(&article("Norway closes its last coal mine", "", &body));
    let roles: Vec<_> =
        enriched.countries.iter().map(|country| (country.code.as_str(), country.role.as_str())).collect();
    assert_eq!(roles, [("NO", role::FOCUS), ("PL", role::MENTIONED)]);
}

#[test]
fn one_passing_mention_is_not_the_focus() {
    let passing = run(&article("A plan", "", &format!("{} Spain was named once.", filler())));
    assert_eq!(passing.countries.iter().filter(|country| country.role == role::FOCUS).count(), 0);
}

/// An article of one sentence in a language.
fn in_language(language: &str, text: &str) -> EnrichedArticle {
    let mut one = article("", "", text);
    one.language = language.to_owned();
    let enriched = run(&one);
    check_spans(&enriched);
    enriched
}

#[test]
fn countries_are_found_in_other_languages() {
    for (language, text, wanted) in [
        ("de", "Die Regierung in Frankreich verhandelt mit Österreich und der Schweiz.", vec!["AT", "CH", "FR"]),
        ("fr", "Le Royaume-Uni et l’Allemagne ont signé avec la Côte d’Ivoire.", vec!["CI", "DE", "GB"]),
        ("es", "El presidente viajó de España a Brasil.", vec!["BR", "ES"]),
        ("ru", "Президент России встретился с премьером Германии в Польше.", vec!["DE", "PL", "RU"]),
        ("ru", "Военные власти Нигера обвинили Нигерию.", vec!["NE", "NG"]),
        ("zh", "中国和日本在法国会谈。", vec!["CN", "FR", "JP"]),
        ("ja", "ドイツの首相がインドを訪問した。", vec!["DE", "IN"]),
        ("ar", "وقعت فرنسا اتفاقا مع اليابان", vec!["FR", "JP"]),
        ("fi", "Suomen hallitus neuvotteli Venäjän kanssa.", vec!["FI", "RU"]),
        ("pl", "Francuski minister poleciał do Kijowa.", vec!["FR", "UA"]),
        ("tr", "Kremlin sözcüsü Ankara'daki görüşmeyi doğruladı.", vec!["RU", "TR"]),
        ("el", "Ο γαλλικός στρατός αποχώρησε από το Μάλι.", vec!["FR", "ML"]),
        ("es", "ucrania y polonia reabren la frontera", vec!["PL", "UA"]),
        ("de", "FRANKREICH UND POLEN ÖFFNEN DIE GRENZE", vec!["FR", "PL"]),
    ] {
        assert_eq!(codes(&in_language(language, text)), wanted, "{language}: {text}");
    }
}

#[test]
fn what_only_looks_like_a_country_is_none_in_other_languages() {
    for (language, text) in [
        ("es", "Habla francés, inglés y un poco de japonés."),
        ("es", "Las aguas del golfo de México están más calientes."),
        ("pt", "O guia fala alemão e italiano."),
        ("de", "Über dem Golf von Mexiko bildet sich ein Sturm."),
        ("hi", "बैठक सोमवार पर टाल दी गई और सब मान गए।"),
        ("zh", "上海地铁十号线发生故障。"),
        ("fi", "Hän sanoi sen maanantaina, ja hänen mukaansa asia on selvä."),
        ("nb", "Man vet aldri hva som skjer."),
        ("uk", "Того дня ніхто не прийшов. Досі невідомо, чому."),
    ] {
        let enriched = in_language(language, text);
        let found = codes(&enriched);
        assert!(found.iter().all(|code| *code == "CN"), "{text}: {found:?}");
    }
}

#[test]
fn a_city_lies_in_the_state_that_is_named_next_to_it() {
    let enriched = in_language("es", "Un tornado golpeó París, Texas, el lunes.");
    assert_eq!(codes(&enriched), ["US"]);
    let places = enriched.entities.iter().filter(|one| one.r#type == entity::GPE);
    assert!(places.into_iter().all(|one| one.country == "US"), "{:?}", enriched.entities);
}

#[test]
fn cases_of_a_name_are_one_entity_with_the_nominative_as_its_name() {
    let text = "Министр Сергей Васильев прилетел в Москву. Встреча с Сергеем Васильевым длилась час.";
    let enriched = in_language("ru", text);
    let persons: Vec<_> = enriched.entities.iter().filter(|one| one.r#type == entity::PERSON).collect();
    assert_eq!(persons.len(), 1, "{persons:?}");
    assert_eq!((persons[0].name.as_str(), persons[0].mentions.len()), ("Сергей Васильев", 2));
}

#[test]
fn a_language_without_a_tagger_has_countries_by_name_and_a_warning() {
    let enriched = in_language("el", "Ο πρόεδρος της Γαλλίας πήγε στη Γερμανία.");
    assert_eq!(codes(&enriched), ["DE", "FR"]);
    assert!(enriched.entities.is_empty());
    assert!(warns(&enriched, proto::Warning::CountriesByNameOnly));
    assert!(!warns(&in_language("ru", "Президент России."), proto::Warning::CountriesByNameOnly));
}

#[test]
fn an_unknown_language_has_a_warning() {
    let mut unknown = article("", "", "France");
    unknown.language = "tlh".to_owned();
    assert!(warns(&run(&unknown), proto::Warning::LanguageUnknown));
}

#[test]
fn a_body_beyond_the_limit_is_read_in_part_with_a_warning() {
    let sentence = "President Macron met Volodomyr Zelensky in St. Mark and St. Paul, Oslo, on Monday. ";
    let first = sentence.repeat(FIELD_LIMIT / sentence.len() + 1);
    let long = first + &"Chile and Peru were named behind the limit. Orban was, too. ".repeat(160_000);
    assert!(long.len() > 10_000_000);
    let enriched = of(&long);
    check_spans_within(&enriched, FIELD_LIMIT);
    assert_eq!(enriched.warnings.iter().filter(|warning| **warning == proto::Warning::TextCut).count(), 1);
    assert!(codes(&enriched).contains(&"NO"), "{:?}", codes(&enriched));
    assert!(!codes(&enriched).contains(&"CL") && !codes(&enriched).contains(&"HU"));
    assert_eq!(enriched.body.len(), long.len(), "the article itself is not cut");
}

#[test]
fn the_limit_of_a_field_is_in_bytes() {
    let wide = run(&article("Peru", "", &("é".repeat(FIELD_LIMIT) + " Chile")));
    assert_eq!(codes(&wide), ["PE"]);
    assert!(warns(&wide, proto::Warning::TextCut));
}

fn check_spans_within(enriched: &EnrichedArticle, limit: usize) {
    let ends = enriched.entities.iter().flat_map(|entity| &entity.mentions).map(|mention| mention.end);
    let more = enriched.countries.iter().flat_map(|country| &country.evidence).map(|evidence| evidence.end);
    assert!(ends.chain(more).all(|end| usize::try_from(end).unwrap() <= limit));
}

#[test]
fn a_misspelling_with_the_same_role_is_a_separate_entity_of_low_confidence() {
    let enriched = of("Ugandan President Okello spoke in Kampala. President Okello was applauded. A caption showed \
         Ugandan President Okella. Okello left.");
    let confidence =
        |name: &str| enriched.entities.iter().find(|entity| entity.name == name).map(|entity| entity.confidence);
    assert!(confidence("Okella").is_some_and(|confidence| confidence <= 0.25), "{:?}", enriched.entities);
    assert!(confidence("Okello").is_some_and(|confidence| confidence > 0.25));
    let alias = |name: &str| enriched.entities.iter().find(|one| one.name == name).map(|one| one.alias_of.as_str());
    assert_eq!((alias("Okella"), alias("Okello")), (Some("Okello"), Some("")));
}

#[test]
fn mentions_of_one_thing_are_one_entity_with_its_fullest_name() {
    let enriched = of(
        "The African Development Bank (AfDB) lent Malawi money. Maria Okafor and Daniel Okafor, who are not \
         related, thanked the AfDB. Chancellor Paris Whitfield came late. Paris, 54, said sorry. Lockheed Martin's boss, \
         James Taiclet, sent Taiclet's regards. The Islamic Republic of Iran news agency did not.",
    );
    check_spans(&enriched);
    let persons = [("Daniel Okafor", 1), ("James Taiclet", 2), ("Maria Okafor", 1), ("Paris Whitfield", 2)];
    assert_eq!(entities(&enriched, "PERSON"), persons);
    let organisations =
        [("African Development Bank", 3), ("Islamic Republic of Iran news agency", 1), ("Lockheed Martin", 1)];
    assert_eq!(entities(&enriched, "ORG"), organisations);
    assert_eq!(entities(&enriched, "GPE"), [("Malawi", 1)]);
}

#[test]
fn known_organisations_and_places_are_linked() {
    let enriched = of("The United Nations sent a mission to Nairobi in Kenya, Reuters said. The UN gave no date.");
    let find = |name: &str| enriched.entities.iter().find(|entity| entity.name == name);
    let nations = find("United Nations").unwrap();
    assert_eq!((nations.wikidata_id.as_str(), nations.mentions.len()), ("Q1065", 2));
    assert_eq!(find("Kenya").unwrap().geonames_id, "192950");
    assert_eq!(find("Nairobi").unwrap().geonames_id, "184745");
    assert_eq!(find("Reuters").unwrap().wikidata_id, "Q130879");
}

#[test]
fn leaders_are_linked() {
    let enriched = of("Emmanuel Macron flew to Kenya on Monday.");
    let person = enriched.entities.iter().find(|entity| entity.name == "Emmanuel Macron").unwrap();
    assert_eq!(person.wikidata_id, "Q3052772");
}

#[test]
fn a_scottish_local_story_is_not_about_the_united_states() {
    let enriched = run(&article(
        "Scottish oats find a market in South Korea",
        "",
        "A mill in Fife is sending 300 tonnes of oats a month to South Korea, where porridge has become a fashion among \
         office workers in Seoul.\n\"They eat it with seaweed, and who are we to say that is wrong,\" said miller Fiona \
         Rennie. Her buyer, Hanbit Foods of Busan, plans a factory of its own.\nExports of oats from the United Kingdom \
         have doubled in two years.",
    ));
    assert_eq!(codes(&enriched), ["GB", "KR"]);
}

#[test]
fn a_rare_surname_is_a_leaders_in_a_text_about_politics() {
    let named =
        of("Erdogan vetoed the statement, diplomats said. Mr Modi spoke to President Peña Nieto and to Sheinbaum.");
    assert_eq!(codes(&named), ["IN", "MX", "TR"]);
    assert_eq!(codes(&of("Macron won the second race of the day.")), Vec::<&str>::new());
}

#[test]
fn a_rare_surname_of_another_person_is_not_a_leaders() {
    let namesake = of("The chef Luca Meloni opens a restaurant. Meloni has informed the government.");
    assert_eq!(codes(&namesake), Vec::<&str>::new());
}

#[test]
fn a_leader_is_evidence_by_office_and_surname() {
    let named =
        of("President Trump met Mr Macron on Monday. Prime Minister Modi was absent, Chancellor Merkel was not.");
    assert_eq!(codes(&named), ["DE", "FR", "IN", "US"]);
    assert!(named.countries.iter().flat_map(|one| &one.evidence).all(|one| one.kind == evidence::PERSON));
}

#[test]
fn a_common_surname_alone_is_not_evidence() {
    let other = of("The footballer Arjun Modi scored twice. Modi was happy, and so were Mr Brown and President Lee.");
    assert_eq!(codes(&other), Vec::<&str>::new());
}

/// The article that the project began with, enriched; none without the corpora.
fn seed_article() -> Option<EnrichedArticle> {
    let file = test_support::corpora::find("seed-article.txt")?;
    let text = std::fs::read_to_string(file).unwrap();
    let (title, body) = text.split_once('\n').unwrap();
    let (title, feed) = title.rsplit_once(" - ").unwrap();
    let mut seed = article(title, "", body.trim().trim_end_matches("Post a Comment").trim());
    seed.feed_title = feed.to_owned();
    seed.publisher_name = feed.to_owned();
    Some(run(&seed))
}

#[test]
fn the_seed_article_has_its_countries() {
    let Some(enriched) = seed_article() else { return };
    check_spans(&enriched);
    assert_eq!(codes(&enriched), ["CN", "DE", "FR", "GB", "IR", "RU", "US"]);
    for country in &enriched.countries {
        let focus = ["IR", "CN"].contains(&country.code.as_str());
        assert_eq!(country.role == role::FOCUS, focus, "{}", country.code);
    }
}

#[test]
fn the_seed_article_has_its_entities() {
    let Some(enriched) = seed_article() else { return };
    let of = |kind: &str| -> Vec<&str> { entities(&enriched, kind).into_iter().map(|(name, _)| name).collect() };
    for name in ["Wei Fenghe", "Raisi", "Ashtiani", "Trump"] {
        assert!(of("PERSON").contains(&name), "{name} is not among {:?}", of("PERSON"));
    }
    assert!(of("ORG").contains(&"Islamic Republic of Iran news agency"), "{:?}", of("ORG"));
    for kind in ["GPE", "LOC"] {
        for name in ["HowPakistan", "Leahy", "Rahi"] {
            assert!(!of(kind).contains(&name), "{name} is a place");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_has_valid_spans(title in "\\PC{0,40}", body in "(\\PC{0,30}|Iran |U\\.S\\. |São Paulo, |’s |Georgia\n\n|Mr\\. ){0,12}") {
        check_spans(&run(&article(&title, "", &body)));
    }

    #[test]
    fn names_in_any_order_have_valid_spans(
        title in "(Kenya |Mr |Paris Hill |Bank of Ghana |\\PC{0,6} ){0,4}",
        body in "(President Macron |Mr Modi’s |Paris Whitfield, 54, |Paris |World Health Organization \\(WHO\\) |the WHO |Islamic Republic of Iran news agency |St. Paul’s |Ebola Zaire |Volodomyr Zelensky |Chad Wolf |Georgia’s governor |US Steel |her son Chad |said\\. |in |, |🙂|é|\n\n){0,14}",
    ) {
        let article = article(&title, "", &body);
        let enriched = run(&article);
        check_spans(&enriched);
        prop_assert_eq!(Encoding::Json.encode(&enriched).unwrap(), Encoding::Json.encode(&run(&article)).unwrap());
    }

    #[test]
    fn any_text_in_any_language_has_valid_spans(
        language in "(pl|ru|fi|hu|ar|he|zh|ja|ko|tr|hi|de|es|vi|el)",
        body in "(\\PC{0,20}|Niemiec |Polsce |Германии |США |Turkin |وفرنسا |印度洋|タイムス|日本|한국은 |golfo de México |İngiltere’de |भारत |Αγγλίας ){0,10}",
    ) {
        let mut one = article("", "", &body);
        one.language = language;
        check_spans(&run(&one));
    }
}

#[test]
fn companies_have_wikidata_numbers_by_their_exact_names() {
    let enriched = run(&article(
        "Boeing cuts jobs",
        "",
        "Boeing Co said it would cut jobs in Seattle. Volkswagen, the carmaker, and Deutsche Bank said nothing. The Ford \
         Foundation gave money. Harrison Ford came from Oslo.",
    ));
    let id = |name: &str| {
        let named = |entity: &&proto::v1::Entity| entity.mentions.iter().any(|mention| mention.text == name);
        enriched.entities.iter().find(named).unwrap().wikidata_id.as_str()
    };
    assert_eq!((id("Boeing"), id("Volkswagen"), id("Deutsche Bank")), ("Q66", "Q156578", "Q66048"));
    assert_eq!((id("Ford Foundation"), id("Harrison Ford")), ("", ""));
    assert_eq!(codes(&enriched), ["NO", "US"], "a company is not a country");
}
