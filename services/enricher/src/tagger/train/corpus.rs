//! Annotated text: CoNLL columns, and CoNLL-U with GUM's entities.

use std::fs;
use std::io;
use std::path::Path;

use crate::tagger::decode::Allowed;
use crate::tagger::label::{self, Label, OUTSIDE};

/// A sentence to train on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// Its tokens.
    pub words: Vec<String>,
    /// For each token the labels that are right, as bits.
    pub(crate) allowed: Vec<Allowed>,
    /// Of a hundred passes so many use it.
    pub weight: u8,
    /// The project made it; it is no text of others.
    pub made: bool,
}

/// Bits for MISC and O: what an O of a scheme without MISC may be.
const MAYBE_MISC: Allowed = 1 | 1 << 7 | 1 << 8;

/// How a set is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scheme {
    /// The set has no MISC: its O may be a MISC.
    pub without_misc: bool,
    /// Tokens `@ name` are left out.
    pub handles: bool,
    /// States that act are organisations: one or two words of an ORG may be a LOC.
    pub acting: bool,
}

impl Sentence {
    /// A sentence whose tags are certain.
    pub fn new(words: Vec<String>, labels: &[u8]) -> Sentence {
        let allowed = labels.iter().map(|label| 1 << label).collect();
        Sentence { words, allowed, weight: 100, made: false }
    }

    /// Words with BIO tags, conventions made alike: no title, article or possessive in a name.
    fn from_tags(words: Vec<String>, tags: &[String], scheme: Scheme) -> Sentence {
        let mut labels: Vec<u8> = tags.iter().map(|tag| label::from_bio(tag)).collect();
        alike(&words, &mut labels);
        let mut sentence = Sentence::new(words, &labels);
        for allowed in &mut sentence.allowed {
            // The MISC of some sets is wide (dates, professions): a doubt costs little.
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
        // A name that went on behind a handle begins anew.
        let mut before = OUTSIDE;
        for allowed in &mut self.allowed {
            let label = allowed.trailing_zeros() as u8;
            if allowed.is_power_of_two() && !label::follows(before, label) {
                *allowed = 1 << (label - 1);
            }
            before = if allowed.is_power_of_two() { allowed.trailing_zeros() as u8 } else { OUTSIDE };
        }
    }
}

/// Titles that some sets put into a person's name.
const TITLES: &[&str] = &[
    "president",
    "mr",
    "mr.",
    "mrs",
    "mrs.",
    "ms",
    "ms.",
    "dr",
    "dr.",
    "sir",
    "prime",
    "minister",
    "senator",
    "sen",
    "sen.",
    "rep",
    "rep.",
    "gov",
    "gov.",
    "governor",
    "king",
    "queen",
    "prince",
    "princess",
    "lord",
    "lady",
    "general",
    "gen",
    "gen.",
    "captain",
    "justice",
    "judge",
    "coach",
    "chancellor",
    "pm",
];

/// Takes articles, titles and possessives off names.
fn alike(words: &[String], labels: &mut [u8]) {
    let mut at = 0;
    while at < labels.len() {
        let Some(kind) = label::kind(labels[at]) else {
            at += 1;
            continue;
        };
        let mut end = at + 1;
        while end < labels.len() && label::continues(labels[end]) {
            end += 1;
        }
        let lower = |at: usize| words[at].to_lowercase();
        let (mut from, mut to) = (at, end);
        while from + 1 < to
            && (lower(from) == "the" || (kind == Label::Person && TITLES.contains(&lower(from).as_str())))
        {
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
            *slot = if index < from || index >= to { OUTSIDE } else { label::label(kind, index > from) };
        }
        at = end;
    }
}

/// Reads one file by its ending.
///
/// # Errors
/// Where the file cannot be read, or is not UTF-8.
pub fn read(path: &Path, scheme: Scheme) -> io::Result<Vec<Sentence>> {
    let text = fs::read_to_string(path)?;
    let gum = path.extension().is_some_and(|ending| ending == "conllu");
    Ok(if gum { gum_sentences(&text) } else { columns(&text, scheme) })
}

fn columns(text: &str, scheme: Scheme) -> Vec<Sentence> {
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

/// GUM marks every noun phrase; those whose head is a proper noun are names.
fn gum_sentences(text: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut rows: Vec<Vec<&str>> = Vec::new();
    for line in text.lines().chain([""]) {
        if line.is_empty() {
            if !rows.is_empty() {
                sentences.push(gum_sentence(&rows));
            }
            rows.clear();
        } else if !line.starts_with('#') {
            let fields: Vec<&str> = line.split('\t').collect();
            if fields.len() == 10 && !fields[0].contains(['-', '.']) {
                rows.push(fields);
            }
        }
    }
    sentences
}

fn gum_sentence(rows: &[Vec<&str>]) -> Sentence {
    let proper = |at: usize| rows[at][3] == "PROPN";
    let mut allowed = vec![1 as Allowed; rows.len()];
    let mut open: Vec<(usize, &str, Vec<usize>)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        // Names in doubt: every label is right.
        if proper(at) && allowed[at] == 1 {
            allowed[at] = crate::tagger::decode::ANY;
        }
        let entity = row[9].split('|').find_map(|field| field.strip_prefix("Entity=")).unwrap_or("");
        let mut rest = entity;
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('(') {
                let end = inner.find(['(', ')']).unwrap_or(inner.len());
                let fields: Vec<&str> = inner[..end].splitn(7, '-').collect();
                let minimal = fields.get(4).copied().unwrap_or("");
                let numbers = minimal.split(',').filter_map(|number| number.parse::<usize>().ok());
                let heads = numbers.map(|number| at + number - 1).collect();
                open.push((at, fields.get(1).copied().unwrap_or(""), heads));
                rest = &inner[end..];
                if let Some(after) = rest.strip_prefix(')') {
                    close(&mut open, at, rows, &mut allowed);
                    rest = after;
                }
            } else {
                let end = rest.find(')').map_or(rest.len(), |end| end + 1);
                close(&mut open, at, rows, &mut allowed);
                rest = &rest[end..];
                rest = rest.trim_start_matches(|c: char| c != '(' && c != ')' && !c.is_ascii_digit());
            }
        }
    }
    let words = rows.iter().map(|row| row[1].to_owned()).collect();
    Sentence { words, allowed, weight: 100, made: false }
}

