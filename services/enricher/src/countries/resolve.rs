//! Which place a name means, and with what probability.
//!
//! In this order: what an adjacent name settles (`Paris, Texas`), what needs no context (country names, demonyms), and
//! the rest by population and by the countries that the article mentions otherwise.

use super::{
    adjacent::settle_adjacent,
    candidate::{Candidate, Reading},
    choose::choose,
    context::Context,
    located::settle_located,
    place::Place,
    unambiguous::unambiguous,
};
use crate::{
    document::Document,
    gazetteer::{Gazetteer, Kind},
};
use std::collections::HashMap;
use tagger::Label;

/// The mentions among the candidates, in the order of the candidates.
#[must_use]
pub fn resolve(document: &Document<'_>, gazetteer: &Gazetteer, candidates: &[Candidate]) -> Vec<Place> {
    let mut settled: Vec<Option<(usize, f64)>> = vec![None; candidates.len()];
    let mut context = Context::new(document, gazetteer, candidates);
    settle_adjacent(document, gazetteer, candidates, &mut settled);
    settle_located(document, gazetteer, candidates, &mut settled);
    settle_repeated(document, gazetteer, candidates, &mut settled);
    context.add_divisions(document, gazetteer, candidates);
    for (candidate, settled) in candidates.iter().zip(&mut settled).filter(|(candidate, _)| !candidate.excluded) {
        if settled.is_none() {
            *settled = unambiguous(document, gazetteer, candidate, &context);
        }
        if let Some((sense, confidence)) = *settled {
            context.add(gazetteer, sense, confidence, candidate.hash(document));
        }
    }
    // What population alone makes likely helps with the rest: `Dallas` shows where `Paris` is.
    let mut second = context.clone();
    for (candidate, _) in candidates.iter().zip(&settled).filter(|(one, settled)| !one.excluded && settled.is_none()) {
        if let Some((sense, confidence)) =
            choose(&context, document, gazetteer, candidate).filter(|(_, confidence)| *confidence > 0.5)
        {
            second.add(gazetteer, sense, confidence * 0.7, candidate.hash(document));
        }
    }
    let included = candidates.iter().zip(&settled).filter(|(candidate, _)| !candidate.excluded);
    let places = included.filter_map(|(candidate, settled)| {
        let (sense, confidence) = settled.or_else(|| choose(&second, document, gazetteer, candidate))?;
        place(document, gazetteer, candidate, sense, confidence)
    });
    places.collect()
}

/// Gives a town that the text has placed once (`Paris, Texas`) the same sense wherever it names it alone.
fn settle_repeated(
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    candidates: &[Candidate],
    settled: &mut [Option<(usize, f64)>],
) {
    let mut placed: HashMap<u64, (usize, f64)> = HashMap::new();
    for (one, settled) in candidates.iter().zip(&*settled) {
        let town = |sense: usize| gazetteer.sense(sense).is_some_and(|sense| sense.kind == Kind::City);
        if let Some((sense, confidence)) = settled.filter(|(sense, _)| town(*sense)) {
            placed.entry(one.hash(document)).or_insert((sense, confidence));
        }
    }
    for (one, slot) in candidates.iter().zip(settled).filter(|(one, slot)| !one.excluded && slot.is_none()) {
        let known = placed.get(&one.hash(document)).filter(|(sense, _)| one.senses.contains(sense));
        // The tagger still says whether it is a name of a place.
        let read = matches!(one.reading, Reading::Whole(Label::Loc) | Reading::Head(Label::Loc) | Reading::Untagged);
        if let Some((sense, confidence)) = known.filter(|_| read) {
            let common = gazetteer.sense(*sense).is_some_and(|sense| sense.common);
            if !(common && one.reading == Reading::Untagged) {
                *slot = Some((*sense, confidence.min(0.9)));
            }
        }
    }
}

fn place(
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    candidate: &Candidate,
    index: usize,
    confidence: f64,
) -> Option<Place> {
    let sense = gazetteer.sense(index)?;
    let field = document.fields.get(candidate.field)?;
    let (first, last) = (field.words.get(candidate.start)?, field.words.get(candidate.end - 1)?);
    // The full stop of `U.S.` belongs to it.
    let dotted = last.end - last.start == 1 && candidate.end > candidate.start + 1;
    let end = if dotted && field.slice(last.end, last.end + 1) == "." { last.end + 1 } else { last.end };
    Some(Place {
        field: candidate.field,
        start: first.start,
        end,
        kind: sense.kind,
        countries: sense.countries.to_vec(),
        sense: Some(index),
        confidence,
    })
}
