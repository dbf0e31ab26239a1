//! What the tagger's names say of a form: part of a person's name, of an organisation's, or a place.

use super::{index::Found, names::Entry};
use crate::{document::Field, gazetteer::Kind};
use std::sync::OnceLock;
use tagger::{Label, Span, word_lists};

static WORDS: &str = include_str!("../../../data/sources/words/languages.tsv");

/// Shortest part of a word by which a public institution is recognised, in letters.
fn institutions() -> &'static [&'static str] {
    static STEMS: OnceLock<Vec<&'static str>> = OnceLock::new();
    STEMS.get_or_init(|| word_lists::words(WORDS, "institution").collect())
}

/// The spans of a field.
pub(super) fn of_field(spans: &[Span], field: usize) -> &[Span] {
    let from = spans.partition_point(|span| span.field < field);
    let to = spans.partition_point(|span| span.field <= field);
    spans.get(from..to).unwrap_or(&[])
}

/// How the tagger reads a form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    label: Label,
    /// The span has letters beyond the form.
    longer: bool,
    span: Span,
}

impl Reading {
    /// True if the tagger sees a place, or the name of a people of about this length.
    pub(super) fn is_place(self) -> bool {
        self.label == Label::Loc || self.label == Label::Norp && !self.longer
    }

    /// True if a name that is no person's begins at this byte.
    pub(super) fn begins(self, start: usize) -> bool {
        self.span.start == start && self.label != Label::Person
    }
}

/// The span that covers the beginning of a form, if any.
pub(super) fn reading(spans: &[Span], start: usize, end: usize) -> Option<Reading> {
    let at = spans.partition_point(|span| span.end <= start);
    let span = spans.get(at).filter(|span| span.start < end)?;
    // A clitic or an ending makes no longer name.
    const SLACK: usize = 4;
    let longer = span.start + SLACK < start || span.end > end + SLACK;
    Some(Reading { label: span.label, longer, span: *span })
}

/// Whether an entry may be a mention where the tagger reads the text so. The name of a person, a company or a club gives no
/// place; that of a public institution gives its own.
pub(super) fn allow(entry: &Entry, reading: Option<Reading>, field: &Field<'_>) -> bool {
    let Some(Reading { label, longer, span }) = reading else { return !entry.doubtful };
    let local = matches!(entry.kind, Kind::City | Kind::Capital | Kind::Subdivision);
    match label {
        Label::Person if entry.kind == Kind::Leader => true,
        Label::Person => {
            !longer && matches!(entry.kind, Kind::Name | Kind::Capital | Kind::Organisation) && !entry.doubtful
        }
        Label::Org if longer && local => is_institution(field.slice(span.start, span.end)),
        Label::Org => !entry.doubtful,
        Label::Misc => !(longer && local),
        Label::Loc | Label::Norp => true,
    }
}

/// Whether a name is that of a public institution: a university, a ministry, a police force.
fn is_institution(name: &str) -> bool {
    let name = name.to_lowercase();
    institutions().iter().any(|stem| name.contains(stem))
}

/// Whether a form is part of an occurrence of one of the publisher's names.
pub(super) fn is_own_name(field: &Field<'_>, found: &Found<'_>, own: &[&str]) -> bool {
    own.iter().filter(|name| name.len() > found.end - found.start).any(|name| {
        let from = field.text.floor_char_boundary(found.start.saturating_sub(name.len()));
        let to = field.text.ceil_char_boundary((found.end + name.len()).min(field.text.len()));
        let around = field.slice(from, to);
        around.match_indices(name).any(|(at, _)| from + at <= found.start && from + at + name.len() >= found.end)
    })
}
