//! What the enricher knows of the world: countries, cities, subdivisions, organisations and heads of state by name.
//!
//! Two files, shipped in the binary: `data/gazetteer.bin`, made by `data/build.py`, and for companies
//! `data/companies.tsv`, made by `data/companies.py`.

mod companies;
mod leaders;
mod load;
mod table;
pub mod words;

use std::sync::{Arc, OnceLock};
use table::Table;
use words::{Separator, Word};

pub use companies::Companies;
pub use load::GazetteerError;

/// Index of a country in [`Gazetteer::countries`].
pub type Code = u16;

/// A country of ISO 3166-1 (and Kosovo by its user-assigned code).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// Alpha-2.
    pub code: String,
    /// Alpha-3.
    pub alpha3: String,
    /// GeoNames number.
    pub geonames_id: String,
    /// English short name (CLDR).
    pub name: String,
    /// Countries that it has a border with.
    pub neighbours: Vec<Code>,
}

/// What kind of thing a phrase names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A country, or a part of one that stands for it (`England`, `Gaza`).
    Name,
    /// People of a country, or the adjective.
    Demonym,
    /// A capital.
    Capital,
    /// A city or town.
    City,
    /// A first-level subdivision, or another region of one country.
    Subdivision,
    /// The abbreviation of a subdivision, meaningful behind a comma.
    Abbreviation,
    /// A county of the United States.
    County,
    /// An organisation or metonym.
    Organisation,
    /// A head of state or government.
    Leader,
    /// No mention of a place, though it looks like one.
    NotAPlace,
}

/// Two countries at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Codes {
    codes: [Code; 2],
    count: u8,
}

impl Codes {
    /// Adds one; false where there is no room.
    pub fn push(&mut self, code: Code) -> bool {
        match self.codes.get_mut(usize::from(self.count)) {
            Some(slot) => {
                *slot = code;
                self.count += 1;
                true
            }
            None => false,
        }
    }
}

impl std::ops::Deref for Codes {
    type Target = [Code];

    fn deref(&self) -> &[Code] {
        self.codes.get(..usize::from(self.count)).unwrap_or(&[])
    }
}

/// One meaning of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sense {
    /// What it names.
    pub kind: Kind,
    /// Countries that it is evidence of; empty for none.
    pub countries: Codes,
    /// GeoNames number, or Wikidata's without its `Q` for organisations and leaders; 0 where unknown.
    pub id: u32,
    /// Inhabitants, 0 where it does not apply.
    pub population: u32,
    /// ISO 3166-2 of the subdivision; for cities of some countries the part behind the hyphen; for organisations,
    /// leaders and non-places `type|kind|canonical name`.
    pub detail: Arc<str>,
    /// Its name is a common English word too (`Reading`, `Police`).
    pub common: bool,
    /// It counts only in capitals throughout.
    pub upper_case: bool,
    /// Its first and its last word begin in lower case as the name is written.
    lower: (bool, bool),
    /// The name holds a comma.
    comma: bool,
}

impl Sense {
    /// Natural logarithm of the population, of at least 300.
    #[must_use]
    pub fn log_population(&self) -> f64 {
        f64::from(self.population.max(300)).ln()
    }
}

/// A phrase found in a text: words `start..end` and the senses that it has there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Index of the first word.
    pub start: usize,
    /// One past the last word.
    pub end: usize,
    /// Indices into [`Gazetteer::senses`].
    pub senses: Vec<usize>,
}

/// The gazetteer. One serves any number of threads.
#[derive(Debug)]
pub struct Gazetteer {
    version: String,
    countries: Vec<Country>,
    senses: Vec<Sense>,
    table: Table,
    languages: Vec<(String, Vec<(Code, String)>)>,
    companies: Companies,
    leaders: OnceLock<leaders::Leaders>,
}

static SHIPPED: &[u8] = include_bytes!("../../data/generated/gazetteer.bin");

/// Longest phrase in words that is looked for.
const LONGEST: usize = 9;

impl Gazetteer {
    /// The shipped gazetteer, read at the first call and kept.
    ///
    /// # Errors
    /// [`GazetteerError`] where the shipped file does not fit this program, which a test excludes.
    pub fn shipped() -> Result<&'static Gazetteer, GazetteerError> {
        static GAZETTEER: OnceLock<Gazetteer> = OnceLock::new();
        if let Some(gazetteer) = GAZETTEER.get() {
            return Ok(gazetteer);
        }
        let gazetteer = Gazetteer::from_bytes(SHIPPED, companies::SHIPPED)?;
        Ok(GAZETTEER.get_or_init(|| gazetteer))
    }

    /// Date of the sources and hashes of both files' content, for `gazetteer_version`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// All countries, by alpha-2.
    #[must_use]
    pub fn countries(&self) -> &[Country] {
        &self.countries
    }

    /// Index of a country by alpha-2.
    #[must_use]
    pub fn code(&self, alpha2: &str) -> Option<Code> {
        let at = self.countries.binary_search_by(|country| country.code.as_str().cmp(alpha2)).ok()?;
        Code::try_from(at).ok()
    }

    /// Large companies by name.
    #[must_use]
    pub fn companies(&self) -> &Companies {
        &self.companies
    }

    /// A sense by its index.
    #[must_use]
    pub fn sense(&self, index: usize) -> Option<&Sense> {
        self.senses.get(index)
    }

    /// Languages beside English with the names that countries have in them: BCP 47 tag, then country and name.
    #[must_use]
    pub fn languages(&self) -> &[(String, Vec<(Code, String)>)] {
        &self.languages
    }

    /// What the table and the senses take in memory, in bytes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.table.bytes() + self.senses.len() * size_of::<Sense>()
    }

    /// The longest phrase that begins at word `at`, with the senses that its writing allows.
    #[must_use]
    pub fn longest(&self, words: &[Word], at: usize) -> Option<Match> {
        let mut key = 0;
        let mut best = None;
        for (offset, word) in words.get(at..)?.iter().take(LONGEST).enumerate() {
            if offset > 0 && !passable(words.get(at + offset - 1)?, word) {
                break;
            }
            key = words::join(key, word.hash);
            let Some(slot) = self.table.get(key) else { break };
            let senses: Vec<usize> =
                slot.senses().filter(|sense| self.fits(*sense, words, at, at + offset + 1)).collect();
            if !senses.is_empty() {
                best = Some(Match { start: at, end: at + offset + 1, senses });
            }
            if !slot.longer() {
                break;
            }
        }
        best
    }

    /// Whether a sense may be written as these words are.
    fn fits(&self, sense: usize, words: &[Word], start: usize, end: usize) -> bool {
        let (Some(sense), Some(span)) = (self.senses.get(sense), words.get(start..end)) else { return false };
        let (Some(first), Some(last)) = (span.first(), span.last()) else { return false };
        if sense.upper_case {
            return span.iter().all(|word| word.all_caps);
        }
        // `us`, `march` and `turkey` are no names; `al-Qaeda` is.
        (first.capitalised || sense.lower.0)
            && (last.capitalised || sense.lower.1)
            && (sense.comma || span.iter().skip(1).all(|word| word.separator != Separator::Comma))
    }
}

/// Whether a name can go on from one word to the next.
fn passable(before: &Word, word: &Word) -> bool {
    match word.separator {
        Separator::Space | Separator::Hyphen | Separator::Apostrophe | Separator::Ampersand | Separator::Comma => true,
        // `St. Lucia` and `U.S.`, but not the end of a sentence.
        Separator::Stop => before.end - before.start <= 3,
        Separator::Break | Separator::Bracket | Separator::Slash => false,
    }
}
