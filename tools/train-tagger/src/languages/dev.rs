//! Strict F1 of a model on the development parts of a language's corpora.

use super::{Language, natural};
use crate::corpus;
use std::{collections::HashSet, fs, io, path::Path};
use tagger::{
    Label, Tagger,
    training::{OUTSIDE, Style, continues, kind},
};

/// The score of a model on one corpus: names that are right, found and annotated, over PER, ORG and LOC.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Folder and name of the corpus.
    pub set: String,
    /// By type: persons, organisations, places.
    pub by_type: [(usize, usize, usize); 3],
}

impl Score {
    /// F1 in per cent of all types, then of each.
    #[must_use]
    pub fn f1(&self) -> [f64; 4] {
        let f1 = |(right, found, gold): (usize, usize, usize)| 200.0 * right as f64 / (found + gold).max(1) as f64;
        let sum = self.by_type.iter().fold((0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
        [f1(sum), f1(self.by_type[0]), f1(self.by_type[1]), f1(self.by_type[2])]
    }
}

const TYPES: [Label; 3] = [Label::Person, Label::Org, Label::Loc];

/// Scores a tagger on each development part of a language in the folder `corpora`.
///
/// # Errors
/// If a file cannot be read.
pub fn score(tagger: &Tagger, language: &Language, corpora: &Path) -> io::Result<Vec<Score>> {
    let mut files: Vec<_> =
        fs::read_dir(corpora.join(language.tag))?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
    files.retain(|path| path.to_string_lossy().ends_with(".dev.conll"));
    files.sort();
    files
        .iter()
        .map(|path| {
            Ok(of_file(
                tagger,
                language,
                path.file_name().unwrap_or_default().to_string_lossy().trim_end_matches(".dev.conll"),
                &fs::read_to_string(path)?,
            ))
        })
        .collect()
}

fn of_file(tagger: &Tagger, language: &Language, name: &str, file: &str) -> Score {
    let mut score = Score { set: format!("{}/{name}", language.tag), ..Score::default() };
    for sentence in corpus::columns(file, corpus::Scheme { as_annotated: true, ..corpus::Scheme::default() }) {
        let labels = sentence.labels();
        let (text, ranges) = if language.style == Style::Characters {
            natural::text(&sentence.words, &labels, language.tag)
        } else {
            let mut end = 0;
            let ranges = sentence.words.iter().map(|word| {
                let start = end;
                end = start + word.len() + 1;
                (start, start + word.len())
            });
            let ranges = ranges.collect();
            (sentence.words.join(" "), ranges)
        };
        let mut gold = HashSet::new();
        let mut at = 0;
        while at < labels.len() {
            let mut end = at + 1;
            if labels[at] != OUTSIDE {
                while end < labels.len() && continues(labels[end]) {
                    end += 1;
                }
                if let Some(label) = kind(labels[at]) {
                    gold.insert((ranges[at].0, ranges[end - 1].1, label));
                }
            }
            at = end;
        }
        let found: HashSet<_> =
            tagger.tag(&[&text]).into_iter().map(|span| (span.start, span.end, span.label)).collect();
        for (at, label) in TYPES.iter().enumerate() {
            let of = |names: &HashSet<(usize, usize, Label)>| names.iter().filter(|name| name.2 == *label).count();
            let right = gold.intersection(&found).filter(|name| name.2 == *label).count();
            let sum = &mut score.by_type[at];
            *sum = (sum.0 + right, sum.1 + of(&found), sum.2 + of(&gold));
        }
    }
    score
}
