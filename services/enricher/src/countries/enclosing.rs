//! Names of other things that a place's name is part of or borrowed for: works, animals, ships, cars, shops, banks,
//! currencies, metaphors.

use super::{
    candidate::{Candidate, Owner, Reading, continues},
    word_lists::word_lists,
};
use crate::{
    document::Field,
    gazetteer::{
        Gazetteer, Kind,
        words::{Separator, Word},
    },
};
use std::collections::HashSet;
use tagger::{Label, Span};

/// Words before a phrase in which a thing with a name is looked for: `a cat that they called Cairo`.
const NAMED_WITHIN: usize = 6;

/// The words around a phrase.
struct Around<'f, 't> {
    field: &'f Field<'t>,
    start: usize,
    end: usize,
}

impl<'f> Around<'f, '_> {
    /// The word `back` words before the phrase, 1 for the nearest.
    fn before(&self, back: usize) -> Option<&'f Word> {
        self.start.checked_sub(back).and_then(|at| self.field.words.get(at))
    }

    fn after(&self, on: usize) -> Option<&'f Word> {
        self.field.words.get(self.end + on)
    }

    fn says(&self, word: Option<&Word>, texts: &[&str]) -> bool {
        word.is_some_and(|word| texts.contains(&self.field.slice(word.start, word.end)))
    }

    /// Separator before the phrase.
    fn gap(&self) -> Option<Separator> {
        self.field.words.get(self.start).map(|word| word.separator)
    }
}

/// Whether words `start..end`, the name of a place, are that of a work, an animal, a ship, a storm, a car or a shop.
pub(super) fn is_borrowed(
    field: &Field<'_>,
    start: usize,
    end: usize,
    senses: &[usize],
    gazetteer: &Gazetteer,
) -> bool {
    let kinds = |wanted: &[Kind]| gazetteer.has_kind(senses, wanted);
    let around = Around { field, start, end };
    if is_currency(&around, kinds(&[Kind::Demonym])) {
        return true;
    }
    if kinds(&[Kind::Demonym, Kind::Organisation, Kind::Leader, Kind::Abbreviation, Kind::County]) {
        return false;
    }
    let lists = word_lists();
    let before = around.before(1);
    let close = around.gap() == Some(Separator::Space);
    let comma = around.gap() == Some(Separator::Comma);
    let lower = |word: Option<&Word>, list: &HashSet<u64>| {
        word.is_some_and(|word| !word.capitalised && list.contains(&word.hash))
    };
    let upper = |word: Option<&Word>, list: &HashSet<u64>| {
        word.is_some_and(|word| word.capitalised && list.contains(&word.hash))
    };
    let titled = close || around.gap() == Some(Separator::Stop) && before.is_some_and(|word| word.end - word.start < 5);
    if titled && end == start + 1 && upper(before, &lists.honorific) {
        return true;
    }
    if close && (upper(before, &lists.maker_before) || upper(before, &lists.vessel_before)) {
        return true;
    }
    let apart = comma && around.after(0).is_some_and(|word| word.separator == Separator::Comma);
    if close && (lower(before, &lists.work_before) || lower(before, &lists.business_before))
        || (close || apart) && lower(before, &lists.animal)
    {
        return true;
    }
    if close && around.says(before, &["named", "called", "nicknamed", "christened"]) {
        let thing = |back: usize| {
            let word = around.before(back);
            lower(word, &lists.animal)
                || lower(word, &lists.work_before)
                || lower(word, &lists.kin)
                || lower(word, &lists.named_thing)
        };
        if (2..=NAMED_WITHIN).any(thing) {
            return true;
        }
    }
    // `Berlin, the band, ..`.
    let apposed = |list| {
        around.after(0).is_some_and(|word| word.separator == Separator::Comma)
            && around.says(around.after(0), &["the", "a", "an"])
            && lower(around.after(1), list)
            && around.after(2).is_none_or(|word| {
                word.separator != Separator::Space || around.says(Some(word), &["that", "who", "which", "whose"])
            })
    };
    let shown = around.says(before, &["show", "series", "drama"])
        && around
            .says(around.before(2), &["TV", "television", "reality", "talk", "crime", "hit", "Netflix", "BBC", "HBO"]);
    if apposed(&lists.work_before) || apposed(&lists.animal) || close && shown {
        return true;
    }
    // `Halifax mortgages`, `Halifax, the lender, said`.
    let brand = end == start + 1 && upper(field.words.get(start), &lists.brand);
    if brand
        && (apposed(&lists.business_before)
            || apposed(&lists.shop_after)
            || said(&around)
            || lower(around.after(0), &lists.shop_after))
        || possessive_company(&around, gazetteer)
    {
        return true;
    }
    is_quoted(&around)
        || is_in_firm(&around, kinds(&[Kind::Name]))
        || is_in_compound(&around, kinds(&[Kind::Name, Kind::Capital]))
}

