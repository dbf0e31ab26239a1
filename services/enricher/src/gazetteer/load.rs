//! Reads `gazetteer.bin`; `tools/gazetteer/gazetteer.py` documents its format.

use super::{Code, Codes, Companies, Country, Gazetteer, Kind, Sense, table::Table, words};
use tagger::hash;

use std::{collections::HashMap, sync::Arc};

/// A file that is not a gazetteer of this format.
#[derive(Debug, thiserror::Error)]
pub enum GazetteerError {
    /// The file cannot be decompressed.
    #[error("the gazetteer cannot be decompressed: {0}")]
    Compression(#[from] std::io::Error),
    /// A line of the decompressed text is invalid.
    #[error("line {line} of the gazetteer is invalid: {why}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// Largest decompressed gazetteer, in bytes.
const LIMIT: u64 = 64 << 20;

impl Gazetteer {
    /// A gazetteer from the bytes of `gazetteer.bin` and the text of `companies.tsv`.
    ///
    /// # Errors
    /// [`GazetteerError`] if they are not of this format.
    pub fn from_bytes(bytes: &[u8], companies: &str) -> Result<Gazetteer, GazetteerError> {
        let mut text = String::new();
        let decoder = zstd::stream::read::Decoder::new(bytes)?;
        std::io::Read::read_to_string(&mut std::io::Read::take(decoder, LIMIT), &mut text)?;
        let mut gazetteer = Gazetteer {
            version: String::new(),
            countries: Vec::new(),
            senses: Vec::with_capacity(text.len() / 30),
            table: Table::default(),
            languages: Vec::new(),
            companies: Companies::new(companies),
            leaders: std::sync::OnceLock::new(),
        };
        let mut section = "";
        let mut more: HashMap<&str, Arc<str>> = HashMap::new();
        let mut neighbours: Vec<String> = Vec::new();
        // Phrase key and sense, in the order of the file.
        let mut phrases: Vec<(u64, Sense)> = Vec::with_capacity(text.len() / 30);
        let mut beginnings: Vec<u64> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let wrong = |why| GazetteerError::Line { line: number + 1, why };
            if let Some(name) = line.strip_prefix('#') {
                section = name;
                if !matches!(section, "V" | "C" | "E" | "L") {
                    gazetteer.languages.push((section.to_owned(), Vec::new()));
                }
                continue;
            }
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or("");
            match section {
                "V" => line.clone_into(&mut gazetteer.version),
                "C" => {
                    gazetteer.countries.push(Country {
                        code: field().to_owned(),
                        alpha3: field().to_owned(),
                        geonames_id: field().to_owned(),
                        name: field().to_owned(),
                        neighbours: Vec::new(),
                    });
                    neighbours.push(field().to_owned());
                }
                "E" => {
                    let name = field();
                    let letter = field();
                    let kind = kind(letter).ok_or_else(|| wrong("unknown kind"))?;
                    let mut countries = Codes::default();
                    for code in field().split(',').filter(|code| *code != "-") {
                        let code = gazetteer.code(code).ok_or_else(|| wrong("unknown country"))?;
                        if !countries.push(code) {
                            return Err(wrong("more than two countries"));
                        }
                    }
                    let (cased, name) = match name.strip_prefix("CASED:") {
                        Some(name) => (true, name),
                        None => (false, name),
                    };
                    let sense = Sense {
                        kind,
                        countries,
                        id: field().trim_start_matches('Q').parse().unwrap_or(0),
                        population: field().parse().unwrap_or(0),
                        detail: intern(field(), &mut more),
                        common: letter.starts_with(|c: char| c.is_ascii_lowercase()),
                        upper_case: cased,
                        lower: (false, false),
                        comma: name.contains(','),
                    };
                    phrase(name, sense, &mut phrases, &mut beginnings);
                }
                _ => {
                    let code = gazetteer.code(field()).ok_or_else(|| wrong("unknown country"))?;
                    if let Some((_, names)) = gazetteer.languages.last_mut() {
                        names.push((code, field().to_owned()));
                    }
                }
            }
        }
        for (at, codes) in neighbours.iter().enumerate() {
            let codes = codes.split(',').filter_map(|code| gazetteer.code(code)).collect();
            if let Some(country) = gazetteer.countries.get_mut(at) {
                country.neighbours = codes;
            }
        }
        // Stable, so that equal files give equal senses in equal order.
        phrases.sort_by_key(|(key, _)| *key);
        beginnings.sort_unstable();
        beginnings.dedup();
        let mut table = Table::with_capacity(phrases.len() + beginnings.len());
        let mut from = 0;
        for chunk in phrases.chunk_by(|a, b| a.0 == b.0) {
            if let Some((key, _)) = chunk.first() {
                table.phrase(*key, from..from + chunk.len());
            }
            from += chunk.len();
        }
        for key in beginnings {
            table.beginning(key);
        }
        gazetteer.senses.extend(phrases.into_iter().map(|(_, sense)| sense));
        gazetteer.table = table;
        gazetteer.version += &format!("-{:08x}", hash::fold(hash::bytes(companies.as_bytes())));
        Ok(gazetteer)
    }
}

/// One shared copy of each text.
fn intern<'t>(text: &'t str, known: &mut HashMap<&'t str, Arc<str>>) -> Arc<str> {
    known.entry(text).or_insert_with(|| Arc::from(text)).clone()
}

fn phrase(name: &str, mut sense: Sense, phrases: &mut Vec<(u64, Sense)>, beginnings: &mut Vec<u64>) {
    let words = words::words(name);
    let mut key: u64 = 0;
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            beginnings.push(key);
        }
        key = words::join(key, word.hash);
    }
    if let (Some(first), Some(last)) = (words.first(), words.last()) {
        sense.lower = (!first.capitalised, !last.capitalised);
        phrases.push((key, sense));
    }
}

fn kind(letter: &str) -> Option<Kind> {
    Some(match letter {
        "N" => Kind::Name,
        "D" => Kind::Demonym,
        "P" => Kind::Capital,
        "C" | "c" => Kind::City,
        "S" | "s" => Kind::Subdivision,
        "A" => Kind::Abbreviation,
        "K" => Kind::County,
        "O" => Kind::Organisation,
        "H" | "h" => Kind::Leader,
        "X" => Kind::NotAPlace,
        _ => return None,
    })
}

impl Gazetteer {
    /// A country by its index.
    #[must_use]
    pub fn country(&self, code: Code) -> Option<&Country> {
        self.countries.get(usize::from(code))
    }
}
