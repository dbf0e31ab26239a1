//! Countries in other languages than English: by the tables of this project, with country names from CLDR.
//!
//! [`Index`] finds the forms, inflected ones included (`inflection`). `context` and `spans` exclude those that name another
//! thing: by the words around them and by the tagger's names. Of several countries the text's others decide. Places that the
//! tagger sees and no table has are looked for in the gazetteer (`elsewhere`).

mod context;
mod elsewhere;
mod fold;
mod index;
mod inflection;
mod names;
mod settle;
mod spans;

use super::place::Place;
use crate::{
    document::{Document, Field},
    gazetteer::{Gazetteer, Kind, words::Separator},
};
pub(crate) use inflection::name_stem;

use context::Context;
use index::{Found, Index};
use names::{Entry, Form, Senses};
use settle::Mention;
use std::{collections::BTreeMap, sync::OnceLock};
use tagger::{Span, Tagger};

/// The languages' tables, each indexed at first use.
#[derive(Debug)]
pub struct Languages {
    /// By tag in lower case.
    indexes: BTreeMap<String, OnceLock<Index>>,
    senses: OnceLock<Senses>,
}

/// What [`Languages::scan`] finds.
#[derive(Debug, Default)]
pub struct Scan {
    /// The mentions of countries, in the order of the text.
    pub places: Vec<Place>,
    /// Forms that name another thing than a country or a place in it, in the order of the text.
    excluded: Vec<Excluded>,
}

impl Scan {
    /// Whether a name of the tagger at these bytes of a field is only a part of another thing.
    #[must_use]
    pub fn excludes(&self, field: usize, start: usize, end: usize) -> bool {
        let next = self.excluded.partition_point(|other| (other.field, other.end) <= (field, start));
        self.excluded.get(next).is_some_and(|other| other.covers(field, start, end))
    }
}

/// A form that names another thing.
#[derive(Debug, Clone, Copy)]
struct Excluded {
    field: usize,
    /// First byte.
    start: usize,
    /// One past the last byte.
    end: usize,
    /// It is the whole name of the other thing, such as a sea; else only a part of it or of a phrase.
    whole: bool,
}

impl Excluded {
    fn covers(&self, field: usize, start: usize, end: usize) -> bool {
        let inside = self.field == field && self.start <= start && end <= self.end;
        inside && !(self.whole && (self.start, self.end) == (start, end))
    }
}

/// Most mentions of an article.
const PLACES: usize = 10_000;