/// `40 US dollars`, `in Hong Kong dollars`, `a Swiss franc`. `demonym`: the phrase is one; before nouns of other currencies
/// than dollars, countries are subjects (`Russia pounds`).
fn is_currency(around: &Around<'_, '_>, demonym: bool) -> bool {
    let lists = word_lists();
    let Some(money) = around.after(0).filter(|word| word.separator == Separator::Space) else { return false };
    if !lists.currency.contains(&money.hash) {
        return false;
    }
    let text = around.field.slice(money.start, money.end);
    if !demonym && !text.starts_with("dollar") {
        return false;
    }
    let plural = text.ends_with('s');
    let number = |word: &Word| around.field.slice(word.start, word.end).bytes().all(|byte| byte.is_ascii_digit());
    plural || around.before(1).is_some_and(|word| number(word) || lists.amount_before.contains(&word.hash))
}

/// `Halifax, the lender said`.
fn said(around: &Around<'_, '_>) -> bool {
    around.after(0).is_some_and(|word| word.separator == Separator::Comma)
        && around.says(around.after(0), &["the"])
        && around.after(1).is_some_and(|word| word_lists().business_before.contains(&word.hash))
        && around.says(around.after(2), &["said", "says"])
}

/// `McDonald's`: the name of a company with its apostrophe.
fn possessive_company(around: &Around<'_, '_>, gazetteer: &Gazetteer) -> bool {
    let first = around.field.words.get(around.start).map(|word| word.start);
    let last = around.after(0).filter(|word| word.separator == Separator::Apostrophe && word.end - word.start == 1);
    let Some((first, last)) = first.zip(last) else { return false };
    gazetteer.companies().number(around.field.slice(first, last.end)).is_some()
}

/// `“Chicago”`: a title in quotes of its own.
fn is_quoted(around: &Around<'_, '_>) -> bool {
    let words = &around.field.words;
    let ends = words.get(around.start).map(|word| word.start).zip(words.get(around.end - 1).map(|word| word.end));
    let Some((start, end)) = ends else { return false };
    let before = around.field.slice(0, start).chars().next_back();
    let mut behind = around.field.text.get(end..).unwrap_or("").trim_start_matches([',', '.']).chars();
    let closing = match before {
        Some('“') => '”',
        Some('"') => '"',
        Some('‘') => '’',
        _ => return false,
    };
    behind.next() == Some(closing) && behind.next().is_none_or(|c| !c.is_alphanumeric())
}

/// `Bradford & Bingley`.
fn is_in_firm(around: &Around<'_, '_>, country: bool) -> bool {
    let joined =
        |word: Option<&Word>| word.is_some_and(|word| word.separator == Separator::Ampersand && word.capitalised);
    let title = around.field.name == proto::vocab::field::TITLE;
    !country && !title && (joined(around.field.words.get(around.start)) || joined(around.after(0)))
}

/// `Mar-a-Lago`: the end of a compound whose beginning is no place. `major`: a country or capital, of which compounds are
/// made (`Sino-Russia`).
fn is_in_compound(around: &Around<'_, '_>, major: bool) -> bool {
    let before = around.before(1).filter(|_| around.gap() == Some(Separator::Hyphen) && !major);
    before.is_some_and(|word| word.end - word.start < 3 && word.separator == Separator::Hyphen)
}