fn close(open: &mut Vec<(usize, &str, Vec<usize>)>, end: usize, rows: &[Vec<&str>], allowed: &mut [Allowed]) {
    let Some((start, kind, heads)) = open.pop() else { return };
    let proper = |at: usize| rows.get(at).is_some_and(|row| row[3] == "PROPN");
    let kind = match kind {
        "person" => Label::Person,
        "organization" => Label::Org,
        "place" => Label::Loc,
        _ => return,
    };
    let (Some(first), Some(last)) = (heads.first(), heads.last()) else { return };
    let (mut from, mut to) = (*first, *last);
    if to > end || from < start || !(from..=to).all(proper) {
        return;
    }
    while from > start && proper(from - 1) && allowed[from - 1] & 1 << 1 != 0 {
        from -= 1;
    }
    while to < end && proper(to + 1) {
        to += 1;
    }
    for (at, allowed) in allowed.iter_mut().enumerate().take(to + 1).skip(from) {
        let inside = at > from;
        // A state that acts is an organisation in GUM and a place elsewhere.
        *allowed = match kind {
            Label::Org if to - from < 2 => {
                1 << label::label(Label::Org, inside) | 1 << label::label(Label::Loc, inside)
            }
            _ => 1 << label::label(kind, inside),
        };
    }
}

/// The sets of `shared/ner`: file, scheme, and of a hundred passes how many use it.
const SETS: &[(&str, Scheme, u8)] = &[
    ("wikigold/all.conll", Scheme { without_misc: false, handles: false, acting: false }, 100),
    ("wnut17/train.conll", Scheme { without_misc: true, handles: false, acting: false }, 50),
    ("wnut17/dev.conll", Scheme { without_misc: true, handles: false, acting: false }, 50),
    ("btc/a.conll", Scheme { without_misc: true, handles: true, acting: false }, 50),
    ("btc/b.conll", Scheme { without_misc: true, handles: true, acting: false }, 50),
    ("btc/e.conll", Scheme { without_misc: true, handles: true, acting: false }, 50),
    ("btc/f.conll", Scheme { without_misc: true, handles: true, acting: false }, 50),
    ("btc/g.conll", Scheme { without_misc: true, handles: true, acting: false }, 50),
    ("btc/h.conll", Scheme { without_misc: true, handles: true, acting: false }, 50),
    ("uner_ewt/dev.conll", Scheme { without_misc: true, handles: false, acting: true }, 100),
    ("uner_pud/test.conll", Scheme { without_misc: true, handles: false, acting: true }, 100),
    ("crossner_politics/train.conll", Scheme { without_misc: false, handles: false, acting: false }, 100),
    ("crossner_politics/dev.conll", Scheme { without_misc: false, handles: false, acting: false }, 100),
    ("gum_news", Scheme { without_misc: true, handles: false, acting: false }, 100),
];

/// Reads `shared/ner` in a fixed order, without the sets whose path begins with one of
/// `leave_out`.
///
/// # Errors
/// Where a set is absent or cannot be read.
pub fn corpora(folder: &Path, leave_out: &[String]) -> io::Result<Vec<Sentence>> {
    let mut sentences = Vec::new();
    for (name, scheme, weight) in SETS {
        if leave_out.iter().any(|left| !left.is_empty() && name.starts_with(left.as_str())) {
            continue;
        }
        let path = folder.join(name);
        let mut files = vec![path.clone()];
        if path.is_dir() {
            let conllu = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "conllu");
            files = fs::read_dir(&path)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
            files.retain(conllu);
            files.sort();
        }
        for file in files {
            sentences
                .extend(read(&file, *scheme)?.into_iter().map(|sentence| Sentence { weight: *weight, ..sentence }));
        }
    }
    Ok(sentences)
}

impl Sentence {
    /// The sentence with its names in brackets, for a look at what is trained on.
    pub fn show(&self) -> String {
        let mut text = String::new();
        for (word, allowed) in self.words.iter().zip(&self.allowed) {
            let label = allowed.trailing_zeros() as u8;
            let name = label::kind(label).map_or("", Label::conll);
            text.push_str(word);
            if !allowed.is_power_of_two() {
                text.push_str("/?");
            } else if !name.is_empty() {
                text.push_str(if label::continues(label) { "/I-" } else { "/B-" });
                text.push_str(name);
            }
            text.push(' ');
        }
        text
    }
}
