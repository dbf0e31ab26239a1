//! Detects the language of a text by its script and its letter sequences, with what feed, server and page declare as
//! evidence.
//!
//! Own code because no library is both fast and right on short texts: see `docs/benchmarks/language.md`, which compares
//! whatlang, whichlang and lingua. The models are made from those of lingua (see `NOTICE`).

mod features;
mod hints;
mod model;
mod script;

use hints::Declared;
pub use hints::{Hint, of as hints};
use model::Model;
use script::Script;

/// A detected language.
#[derive(Debug, Clone, PartialEq)]
pub struct Language {
    /// Primary language subtag of BCP 47 (ISO 639-1 if there is one); `und` if unknown.
    pub code: String,
    /// 0 to 1.
    pub confidence: f64,
}

/// Characters that are examined. More cost time and do not change the result.
const SAMPLE: usize = 400;
/// Letters below which a text without a declaration has no language: names are of no language.
const FEW_LETTERS: usize = 12;
/// Letters from which on a text is long enough to contradict any declaration.
const MANY_LETTERS: usize = 60;
/// Confidence of a declared language that the text neither confirms nor contradicts.
const HINTED: f64 = 0.6;
/// Least confidence of a detection without a declaration.
const LEAST: f64 = 0.4;
/// The same for a short Latin text whose declared language is in another script: it may be but names.
const LEAST_AGAINST: f64 = 0.75;
/// Confidence of English or Russian from which on a language without a model was declared wrongly: those are the
/// languages that sites in other languages also publish in.
const SURE: f64 = 0.99;

/// Detects the language of `text`. `hints` are the languages that its sources declare; they may be empty or wrong. A hint
/// counts only if the language is written in the script of the text.
#[must_use]
pub fn detect(text: &str, hints: &[Hint<'_>]) -> Language {
    let hints = hints::read(hints);
    let end = text.char_indices().nth(SAMPLE).map_or(text.len(), |(at, _)| at);
    let sample = text.get(..end).unwrap_or(text);
    let Some((script, letters)) = script::dominant(sample) else {
        return hints.first().map_or_else(unknown, |hint| found(&hint.code, HINTED));
    };
    let fitting: Vec<&Declared> = hints.iter().filter(|hint| hints::is_written_in(&hint.code, script)).collect();
    let Some(model) = model::of(script) else { return of_script(script, letters, &fitting) };
    let (code, confidence) = most_probable(model, sample, &fitting);
    if let Some(first) = fitting.first() {
        let contradicted = letters >= MANY_LETTERS && confidence >= SURE && matches!(code, "en" | "ru");
        return if model.languages.contains(&first.code.as_str()) || contradicted {
            found(code, confidence)
        } else {
            found(&first.code, HINTED)
        };
    }
    let against = script == Script::Latin && letters < MANY_LETTERS && !hints.is_empty();
    let least = if against { LEAST_AGAINST } else { LEAST };
    if letters >= FEW_LETTERS && confidence >= least { found(code, confidence) } else { unknown() }
}

/// The language of a script that few languages share.
fn of_script(script: Script, letters: usize, fitting: &[&Declared]) -> Language {
    let confidence = if letters >= FEW_LETTERS { 1.0 } else { 0.8 };
    match (fitting.first(), script) {
        (Some(hint), _) => found(&hint.code, confidence),
        (None, Script::Of(code)) => found(code, confidence),
        (None, Script::Kana) => found("ja", confidence),
        (None, Script::Hangul) => found("ko", confidence),
        // A Japanese headline may have no kana.
        _ => found("zh", if letters >= MANY_LETTERS { 1.0 } else { 0.8 }),
    }
}

/// The most probable language and its probability, from the text and the declarations.
fn most_probable(model: &Model, text: &str, hints: &[&Declared]) -> (&'static str, f64) {
    let mut scores = model.scores(text);
    for (score, language) in scores.iter_mut().zip(&model.languages) {
        *score += hints.iter().filter(|hint| hint.code == *language).map(|hint| hint.weight).sum::<f32>();
    }
    let best = scores.iter().zip(&model.languages).max_by(|a, b| a.0.total_cmp(b.0));
    let Some((most, language)) = best else { return ("und", 0.0) };
    let sum: f32 = scores.iter().map(|score| (score - most).exp()).sum();
    (language, f64::from(1.0 / sum))
}

/// Three decimals are enough, and the same on every machine.
fn found(code: &str, confidence: f64) -> Language {
    Language { code: code.to_owned(), confidence: (confidence * 1000.0).round() / 1000.0 }
}

fn unknown() -> Language {
    found("und", 0.0)
}

#[cfg(test)]
mod tests;
