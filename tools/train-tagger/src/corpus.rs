//! Annotated text: CoNLL columns, and CoNLL-U with GUM's entities.

use std::fs;
use std::io;
use std::path::Path;

use crate::{gum, titles};
use tagger::Label;
use tagger::training::{self, ANY, Allowed, Lexicon, OUTSIDE, phrase, phrase_hash};

/// A sentence to train on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// Its tokens.
    pub words: Vec<String>,
    /// The correct labels of each token, as bits.
    pub(crate) allowed: Vec<Allowed>,
    /// Percentage of the passes that use it.
    pub weight: u8,
    /// The folder of its corpus; empty for synthetic sentences.
    pub set: &'static str,
    /// Of each token, whether a space stands before it, where that is known.
    pub(crate) spaced: Vec<bool>,
}

/// Bits of MISC and O: in a scheme without MISC, an O may be either.
const MAYBE_MISC: Allowed = 1 | 1 << 7 | 1 << 8;

/// How a set is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scheme {
    /// The set does not annotate MISC, so an O may be MISC.
    pub without_misc: bool,
    /// Twitter handles, written as the two tokens `@ name`, are removed.
    pub handles: bool,
    /// Names are taken as they are annotated: English titles, articles and possessives are not looked for.
    pub as_annotated: bool,
}

impl Sentence {
    /// A sentence with one correct label for each token.
    pub fn new(words: Vec<String>, labels: &[u8]) -> Sentence {
        let allowed = labels.iter().map(|label| 1 << label).collect();
        Sentence { words, allowed, weight: 100, ..Sentence::default() }
    }

    /// The first correct label of each token.
    pub(crate) fn labels(&self) -> Vec<u8> {
        self.allowed.iter().map(|allowed| allowed.trailing_zeros() as u8).collect()
    }

    /// A sentence from BIO tags. Titles, articles and possessives are removed from names.
    fn from_tags(words: Vec<String>, tags: &[String], scheme: Scheme) -> Sentence {
        let mut labels: Vec<u8> = tags.iter().map(|tag| training::from_bio(tag)).collect();
        if !scheme.as_annotated {
            normalise(&words, &mut labels);
        }
        let mut sentence = Sentence::new(words, &labels);
        for allowed in &mut sentence.allowed {
            // Some sets use MISC widely (dates, professions), so accepting both labels costs little.
            if scheme.without_misc && *allowed == 1 {
                *allowed = MAYBE_MISC;
            }
        }
        if scheme.handles {
            sentence.drop_handles();
        }
        sentence
    }

    fn drop_handles(&mut self) {
        let mut at = 0;
        while at < self.words.len() {
            if self.words[at] == "@" && at + 1 < self.words.len() {
                self.words.drain(at..at + 2);
                self.allowed.drain(at..at + 2);
            } else {
                at += 1;
            }
        }
        // After a removed handle, the rest of a name begins a new name.
        let mut before = OUTSIDE;
        for allowed in &mut self.allowed {
            let label = allowed.trailing_zeros() as u8;
            if allowed.is_power_of_two() && !training::follows(before, label) {
                *allowed = 1 << (label - 1);
            }
            before = if allowed.is_power_of_two() { allowed.trailing_zeros() as u8 } else { OUTSIDE };
        }
    }
}

/// Removes articles, titles and possessives from names.
fn normalise(words: &[String], labels: &mut [u8]) {
    let mut at = 0;
    while at < labels.len() {
        let Some(kind) = training::kind(labels[at]) else {
            at += 1;
            continue;
        };
        let mut end = at + 1;
        while end < labels.len() && training::continues(labels[end]) {
            end += 1;
        }
        let lower = |at: usize| words[at].to_lowercase();
        let (mut from, mut to) = (at, end);
        while from + 1 < to && (lower(from) == "the" || (kind == Label::Person && titles::is_title(&words[from]))) {
            from += 1;
        }
        while to > from + 1 && matches!(words[to - 1].as_str(), "'s" | "'" | "\u{2019}s" | "\u{2019}" | "." | ",") {
            to -= 1;
        }
        if matches!(words[to - 1].as_str(), "'s" | "\u{2019}s") {
            to = from;
        }
        for (index, slot) in labels[at..end].iter_mut().enumerate() {
            let index = at + index;
            *slot = if index < from || index >= to { OUTSIDE } else { training::label(kind, index > from) };
        }
        at = end;
    }
}

/// Reads one file: CoNLL-U by its extension `conllu`, else columns.
///
/// # Errors
/// If the file cannot be read or is not UTF-8.
pub fn read(path: &Path, scheme: Scheme) -> io::Result<Vec<Sentence>> {
    let text = fs::read_to_string(path)?;
    let gum = path.extension().is_some_and(|ending| ending == "conllu");
    Ok(if gum { gum_sentences(&text) } else { columns(&text, scheme) })
}

pub(crate) fn columns(text: &str, scheme: Scheme) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let (mut words, mut tags) = (Vec::new(), Vec::new());
    for line in text.lines().chain([""]) {
        let mut fields = line.split_ascii_whitespace();
        match (fields.next(), fields.next_back()) {
            (Some(word), Some(tag)) if word != "-DOCSTART-" => {
                words.push(word.to_owned());
                tags.push(tag.to_owned());
            }
            _ => {
                if !words.is_empty() {
                    sentences.push(Sentence::from_tags(std::mem::take(&mut words), &tags, scheme));
                }
                tags.clear();
            }
        }
    }
    sentences
}

