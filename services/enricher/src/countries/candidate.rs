//! A phrase that may be a mention of a country, and how the tagger reads it.

use crate::{
    document::{Document, Field},
    gazetteer::{
        Gazetteer, Sense,
        words::{self, Separator},
    },
};
use tagger::Label;

/// What a longer name of an organisation says about a place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A public institution, which is of the place: `Boston Police Department`.
    Public,
    /// The same after `of`: `University of Lagos`.
    PublicOf,
    /// A company or a newspaper, which is of no place.
    Private,
    /// Neither is known.
    Unknown,
}

/// How the tagger reads a phrase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// As no name, or the tagger did not run.
    Untagged,
    /// As a whole name of this type.
    Whole(Label),
    /// As the beginning of a longer name.
    Head(Label),
    /// As the end or the middle of a longer name.
    Inner(Label),
}

impl Reading {
    /// Whether the phrase is a person's name or part of one.
    pub(super) fn is_person(self) -> bool {
        matches!(self, Reading::Whole(Label::Person) | Reading::Head(Label::Person) | Reading::Inner(Label::Person))
    }
}

/// A phrase that may be a mention.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Index of the field.
    pub field: usize,
    /// Index of its first word in the field.
    pub start: usize,
    /// One past its last word.
    pub end: usize,
    /// Indices of its senses in the gazetteer.
    pub senses: Vec<usize>,
    /// How the tagger reads it.
    pub reading: Reading,
    /// Its word is part of a person's longer name somewhere in the document.
    pub person_elsewhere: bool,
    /// The organisation's name that it is part of, if it is.
    pub(super) owner: Owner,
    /// It is the place of a dateline.
    pub(super) in_dateline: bool,
    /// Its field is in capitals throughout.
    pub(super) in_capitals: bool,
    /// It is certainly not a mention of a place: a sea, a disease, a street, a company.
    pub excluded: bool,
}

impl Candidate {
    /// Its senses with their indices.
    pub(super) fn senses<'g>(&self, gazetteer: &'g Gazetteer) -> Vec<(usize, &'g Sense)> {
        self.senses.iter().filter_map(|index| gazetteer.sense(*index).map(|sense| (*index, sense))).collect()
    }

    /// Hash of its words.
    pub(super) fn hash(&self, document: &Document<'_>) -> u64 {
        let words = document.fields.get(self.field).and_then(|field| field.words.get(self.start..self.end));
        words.unwrap_or(&[]).iter().fold(0, |key, word| words::join(key, word.hash))
    }
}

/// Whether the word at `at` continues the phrase before it.
pub(super) fn continues(field: &Field<'_>, at: usize) -> bool {
    let continues = |separator| matches!(separator, Separator::Space | Separator::Hyphen | Separator::Apostrophe);
    field.words.get(at).is_some_and(|word| continues(word.separator))
}
