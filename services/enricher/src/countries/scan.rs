//! Phrases of the gazetteer in a text, with what speaks against each.

use super::{lists, misspelt::misspelt};
use crate::{
    document::{Document, Field},
    gazetteer::{
        Gazetteer, Kind,
        words::{Gap, Word},
    },
    tagger::{Label, Span},
};
use std::collections::HashSet;

/// What the tagger says of a phrase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// Nothing, or the tagger did not run.
    Untagged,
    /// It is a name of this type, whole.
    Whole(Label),
    /// It is the beginning of a longer name.
    Head(Label),
    /// It is the end or the middle of a longer name.
    Inner(Label),
}

/// A phrase that may be a mention.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Index of the field.
    pub field: usize,
    /// Words `start..end` of the field.
    pub start: usize,
    /// One past its last word.
    pub end: usize,
    /// Indices of its senses in the gazetteer.
    pub senses: Vec<usize>,
    /// The tagger's word on it.
    pub reading: Reading,
    /// Its word is part of a person's longer name somewhere in the document.
    pub personal: bool,
    /// It is surely no mention of a place: a sea, a disease, a street, a company.
    pub barred: bool,
}

/// The candidates of a document in the order of the text, those of the fields' copies left out.
#[must_use]
pub fn scan(document: &Document<'_>, gazetteer: &Gazetteer, spans: &[Span], own: &[&str]) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let personal = personal(document, spans);
    let flying =
        document.fields.iter().flat_map(|field| &field.words).any(|word| lists().aviation.contains(&word.hash));
    for (index, field) in document.fields.iter().enumerate() {
        let from = spans.partition_point(|span| span.field < index);
        let to = spans.partition_point(|span| span.field <= index);
        let spans = spans.get(from..to).unwrap_or(&[]);
        let first = candidates.len();
        let mut at = 0;
        while at < field.words.len() {
            let Some(word) = field.words.get(at) else { break };
            if word.address || word.start < field.from {
                at += 1;
                continue;
            }
            let Some(hit) = gazetteer.longest(&field.words, at) else {
                at += 1;
                continue;
            };
            at = hit.end;
            let reading = reading(field, hit.start, hit.end, spans);
            // `Mr Modi`: whose surname it is decides.
            let shy = hit
                .senses
                .iter()
                .filter_map(|sense| gazetteer.sense(*sense))
                .any(|sense| sense.kind == Kind::Leader && sense.common);
            // `St. Lucia and St. Kitts`.
            let country =
                hit.senses.iter().filter_map(|sense| gazetteer.sense(*sense)).any(|sense| sense.kind == Kind::Name);
            let own_name = own.iter().any(|name| covers(field, hit.start, hit.end, name));
            let barred = own_name
                || barred(field, hit.start, hit.end, &hit.senses, gazetteer)
                || trade(field, hit.end, reading)
                || !country && saint(field, hit.start, hit.end)
                || flying && airline(field, hit.start, hit.end);
            candidates.push(Candidate {
                field: index,
                start: hit.start,
                end: hit.end,
                senses: hit.senses,
                personal: personal.contains(&field.words.get(hit.end - 1).unwrap_or(word).hash)
                    && (hit.end == hit.start + 1 || shy),
                reading,
                barred,
            });
        }
        languages(field, candidates.get_mut(first..).unwrap_or(&mut []), gazetteer);
    }
    candidates.extend(misspelt(document, gazetteer, spans, &candidates));
    candidates
}

/// Words of persons' names of two words and more.
fn personal(document: &Document<'_>, spans: &[Span]) -> HashSet<u64> {
    let mut words = HashSet::new();
    for span in spans.iter().filter(|span| span.label == Label::Person) {
        let Some(field) = document.fields.get(span.field) else { continue };
        let from = field.words.partition_point(|word| word.start < span.start);
        let to = field.words.partition_point(|word| word.end <= span.end);
        let inside = field.words.get(from..to).unwrap_or(&[]);
        if inside.len() > 1 {
            words.extend(inside.iter().map(|word| word.hash));
        }
    }
    surnames(document, spans, &mut words);
    for field in &document.fields {
        relatives(field, &mut words);
    }
    words
}

