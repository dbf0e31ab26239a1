//! Places that the tagger sees and the language's table lacks: names in Latin letters are those of the gazetteer.

use super::spans;
use crate::{
    countries::Place,
    document::Document,
    gazetteer::{Gazetteer, Kind, Sense},
};
use std::collections::HashSet;
use tagger::{Label, Span};

/// Smallest population of a city whose country the text does not mention otherwise.
const LARGE: u32 = 100_000;

/// Adds the places of the tagger's place names that no form covers. Of several places of one name, one in a country that the
/// text mentions is meant, else the largest.
///
/// `covered` are the field, first byte and end of the forms in the text, in this order.
pub(super) fn add(
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    all: &[Span],
    covered: &[(usize, usize, usize)],
    places: &mut Vec<Place>,
) {
    let mentioned: HashSet<_> = places.iter().flat_map(|place| place.countries.iter().copied()).collect();
    for (number, field) in document.fields.iter().enumerate() {
        for span in spans::of_field(all, number).iter().filter(|span| span.label == Label::Loc) {
            let first = field.words.partition_point(|word| word.start < span.start);
            let end = field.words.partition_point(|word| word.end <= span.end);
            let next = covered.partition_point(|(field, _, end)| (*field, *end) <= (number, span.start));
            let taken = covered.get(next).is_some_and(|(field, start, _)| *field == number && *start < span.end);
            if taken || first >= end || span.start < field.from || !document.budget.take(1) {
                continue;
            }
            let Some(found) = gazetteer.longest(&field.words, first, false).filter(|found| found.end == end) else {
                continue;
            };
            let possible = |index: &usize| {
                let sense = gazetteer.sense(*index)?;
                let supported = sense.countries.iter().any(|code| mentioned.contains(code));
                let large = sense.population >= LARGE || sense.kind == Kind::Capital;
                let fits = match sense.kind {
                    Kind::City | Kind::Capital => supported || large && !sense.common,
                    // `Nord` is a region of many countries.
                    Kind::Subdivision => supported && !sense.common,
                    _ => false,
                };
                fits.then_some((supported, sense.population, *index, sense))
            };
            let best = found
                .senses
                .iter()
                .filter_map(possible)
                .max_by_key(|(supported, people, index, _)| (*supported, *people, std::cmp::Reverse(*index)));
            if let Some((supported, _, index, Sense { kind, countries, .. })) = best {
                places.push(Place {
                    field: number,
                    start: span.start,
                    end: span.end,
                    kind: *kind,
                    countries: countries.to_vec(),
                    sense: Some(index),
                    confidence: if supported { 0.9 } else { 0.6 },
                });
            }
        }
    }
}
