//! What the pipeline makes of the texts: every template goes from its feed through poller, normaliser and enricher.

use super::{
    Format, PUBLISHERS, Story, documents,
    source::Source,
    template::{self, Template},
};
use enricher::{Knowledge, enrich};
use jiff::Timestamp;
use normaliser::{Normalised, normalise, revision::Delivery};
use poller::{
    diff::{Part, Remembered, diff},
    document::Context,
    identity::fingerprints,
    parse,
};
use proto::v1::{Article, EnrichedArticle, Feed, Fetch};
use std::collections::BTreeSet;

const NOW: &str = "2026-06-01T12:00:00Z";

/// The stories of a template: with the first, second .. alternative wherever there is one, and at last the later version.
fn stories(template: &Template) -> Vec<Story> {
    let now: Timestamp = NOW.parse().unwrap();
    let mut most = 1;
    let texts = template.paragraphs.iter().chain([&template.title]);
    texts.for_each(|text| {
        drop(template::choose(text, |_, count| {
            most = most.max(count);
            0
        }))
    });
    let first = |number: usize| {
        let choice = |_: &str, count: usize| number.min(count - 1);
        Story::of(template, number.to_string(), now, Timestamp::MAX, now, choice)
    };
    let later = Story::of(template, "later".to_owned(), now, now, now, |_, _| 0);
    let later = template.later.is_some().then_some(later);
    (0..most).map(first).chain(later).collect()
}

/// The article of a story.
fn article(language: &str, story: &Story) -> Article {
    let publisher = PUBLISHERS.iter().find(|publisher| publisher.language == language).unwrap();
    let url = "http://127.0.0.2:8090/rss.xml";
    let (_, text) = documents::feed(Format::Rss2, publisher, "http://127.0.0.2:8090", std::slice::from_ref(story));
    let feed = Feed {
        feed_id: proto::id::feed_id(url),
        url: url.to_owned(),
        language: language.to_owned(),
        backfill: "all".to_owned(),
        ..Feed::default()
    };
    let document = parse::read(text.as_bytes(), &Context::new(url)).unwrap();
    let now: Timestamp = NOW.parse().unwrap();
    let prints = fingerprints(&document);
    let fetch = Fetch { final_url: url.to_owned(), ..Fetch::default() };
    let found = diff(&feed, &Remembered::default(), &document, &prints, true, &fetch, Part::WHOLE, now);
    let raw = found.publish.into_iter().next().unwrap().item;
    match normalise(&raw, None, Delivery::at(now)) {
        Ok(Normalised::Article(published)) => published.article,
        other => panic!("{other:?}"),
    }
}

fn codes(article: &EnrichedArticle, role: &str) -> BTreeSet<String> {
    article.countries.iter().filter(|country| country.role == role).map(|country| country.code.clone()).collect()
}

#[test]
fn the_countries_of_every_story_are_those_that_its_file_states() {
    let source = Source::new(1);
    let knowledge = Knowledge::shipped().unwrap();
    let mut wrong = Vec::new();
    for template in source.templates() {
        let (focus, mentioned) = template.countries.split_once('+').unwrap_or((template.countries, ""));
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>();
        let wanted = [words(focus), words(mentioned)];
        let stories = stories(template);
        // Each in a feed of its own: lines that several entries of a document have count as boilerplate.
        let articles: Vec<Article> = stories.iter().map(|story| article(template.language, story)).collect();
        for article in articles {
            let enriched = enrich(&article, &knowledge, NOW.parse().unwrap()).unwrap();
            let found = [codes(&enriched, "FOCUS"), codes(&enriched, "MENTIONED")];
            if found != wanted {
                wrong.push(format!(
                    "{}: {}: wanted {}, found {found:?}",
                    template.language, article.title, template.countries
                ));
            }
            assert_eq!(article.language, template.language, "{}", article.title);
            assert!(!enriched.entities.is_empty(), "{}", article.title);
            if std::env::var_os("NEWSWIRE_SHOW").is_some() {
                let names: Vec<String> =
                    enriched.entities.iter().map(|entity| format!("{} {}", entity.r#type, entity.name)).collect();
                println!("{}\t{}\t{found:?}\t{names:?}", template.language, article.title);
            }
        }
    }
    assert!(wrong.is_empty(), "{} stories\n{}", wrong.len(), wrong.join("\n"));
}
