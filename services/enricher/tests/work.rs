//! The work of an article is counted, not timed: twice the text takes at most twice the steps, whatever the text is.
#![expect(clippy::unwrap_used, reason = "clippy exempts test functions, not the functions that they call")]

use enricher::{Enriched, Knowledge, budget, enrich_within};
use proto::{Warning, v1::Article};
use test_support::hostile::{markup, texts};

/// Bytes of a text.
const SIZE: usize = 8_000;
/// Steps that do not depend on the size.
const CONSTANT: u64 = 1_000;

fn run(text: String, language: &str, steps: u64) -> Enriched {
    let knowledge = Knowledge::shipped().unwrap();
    let article = Article {
        title: text.chars().take(1_000).collect(),
        body: text,
        language: language.to_owned(),
        publisher_name: "Example Post".into(),
        ..Article::default()
    };
    enrich_within(&article, &knowledge, jiff::Timestamp::UNIX_EPOCH, steps).unwrap()
}

/// Every kind of text, and HTML read as text, at `size`.
fn kinds(size: usize) -> Vec<(&'static str, &'static str, String)> {
    let texts = texts::ALL.iter().map(|(name, language, make)| (*name, *language, make(size)));
    let markup = markup::ALL.iter().step_by(8).map(|(name, make)| (*name, "en", make(size)));
    texts.chain(markup).collect()
}

#[test]
fn twice_the_text_takes_at_most_twice_the_steps() {
    let size = std::env::var("NEWSWIRE_SIZE").ok().and_then(|size| size.parse().ok()).unwrap_or(SIZE);
    let mut over = Vec::new();
    for ((name, language, one), (_, _, two)) in kinds(size).into_iter().zip(kinds(2 * size)) {
        let lengths = [one.len(), two.len()];
        let started = std::time::Instant::now();
        let (first, second) = (run(one, language, budget::STEPS).steps, run(two, language, budget::STEPS).steps);
        if std::env::var_os("NEWSWIRE_MEASURE").is_some() {
            eprintln!("{:8.1} ms {first:10} {second:10} {name}", started.elapsed().as_secs_f64() * 1e3);
        }
        // Numbers in a text get longer, so it is not exactly twice as long. A twentieth is for what is rounded.
        let allowed = first * lengths[1] as u64 / (lengths[0] as u64).max(1);
        if second > allowed + allowed / 20 + CONSTANT {
            over.push(format!("{name}: {first} steps for {} bytes, {second} for {}", lengths[0], lengths[1]));
        }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
}

#[test]
fn an_article_over_its_budget_has_a_warning_and_the_same_result_each_time() {
    let (_, language, make) = texts::ALL.iter().find(|(name, ..)| *name == "different surnames").unwrap();
    let all = run(make(SIZE), language, budget::STEPS);
    let part = || run(make(SIZE), language, all.steps / 2).article;
    assert!(!all.article.warnings.iter().any(|one| *one == Warning::WorkCut));
    assert!(part().warnings.iter().any(|one| *one == Warning::WorkCut));
    assert_eq!(part(), part());
}
