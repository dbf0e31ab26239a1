//! Properties of words and phrases without context: clusters, name lists, gazetteers.
//!
//! Only 32-bit hashes of the folded words are kept, so 200,000 entries take about a megabyte. The lists are in
//! `tools/train-tagger/data`.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::{han, hash};

/// Bits of a phrase that is a frequent word, in the models of languages that are tagged by characters.
pub const WORD: u8 = phrase::REGION | phrase::MISC;

/// Longest phrase of the gazetteer, in tokens.
pub const PHRASE: usize = 7;

/// Bits of a word's properties.
pub mod flag {
    /// A given name.
    pub const FIRST: u16 = 1;
    /// A surname.
    pub const LAST: u16 = 1 << 1;
    /// Ends an organisation's name: `Inc`, `Ltd`.
    pub const FORM: u16 = 1 << 2;
    /// Head of an organisation's name: `Bank`, `Ministry`, `University`.
    pub const HEAD: u16 = 1 << 3;
    /// Stands before a person: `Mr`, `General`, `President`.
    pub const TITLE: u16 = 1 << 4;
    /// An occupation: `minister`, `striker`, `spokesman`.
    pub const ROLE: u16 = 1 << 5;
    /// A nationality, religion or people.
    pub const DEMONYM: u16 = 1 << 6;
    /// A day or a month.
    pub const DATE: u16 = 1 << 7;
    /// Head of a place's name: `River`, `Mount`, `Province`.
    pub const PLACE: u16 = 1 << 8;
    /// Head of an event's or a work's name: `Cup`, `Open`, `Treaty`.
    pub const EVENT: u16 = 1 << 9;
    /// A function word.
    pub const FUNCTION: u16 = 1 << 10;
    /// A verb of saying.
    pub const SAYS: u16 = 1 << 11;
    /// One of the most frequent given names that are rarely anything else.
    pub const SURE_FIRST: u16 = 1 << 12;
    /// A phrase of two or more tokens begins with this word. It saves look-ups and is not a feature.
    pub const TWO: u16 = 1 << 13;
    /// A phrase of three or more tokens begins with this word; as [`TWO`].
    pub const MORE: u16 = 1 << 14;
    /// A phrase of the gazetteer begins with this word.
    pub const STARTS: u16 = 1 << 15;
}

/// Bits of a word's properties in the models of languages other than English. [`flag::FIRST`], [`flag::LAST`] and the bits
/// of phrases are the same.
pub mod general {
    use super::flag;

    /// The word lists that are features.
    pub const LISTS: u16 = flag::FIRST | flag::LAST | flag::DEMONYM | flag::TITLE;
    /// The first of three bits that hold the word's rank by frequency.
    const SHIFT: u32 = 8;

    /// The entry is the stem of a place's or an organisation's name.
    pub const PLACE: u16 = flag::PLACE;
    /// As [`PLACE`].
    pub const ORG: u16 = flag::FORM;
    /// Fewest letters of a stem.
    pub const STEM: usize = 3;
    /// Most letters of an ending.
    pub const ENDING: usize = 5;

    /// The key of a stem: of a word without its ending.
    #[must_use]
    pub fn stem(letters: &str) -> u32 {
        stem_of(crate::hash::word(letters))
    }

    /// The key of a stem by the hash of its letters.
    #[must_use]
    pub fn stem_of(hash: u32) -> u32 {
        crate::hash::join(1, hash)
    }

    /// Rank of the thousand most frequent words.
    pub const FREQUENT: u32 = 1;

    /// The class of a word's rank: 0 if it is not in the list, 1 for the most frequent thousand, then up to 4,000, 10,000
    /// and the rest.
    #[must_use]
    pub fn rank(flags: u16) -> u32 {
        u32::from(flags >> SHIFT & 7)
    }

    /// The flags of the word at a place of the list of frequent words.
    #[must_use]
    pub fn ranked(place: usize) -> u16 {
        let class = match place {
            0..1_000 => 1,
            1_000..4_000 => 2,
            4_000..10_000 => 3,
            _ => 4,
        };
        class << SHIFT
    }
}

/// Bits of a phrase's types.
pub mod phrase {
    /// A country or territory.
    pub const COUNTRY: u8 = 1;
    /// A city of 300,000 and more, or a capital.
    pub const CITY: u8 = 1 << 1;
    /// A smaller city.
    pub const TOWN: u8 = 1 << 2;
    /// A region, state, sea, mountain range, continent.
    pub const REGION: u8 = 1 << 3;
    /// A company, agency, party, international organisation.
    pub const ORG: u8 = 1 << 4;
    /// A club or team.
    pub const TEAM: u8 = 1 << 5;
    /// An event, award, treaty.
    pub const MISC: u8 = 1 << 6;
    /// A shop, bank, hotel or operator: a name that is often also a common word.
    pub const BRAND: u8 = 1 << 7;
}

/// Properties of one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Cluster at the finest level; 0 if unknown.
    pub cluster: u16,
    /// Bits of [`flag`].
    pub flags: u16,
}

/// Clusters, name lists and gazetteers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lexicon {
    words: Table<Word>,
    phrases: Table<u8>,
    /// The coarser clusters of each finest one.
    levels: Vec<[u16; 3]>,
}