/// Words of a place or an organisation of two words whose second is a person elsewhere: `Chad Wolf said`, `Wolf said`.
fn surnames(document: &Document<'_>, spans: &[Span], words: &mut HashSet<u64>) {
    let inside = |span: &Span| -> &[Word] {
        let Some(field) = document.fields.get(span.field) else { return &[] };
        let from = field.words.partition_point(|word| word.start < span.start);
        let to = field.words.partition_point(|word| word.end <= span.end);
        field.words.get(from..to).unwrap_or(&[])
    };
    let persons: HashSet<u64> = spans
        .iter()
        .filter(|span| span.label == Label::Person)
        .filter_map(|span| if let [word] = inside(span) { Some(word.hash) } else { None })
        .collect();
    for span in spans.iter().filter(|span| matches!(span.label, Label::Loc | Label::Org)) {
        if let [first, last] = inside(span)
            && last.gap == Gap::Space
            && last.capital
            && persons.contains(&last.hash)
        {
            words.extend([first.hash, last.hash]);
        }
    }
}

/// Names that can only be a person's by what stands beside them: `Paris, 54,`; `her daughter, Brittany`; `her sons
/// Austin and Chad`; `Georgia's father`.
fn relatives(field: &Field<'_>, words: &mut HashSet<u64>) {
    let kin = |at: usize| field.words.get(at).is_some_and(|word| !word.capital && lists().kin.contains(&word.hash));
    for (at, word) in field.words.iter().enumerate() {
        if kin(at) {
            let mut next = at + 1;
            // A list of names: `sons Austin, Israel and Chad`.
            while let Some(name) = field.words.get(next) {
                let joined = matches!(name.gap, Gap::Space | Gap::Comma);
                if joined && name.capital && !name.shout {
                    words.insert(name.hash);
                } else if !(joined && lists().list.contains(&name.hash) && next > at + 1) {
                    break;
                }
                next += 1;
            }
        }
        if !word.capital {
            continue;
        }
        let possessive =
            field.words.get(at + 1).is_some_and(|word| word.gap == Gap::Apostrophe && word.end - word.start == 1);
        let age = |word: &Word| {
            word.gap == Gap::Comma
                && (1..=3).contains(&(word.end - word.start))
                && field.slice(word.start, word.end).bytes().all(|byte| byte.is_ascii_digit())
        };
        let aged = field.words.get(at + 1).is_some_and(age)
            && field.words.get(at + 2).is_some_and(|word| word.gap == Gap::Comma && !word.capital);
        if possessive && kin(at + 2) || aged {
            words.insert(word.hash);
        }
    }
}

/// Whether the phrase stands within the publisher's own name.
fn covers(field: &Field<'_>, start: usize, end: usize, name: &str) -> bool {
    let (Some(first), Some(last)) = (field.words.get(start), field.words.get(end.saturating_sub(1))) else {
        return false;
    };
    if name.len() <= last.end - first.start {
        return false;
    }
    let from = first.start.saturating_sub(name.len());
    let from = (from..=first.start).find(|at| field.text.is_char_boundary(*at)).unwrap_or(first.start);
    let to = (last.end + name.len()).min(field.text.len());
    let to = (last.end..=to).rev().find(|at| field.text.is_char_boundary(*at)).unwrap_or(last.end);
    let around = field.slice(from, to);
    around.match_indices(name).any(|(at, _)| from + at <= first.start && from + at + name.len() >= last.end)
}

