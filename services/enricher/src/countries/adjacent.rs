//! Names that an adjacent name settles: `Paris, Texas`.

use super::{candidate::Candidate, word_lists::word_lists};
use crate::{
    document::Document,
    gazetteer::{Gazetteer, Kind, words::Separator},
};

/// Settles sense and confidence of adjacent names (`Paris, Texas`; `London (Ontario)`) and of abbreviations after a comma
/// (`Macon, Ga.`).
pub(super) fn settle_adjacent(
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    candidates: &[Candidate],
    settled: &mut [Option<(usize, f64)>],
) {
    for (at, pair) in candidates.windows(2).enumerate() {
        let [left, right] = pair else { continue };
        if left.field != right.field || left.end != right.start || right.excluded {
            continue;
        }
        let Some(field) = document.fields.get(left.field) else { continue };
        let Some(gap) = field.words.get(right.start).map(|word| word.separator) else { continue };
        if !matches!(gap, Separator::Comma | Separator::Bracket) {
            continue;
        }
        let rights = right.senses(gazetteer);
        let region = |kind: Kind| matches!(kind, Kind::Name | Kind::Subdivision | Kind::Abbreviation | Kind::County);
        // The best pair: `Georgia` is the country after `Tbilisi` and the state after `Atlanta`.
        let lefts = left.senses(gazetteer);
        document.budget.count(lefts.len() * rights.len());
        let mut best: Option<(f64, usize, usize)> = None;
        for (l, left_sense) in &lefts {
            if !matches!(left_sense.kind, Kind::City | Kind::Capital | Kind::County | Kind::Subdivision) {
                continue;
            }
            for (r, right_sense) in &rights {
                if !region(right_sense.kind) || right_sense.common || left_sense.countries != right_sense.countries {
                    continue;
                }
                let same = !left_sense.detail.is_empty()
                    && right_sense.detail.rsplit('-').next() == left_sense.detail.rsplit('-').next();
                let score = left_sense.log_population()
                    + if same { 20.0 } else { 0.0 }
                    + if right_sense.kind == Kind::Name { 3.0 } else { 0.0 };
                if best.is_none_or(|(top, ..)| score > top) {
                    best = Some((score, *l, *r));
                }
            }
        }
        let listed = listed(document, candidates, at);
        if let Some((_, l, r)) = best
            && !(listed && gazetteer.sense(r).is_some_and(|sense| sense.kind == Kind::Name))
        {
            if !left.excluded
                && !left.reading.is_person()
                && settled.get(at).is_some_and(|one| one.is_none_or(|(_, c)| c < 0.97))
            {
                set(settled, at, l, 0.97);
            }
            set(settled, at + 1, r, 0.97);
        }
    }
    // A town that the gazetteer knows only in another state: `Fenwick, Ont.`
    for (at, pair) in candidates.windows(2).enumerate() {
        let [left, right] = pair else { continue };
        let adjacent = left.field == right.field && left.end == right.start;
        let Some(field) = document.fields.get(left.field).filter(|_| adjacent && !right.excluded) else { continue };
        let comma = field.words.get(right.start).is_some_and(|word| word.separator == Separator::Comma);
        let dotted = field
            .words
            .get(right.end - 1)
            .is_some_and(|word| field.slice(word.end, word.end + 1) == "." || word.all_caps && !right.in_capitals);
        let region = right.senses(gazetteer).into_iter().find(|(_, sense)| sense.kind == Kind::Abbreviation);
        let town = left.senses(gazetteer).iter().all(|(_, sense)| matches!(sense.kind, Kind::City | Kind::Subdivision));
        if let Some((sense, _)) = region.filter(|_| comma && dotted && town)
            && settled.get(at).is_some_and(Option::is_none)
        {
            set(settled, at, sense, 0.9);
        }
    }
    // An abbreviation after a comma and a capitalised word that is not a known city: `Cottonport, La.`
    for (at, candidate) in candidates.iter().enumerate() {
        if settled.get(at).is_some_and(Option::is_some) || candidate.excluded {
            continue;
        }
        let Some(field) = document.fields.get(candidate.field) else { continue };
        let gap = field.words.get(candidate.start).map(|word| word.separator);
        let before = candidate.start.checked_sub(1).and_then(|at| field.words.get(at));
        if gap == Some(Separator::Comma) && before.is_some_and(|word| word.capitalised && !word.address) {
            let abbreviation =
                candidate.senses(gazetteer).into_iter().find(|(_, sense)| sense.kind == Kind::Abbreviation);
            if let Some((sense, _)) = abbreviation {
                let last = field.words.get(candidate.end - 1);
                let dotted = last.is_some_and(|word| field.slice(word.end, word.end + 1) == ".");
                let shout = last.is_some_and(|word| word.all_caps) && !candidate.in_capitals;
                if dotted || shout {
                    set(settled, at, sense, 0.9);
                }
            }
        }
    }
}

/// Whether the pair at `at` is part of a list of places (`Georgia, Florida and Alabama`): a comma or `and` joins the next
/// candidate.
fn listed(document: &Document<'_>, candidates: &[Candidate], at: usize) -> bool {
    let Some(right) = candidates.get(at + 1) else { return false };
    let Some(field) = document.fields.get(right.field) else { return false };
    let behind = candidates.get(at + 2).filter(|one| one.field == right.field);
    let word = field.words.get(right.end);
    let and = word.is_some_and(|word| word_lists().conjunction.contains(&word.hash));
    behind.is_some_and(|one| {
        (one.start == right.end + 1 && and)
            || (one.start == right.end
                && field.words.get(one.start).is_some_and(|word| word.separator == Separator::Comma))
    })
}

fn set(settled: &mut [Option<(usize, f64)>], at: usize, sense: usize, confidence: f64) {
    if let Some(slot) = settled.get_mut(at) {
        *slot = Some((sense, confidence));
    }
}