fn base(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

/// The tag under which the tables have a language.
fn known_as(tag: &str) -> &str {
    match base(tag) {
        "nb" | "nn" => "no",
        "bs" | "sh" => "hr",
        "ms" => "id",
        base => base,
    }
}

impl Languages {
    /// Identifies the tables: a hash of their file.
    #[must_use]
    pub fn version() -> String {
        names::version()
    }

    /// The languages of the tables and of a gazetteer.
    #[must_use]
    pub fn new(gazetteer: &Gazetteer) -> Self {
        let listed = gazetteer.languages().iter().map(|(tag, _)| tag.to_ascii_lowercase());
        let tags = listed.chain(names::tags().map(str::to_owned));
        Languages { indexes: tags.map(|tag| (tag, OnceLock::new())).collect(), senses: OnceLock::new() }
    }

    /// Mentions of countries in the language `tag` (BCP 47); `None` if no names are known in it. `read` is the
    /// language's tagger and the names that it finds, in the order of the text; none if no tagger reads the language.
    #[must_use]
    pub fn scan(
        &self,
        document: &Document<'_>,
        gazetteer: &Gazetteer,
        tag: &str,
        read: Option<(&Tagger, &[Span])>,
        own: &[&str],
    ) -> Option<Scan> {
        let tag = tag.to_ascii_lowercase().replace('_', "-");
        let senses = self.senses.get_or_init(|| Senses::new(gazetteer));
        let known = known_as(&tag);
        let (key, cell) = self
            .indexes
            .get_key_value(tag.as_str())
            .filter(|_| known == base(&tag))
            .or_else(|| self.indexes.get_key_value(known))?;
        let index = cell.get_or_init(|| Index::new(known, &forms(key, known, gazetteer, senses)));
        let context = Context::of(known, read.map(|(tagger, _)| tagger));
        let spans = read.map_or(&[][..], |(_, spans)| spans);
        // What the forms cover, excluded ones included.
        let mut covered = Vec::new();
        let mut excluded = Vec::new();
        let mut mentions: Vec<Mention<'_>> = Vec::new();
        for (number, field) in document.fields.iter().enumerate() {
            let spans = spans::of_field(spans, number);
            // One past the last word of a list of languages: `francés, inglés y japonés`.
            let mut languages = None;
            for found in index.find(field, |forms| document.budget.take(forms.max(1))) {
                if spans::is_own_name(field, &found, own) {
                    continue;
                }
                if mentions.len() >= PLACES {
                    document.budget.cut();
                    break;
                }
                covered.push((number, found.start, found.end));
                let people = found.entries.iter().any(|entry| entry.kind == Kind::Demonym);
                let listed = languages.is_some_and(|end| continues_list(field, end, found.words.0));
                if people && (listed || context.names_language(field, found.words.0, found.words.1)) {
                    languages = Some(found.words.1);
                    excluded.push(Excluded { field: number, start: found.start, end: found.end, whole: false });
                    continue;
                }
                let reading = spans::reading(spans, found.start, found.end);
                let doubted = context.is_ambiguous(field.slice(found.start, found.end))
                    && match read {
                        Some(_) => !reading.is_some_and(spans::Reading::is_place),
                        None => begins_sentence(field, found.words.0),
                    };
                if let Some(entries) = kept(field, &found, reading, &context, gazetteer).filter(|_| !doubted) {
                    mentions.push(Mention { field: number, start: found.start, end: found.end, entries });
                } else {
                    let whole = found.entries.iter().any(|entry| entry.kind == Kind::NotAPlace);
                    excluded.push(Excluded { field: number, start: found.start, end: found.end, whole });
                }
            }
        }
        let mut places = settle::places(&mentions, gazetteer);
        covered.sort_unstable();
        excluded.sort_by_key(|other| (other.field, other.start));
        elsewhere::add(document, gazetteer, spans, &covered, &mut places);
        places.sort_by_key(|place| (place.field, place.start));
        Some(Scan { places, excluded })
    }
}

/// Whether a word is the first of its sentence.
fn begins_sentence(field: &Field<'_>, at: usize) -> bool {
    let word = field.words.get(at);
    at == 0 || word.is_some_and(|word| matches!(word.separator, Separator::Break | Separator::Stop))
}

/// Whether a list that ends before word `end` goes on at word `start`: commas, a conjunction, and few small words between.
fn continues_list(field: &Field<'_>, end: usize, start: usize) -> bool {
    const BETWEEN: usize = 6;
    let words = field.words.get(end..=start).unwrap_or(&[]);
    let close = (1..=BETWEEN + 1).contains(&words.len());
    let (last, between) = words.split_last().map_or((None, words), |(last, between)| (Some(last), between));
    close
        && between.iter().all(|word| !word.capitalised && word.end - word.start <= 8)
        && words.iter().all(|word| matches!(word.separator, Separator::Space | Separator::Comma))
        && last.is_some_and(|last| last.separator == Separator::Comma || !between.is_empty())
}

/// The forms of a language: of its table and of CLDR.
fn forms<'g>(tag: &str, table: &str, gazetteer: &'g Gazetteer, senses: &Senses) -> Vec<Form<'g>> {
    let mut forms: Vec<Form<'g>> = names::forms(table, gazetteer, senses);
    let listed = gazetteer.languages().iter().filter(|(other, _)| {
        let other = other.to_ascii_lowercase();
        other == tag || other == table || base(&other) == table && matches!(table, "zh" | "sr")
    });
    for (code, name) in listed.flat_map(|(_, names)| names) {
        let sense = senses.of(Kind::Name, Some(*code), "", gazetteer);
        let entry = Entry { kind: Kind::Name, code: Some(*code), sense, doubtful: false, english: "" };
        forms.push(Form { text: name, entry });
    }
    // The state of Georgia has the country's name.
    let (country, state) = (gazetteer.code("GE"), gazetteer.code("US"));
    let sense = senses.of(Kind::Subdivision, state, "Georgia", gazetteer);
    let entry = Entry { kind: Kind::Subdivision, code: state, sense, doubtful: false, english: "Georgia" };
    let named: Vec<_> = forms
        .iter()
        .filter(|form| form.entry.kind == Kind::Name && form.entry.code == country)
        .map(|form| form.text)
        .collect();
    forms.extend(named.into_iter().map(|text| Form { text, entry: entry.clone() }));
    forms
}

/// The entries of a form that are mentions; none if it names another thing.
fn kept<'i>(
    field: &Field<'_>,
    found: &Found<'i>,
    reading: Option<spans::Reading>,
    context: &Context<'_>,
    gazetteer: &Gazetteer,
) -> Option<Vec<&'i Entry>> {
    let text = field.slice(found.start, found.end);
    if found.entries.iter().any(|entry| entry.kind == Kind::NotAPlace) {
        return None;
    }
    let begins = reading.is_some_and(|reading| reading.begins(found.start));
    let parted = !begins && context.is_parted(field.text, found.start, found.end);
    let dense = found.words.0 == found.words.1;
    let other = |entry: &Entry| {
        let code = entry.code.and_then(|code| gazetteer.country(code)).map_or("", |country| country.code.as_str());
        if dense {
            matches!(entry.kind, Kind::Name) && context::names_other_thing_unspaced(field, found.start, text)
        } else {
            context.names_other_thing(field, found.words, entry.kind, code)
        }
    };
    let mut entries: Vec<&Entry> = found.entries.iter().copied().filter(|entry| !other(entry)).collect();
    entries.retain(|entry| {
        let office = matches!(entry.kind, Kind::Organisation | Kind::Leader | Kind::Demonym);
        (office || !parted) && spans::allow(entry, reading, field)
    });
    // A table's name is more certain than an alternate name of a city.
    if entries.iter().any(|entry| !entry.doubtful) {
        entries.retain(|entry| !entry.doubtful);
    }
    (!entries.is_empty()).then_some(entries)
}