fn reading(field: &Field<'_>, start: usize, end: usize, spans: &[Span]) -> Reading {
    let (Some(first), Some(last)) = (field.words.get(start), field.words.get(end.saturating_sub(1))) else {
        return Reading::Untagged;
    };
    let from = spans.partition_point(|span| span.end <= first.start);
    let Some(span) = spans.get(from).filter(|span| span.start < last.end) else { return Reading::Untagged };
    // `the` before and a full stop behind (`U.S.`) make no longer name.
    let before = field.slice(span.start, first.start.max(span.start));
    let behind = field.slice(last.end.min(span.end), span.end);
    // The tagger takes `Lagos-Ibadan` for one word.
    let hyphened = before.ends_with('-') || behind.starts_with('-');
    // The tagger's `eastern Congo` is Congo's.
    let mut words = before.split([' ', '-']).filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("the"));
    let part = span.label == Label::Loc
        && before.starts_with(char::is_lowercase)
        && words.all(|word| lists().part.contains(&crate::gazetteer::words::hash(word)));
    let head =
        part || before.is_empty() || before.trim().eq_ignore_ascii_case("the") || hyphened && !before.contains(' ');
    let tail = behind.chars().all(|c| !c.is_alphanumeric()) || hyphened && !behind.contains(' ');
    match (head, tail) {
        (true, true) if hyphened && span.label != Label::Loc => Reading::Untagged,
        (true, true) => Reading::Whole(span.label),
        (true, false) => Reading::Head(span.label),
        _ => Reading::Inner(span.label),
    }
}

fn barred(field: &Field<'_>, start: usize, end: usize, senses: &[usize], gazetteer: &Gazetteer) -> bool {
    let lists = lists();
    let kinds = |wanted: &[Kind]| {
        senses.iter().filter_map(|sense| gazetteer.sense(*sense)).any(|sense| wanted.contains(&sense.kind))
    };
    if kinds(&[Kind::NotAPlace]) {
        return true;
    }
    // `Franco` is French only in `Franco-German`.
    let prefix = senses.iter().filter_map(|sense| gazetteer.sense(*sense)).all(|sense| &*sense.more == "prefix");
    if prefix && field.words.get(end).is_none_or(|word| word.gap != Gap::Hyphen) {
        return true;
    }
    // `Royal Bank of Canada`, whether or not `Bank of Canada` is known.
    let at = |back: usize| start.checked_sub(back).and_then(|at| field.words.get(at));
    let says = |at: Option<&Word>, text: &str| at.is_some_and(|word| field.slice(word.start, word.end) == text);
    let commerce = |at: Option<&Word>| at.is_some_and(|word| word.capital && lists.bank_before.contains(&word.hash));
    if says(at(0), "Bank") && commerce(at(1)) || says(at(1), "of") && says(at(2), "Bank") && commerce(at(3)) {
        return true;
    }
    // `Bank of Ireland`: a country's own bank is known by its name, or is central, national, a reserve.
    let central = |at: Option<&Word>| {
        at.is_some_and(|word| {
            matches!(field.slice(word.start, word.end), "Central" | "National" | "Reserve" | "Federal" | "State")
        })
    };
    if !kinds(&[Kind::Organisation]) && says(at(1), "of") && says(at(2), "Bank") && !central(at(3)) {
        return true;
    }
    if kinds(&[Kind::Organisation, Kind::Leader]) {
        return false;
    }
    // `Ebola Zaire`, `Ebola-Sudan`: species of the virus.
    if says(at(1), "Ebola") && joined(field, start) || pronoun(field, start, end) {
        return true;
    }
    let word = |at: Option<usize>| at.and_then(|at| field.words.get(at));
    let next = word(Some(end)).filter(|word| matches!(word.gap, Gap::Space | Gap::Hyphen));
    let second = word(Some(end + 1)).filter(|word| matches!(word.gap, Gap::Space | Gap::Hyphen));
    let before = word(start.checked_sub(1)).filter(|_| joined(field, start));
    let earlier = word(start.checked_sub(2)).filter(|_| joined(field, start - 1));
    if let Some(next) = next {
        let capital_or_thing = next.capital || !field.words.get(start).is_some_and(|word| word.shout);
        if capital_or_thing && lists.thing.contains(&next.hash) {
            return true;
        }
        if next.capital && (lists.water.contains(&next.hash) || lists.street.contains(&next.hash)) {
            return true;
        }
        if next.capital && lists.company.contains(&next.hash) && !kinds(&[Kind::County]) {
            return true;
        }
        // `Crimean-Congo haemorrhagic fever`.
        if next.gap == Gap::Hyphen && second.is_some_and(|word| lists.thing.contains(&word.hash)) {
            return true;
        }
        let team = |word: &Word| word.capital && lists.team.contains(&word.hash);
        if team(next) || next.capital && second.is_some_and(team) {
            return true;
        }
        // `Boston Daily News`, but not `Iranian President`.
        if next.capital && second.is_some_and(|word| word.capital && media(word)) {
            return true;
        }
    }
    let of = before.is_some_and(|word| field.slice(word.start, word.end) == "of");
    if of && earlier.is_some_and(|word| word.capital && (lists.water_of.contains(&word.hash) || media(word))) {
        return true;
    }
    // `AS Monaco` and `Air Canada`, but not `as Monaco`, nor `the air`.
    before.is_some_and(|word| {
        let long = word.end - word.start > 2;
        (word.shout || long && word.capital) && lists.club_before.contains(&word.hash)
    }) && !kinds(&[Kind::Demonym])
}

