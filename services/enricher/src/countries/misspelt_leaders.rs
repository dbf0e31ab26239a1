//! Leaders with a misspelt given name: `Volodomyr Zelensky`, `President Ferdinan Marcos Jr.`

use super::candidate::{Candidate, Owner, Reading};
use crate::{
    document::Document,
    gazetteer::{Gazetteer, Kind},
};
use tagger::{Label, Span};

/// Candidates for persons with a leader's surname and a given name one or two edits from the leader's. A span that already
/// contains a leader's name has none. `candidates` are in the order of the text.
pub(super) fn misspelt_leaders(
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    spans: &[Span],
    candidates: &[Candidate],
) -> Vec<Candidate> {
    let persons = spans.iter().filter(|span| span.label == Label::Person);
    let mut found = Vec::new();
    for span in persons {
        let Some(field) = document.fields.get(span.field) else { continue };
        let start = field.words.partition_point(|word| word.start < span.start);
        let end = field.words.partition_point(|word| word.end <= span.end);
        if end < start + 2 || end > start + 5 {
            continue;
        }
        let Some(sense) = gazetteer.almost_leader(field.slice(span.start, span.end)) else { continue };
        let from = candidates.partition_point(|one| (one.field, one.end) <= (span.field, start));
        let inside = candidates.get(from..).unwrap_or(&[]);
        let taken = inside
            .iter()
            .take_while(|one| one.field == span.field && one.start < end)
            .any(|one| one.senses.iter().filter_map(|at| gazetteer.sense(*at)).any(|sense| sense.kind == Kind::Leader));
        if !taken {
            found.push(Candidate {
                field: span.field,
                start,
                end,
                senses: vec![sense],
                reading: Reading::Whole(Label::Person),
                person_elsewhere: false,
                owner: Owner::Unknown,
                in_dateline: false,
                in_capitals: false,
                excluded: false,
            });
        }
    }
    found
}
