//! How a publisher types a text.

/// How a text is typed by its publisher: the `type` of Atom (RFC 4287 section 3.1), or what the format says of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Typed {
    /// Plain text: every character stands for itself (RFC 4287 section 3.1.1.1).
    Text,
    /// HTML or XHTML.
    Html,
    /// The format does not say. Markup is recognised by what only markup has.
    #[default]
    Unknown,
}

impl Typed {
    /// Of the names TEXT, HTML and XHTML; any other name is [`Typed::Unknown`].
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "TEXT" => Self::Text,
            "HTML" | "XHTML" => Self::Html,
            _ => Self::Unknown,
        }
    }
}