/// `TELL US WHAT YOU THINK`: the pronoun in a line of capitals.
fn pronoun(field: &Field<'_>, start: usize, end: usize) -> bool {
    let Some(word) = field.words.get(start).filter(|_| end == start + 1) else { return false };
    let before = start.checked_sub(1).and_then(|at| field.words.get(at));
    field.slice(word.start, word.end) == "US"
        && before
            .is_some_and(|before| before.shout && word.gap == Gap::Space && lists().before_us.contains(&before.hash))
}

/// `China Mobile`, `US Steel`: the tagger sees an organisation, and what follows names a trade. `Germany Bank` does not
/// occur, and `US Steel Tariffs` is none by the tagger.
fn trade(field: &Field<'_>, end: usize, reading: Reading) -> bool {
    let lists = lists();
    let run: Vec<&Word> = (end..end + 3)
        .map_while(|at| field.words.get(at).filter(|word| word.gap == Gap::Space && word.capital))
        .collect();
    // The last word says what it is: the `Iraqi Oil Ministry` is Iraq's.
    let ends = run.last().is_some_and(|word| lists.trade.contains(&word.hash) || lists.company.contains(&word.hash));
    match reading {
        Reading::Head(Label::Org) => ends,
        // Not in a headline, where everything has a capital.
        Reading::Whole(Label::Loc | Label::Norp | Label::Misc) | Reading::Head(_) | Reading::Untagged => {
            ends && field.name != proto::vocab::field::TITLE && run.len() < 3
        }
        _ => false,
    }
}

/// `Emirates` without an article, beside flights.
fn airline(field: &Field<'_>, start: usize, end: usize) -> bool {
    let text = |at: usize| field.words.get(at).map_or("", |word| field.slice(word.start, word.end));
    end == start + 1
        && text(start) == "Emirates"
        && !start.checked_sub(1).is_some_and(|at| matches!(text(at), "the" | "The" | "Arab" | "seven"))
}

/// `St. Paul's` (the cathedral), `St. Peter and St. Paul`, `St. John's University`: a saint, or what is named after one.
fn saint(field: &Field<'_>, start: usize, end: usize) -> bool {
    let text = |at: usize| field.words.get(at).map_or("", |word| field.slice(word.start, word.end));
    let is_saint = |at: usize| matches!(text(at), "St" | "Saint" | "Sts");
    if !is_saint(start) || end < start + 2 {
        return false;
    }
    let church = |at: usize| {
        field.words.get(at).is_some_and(|word| word.gap == Gap::Space && lists().church.contains(&word.hash))
    };
    let of = |at: usize| at > 1 && text(at - 1) == "of" && church(at - 2);
    // Two words further for `St. Mark's Coptic Cathedral`.
    let follows = |at: usize| {
        let possessive = text(at) == "s" && field.words.get(at).is_some_and(|word| word.gap == Gap::Apostrophe);
        let from = if possessive { at + 1 } else { at };
        let capitals = (from..from + 3).take_while(|at| field.words.get(*at).is_some_and(|word| word.capital));
        capitals.into_iter().any(church)
    };
    // Of two saints what stands around both.
    let first = if start > 2 && text(start - 1) == "and" && is_saint(start - 3) { start - 3 } else { start };
    let last = if text(end) == "and" && is_saint(end + 1) { end + 3 } else { end };
    of(start) || of(first) || follows(end) || follows(last)
}

