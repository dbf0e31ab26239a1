//! `eval names DATA..`: names found in annotated text, by exact match (strict) and by overlap.
//!
//! DATA are files in a format of [`read`], or folders of such files. Tokens are joined by spaces and
//! sentences by blank lines. The text is tagged like the body of an article, and the spans found are
//! mapped back to tokens. A folder with a folder for each language is measured by language ([`languages`]). Leading articles and final possessives are removed from the names of both.

mod label;
mod languages;
pub mod left_out;
mod read;
mod score;
mod spacy;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use serde_json::{Value, json};
use tagger::{Span, Tagger};

pub(super) use read::Document;
pub(super) use score::score;

/// Prints a table unless `json` is set, compared with spaCy's `en_core_web_sm` if `.tools/venv` has it, and
/// returns `{"strict": {"micro", "PER", "ORG", "LOC"}, "overlap": {..},
/// "tokens_per_s"}`, each score as `{"p", "r", "f1"}` from 0 to 1; the speed is of tokenising
/// and tagging on one core.
///
/// # Errors
/// A file cannot be read, or there are no tokens.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(data: &[PathBuf], json: bool) -> anyhow::Result<Value> {
    let folders: Vec<_> = data.iter().flat_map(|path| languages::folders(path)).collect();
    if !folders.is_empty() {
        return languages::run(&folders, json);
    }
    let documents = documents(data)?;
    let tokens: usize = documents.iter().map(|document| document.words.len()).sum();
    anyhow::ensure!(tokens > 0, "no tokens in the data");
    let tagger = Tagger::shipped()?;
    let start = Instant::now();
    let ours = score(&documents, documents.iter().map(|document| spans(tagger, document)));
    let tokens_per_s = (tokens as f64 / start.elapsed().as_secs_f64()).round();
    let result = json!({"strict": ours.0, "overlap": ours.1, "tokens_per_s": tokens_per_s});
    if !json {
        println!("{} documents, {tokens} tokens; F1 strict (overlap)", documents.len());
        row("newswire", &ours, tokens_per_s);
        match spacy::spacy(&documents, None) {
            Ok((found, seconds)) => row("spaCy-sm", &score(&documents, found.into_iter()), tokens as f64 / seconds),
            Err(error) => println!("{:<10} not run: {error}", "spaCy-sm"),
        }
    }
    Ok(result)
}

/// The documents of files and folders.
///
/// # Errors
/// A file or folder cannot be read.
pub(super) fn documents(data: &[PathBuf]) -> anyhow::Result<Vec<Document>> {
    let mut documents = Vec::new();
    for path in data {
        for file in files(path)? {
            documents.extend(read::read(&fs::read_to_string(&file).with_context(|| file.display().to_string())?));
        }
    }
    Ok(documents)
}

/// The spans that a tagger finds in a document, with their labels.
pub(super) fn spans(tagger: &Tagger, document: &Document) -> Vec<(usize, usize, String)> {
    let spans: Vec<Span> = tagger.tag(&[&document.text]);
    spans.into_iter().map(|span| (span.start, span.end, span.label.conll().to_owned())).collect()
}

#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
fn row(name: &str, scores: &(Value, Value), speed: f64) {
    let f1 = |scores: &Value, key: &str| scores[key]["f1"].as_f64().unwrap_or(0.0) * 100.0;
    let cell = |key: &str| format!("{key} {:5.1} ({:5.1})", f1(&scores.0, key), f1(&scores.1, key));
    let cells = ["micro", "PER", "ORG", "LOC"].map(cell).join("  ");
    println!("{name:<10} {cells}  {:>9.0} tokens/s", speed);
}

/// Extensions of files in columns.
const ENDINGS: [&str; 9] = ["conll", "conllu", "conll03", "txt", "bio", "iob", "iob2", "tsv", "gold_conll"];

/// The file itself, or the files in columns of a folder, sorted.
fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if path.extension().is_some_and(|e| ENDINGS.iter().any(|known| e == *known))
            && !path.file_stem().is_some_and(|stem| stem == "LICENSE" || stem == "README")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
