//! Types of names, and the BIO labels of tokens.

/// The type of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Label {
    /// A person.
    Person,
    /// A company, institution, agency, party, club or team.
    Org,
    /// A country, city, region, sea, mountain or building: GPE and LOC of other schemes.
    Loc,
    /// Another name: an event, a work, a law, an award.
    Misc,
    /// A nationality, religion or political group.
    Norp,
}

impl Label {
    /// The name in CoNLL columns: `PER`, `ORG`, `LOC`, `MISC` or `NORP`.
    #[must_use]
    pub fn conll(self) -> &'static str {
        match self {
            Label::Person => "PER",
            Label::Org => "ORG",
            Label::Loc => "LOC",
            Label::Misc => "MISC",
            Label::Norp => "NORP",
        }
    }
}

/// Number of labels: O, and B and I of four types.
pub const LABELS: usize = 9;
/// Number of labels with weights: the score of O is always 0, so a row has eight numbers.
pub const SCORED: usize = LABELS - 1;
/// The label O.
pub const OUTSIDE: u8 = 0;

/// The label that begins (`inside` false) or continues a name of a type.
#[must_use]
pub fn label(kind: Label, inside: bool) -> u8 {
    let base = match kind {
        Label::Person => 1,
        Label::Org => 3,
        Label::Loc => 5,
        Label::Misc | Label::Norp => 7,
    };
    base + u8::from(inside)
}

/// The type of a label; none for O.
#[must_use]
pub fn kind(label: u8) -> Option<Label> {
    match label {
        1 | 2 => Some(Label::Person),
        3 | 4 => Some(Label::Org),
        5 | 6 => Some(Label::Loc),
        7 | 8 => Some(Label::Misc),
        _ => None,
    }
}

/// Whether a label continues a name.
#[must_use]
pub fn continues(label: u8) -> bool {
    label != OUTSIDE && label.is_multiple_of(2)
}

/// Whether `after` may follow `before`: a name is continued only by its own type.
#[must_use]
pub fn follows(before: u8, after: u8) -> bool {
    !continues(after) || before == after || before + 1 == after
}

/// The label of a BIO tag; NORP counts as MISC, unknown types as O.
#[must_use]
pub fn from_bio(tag: &str) -> u8 {
    let (position, name) = tag.split_once('-').unwrap_or(("O", ""));
    let kind = match name {
        "PER" | "PERSON" => Label::Person,
        "ORG" => Label::Org,
        "LOC" | "GPE" => Label::Loc,
        "MISC" | "NORP" => Label::Misc,
        _ => return OUTSIDE,
    };
    label(kind, position == "I")
}
