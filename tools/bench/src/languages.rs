//! `bench languages DATA`: enrichment on one core by language, compared with English in the same run, and the memory that models
//! take as they are loaded.
//!
//! DATA is a folder with a folder for each language, whose `.dev.conll` files have a token and a tag on each line. Of each
//! language the text of its files is enriched as articles of forty sentences.

use crate::broker::{Memory, resident_bytes};
use anyhow::Context as _;
use enricher::{Knowledge, enrich};
use proto::v1::Article;
use serde_json::{Map, Value, json};
use std::{fs, path::Path, time::Instant};
use tagger::{LANGUAGES, Language};

/// Sentences of an article.
const SENTENCES: usize = 40;
/// Seconds for which a language is measured.
const SECONDS: f64 = 1.0;
/// An English sentence that is repeated for comparison.
const ENGLISH: &str = "The minister of transport, Laura Whitcombe, said in Lisbon on Monday that the new line between \
                       Porto and Vigo would open next year, and that Spain had agreed to pay for its part of it. ";

/// Prints a table unless `json` is set, and returns `{"languages": {TAG: tokens a second}, "english": tokens a second,
/// "memory_mb": {"none", "one", "five", "all"}, "load_ms": {TAG: ms}}`.
///
/// # Errors
/// DATA cannot be read, or a model is damaged.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
#[expect(clippy::cast_precision_loss, reason = "counts of tokens and bytes")]
pub fn run(data: &Path, json: bool) -> anyhow::Result<Value> {
    let megabytes = || resident_bytes(Memory::Now).map(|bytes| bytes as f64 / f64::from(1 << 20));
    let knowledge = Knowledge::shipped()?;
    let english = [Article { body: ENGLISH.repeat(SENTENCES), language: "en".to_owned(), ..Article::default() }];
    let english = speed(&english, &knowledge, |text| tagger::tokens::tokenise(text).tokens.len())?;
    let mut memory = vec![megabytes()?];
    let (mut speeds, mut loads) = (Map::new(), Map::new());
    for language in &LANGUAGES {
        let articles = articles(&data.join(language.tag), language)?;
        let start = Instant::now();
        let tagger = language.tagger()?;
        enrich(&Article { body: "x".to_owned(), ..articles[0].clone() }, &knowledge, jiff::Timestamp::UNIX_EPOCH)?;
        let load = start.elapsed().as_secs_f64() * 1000.0;
        memory.push(megabytes()?);
        let speed = speed(&articles, &knowledge, |text| tagger.tokenise(text).tokens.len())?;
        if !json {
            println!(
                "{:<3} {speed:>9.0} tokens/s, {:3.0} % of English; loaded in {load:.0} ms",
                language.tag,
                100.0 * speed / english
            );
        }
        speeds.insert(language.tag.to_owned(), json!(speed.round()));
        loads.insert(language.tag.to_owned(), json!(load.round()));
    }
    let at = |count: usize| memory.get(count.min(memory.len() - 1)).copied().unwrap_or(0.0).round();
    let memory = json!({"none": at(0), "one": at(1), "five": at(5), "all": at(usize::MAX)});
    if !json {
        println!("English {english:.0} tokens/s; memory in MB: {memory}");
    }
    Ok(json!({"languages": speeds, "english": english.round(), "memory_mb": memory, "load_ms": loads}))
}

/// Tokens of the articles that are enriched in a second.
#[expect(clippy::cast_precision_loss, reason = "counts of tokens")]
fn speed(articles: &[Article], knowledge: &Knowledge, count: impl Fn(&str) -> usize) -> anyhow::Result<f64> {
    let tokens: usize = articles.iter().map(|article| count(&article.body)).sum();
    let mut rounds = 0_u32;
    let start = Instant::now();
    while rounds == 0 || start.elapsed().as_secs_f64() < SECONDS {
        for article in articles {
            std::hint::black_box(enrich(article, knowledge, jiff::Timestamp::UNIX_EPOCH)?);
        }
        rounds += 1;
    }
    Ok(tokens as f64 * f64::from(rounds) / start.elapsed().as_secs_f64())
}

/// The text of a language's development files as articles.
fn articles(folder: &Path, language: &Language) -> anyhow::Result<Vec<Article>> {
    let separator = if matches!(language.tag, "ja" | "th" | "zh") { "" } else { " " };
    let mut articles = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if !path.to_string_lossy().ends_with(".dev.conll") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let sentence = |block: &str| {
            let words = block.lines().filter(|line| !line.starts_with("-DOCSTART-"));
            words.filter_map(|line| line.split('\t').next()).collect::<Vec<_>>().join(separator)
        };
        let sentences: Vec<String> = text.split("\n\n").map(sentence).filter(|one| !one.is_empty()).collect();
        articles.extend(sentences.chunks(SENTENCES).map(|some| Article {
            body: some.join("\n\n"),
            language: language.tag.to_owned(),
            ..Article::default()
        }));
    }
    anyhow::ensure!(!articles.is_empty(), "no development files in {}", folder.display());
    Ok(articles)
}
