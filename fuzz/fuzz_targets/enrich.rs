//! Enriches any texts in any language. Each span has its own text, and the record fits the log.
#![no_main]

use enricher::{Knowledge, budget, enrich_within, size};
use libfuzzer_sys::fuzz_target;
use proto::v1::{Article, EnrichedArticle};
use std::sync::OnceLock;

const LANGUAGES: [&str; 12] = ["en", "en", "en", "", "ru", "pl", "fi", "zh", "ja", "ko", "ar", "xx"];

fn at(article: &EnrichedArticle, field: &str, start: i32, end: i32) -> String {
    let text = match field {
        "title" => &article.title,
        "summary" => &article.summary,
        _ => &article.body,
    };
    let (start, end) = (usize::try_from(start).expect("not negative"), usize::try_from(end).expect("not negative"));
    text.chars().skip(start).take(end - start).collect()
}

fn knowledge() -> &'static Knowledge {
    static KNOWLEDGE: OnceLock<Knowledge> = OnceLock::new();
    KNOWLEDGE.get_or_init(|| Knowledge::shipped().expect("the shipped data fits"))
}

// The time to read the data is not that of the first input.
fuzz_target!(init: { knowledge(); }, |texts: (u8, &str, &str, &str)| {
    let knowledge = knowledge();
    let (language, title, summary, body) = texts;
    let article = Article {
        title: title.into(),
        summary: summary.into(),
        body: body.into(),
        language: LANGUAGES[usize::from(language) % LANGUAGES.len()].into(),
        publisher_name: title.chars().take(20).collect(),
        ..Article::default()
    };
    let enriched = enrich_within(&article, knowledge, jiff::Timestamp::UNIX_EPOCH, budget::STEPS).expect("no ONNX model");
    let bytes = title.len() + summary.len() + body.len();
    assert!(enriched.steps <= 3_000 * (bytes as u64 + 100), "{} steps for {bytes} bytes", enriched.steps);
    let enriched = enriched.article;
    for one in enriched.countries.iter().flat_map(|country| &country.evidence) {
        assert_eq!(at(&enriched, &one.field, one.start, one.end), one.text);
    }
    for one in enriched.entities.iter().flat_map(|entity| &entity.mentions) {
        assert_eq!(at(&enriched, &one.field, one.start, one.end), one.text);
    }
    let json = proto::wire::Encoding::Json.encode(&enriched).expect("times are valid");
    assert!(json.len() <= size::MAX_BYTES || bytes > 900_000, "{} bytes", json.len());
});
