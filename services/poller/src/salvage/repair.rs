//! The repairs by name.

/// What was repaired in a document or in an item. The names are part of the contract: they stand in `RawItem.warnings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repair {
    /// Decoded as another encoding than declared, or as a guessed one.
    Encoding,
    /// Bytes that are nothing in the document's encoding became U+FFFD.
    BadBytes,
    /// UTF-8 that had been taken for Windows-1252 and encoded again.
    DoubleEncoded,
    /// Characters that XML forbids were left out.
    ControlCharacters,
    /// HTML's named entities were decoded.
    NamedEntities,
    /// `&` that begins no reference was taken as itself.
    BareAmpersand,
    /// A reference to a character that does not exist.
    BadReference,
    /// A document type declaration was read for its entities and dropped.
    Doctype,
    /// Prefixes that are not declared were taken as usual.
    UndeclaredPrefix,
    /// A namespace other than the format's own, or a version other than those that are defined.
    Namespace,
    /// Tags that do not match were closed where it makes sense.
    MismatchedTags,
    /// Brackets that are no markup, quotes that are not closed.
    Markup,
    /// The document ends before it is over: what was whole is kept.
    Truncated,
    /// Something stood before or after the feed.
    Surroundings,
    /// Elements nested deeper than the limit.
    TooDeep,
    /// Items beyond the limit were left out.
    TooManyItems,
    /// A MIME type that is none, or a media element without a URL, was left out.
    Media,
    /// An item says nothing at all.
    EmptyItem,
    /// Something that should be a link is none.
    BadLink,
    /// A date that is none was left out.
    BadDate,
    /// A JSON value of another type than specified was taken as meant.
    JsonType,
}

impl Repair {
    /// All of them, in order.
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

    /// Its name on the wire.
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
    /// Notes one.
    pub fn add(&mut self, repair: Repair) {
        self.0 |= 1 << repair as u32;
    }

    /// Notes all of another set.
    pub fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// True where nothing was repaired.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True where it is among them.
    #[must_use]
    pub fn has(self, repair: Repair) -> bool {
        self.0 & (1 << repair as u32) != 0
    }

    /// Their names, in the order of the table.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        Repair::ALL.into_iter().filter(|&r| self.has(r)).map(Repair::name).collect()
    }
}