/// A word that makes a name one of a newspaper.
fn media(word: &Word) -> bool {
    use crate::gazetteer::words::hash;
    static MEDIA: std::sync::OnceLock<Vec<u64>> = std::sync::OnceLock::new();
    let media = MEDIA.get_or_init(|| {
        ["Times", "Post", "Tribune", "Herald", "Gazette", "Telegraph", "Chronicle", "Airlines", "Airways", "Bancorp"]
            .map(hash)
            .to_vec()
    });
    media.contains(&word.hash)
}

fn joined(field: &Field<'_>, at: usize) -> bool {
    field.words.get(at).is_some_and(|word| matches!(word.gap, Gap::Space | Gap::Hyphen | Gap::Apostrophe))
}

/// Bars demonyms that name a language: `in French`, `from Spanish into English`, `Arabic, Turkish and English`.
fn languages(field: &Field<'_>, candidates: &mut [Candidate], gazetteer: &Gazetteer) {
    let lists = lists();
    let is_language =
        |at: usize| field.words.get(at).is_some_and(|word| word.capital && lists.languages.contains(&word.hash));
    let mut barred_words: Vec<usize> = Vec::new();
    for candidate in candidates.iter_mut() {
        let demonym = candidate
            .senses
            .iter()
            .filter_map(|sense| gazetteer.sense(*sense))
            .any(|sense| sense.kind == Kind::Demonym);
        if !demonym || candidate.end != candidate.start + 1 || !is_language(candidate.start) {
            continue;
        }
        let next = field.words.get(candidate.end);
        let close = next.filter(|word| matches!(word.gap, Gap::Space | Gap::Hyphen));
        let follows = close.is_some_and(|word| lists.language_behind.contains(&word.hash));
        // Nothing that the adjective could belong to: the end, a sign, or a little word.
        let alone = close.is_none_or(|word| {
            let text = field.slice(word.start, word.end);
            lists.list.contains(&word.hash)
                || matches!(
                    text,
                    "into"
                        | "to"
                        | "but"
                        | "because"
                        | "that"
                        | "when"
                        | "as"
                        | "at"
                        | "with"
                        | "by"
                        | "for"
                        | "on"
                        | "is"
                        | "was"
                        | "so"
                        | "while"
                        | "than"
                        | "in"
                )
        });
        let mut head = candidate.start;
        // Back through a list of languages.
        while let Some(word) = field.words.get(head) {
            let Some(previous) = head.checked_sub(1) else { break };
            let before = field.words.get(previous);
            if before.is_some_and(|word| lists.list.contains(&word.hash)) {
                if let Some(other) = previous.checked_sub(1).filter(|at| is_language(*at)) {
                    head = other;
                    continue;
                }
            } else if word.gap == Gap::Comma && is_language(previous) {
                head = previous;
                continue;
            }
            break;
        }
        let lead = head.checked_sub(1).and_then(|at| field.words.get(at)).filter(|_| joined(field, head));
        let led = lead.is_some_and(|word| {
            lists.language_before.contains(&word.hash)
                || (field.slice(word.start, word.end) == "from"
                    && field
                        .words
                        .get(candidate.end)
                        .is_some_and(|word| matches!(field.slice(word.start, word.end), "into" | "to")))
        });
        if follows || (led && alone) || barred_words.contains(&head) {
            candidate.barred = true;
            barred_words.push(candidate.start);
        }
    }
}