/// Excludes the names of the retailers, lenders and so on that the text introduces as such, wherever it names them without a
/// preposition: `the lender Halifax said .. Halifax will`.
pub(super) fn exclude_businesses(fields: &[Field<'_>], candidates: &mut [Candidate]) {
    let lists = word_lists();
    let hash = |one: &Candidate| -> Option<u64> {
        let field = fields.get(one.field)?;
        field.words.get(one.start).filter(|_| one.end == one.start + 1).map(|word| word.hash)
    };
    let named: HashSet<u64> = candidates
        .iter()
        .filter(|one| one.excluded)
        .filter_map(hash)
        .filter(|hash| lists.brand.contains(hash))
        .collect();
    for one in candidates.iter_mut().filter(|one| !one.excluded) {
        let field = fields.get(one.field);
        let before = one.start.checked_sub(1).zip(field).and_then(|(at, field)| field.words.get(at));
        let placed = before.is_some_and(|word| lists.place_preposition.contains(&word.hash));
        one.excluded = !placed && hash(one).is_some_and(|hash| named.contains(&hash));
    }
}

/// Excludes `the Silicon Valley of India`, `the Venice of the North`: a place of one country that stands for one of another.
pub(super) fn exclude_metaphors(field: &Field<'_>, candidates: &mut [Candidate], gazetteer: &Gazetteer) {
    let text = |at: usize| field.words.get(at).map_or("", |word| field.slice(word.start, word.end));
    for at in 0..candidates.len() {
        let Some(one) = candidates.get(at) else { continue };
        let article = one.start.checked_sub(1).is_some_and(|at| matches!(text(at), "the" | "The" | "a" | "A"));
        if !article || text(one.end) != "of" || !continues(field, one.start) {
            continue;
        }
        let from = if text(one.end + 1) == "the" { one.end + 2 } else { one.end + 1 };
        let own: Vec<_> = one.senses(gazetteer).iter().flat_map(|(_, sense)| sense.countries.to_vec()).collect();
        let direction =
            field.words.get(from).is_some_and(|word| word.capitalised && word_lists().part_before.contains(&word.hash));
        let abroad = candidates.get(at + 1).filter(|next| next.start == from).is_some_and(|next| {
            let senses = next.senses(gazetteer);
            let place = senses.iter().any(|(_, sense)| !matches!(sense.kind, Kind::Leader | Kind::Organisation));
            place && !senses.iter().any(|(_, sense)| sense.countries.iter().any(|code| own.contains(code)))
        });
        if let Some(one) = candidates.get_mut(at).filter(|_| direction || abroad) {
            one.excluded = true;
        }
    }
}

/// The Indians of America: `American Indian`, `a Navajo Indian`, `an Indian reservation`. `tribes`: the text names one.
pub(super) fn is_american_indian(field: &Field<'_>, start: usize, end: usize, tribes: bool) -> bool {
    let lists = word_lists();
    let around = Around { field, start, end };
    if end != start + 1 || !around.says(field.words.get(start), &["Indian", "Indians", "INDIAN", "INDIANS"]) {
        return false;
    }
    let before = around.before(1).filter(|_| continues(field, start));
    let after = around.after(0).filter(|word| matches!(word.separator, Separator::Space | Separator::Hyphen));
    tribes
        || before.is_some_and(|word| lists.indian_before.contains(&word.hash))
        || after.is_some_and(|word| lists.indian_after.contains(&word.hash))
}

/// Whether a text names a people of Indians of America, and not India.
pub(super) fn names_tribe(fields: &[Field<'_>]) -> bool {
    let lists = word_lists();
    let any = |is: &dyn Fn(&Field<'_>, &Word) -> bool| {
        fields.iter().any(|field| field.words.iter().any(|word| word.capitalised && is(field, word)))
    };
    any(&|_, word| lists.tribe.contains(&word.hash))
        && !any(&|field, word| matches!(field.slice(word.start, word.end), "India" | "Delhi" | "INDIA" | "Mumbai"))
}

/// What the organisation's name around words `start..end` says about them. `spans` are those of the field.
pub(super) fn owner(
    field: &Field<'_>,
    start: usize,
    end: usize,
    spans: &[Span],
    reading: Reading,
    gazetteer: &Gazetteer,
) -> Owner {
    if !matches!(reading, Reading::Whole(Label::Org) | Reading::Head(Label::Org) | Reading::Inner(Label::Org)) {
        return Owner::Unknown;
    }
    let first = field.words.get(start).map_or(0, |word| word.start);
    let at = spans.partition_point(|span| span.end <= first);
    let Some(span) = spans.get(at).filter(|span| span.start <= first) else { return Owner::Unknown };
    let lists = word_lists();
    let from = field.words.partition_point(|word| word.start < span.start);
    let to = field.words.partition_point(|word| word.end <= span.end);
    let others = (from..to).filter(|at| !(start..end).contains(at)).filter_map(|at| field.words.get(at));
    if gazetteer.companies().number(field.slice(span.start, span.end)).is_some() {
        return Owner::Private;
    }
    let last = to.checked_sub(1).filter(|last| *last >= end).and_then(|last| field.words.get(last));
    if last.is_some_and(|word| lists.company_after.contains(&word.hash) || lists.newspaper.contains(&word.hash)) {
        return Owner::Private;
    }
    if others.into_iter().any(|word| lists.public.contains(&word.hash)) {
        let of = Around { field, start, end };
        return if of.says(of.before(1), &["of"]) { Owner::PublicOf } else { Owner::Public };
    }
    Owner::Unknown
}
