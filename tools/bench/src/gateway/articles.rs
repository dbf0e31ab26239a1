//! Enriched articles: a few countries are in many of them and many in a few, as in news.

use crate::broker::Texts;
use jiff::{SignedDuration, Timestamp};
use proto::{
    v1::{Country, EnrichedArticle, Entity, Evidence, Mention},
    vocab::{change, role},
};

/// Codes of countries, the most frequent first.
const COUNTRIES: [&str; 40] = [
    "US", "GB", "CN", "RU", "UA", "DE", "FR", "IL", "IN", "IR", "JP", "BR", "CA", "AU", "IT", "ES", "TR", "KE", "NG",
    "ZA", "MX", "PL", "KR", "EG", "SA", "PK", "ID", "NL", "SE", "CH", "AR", "GR", "PT", "CO", "VN", "TH", "ET", "MA",
    "CL", "NZ",
];
const LANGUAGES: [&str; 8] = ["en", "en", "en", "fr", "es", "de", "ar", "pt"];
/// Bytes of an article's text.
const BYTES: usize = 2_000;
/// Names of persons that occur.
const PERSONS: usize = 20_000;
const PUBLISHERS: usize = 500;
/// Time over which the articles of a full window are spread.
const WINDOW_S: i64 = 20 * 3_600;

/// What stands in the title of an article before the time of its writing in microseconds since 1970.
pub const MARK: &str = "written at ";

/// Article `number`, published at `at`.
pub fn article(texts: &Texts, number: usize, at: Timestamp) -> anyhow::Result<EnrichedArticle> {
    let time = proto::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() };
    let title = format!("{} {MARK}{}", texts.title(number), at.as_microsecond());
    let publisher = skewed(number, 11, PUBLISHERS);
    let mut countries = Vec::new();
    for which in 0..1 + number % 3 {
        let code = COUNTRIES[skewed(number, which * 7 + 1, COUNTRIES.len())];
        if countries.iter().all(|known: &Country| known.code != code) {
            countries.push(country(code, which == 0, &title));
        }
    }
    let body = texts.html(number, BYTES);
    let entities = (0..6 + number % 5).map(|which| person(skewed(number, which * 13 + 3, PERSONS), which, &title));
    Ok(EnrichedArticle {
        article_id: format!("{number:032x}"),
        revision: 1,
        change: change::NEW.into(),
        url: format!("https://publisher{publisher}.example/news/{number}"),
        canonical_url: format!("https://publisher{publisher}.example/news/{number}"),
        feed_ids: vec![format!("{publisher:032x}")],
        published_at: Some(time),
        first_seen_at: Some(time),
        fetched_at: Some(time),
        enriched_at: Some(time),
        publisher_domain: format!("publisher{publisher}.example"),
        publisher_name: format!("The Publisher {publisher}"),
        publisher_country: COUNTRIES[publisher % COUNTRIES.len()].into(),
        summary: body.chars().skip(3).take(300).collect(),
        body,
        language: LANGUAGES[number % LANGUAGES.len()].into(),
        word_count: i32::try_from(BYTES / 6)?,
        countries,
        entities: entities.collect(),
        title,
        ..EnrichedArticle::default()
    })
}

/// The time of article `number` of `count`.
pub fn time_of(number: usize, count: usize) -> anyhow::Result<Timestamp> {
    let back = WINDOW_S * i64::try_from(count - number)? / i64::try_from(count.max(1))?;
    Ok(Timestamp::now().checked_sub(SignedDuration::from_secs(back))?)
}

/// A number below `below`, the low ones more often: the product of two even ones.
fn skewed(number: usize, salt: usize, below: usize) -> usize {
    let even = |salt: usize| (number.wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(40_503)) >> 7) % 1_000;
    below * even(salt) * even(salt + 97) / 1_000_000
}

fn country(code: &str, is_focus: bool, title: &str) -> Country {
    let evidence = Evidence {
        kind: "NAME".into(),
        field: "title".into(),
        start: 0,
        end: 4,
        text: title.chars().take(4).collect(),
    };
    Country {
        code: code.into(),
        alpha3: format!("{code}X"),
        name: format!("Country {code}"),
        role: if is_focus { role::FOCUS } else { role::MENTIONED }.into(),
        salience: 0.5,
        mention_count: 4,
        evidence: vec![evidence; 4],
    }
}

fn person(number: usize, which: usize, title: &str) -> Entity {
    let mention = Mention { field: "title".into(), start: 0, end: 5, text: title.chars().take(5).collect() };
    Entity {
        r#type: if which.is_multiple_of(3) { "ORG" } else { "PERSON" }.into(),
        name: format!("Given{} Family{number}", number % 300),
        mentions: vec![mention; 4],
        in_title: which == 0,
        salience: 0.4,
        confidence: 0.9,
        ..Entity::default()
    }
}
