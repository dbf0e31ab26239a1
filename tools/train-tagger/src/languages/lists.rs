//! The word lists of a language, made by `builders/languages.py`.

use crate::lists::Lists;
use std::{collections::BTreeMap, fs, io, path::Path};
use tagger::training::{
    Lexicon, PHRASE, Style, Vectors, Word, characters, flag, hash_word, key, phrase, phrase_hash, ranks,
};

/// Largest list file, decompressed.
const LARGEST: usize = 64 << 20;
/// Brown clusters are numbered by paths in a tree: the last bits of a number are the path's beginning.
const COARSE: [u32; 2] = [10, 6];
/// Longest word of the frequent words' list that is a word of text without spaces, in tokens.
const DENSE: usize = 6;

/// A phrase list and its bits.
const PHRASES: &[(&str, u8)] = &[
    ("country", phrase::COUNTRY),
    ("city", phrase::CITY),
    ("town", phrase::TOWN),
    ("region", phrase::REGION),
    ("company", phrase::ORG),
    ("org", phrase::TEAM),
];

/// Reads the lists of a language in the folder `data`.
///
/// # Errors
/// If the file cannot be read.
pub fn read(data: &Path, tag: &str, style: Style) -> io::Result<Lists> {
    let bytes = fs::read(data.join("generated/languages").join(format!("{tag}.tsv.zst")))?;
    let text = String::from_utf8(zstd::bulk::decompress(&bytes, LARGEST)?).map_err(io::Error::other)?;
    let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, entry) in text.lines().filter_map(|line| line.split_once('\t')) {
        lists.entry(name.to_owned()).or_default().push(entry.to_owned());
    }
    let own = |name: &str| lists.get(name).map_or_else(String::new, |names| names.join("|"));
    let people = format!("{tag}\t{}\t{}", own("given"), own("family"));
    lists.insert("people".to_owned(), vec![people]);
    let lexicon = if style == Style::Characters { dense(&lists, style) } else { spaced(&lists, style) };
    Ok(Lists { lexicon, text: lists, vectors: Vectors::default() })
}

fn list<'l>(lists: &'l BTreeMap<String, Vec<String>>, name: &str) -> &'l [String] {
    lists.get(name).map_or(&[], Vec::as_slice)
}

/// The lexicon of a language with words between spaces.
fn spaced(lists: &BTreeMap<String, Vec<String>>, style: Style) -> Lexicon {
    let mut words: Vec<(u32, Word)> = Vec::new();
    let mut levels: Vec<[u16; 3]> = vec![[0; 3]];
    let mut numbers: BTreeMap<u32, u16> = BTreeMap::new();
    for line in list(lists, "cluster") {
        let Some((number, word)) = line.split_once(' ') else { continue };
        let number: u32 = number.parse().unwrap_or(0);
        let cluster = *numbers.entry(number).or_insert_with(|| {
            let coarse = COARSE.map(|bits| (number & ((1 << bits) - 1)) as u16);
            levels.push([coarse[0], coarse[1], 0]);
            u16::try_from(levels.len() - 1).unwrap_or(0)
        });
        words.push((hash_word(&key(word)), Word { cluster, flags: 0 }));
    }
    // The keys of several spellings are equal: the most frequent one decides.
    let mut ranked = std::collections::BTreeSet::new();
    for (place, word) in list(lists, "word").iter().enumerate() {
        let hash = hash_word(&key(word));
        if ranked.insert(hash) {
            words.push((hash, Word { cluster: 0, flags: ranks::ranked(place) }));
        }
    }
    for (name, flags) in [("first", flag::FIRST), ("last", flag::LAST)] {
        words.extend(list(lists, name).iter().map(|word| (hash_word(&key(word)), Word { cluster: 0, flags })));
    }
    words.extend(stems(lists));
    let mut phrases = Vec::new();
    for (name, bits) in PHRASES {
        for line in list(lists, name) {
            let tokens = style.tokenise(line);
            let parts: Vec<&str> = tokens.tokens.iter().map(|token| token.text(line)).collect();
            let Some(first) = parts.first().filter(|_| parts.len() <= PHRASE) else { continue };
            let length = match parts.len() {
                1 => 0,
                2 => flag::TWO,
                _ => flag::TWO | flag::MORE,
            };
            words.push((hash_word(&key(first)), Word { cluster: 0, flags: flag::STARTS | length }));
            phrases.push((phrase_hash(parts.iter().copied()), *bits));
        }
    }
    Lexicon::new(words, phrases, levels)
}

/// Lists whose entries of one word are also looked for with the endings of the language.
const STEMS: &[(&str, u16)] = &[
    ("first", flag::FIRST),
    ("last", flag::LAST),
    ("country", ranks::PLACE),
    ("city", ranks::PLACE),
    ("town", ranks::PLACE),
    ("region", ranks::PLACE),
    ("company", ranks::ORG),
    ("org", ranks::ORG),
    ("demonym", flag::DEMONYM),
];

/// The stems of the words in the lists: without their last vowels, or up to the `*` of an entry that has one.
fn stems(lists: &BTreeMap<String, Vec<String>>) -> Vec<(u32, Word)> {
    let mut stems = Vec::new();
    for (name, flags) in STEMS {
        for entry in list(lists, name).iter().filter(|entry| !entry.contains(' ')) {
            let folded = key(entry.trim_end_matches('*'));
            let whole = entry.ends_with('*');
            let stem = if whole { &*folded } else { folded.trim_end_matches(VOWELS) };
            let cut = if folded.chars().count() - stem.chars().count() > 2 { &*folded } else { stem };
            if cut.chars().count() >= ranks::STEM {
                stems.push((ranks::stem(cut), Word { cluster: 0, flags: *flags }));
            }
        }
    }
    stems
}

/// Letters that a name may lose before an ending.
const VOWELS: [char; 22] =
    ['a', 'e', 'i', 'o', 'u', 'y', 'а', 'е', 'и', 'о', 'у', 'ы', 'э', 'ю', 'я', 'и', 'ь', 'α', 'η', 'ο', 'і', 'є'];

/// The lexicon of a language that is tagged by characters: every entry is a phrase of characters.
fn dense(lists: &BTreeMap<String, Vec<String>>, style: Style) -> Lexicon {
    let mut words = Vec::new();
    let mut phrases = Vec::new();
    let ranked = list(lists, "word")
        .iter()
        .enumerate()
        .map(|(place, word)| (word, if place < 4_000 { phrase::REGION } else { phrase::MISC }, DENSE));
    let named = [
        ("last", phrase::TEAM),
        ("first", phrase::BRAND),
        ("country", phrase::COUNTRY),
        ("city", phrase::CITY),
        ("town", phrase::TOWN),
        ("region", phrase::CITY),
        ("company", phrase::ORG),
        ("org", phrase::ORG),
    ]
    .into_iter()
    .flat_map(|(name, bits)| list(lists, name).iter().map(move |word| (word, bits, characters::LONGEST)));
    for (word, bits, longest) in ranked.chain(named) {
        let tokens = style.tokenise(word);
        let parts: Vec<&str> = tokens.tokens.iter().map(|token| token.text(word)).collect();
        if let Some(first) = parts.first().filter(|_| parts.len() <= longest) {
            words.push((hash_word(&key(first)), Word { cluster: 0, flags: flag::STARTS }));
            phrases.push((phrase_hash(parts.iter().copied()), bits));
        }
    }
    Lexicon::new(words, phrases, Vec::new())
}
