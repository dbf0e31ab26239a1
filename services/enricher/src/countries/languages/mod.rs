//! Countries by name in other languages than English, with names from CLDR.
//!
//! Inflected forms count (`inflection`). Prepositions that are written together with a name (Arabic, Hebrew) are removed.
//! In scripts without spaces a name counts anywhere, unless its context makes it another thing's name (`context`).

mod context;
mod inflection;

use super::place::Place;
use crate::{
    document::Document,
    gazetteer::{Code, Gazetteer, Kind, words},
};
use context::{names_other_thing, names_other_thing_unspaced};
use inflection::{Grammar, STEM, grammar, is_form};
use std::{collections::HashMap, sync::OnceLock};
use text::fold::distinct_letters as fold;

/// Names of countries by language, indexed at first use.
#[derive(Debug)]
pub struct Languages {
    indexes: Vec<(String, OnceLock<Index>)>,
}

/// Names by their words as they are written.
type Names = Vec<(Vec<String>, Code)>;

#[derive(Debug, Default)]
struct Index {
    /// Names in words, by the hash of the first word or of its stem's first letters.
    spaced: HashMap<u64, Names>,
    /// Names in scripts without spaces, by their first character.
    dense: HashMap<char, Vec<(String, Code)>>,
    grammar: Grammar,
    /// Letters that are written together with the word after them.
    clitics: &'static str,
    /// A name may take an `s`: `Frankreichs`.
    genitive: bool,
    /// Every noun begins with a capital.
    nouns_in_capitals: bool,
}

/// Most mentions of an article.
const PLACES: usize = 10_000;

/// Languages whose genitive is a bare `s`.
const GENITIVE: [&str; 6] = ["da", "de", "nl", "no", "nb", "sv"];
/// First syllables of the Korean particles that follow a name without a space.
const PARTICLES: &str = "은는이가을를의와과도에로으만서부까인측";

fn hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// Prepositions and conjunctions that are written together with the name after them.
fn clitics(base: &str) -> &'static str {
    match base {
        "he" => "ובלמהשכ",
        "ar" => "وبلفك",
        _ => "",
    }
}

fn dense(c: char) -> bool {
    hangul(c)
        || matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF)
}

/// Whether a text begins with the name and, in Korean, not with a longer word.
fn whole(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|behind| {
        let next = behind.chars().next().filter(|_| name.ends_with(hangul));
        next.is_none_or(|next| !hangul(next) || PARTICLES.contains(next))
    })
}

