//! The repairs and their names.

/// A repair of a document or an item. Its name is part of the contract: it is a warning in `RawItem.warnings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repair {
    /// The document was decoded in another encoding than declared, or in a detected one.
    Encoding,
    /// Bytes that are invalid in the document's encoding became U+FFFD.
    BadBytes,
    /// Text that was encoded twice was decoded again.
    DoubleEncoded,
    /// Characters that XML forbids were removed, C1 characters decoded as Windows-1252.
    ControlCharacters,
    /// HTML entities were decoded.
    NamedEntities,
    /// A bare `&` was kept as text.
    BareAmpersand,
    /// A reference was invalid, unterminated, or to a C1 character.
    BadReference,
    /// A document type declaration was read for its entities and removed.
    Doctype,
    /// An undeclared prefix was given its customary namespace.
    UndeclaredPrefix,
    /// The version of RSS is missing or undefined.
    Namespace,
    /// Tags that do not match were closed.
    MismatchedTags,
    /// Stray brackets or unclosed quotes were handled.
    Markup,
    /// The document or item is incomplete.
    Truncated,
    /// Content before the feed was ignored.
    Surroundings,
    /// Elements nested deeper than the limit were flattened.
    TooDeep,
    /// Items over the limit were dropped.
    TooManyItems,
    /// An invalid media type, or a file without URL, was dropped.
    Media,
    /// The item is empty.
    EmptyItem,
    /// An invalid link was dropped.
    BadLink,
    /// An invalid date was dropped.
    BadDate,
    /// A JSON value of the wrong type was converted or dropped.
    JsonType,
}

impl Repair {
    /// All repairs in the order of their declaration.
    pub const ALL: [Self; 21] = [
        Self::Encoding,
        Self::BadBytes,
        Self::DoubleEncoded,
        Self::ControlCharacters,
        Self::NamedEntities,
        Self::BareAmpersand,
        Self::BadReference,
        Self::Doctype,
        Self::UndeclaredPrefix,
        Self::Namespace,
        Self::MismatchedTags,
        Self::Markup,
        Self::Truncated,
        Self::Surroundings,
        Self::TooDeep,
        Self::TooManyItems,
        Self::Media,
        Self::EmptyItem,
        Self::BadLink,
        Self::BadDate,
        Self::JsonType,
    ];

    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Encoding => "encoding_repaired",
            Self::BadBytes => "bytes_replaced",
            Self::DoubleEncoded => "double_encoding_undone",
            Self::ControlCharacters => "control_characters_removed",
            Self::NamedEntities => "named_entities_decoded",
            Self::BareAmpersand => "ampersands_escaped",
            Self::BadReference => "references_repaired",
            Self::Doctype => "doctype_removed",
            Self::UndeclaredPrefix => "prefixes_assumed",
            Self::Namespace => "namespace_assumed",
            Self::MismatchedTags => "tags_balanced",
            Self::Markup => "markup_repaired",
            Self::Truncated => "truncated",
            Self::Surroundings => "surroundings_ignored",
            Self::TooDeep => "nesting_flattened",
            Self::TooManyItems => "items_over_limit",
            Self::Media => "media_dropped",
            Self::EmptyItem => "item_empty",
            Self::BadLink => "link_dropped",
            Self::BadDate => "date_dropped",
            Self::JsonType => "json_types_repaired",
        }
    }
}

/// A set of repairs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repairs(u32);

impl Repairs {
    /// Adds a repair.
    pub fn add(&mut self, repair: Repair) {
        self.0 |= 1 << repair as u32;
    }

    /// Adds the repairs of another set.
    pub fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// True for the empty set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True where the set contains `repair`.
    #[must_use]
    pub fn has(self, repair: Repair) -> bool {
        self.0 & (1 << repair as u32) != 0
    }

    /// The names in the order of [`Repair::ALL`].
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        Repair::ALL.into_iter().filter(|&r| self.has(r)).map(Repair::name).collect()
    }
}
