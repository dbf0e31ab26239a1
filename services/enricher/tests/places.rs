//! Countries and places of English texts, by kinds of names that are easily mistaken.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use enricher::{Knowledge, enrich};
use proto::{
    v1::{Article, EnrichedArticle},
    vocab::entity,
};
use std::sync::OnceLock;

fn run(title: &str, body: &str) -> EnrichedArticle {
    static KNOWLEDGE: OnceLock<Knowledge> = OnceLock::new();
    let knowledge = KNOWLEDGE.get_or_init(|| Knowledge::shipped().unwrap());
    let article = Article { title: title.to_owned(), body: body.to_owned(), ..Article::default() };
    enrich(&article, knowledge, jiff::Timestamp::UNIX_EPOCH).unwrap()
}

/// Checks the countries of bodies: codes separated by spaces, in the order of the alphabet, and the text.
#[track_caller]
fn check(cases: &[(&str, &str)]) {
    check_all(cases.iter().map(|(codes, body)| (*codes, "", *body)));
}

/// The same for titles.
#[track_caller]
fn check_titles(cases: &[(&str, &str)]) {
    check_all(cases.iter().map(|(codes, title)| (*codes, *title, "")));
}

#[track_caller]
fn check_all<'a>(cases: impl Iterator<Item = (&'a str, &'a str, &'a str)>) {
    let wrong: Vec<String> = cases
        .filter_map(|(wanted, title, body)| {
            let enriched = run(title, body);
            let mut codes: Vec<&str> = enriched.countries.iter().map(|country| country.code.as_str()).collect();
            codes.sort_unstable();
            (codes.join(" ") != wanted).then(|| format!("{wanted} <- {codes:?}: {title}{body}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_name_that_only_a_country_has_is_one_whatever_the_tagger_says() {
    check(&[
        ("TR", "Türkiye raised its rates. Türkiye wants talks."),
        ("GG", "Guernsey will vote on the tax in May."),
        ("MS", "Montserrat has new ash on its roofs."),
        ("GM", "The Gambia held a vote."),
        ("TC", "The Turks and Caicos raised its storm alert."),
        ("CI", "The Ivory Coast exports cocoa."),
        ("CD", "The DRC asked for troops."),
        ("GN", "Guinea-Conakry closed its border."),
        ("", "Chad Smith drums, and Jordan Pickford saved the penalty."),
    ]);
}

#[test]
fn older_english_names_of_cities_are_known() {
    check(&[
        ("FR", "The ship docked at Marseilles on Monday."),
        ("CH", "She studied at Basle."),
        ("UA", "Talks were held in Kiev."),
        ("PL", "The yard at Danzig shut."),
        ("MM", "A fire in Rangoon killed two."),
        ("TR", "The port of Smyrna burned."),
    ]);
}

#[test]
fn indians_of_america_are_not_of_india() {
    check(&[
        ("", "An Indian reservation voted on a casino."),
        ("", "The Navajo Indians signed the treaty. Indian children were sent away."),
        ("BR", "Brazilian Indians blocked the road."),
        ("IN", "Indian farmers marched on Delhi."),
    ]);
}

#[test]
fn datelines_and_texts_in_capitals_are_read() {
    check(&[
        ("JP", "OSAKA - Talks resumed on Tuesday."),
        ("IE", "CORK (Agency) - Talks resumed on Tuesday."),
        ("VN", "HO CHI MINH CITY - Police said."),
        ("US", "SALT LAKE CITY — Snow fell."),
        ("CH GB", "BARDSLEY, ENGLAND. NEAR LEEDS. BASLE."),
        ("", "TELL US WHAT YOU THINK OR CALL ME."),
        ("", "CAR HITS TREE IN STORM."),
    ]);
}

#[test]
fn countries_are_found_without_capitals_and_common_words_are_not() {
    check_titles(&[
        ("PL UA", "ukraine and poland reopen border crossing"),
        ("IN", "there are many innovative companies in india"),
        ("GR TR", "turkey and greece resume talks"),
        ("CN", "president says tariffs on china will stay"),
        ("JP", "earthquake hits northern japan"),
        ("MX", "mexico city sinks faster"),
        ("ES", "protests in barcelona over rents"),
        ("", "how to roast a turkey"),
        ("", "vintage china plates on sale"),
        ("", "chad and georgia are getting married in may"),
        ("", "polish your shoes before you go"),
        ("", "reading for pleasure in the bath"),
    ]);
}

#[test]
fn a_region_is_where_the_text_is_and_not_its_small_namesake() {
    check(&[
        ("CL", "Chile closed the park in Patagonia after the fire, the Chilean forest agency said."),
        ("AR", "Argentina sent firemen to Patagonia."),
        ("GB", "A ferry ran aground off Fife, in Scotland."),
        ("TW", "Taiwan won the Formosa Test at home."),
        ("IQ", "Iraq rebuilt the Old City of Mosul."),
        ("PK", "Floods hit Punjab, and Pakistan sent boats to Lahore."),
        ("AU", "A fire in Richmond, a suburb of Melbourne, spread."),
    ]);
}

#[test]
fn what_borrows_the_name_of_a_place_is_none() {
    check(&[
        ("US", "The president flew to Mar-a-Lago for the weekend."),
        ("IN", "Bengaluru is called the Silicon Valley of India."),
        ("", "McDonald's will sell more chicken."),
        ("", "Sgt Mason and Capt Miner of the brigade were hurt."),
        ("", "He opened an account with Halifax, the lender said. Halifax raised its mortgage rates."),
        ("", "Their dog, Cairo, was found on the roof."),
        ("", "The band Boston will tour, and the musical “Chicago” closes in May."),
        ("", "She drove a Seat Ibiza. It costs 40 US dollars, or 300 Swiss francs."),
        ("", "He speaks Portuguese at home and Polish at work."),
        ("", "The Chicago Tribune and Boston Scientific have new owners."),
    ]);
}

#[test]
fn a_public_institution_is_of_its_place() {
    check(&[
        ("US", "The Boston Police Department fired him."),
        ("GB", "The University of Oxford won."),
        ("IN", "The Delhi High Court ruled."),
    ]);
}

#[test]
fn islands_seaside_towns_and_sights_are_known() {
    check(&[
        ("GR", "A boat sank off Lesbos."),
        ("ID", "Tourists left Lombok."),
        ("GB", "A gull attacked a boy in Whitby."),
        ("FR", "Thieves took jewels from the Louvre."),
        ("MW", "The market in Mzuzu burned down."),
        ("TZ", "Rangers on Kilimanjaro found him."),
    ]);
}

#[test]
fn a_town_that_the_text_places_keeps_its_id_and_country() {
    for (body, name, id, country) in [
        ("He moved to Paris, Texas, in May. Paris has a small school.", "Paris", "4717560", "US"),
        (
            "The flood cut off the town of Hastings in New Zealand. Roads near Hastings are shut.",
            "Hastings",
            "2190224",
            "NZ",
        ),
        ("The mayor of Marseilles resigned.", "Marseilles", "2995469", "FR"),
    ] {
        let enriched = run("", body);
        let place = enriched.entities.iter().find(|one| one.name == name && one.r#type == entity::GPE);
        let found = place.map(|one| (one.geonames_id.as_str(), one.country.as_str()));
        assert_eq!(found, Some((id, country)), "{body}");
    }
}

#[test]
fn every_place_with_an_id_lies_in_a_country_of_the_article() {
    for body in [
        "Meta and Amazon hired in Zuwara. Haram won the prize in Ghana.",
        "The Old City was full. Patagonia jackets sold well in Canada, and Mason and Miner left.",
        "Police in Navarro and Cora met in Texas with men of Saida and Tanga.",
    ] {
        let enriched = run("", body);
        for place in enriched.entities.iter().filter(|one| !one.geonames_id.is_empty()) {
            let known = enriched.countries.iter().any(|country| country.code == place.country);
            assert!(known, "{} in {body}", place.name);
        }
    }
}
