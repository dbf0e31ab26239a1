//! Names that need no context: countries, peoples, organisations, leaders and counties of one country.

use super::{
    candidate::{Candidate, Owner, Reading},
    context::Context,
    surroundings::{Known, is_person},
};
use crate::{
    document::Document,
    gazetteer::{Gazetteer, Kind, Sense},
};
use tagger::Label;

/// Signs of local news of the United States from which a country's name may be a US town's.
const US_NEWS: f64 = 1.5;

/// Sense and confidence of a name that needs no context; none if it is ambiguous.
pub(super) fn unambiguous(
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    candidate: &Candidate,
    context: &Context,
) -> Option<(usize, f64)> {
    let senses = candidate.senses(gazetteer);
    let only = |kind: Kind| {
        let mut of_kind = senses.iter().filter(|(_, sense)| sense.kind == kind);
        let (index, first) = of_kind.next()?;
        // Between two countries (`Congo`, `Dominican`) the context decides.
        of_kind.all(|(_, other)| other.countries == first.countries).then_some((*index, *first))
    };
    if let Some((index, leader)) = only(Kind::Leader) {
        if !leader.common {
            return Some((index, if candidate.reading.is_person() { 0.9 } else { 0.8 }));
        }
        let other = matches!(candidate.reading, Reading::Head(_) | Reading::Inner(_) | Reading::Whole(Label::Loc));
        return (!candidate.person_elsewhere && !other && context.politics).then_some((index, 0.7));
    }
    if let Some((index, _)) = only(Kind::Organisation) {
        return Some((index, 0.9));
    }
    if let Some((index, _)) = only(Kind::Demonym) {
        let confidence = match candidate.reading {
            Reading::Head(Label::Person) | Reading::Inner(Label::Person | Label::Loc) => 0.3,
            Reading::Inner(_) => 0.7,
            _ => 0.95,
        };
        return Some((index, confidence));
    }
    if let Some((index, _)) = only(Kind::County) {
        return Some((index, 0.8));
    }
    let (index, country) = only(Kind::Name)?;
    let private = candidate.owner == Owner::Private && !matches!(candidate.reading, Reading::Whole(_));
    if private || is_person(document, candidate, Known::Country) || may_be_in_us(&senses, country, context) {
        return None;
    }
    let confidence = match candidate.reading {
        Reading::Untagged => 0.9,
        Reading::Whole(_) => 0.97,
        Reading::Head(_) => 0.85,
        Reading::Inner(_) => 0.75,
    };
    Some((index, confidence))
}

/// Whether a country's name may be that of a US state, or of a US town in local news.
fn may_be_in_us(senses: &[(usize, &Sense)], country: &Sense, context: &Context) -> bool {
    !context.is_us(country)
        && senses.iter().any(|(_, sense)| match sense.kind {
            Kind::Subdivision => context.is_us(sense),
            Kind::City => context.is_us(sense) && context.us_news >= US_NEWS,
            _ => false,
        })
}
