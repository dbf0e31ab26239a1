//! The work of an article is counted, not timed: twice the input takes at most twice the steps, whatever the input is.
#![expect(clippy::panic, reason = "clippy exempts test functions, not the functions that they call")]

use normaliser::{Normalised, normalise, revision::Delivery};
use proto::v1::RawItem;
use test_support::hostile::{markup, texts};

/// Bytes of a text.
const SIZE: usize = 60_000;
/// Steps that do not depend on the size: a source of few tags is not examined as a tree.
const CONSTANT: usize = 30_000;

fn delivery() -> Delivery {
    Delivery::at(jiff::Timestamp::UNIX_EPOCH)
}

fn item(text: String) -> RawItem {
    RawItem {
        article_id: "a".into(),
        url: "https://news.example.org/a/b".into(),
        title: "A title".into(),
        content: text,
        ..RawItem::default()
    }
}

fn steps(text: String) -> usize {
    match normalise(&item(text), None, delivery()) {
        Ok(Normalised::Article(published)) => published.steps,
        other => panic!("no article: {other:?}"),
    }
}

/// Every kind of text and of HTML at `size`.
fn kinds(size: usize) -> Vec<(&'static str, String)> {
    let texts = texts::ALL.iter().map(|(name, _, make)| (*name, make(size)));
    texts.chain(markup::ALL.iter().map(|(name, make)| (*name, make(size)))).collect()
}

#[test]
fn twice_the_text_takes_at_most_twice_the_steps() {
    let size = std::env::var("NEWSWIRE_SIZE").ok().and_then(|size| size.parse().ok()).unwrap_or(SIZE);
    let mut over = Vec::new();
    for ((name, one), (_, two)) in kinds(size).into_iter().zip(kinds(2 * size)) {
        let lengths = [one.len(), two.len()];
        let started = std::time::Instant::now();
        let (first, second) = (steps(one), steps(two));
        if std::env::var_os("NEWSWIRE_MEASURE").is_some() {
            eprintln!("{:8.1} ms {first:10} {second:10} {name}", started.elapsed().as_secs_f64() * 1e3);
        }
        // Numbers in a text get longer, so it is not exactly twice as long. A twentieth is for what is rounded.
        let allowed = first * lengths[1] / lengths[0].max(1);
        if second > allowed + allowed / 20 + CONSTANT {
            over.push(format!("{name}: {first} steps for {} bytes, {second} for {}", lengths[0], lengths[1]));
        }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
}

/// What a parser of HTML would do with these is far more than their length: it is not done.
#[test]
fn html_that_costs_more_than_its_length_becomes_paragraphs() {
    for name in [
        "formatting that every paragraph opens again",
        "images that a table moves before itself",
        "divisions that close themselves",
        "divisions that are closed within a cell",
        "spans that are closed within a division",
        "forms around divisions",
        "bodies around divisions",
        "formatting closed within a table",
        "items and definitions in each other",
    ] {
        let Some((_, make)) = markup::ALL.iter().find(|(kind, _)| *kind == name) else { panic!("no kind {name}") };
        let Ok(Normalised::Article(published)) = normalise(&item(make(200_000)), None, delivery()) else {
            panic!("{name}: no article")
        };
        let article = published.article;
        assert!(article.warnings.iter().any(|one| one == "html-too-deep"), "{name}: {:?}", article.warnings);
        assert!(article.body_html.len() <= 9 * (article.body.len() + 1), "{name}");
    }
}
