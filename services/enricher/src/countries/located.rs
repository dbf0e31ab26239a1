//! Towns that the text itself places: `Hastings in New Zealand`, `Perth, a town in Scotland`, `a suburb of Melbourne`.

use super::{
    candidate::{Candidate, Reading},
    word_lists::word_lists,
};
use crate::{
    document::{Document, Field},
    gazetteer::{
        Gazetteer, Kind, Sense,
        words::{Separator, Word},
    },
};
use tagger::Label;

/// Most words between a town and the region that it lies in.
const BETWEEN: usize = 8;
/// Probability of a town in the region that the text names.
const PLACED: f64 = 0.9;

/// Settles the towns that the next place locates.
pub(super) fn settle_located(
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    candidates: &[Candidate],
    settled: &mut [Option<(usize, f64)>],
) {
    for (at, pair) in candidates.windows(2).enumerate() {
        let [left, right] = pair else { continue };
        let free = settled.get(at).is_some_and(Option::is_none) && !left.excluded && !right.excluded;
        let Some(field) = document.fields.get(left.field).filter(|_| free && left.field == right.field) else {
            continue;
        };
        let (lefts, rights) = (left.senses(gazetteer), right.senses(gazetteer));
        document.budget.count(lefts.len() * rights.len());
        let country = lefts.iter().any(|(_, sense)| matches!(sense.kind, Kind::Name | Kind::Demonym));
        // `Jordan, a town in Minnesota`, but not `Jordan in Asia`.
        let between = field.words.get(left.end..right.start).unwrap_or(&[]);
        let town = between.iter().any(|word| word_lists().town.contains(&word.hash));
        if country && !town || left.reading.is_person() || !locates(field, left, right) {
            continue;
        }
        let tagged = matches!(left.reading, Reading::Whole(Label::Loc) | Reading::Head(Label::Loc));
        let inside = |left: &&(usize, &Sense)| {
            let (_, one) = left;
            matches!(one.kind, Kind::City | Kind::Subdivision | Kind::Capital)
                && (!one.common || tagged && one.kind == Kind::City)
                && rights.iter().any(|(_, region)| {
                    let whole = matches!(region.kind, Kind::Name | Kind::County | Kind::Capital)
                        || region.kind == Kind::Subdivision && !region.common
                        || region.kind == Kind::City && !region.common && region.population > one.population;
                    let same = region.kind == Kind::Name
                        || one.detail.is_empty()
                        || region.detail.is_empty()
                        || region.detail.rsplit('-').next() == one.detail.rsplit('-').next();
                    whole && same && region.countries == one.countries
                })
        };
        let best = lefts.iter().filter(inside).max_by_key(|(_, sense)| sense.population);
        if let (Some((sense, _)), Some(slot)) = (best, settled.get_mut(at)) {
            *slot = Some((*sense, PLACED));
        }
    }
}

/// Whether only words like `, a town in the north of` stand between two places.
fn locates(field: &Field<'_>, left: &Candidate, right: &Candidate) -> bool {
    let lists = word_lists();
    let between = field.words.get(left.end..right.start).unwrap_or(&[]);
    let joined = |word: &Word| matches!(word.separator, Separator::Space | Separator::Comma | Separator::Hyphen);
    (1..=BETWEEN).contains(&between.len())
        && between
            .iter()
            .all(|word| joined(word) && (lists.locating.contains(&word.hash) || lists.part_before.contains(&word.hash)))
        && between.iter().any(|word| matches!(field.slice(word.start, word.end), "in" | "of" | "near" | "on"))
        && field.words.get(right.start).is_some_and(|word| word.separator == Separator::Space)
}