impl Lexicon {
    /// Builds from words and phrases by hash and the coarser clusters of each finest one. A repeated word has all its
    /// flags and its first cluster.
    pub fn new(
        words: impl IntoIterator<Item = (u32, Word)>,
        phrases: impl IntoIterator<Item = (u32, u8)>,
        levels: Vec<[u16; 3]>,
    ) -> Lexicon {
        let merge_word = |old: &mut Word, new: Word| {
            old.flags |= new.flags;
            if old.cluster == 0 {
                old.cluster = new.cluster;
            }
        };
        Lexicon { words: Table::new(words, merge_word), phrases: Table::new(phrases, |old, new| *old |= new), levels }
    }

    /// Words in the order of their hashes.
    pub fn words(&self) -> impl Iterator<Item = (u32, Word)> {
        self.words.sorted()
    }

    /// Phrases in the order of their hashes.
    pub fn phrases(&self) -> impl Iterator<Item = (u32, u8)> {
        self.phrases.sorted()
    }

    /// The coarser clusters of each finest one.
    pub fn levels(&self) -> &[[u16; 3]] {
        &self.levels
    }

    /// The properties of a word by the hash of its [`key`].
    #[inline]
    pub fn word(&self, hash: u32) -> Word {
        self.words.get(hash).unwrap_or_default()
    }

    /// Bits of [`phrase`] by the joined hashes of its words' keys.
    #[inline]
    pub fn phrase(&self, hash: u32) -> u8 {
        self.phrases.get(hash).unwrap_or_default()
    }

    /// The three coarser clusters.
    #[inline]
    pub fn coarser(&self, cluster: u16) -> [u16; 3] {
        self.levels.get(usize::from(cluster)).copied().unwrap_or_default()
    }
}

/// The first code point of the scripts in which combining marks are vowels, so that they are kept: Devanagari and what
/// follows it.
const MARKS_KEPT: char = '\u{900}';

/// Folds a word for look-up: lower case, digits as 0, plain quotes and hyphens; and no diacritics in scripts with case, in
/// Arabic and in Hebrew.
pub fn key(word: &str) -> Cow<'_, str> {
    if word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase() && !byte.is_ascii_digit()) {
        return Cow::Borrowed(word);
    }
    if word.is_ascii() {
        let plain = |byte: u8| if byte.is_ascii_digit() { '0' } else { char::from(byte.to_ascii_lowercase()) };
        return Cow::Owned(word.bytes().map(plain).collect());
    }
    let mut key = String::with_capacity(word.len());
    if word.chars().any(|character| matches!(character, MARKS_KEPT..='\u{1dff}' | '\u{2e80}'..)) {
        let plain = |character: char| if character.is_numeric() { '0' } else { han::simplified(character) };
        key.extend(word.chars().map(plain).flat_map(char::to_lowercase));
        return Cow::Owned(key);
    }
    for character in word.nfd().filter(|character| !is_combining_mark(*character)) {
        match character {
            '\u{2019}' | '\u{2018}' => key.push('\''),
            '\u{201c}' | '\u{201d}' => key.push('"'),
            '\u{2013}' | '\u{2014}' => key.push('-'),
            'ł' | 'Ł' => key.push('l'),
            'ø' | 'Ø' => key.push('o'),
            'đ' | 'Đ' | 'ð' | 'Ð' => key.push('d'),
            'ß' => key.push_str("ss"),
            'æ' | 'Æ' => key.push_str("ae"),
            'œ' | 'Œ' => key.push_str("oe"),
            'ı' | 'İ' => key.push('i'),
            'þ' | 'Þ' => key.push_str("th"),
            _ if character.is_numeric() => key.push('0'),
            _ => key.extend(character.to_lowercase()),
        }
    }
    Cow::Owned(key)
}

/// The hash of a phrase from its words as written.
pub fn phrase_hash<'w>(words: impl IntoIterator<Item = &'w str>) -> u32 {
    let mut words = words.into_iter();
    let first = words.next().map_or(0, |first| hash::word(&key(first)));
    words.fold(first, |phrase, next| hash::join(phrase, hash::word(&key(next))))
}

/// An open-addressing hash table from 32-bit hashes; a key of 0 is not stored. Smaller and faster than `HashMap`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table<V> {
    slots: Vec<(u32, V)>,
}

impl<V: Copy + Default> Table<V> {
    pub fn new(entries: impl IntoIterator<Item = (u32, V)>, merge: impl Fn(&mut V, V)) -> Table<V> {
        let entries: Vec<(u32, V)> = entries.into_iter().filter(|(key, _)| *key != 0).collect();
        let size = (entries.len() * 2).next_power_of_two().max(2);
        let mut table = Table { slots: vec![(0, V::default()); size] };
        for (key, value) in entries {
            let at = table.find(key);
            let slot = &mut table.slots[at];
            if slot.0 == 0 {
                *slot = (key, value);
            } else {
                merge(&mut slot.1, value);
            }
        }
        table
    }

    /// The slot of `key`, or the empty one where it belongs. At most half of the slots are used.
    #[inline]
    fn find(&self, key: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (key.wrapping_mul(0x9e37_79b1) >> 7) as usize & mask;
        while self.slots[at].0 != key && self.slots[at].0 != 0 {
            at = (at + 1) & mask;
        }
        at
    }

    #[inline]
    pub fn get(&self, key: u32) -> Option<V> {
        if self.slots.is_empty() || key == 0 {
            return None;
        }
        let (found, value) = self.slots[self.find(key)];
        (found == key).then_some(value)
    }

    fn sorted(&self) -> impl Iterator<Item = (u32, V)> {
        let mut entries: Vec<(u32, V)> = self.slots.iter().filter(|(key, _)| *key != 0).copied().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        entries.into_iter()
    }
}
