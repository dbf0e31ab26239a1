//! Countries, cities, subdivisions, organisations, leaders and companies by name.
//!
//! The data is compiled in: `data/generated/gazetteer.bin` and `companies.tsv`, made by `tools/gazetteer`.

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
    /// Countries that it borders.
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
    /// The abbreviation of a subdivision, meaningful after a comma (`Macon, Ga.`).
    Abbreviation,
    /// A county of the United States.
    County,
    /// An organisation or metonym.
    Organisation,
    /// A head of state or government.
    Leader,
    /// A phrase that contains a place name and is not a mention of it.
    NotAPlace,
}

/// At most two countries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Codes {
    codes: [Code; 2],
    count: u8,
}

impl Codes {
    /// Adds a country; returns false if there are two already.
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
    /// GeoNames number; for organisations and leaders the Wikidata number without its `Q`. 0 if unknown.
    pub id: u32,
    /// Population; 0 if it does not apply.
    pub population: u32,
    /// For subdivisions the ISO 3166-2 code; for cities of some countries the part of that code after the hyphen; for
    /// organisations, leaders and non-places `type|kind|canonical name`.
    pub detail: Arc<str>,
    /// Its name is also a common English word (`Reading`, `Police`).
    pub common: bool,
    /// It matches only in capitals throughout.
    pub upper_case: bool,
    /// Whether its first and its last word are written with a lower-case initial.
    lower: (bool, bool),
    /// The name contains a comma.
    comma: bool,
}

impl Sense {
    /// Whether a text without capitals names it, too: the names of villages and foreign subdivisions are words there.
    fn is_known_in_lower_case(&self) -> bool {
        const LARGE: u32 = 200_000;
        match self.kind {
            Kind::Name | Kind::Demonym | Kind::Capital | Kind::Leader | Kind::NotAPlace => &*self.detail != "prefix",
            Kind::City => !self.common && self.population >= LARGE,
            Kind::Subdivision => !self.common && self.detail.starts_with("US-"),
            Kind::Organisation => self.detail.contains("|metonym|"),
            Kind::Abbreviation | Kind::County => false,
        }
    }

    /// Natural logarithm of the population, of at least 300.
    #[must_use]
    pub fn log_population(&self) -> f64 {
        f64::from(self.population.max(300)).ln()
    }
}

/// A phrase in a text, with the senses that its spelling there allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Index of the first word.
    pub start: usize,
    /// One past the last word.
    pub end: usize,
    /// Indices into [`Gazetteer::senses`].
    pub senses: Vec<usize>,
}

/// The gazetteer, shared by threads.
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

/// Longest phrase, in words.
const LONGEST: usize = 9;

impl Gazetteer {
    /// The shipped gazetteer, decoded at the first call.
    ///
    /// # Errors
    /// [`GazetteerError`] if the shipped files do not fit this program; a test excludes that.
    pub fn shipped() -> Result<&'static Gazetteer, GazetteerError> {
        static GAZETTEER: OnceLock<Gazetteer> = OnceLock::new();
        if let Some(gazetteer) = GAZETTEER.get() {
            return Ok(gazetteer);
        }
        let gazetteer = Gazetteer::from_bytes(SHIPPED, companies::SHIPPED)?;
        Ok(GAZETTEER.get_or_init(|| gazetteer))
    }

    /// The value of `gazetteer_version`: date of the sources and hashes of both files.
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

    /// Whether one of the senses is of one of the kinds.
    #[must_use]
    pub fn has_kind(&self, senses: &[usize], kinds: &[Kind]) -> bool {
        senses.iter().filter_map(|sense| self.sense(*sense)).any(|sense| kinds.contains(&sense.kind))
    }

    /// Names of countries in other languages than English, by BCP 47 tag.
    #[must_use]
    pub fn languages(&self) -> &[(String, Vec<(Code, String)>)] {
        &self.languages
    }

    /// Approximate memory of table and senses, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.table.bytes() + self.senses.len() * size_of::<Sense>()
    }

    /// The longest phrase that begins at word `at`, with the senses that its spelling allows. `lower`: the text has no
    /// capitals.
    #[must_use]
    pub fn longest(&self, words: &[Word], at: usize, lower: bool) -> Option<Match> {
        let mut key = 0;
        let mut best = None;
        for (offset, word) in words.get(at..)?.iter().take(LONGEST).enumerate() {
            if offset > 0 && !passable(words.get(at + offset - 1)?, word) {
                break;
            }
            key = words::join(key, word.hash);
            let Some(slot) = self.table.get(key) else { break };
            let senses: Vec<usize> =
                slot.senses().filter(|sense| self.fits(*sense, words.get(at..=at + offset), lower)).collect();
            if !senses.is_empty() {
                best = Some(Match { start: at, end: at + offset + 1, senses });
            }
            if !slot.longer() {
                break;
            }
        }
        best
    }

    /// Whether a sense may be spelt like these words.
    fn fits(&self, sense: usize, span: Option<&[Word]>, lower: bool) -> bool {
        let (Some(sense), Some(span)) = (self.senses.get(sense), span) else { return false };
        let (Some(first), Some(last)) = (span.first(), span.last()) else { return false };
        let commas = || sense.comma || span.iter().skip(1).all(|word| word.separator != Separator::Comma);
        if lower && !first.capitalised {
            return sense.is_known_in_lower_case() && commas();
        }
        if sense.upper_case {
            return span.iter().all(|word| word.all_caps);
        }
        // `us`, `march` and `turkey` are not names; `al-Qaeda` is.
        (first.capitalised || sense.lower.0) && (last.capitalised || lower || sense.lower.1) && commas()
    }
}

/// Whether a name can contain both words.
fn passable(before: &Word, word: &Word) -> bool {
    match word.separator {
        Separator::Space | Separator::Hyphen | Separator::Apostrophe | Separator::Ampersand | Separator::Comma => true,
        // `St. Lucia` and `U.S.`, but not the end of a sentence.
        Separator::Stop => before.end - before.start <= 3,
        Separator::Break | Separator::Bracket | Separator::Slash => false,
    }
}