fn base(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

impl Languages {
    /// The languages of a gazetteer.
    #[must_use]
    pub fn new(gazetteer: &Gazetteer) -> Self {
        Languages {
            indexes: gazetteer.languages().iter().map(|(tag, _)| (tag.to_ascii_lowercase(), OnceLock::new())).collect(),
        }
    }

    /// Mentions of countries by name in the language `tag` (BCP 47); `None` if no names are known in it.
    #[must_use]
    pub fn scan(&self, document: &Document<'_>, gazetteer: &Gazetteer, tag: &str) -> Option<Vec<Place>> {
        let tag = tag.to_ascii_lowercase().replace('_', "-");
        let tag = match tag.as_str() {
            "zh-tw" | "zh-hk" | "zh-mo" => "zh-hant",
            "nb" | "nn" => "no",
            other => other,
        };
        let at = self.position(tag).or_else(|| self.position(base(tag)))?;
        let (_, cell) = self.indexes.get(at)?;
        let index = cell.get_or_init(|| Index::new(gazetteer, at, base(tag)));
        let mut places = Vec::new();
        for number in 0..document.fields.len() {
            index.scan(document, gazetteer, number, &mut places);
        }
        Some(places)
    }

    fn position(&self, tag: &str) -> Option<usize> {
        self.indexes.iter().position(|(known, _)| known == tag)
    }
}

impl Index {
    fn new(gazetteer: &Gazetteer, language: usize, base: &str) -> Index {
        let mut index = Index {
            grammar: grammar(base),
            clitics: clitics(base),
            genitive: GENITIVE.contains(&base),
            nouns_in_capitals: matches!(base, "de" | "gsw" | "lb"),
            ..Index::default()
        };
        let Some((_, names)) = gazetteer.languages().get(language) else { return index };
        for (code, name) in names {
            if let Some(first) = name.chars().next().filter(|c| dense(*c)) {
                // A single character is too ambiguous.
                if name.chars().count() >= 2 {
                    index.dense.entry(first).or_default().push((name.clone(), *code));
                }
                continue;
            }
            let words: Vec<String> = words::words(name)
                .iter()
                .filter_map(|word| name.get(word.start..word.end))
                .map(str::to_owned)
                .collect();
            if let Some(first) = words.first() {
                let key = words::hash(&index.key(&first.to_lowercase()));
                index.spaced.entry(key).or_default().push((words, *code));
            }
        }
        for names in index.dense.values_mut() {
            names.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        }
        for names in index.spaced.values_mut() {
            names.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        }
        index
    }

    /// The key of a word: its first letters if the language has endings, else the word.
    fn key(&self, word: &str) -> String {
        if self.grammar == Grammar::None { word.to_owned() } else { fold(word).chars().take(STEM - 1).collect() }
    }

    fn scan(&self, document: &Document<'_>, gazetteer: &Gazetteer, number: usize, places: &mut Vec<Place>) {
        let Some(field) = document.fields.get(number) else { return };
        let mut place = |start: usize, end: usize, code: Code| {
            if places.len() >= PLACES {
                document.budget.cut();
                return;
            }
            places.push(Place {
                field: number,
                start,
                end,
                kind: Kind::Name,
                countries: vec![code],
                sense: None,
                confidence: 0.9,
            });
        };
        if !self.dense.is_empty() {
            let mut skip_to = 0;
            let mut previous = ' ';
            for (at, c) in field.text.char_indices() {
                let before = std::mem::replace(&mut previous, c);
                let inside = hangul(before) && hangul(c);
                if at < skip_to || !dense(c) || inside {
                    continue;
                }
                let rest = field.text.get(at..).unwrap_or("");
                let names = self.dense.get(&c).map_or(&[][..], Vec::as_slice);
                document.budget.count(names.len());
                let found = names.iter().find(|(name, _)| whole(rest, name));
                if let Some((name, code)) = found {
                    if !names_other_thing_unspaced(before, name, rest.get(name.len()..).unwrap_or("")) {
                        place(at, at + name.len(), *code);
                    }
                    skip_to = at + name.len();
                }
            }
        }
        let mut at = 0;
        while let Some(word) = field.words.get(at) {
            at += 1;
            if !word.capitalised || word.address || word.start < field.from || word.end - word.start > words::LONGEST {
                continue;
            }
            let text = field.slice(word.start, word.end).to_lowercase();
            let Some((off, names)) = self.names(&text) else { continue };
            document.budget.count(names.len());
            for (name, code) in names {
                let span = field.words.get(at - 1..at - 1 + name.len()).unwrap_or(&[]);
                let fits = span.len() == name.len()
                    && span.iter().zip(name).enumerate().all(|(number, (word, name))| {
                        let off = if number == 0 { off } else { 0 };
                        self.same(field.slice(word.start + off, word.end), name)
                    });
                if let (true, Some(last)) = (fits, span.last()) {
                    let code_text = gazetteer.country(*code).map_or("", |country| country.code.as_str());
                    if !names_other_thing(field, at - 1, at - 1 + name.len(), code_text, self.nouns_in_capitals) {
                        place(word.start + off, last.end, *code);
                    }
                    at += name.len() - 1;
                    break;
                }
            }
        }
    }

    /// The names that a word may begin, and how many bytes of the word are a clitic's.
    fn names(&self, word: &str) -> Option<(usize, &Names)> {
        let get = |word: &str| self.spaced.get(&words::hash(&self.key(word)));
        if let Some(names) = get(word) {
            return Some((0, names));
        }
        if let Some(stem) = word.strip_suffix('s').filter(|_| self.genitive) {
            return get(stem).map(|names| (0, names));
        }
        let mut rest = word;
        // At most two: `and in`.
        for _ in 0..2 {
            rest = rest.strip_prefix(|c| self.clitics.contains(c))?;
            if rest.chars().count() < STEM {
                return None;
            }
            if let Some(names) = get(rest) {
                return Some((word.len() - rest.len(), names));
            }
        }
        None
    }

    /// Whether a word is a name's word or a form of it. Initials (`EUA`, `США`) match only in capitals: in some languages
    /// `SAD` is a country and `sad` means `now`.
    fn same(&self, word: &str, name: &str) -> bool {
        if name.chars().count() > 1 && !name.chars().any(char::is_lowercase) && name.chars().any(char::is_uppercase) {
            return word == name || self.genitive && word.strip_suffix('s') == Some(name);
        }
        let (word, name) = (word.to_lowercase(), name.to_lowercase());
        if word == name || words::hash(&word) == words::hash(&name) {
            return true;
        }
        if self.genitive && word.strip_suffix('s') == Some(name.as_str()) {
            return true;
        }
        self.grammar != Grammar::None && is_form(self.grammar, &fold(&word), &fold(&name))
    }
}
