//! Normalises any bytes as a raw item: title, content, summary, language and one more field. Whatever the item is, the
//! article fits a record, is the same each time, and its HTML is safe to sanitise again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use normaliser::{Normalised, normalise, revision::Delivery, size};
use proto::v1::RawItem;

fn item((title, content, summary, language, other): (&str, &str, &str, &str, &str)) -> RawItem {
    RawItem {
        article_id: "a".into(),
        url: "https://news.example.org/a/b".into(),
        title: title.into(),
        content: content.into(),
        summary: summary.into(),
        language: language.into(),
        feed_title: other.into(),
        authors: vec![other.into()],
        categories: vec![title.into(), other.into()],
        published_text: other.into(),
        ..RawItem::default()
    }
}

fn delivery() -> Delivery {
    Delivery::at(jiff::Timestamp::UNIX_EPOCH)
}

/// Compiles the expressions, whose time is not that of the first input.
fn prepare() {
    let content = "<p>The minister opened the bridge on Monday. https://e.org</p>";
    drop(normalise(&item(("One - E", content, content, "en", "2026-11-24")), None, delivery()));
}

fuzz_target!(init: prepare(), |texts: (&str, &str, &str, &str, &str)| {
    let item = item(texts);
    let Ok(Normalised::Article(published)) = normalise(&item, None, delivery()) else { return };
    let article = &published.article;
    let json = proto::wire::Encoding::Json.encode(article).expect("times are valid");
    assert!(json.len() <= size::MAX_BYTES, "{} bytes", json.len());
    assert!(!article.body_html.to_ascii_lowercase().contains("<script"));
    let Ok(Normalised::Article(again)) = normalise(&item, None, delivery()) else { panic!("no article") };
    assert_eq!(again.article, *article);
});
