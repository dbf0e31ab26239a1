//! Names in other languages than English: the tables of `data/sources/gazetteer/languages`, and countries from CLDR.

use crate::gazetteer::{Code, Gazetteer, Kind, words};
use std::{collections::HashMap, sync::OnceLock};

/// Made by `tools/gazetteer/languages.py`, which documents the format.
static TABLES: &[u8] = include_bytes!("../../../data/generated/languages.bin");

/// Largest file, decompressed.
const LARGEST: usize = 64 << 20;

/// What a form names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Its kind; [`Kind::NotAPlace`] for a phrase that names no country.
    pub(super) kind: Kind,
    /// The country; none for a phrase that names no country.
    pub(super) code: Option<Code>,
    /// Its sense in the gazetteer, if that has it.
    pub(super) sense: Option<usize>,
    /// The form's language is not known: a city's alternate name.
    pub(super) doubtful: bool,
    /// The English name; empty for countries and peoples.
    pub(super) english: &'static str,
}

/// A form and its entry.
pub(super) struct Form<'t> {
    pub(super) text: &'t str,
    pub(super) entry: Entry,
}

/// The tables, decompressed at the first call; empty if the shipped file is damaged, which a test excludes.
fn tables() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let bytes = zstd::bulk::decompress(TABLES, LARGEST).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    })
}

/// The first digits of the tables' hash.
pub(super) fn version() -> String {
    format!("{:08x}", tagger::hash::fold(tagger::hash::bytes(TABLES)))
}

/// The tags of the tables.
pub(super) fn tags() -> impl Iterator<Item = &'static str> {
    tables().lines().filter_map(|line| line.strip_prefix('#'))
}

/// The forms of the table of a language.
pub(super) fn forms(tag: &str, gazetteer: &Gazetteer, senses: &Senses) -> Vec<Form<'static>> {
    let mut forms = Vec::new();
    let section = tables().lines().skip_while(|line| line.strip_prefix('#') != Some(tag)).skip(1);
    for line in section.take_while(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(kind), Some(code), Some(english), Some(texts)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let doubtful = kind == "c";
        let kind = match kind {
            "N" => Kind::Name,
            "D" => Kind::Demonym,
            "P" => Kind::Capital,
            "C" | "c" => Kind::City,
            "S" => Kind::Subdivision,
            "O" => Kind::Organisation,
            "H" => Kind::Leader,
            _ => Kind::NotAPlace,
        };
        let code = gazetteer.code(code);
        if code.is_none() && kind != Kind::NotAPlace {
            continue;
        }
        let entry = Entry { kind, code, sense: senses.of(kind, code, english, gazetteer), doubtful, english };
        forms.extend(texts.split('|').map(|text| Form { text: text.trim(), entry: entry.clone() }));
    }
    forms
}

/// The gazetteer's senses of countries and peoples by country.
#[derive(Debug)]
pub(super) struct Senses {
    names: HashMap<Code, usize>,
    demonyms: HashMap<Code, usize>,
}

impl Senses {
    pub(super) fn new(gazetteer: &Gazetteer) -> Self {
        let (mut names, mut demonyms) = (HashMap::new(), HashMap::new());
        for (index, sense) in (0..).map_while(|index| gazetteer.sense(index).map(|sense| (index, sense))) {
            let [code] = sense.countries[..] else { continue };
            match sense.kind {
                Kind::Name if sense.id != 0 && !sense.upper_case => {
                    names.entry(code).or_insert(index);
                }
                Kind::Demonym if sense.detail.is_empty() => {
                    demonyms.entry(code).or_insert(index);
                }
                _ => {}
            }
        }
        Senses { names, demonyms }
    }

    /// The sense of an entry: of countries and peoples by country, of the others by the English name.
    pub(super) fn of(&self, kind: Kind, code: Option<Code>, english: &str, gazetteer: &Gazetteer) -> Option<usize> {
        let code = code?;
        match kind {
            Kind::Name => return self.names.get(&code).copied(),
            Kind::Demonym => return self.demonyms.get(&code).copied(),
            _ => {}
        }
        let like = |other: Kind| match kind {
            Kind::Capital | Kind::City => matches!(other, Kind::Capital | Kind::City),
            kind => kind == other,
        };
        of_name(english, gazetteer).into_iter().find(|index| {
            gazetteer.sense(*index).is_some_and(|sense| like(sense.kind) && sense.countries.contains(&code))
        })
    }
}

/// The gazetteer's senses of an English name.
pub(super) fn of_name(english: &str, gazetteer: &Gazetteer) -> Vec<usize> {
    let words = words::words(english);
    let found = gazetteer.longest(&words, 0, false).filter(|found| found.end == words.len());
    found.map(|found| found.senses).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_the_languages_are_read() {
        let gazetteer = Gazetteer::shipped().unwrap();
        let senses = Senses::new(gazetteer);
        assert!(tags().count() >= 30);
        for tag in tags() {
            let forms = forms(tag, gazetteer, &senses);
            let cities = forms.iter().filter(|form| form.entry.kind == Kind::City).count();
            assert!(cities > 50, "{tag} has {cities} cities");
        }
    }
}