/// GUM's sentences. A word whose label the mentions leave open has several correct labels.
fn gum_sentences(text: &str) -> Vec<Sentence> {
    gum::sentences(text).into_iter().map(gum_sentence).collect()
}

fn gum_sentence(read: gum::GumSentence) -> Sentence {
    let flags = read.other.iter().zip(&read.doubtful);
    let mut allowed: Vec<Allowed> = flags
        .map(|(other, doubtful)| match (other, doubtful) {
            (true, _) => MAYBE_MISC,
            (_, true) => ANY,
            _ => 1,
        })
        .collect();
    for (start, end, kind) in read.names {
        for (at, allowed) in allowed[start..end].iter_mut().enumerate() {
            *allowed = 1 << training::label(kind, at > 0);
        }
    }
    Sentence { words: read.words, allowed, weight: 100, ..Sentence::default() }
}

/// The corpora: file or folder, scheme, and the percentage of the passes that use it.
const SETS: &[(&str, Scheme, u8)] = &[
    ("wikigold/all.conll", Scheme { without_misc: false, handles: false, as_annotated: false }, 100),
    ("wnut17/train.conll", Scheme { without_misc: true, handles: false, as_annotated: false }, 50),
    ("wnut17/dev.conll", Scheme { without_misc: true, handles: false, as_annotated: false }, 50),
    ("btc/a.conll", Scheme { without_misc: true, handles: true, as_annotated: false }, 50),
    ("btc/b.conll", Scheme { without_misc: true, handles: true, as_annotated: false }, 50),
    ("btc/e.conll", Scheme { without_misc: true, handles: true, as_annotated: false }, 50),
    ("btc/f.conll", Scheme { without_misc: true, handles: true, as_annotated: false }, 50),
    ("btc/g.conll", Scheme { without_misc: true, handles: true, as_annotated: false }, 50),
    ("btc/h.conll", Scheme { without_misc: true, handles: true, as_annotated: false }, 50),
    ("uner_ewt/dev.conll", Scheme { without_misc: true, handles: false, as_annotated: false }, 100),
    ("uner_pud/test.conll", Scheme { without_misc: true, handles: false, as_annotated: false }, 100),
    ("crossner_politics/train.conll", Scheme { without_misc: false, handles: false, as_annotated: false }, 100),
    ("crossner_politics/dev.conll", Scheme { without_misc: false, handles: false, as_annotated: false }, 100),
    ("gum_news", Scheme { without_misc: true, handles: false, as_annotated: false }, 100),
];

/// Reads the corpora in a folder, in a fixed order.
///
/// # Errors
/// If a corpus is missing or cannot be read.
pub fn corpora(folder: &Path) -> io::Result<Vec<Sentence>> {
    let mut sentences = Vec::new();
    for (name, scheme, weight) in SETS {
        let set = name.split('/').next().unwrap_or(name);
        let path = folder.join(name);
        let mut files = vec![path.clone()];
        if path.is_dir() {
            let conllu = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "conllu");
            files = fs::read_dir(&path)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
            files.retain(conllu);
            files.sort();
        }
        for file in files {
            let read = read(&file, *scheme)?.into_iter();
            sentences.extend(read.map(|sentence| Sentence { weight: *weight, set, ..sentence }));
        }
    }
    Ok(sentences)
}

/// Allows LOC where a country is annotated as ORG: corpora disagree on the type of states as actors.
pub(crate) fn allow_loc_for_countries(sentences: &mut [Sentence], lexicon: &Lexicon) {
    let (begin, inside) = (training::label(Label::Org, false), training::label(Label::Org, true));
    for sentence in sentences {
        let mut at = 0;
        while at < sentence.words.len() {
            let mut end = at + 1;
            if sentence.allowed[at] == 1 << begin {
                while end < sentence.words.len() && sentence.allowed[end] == 1 << inside {
                    end += 1;
                }
                let words = sentence.words[at..end].iter().map(String::as_str);
                if lexicon.phrase(phrase_hash(words)) & phrase::COUNTRY != 0 {
                    sentence.allowed[at] |= 1 << training::label(Label::Loc, false);
                    for allowed in &mut sentence.allowed[at + 1..end] {
                        *allowed |= 1 << training::label(Label::Loc, true);
                    }
                }
            }
            at = end;
        }
    }
}

impl Sentence {
    /// The sentence with its labels (`Paris/B-LOC`; `/?` if several are correct), for inspection.
    pub fn show(&self) -> String {
        let mut text = String::new();
        for (word, allowed) in self.words.iter().zip(&self.allowed) {
            let label = allowed.trailing_zeros() as u8;
            let name = training::kind(label).map_or("", Label::conll);
            text.push_str(word);
            if !allowed.is_power_of_two() {
                text.push_str("/?");
            } else if !name.is_empty() {
                text.push_str(if training::continues(label) { "/I-" } else { "/B-" });
                text.push_str(name);
            }
            text.push(' ');
        }
        text
    }
}
